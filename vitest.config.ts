// vitest: every *.test.ts below test/; test/native is GoogleTest's.

import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // What examples import, without a build.
  resolve: { alias: { sabot: fileURLToPath(new URL('lib/index.ts', import.meta.url)) } },
  // Generous: a loaded machine is no failure, a hang is.
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    include: ['test/**/*.test.ts'],
    // Many wait for brokers and processes: two at least.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // The broker of test/kafka, which starts when it is asked for.
    globalSetup: ['test/kafka/global-setup.ts'],
    exclude: ['test/native/**', 'node_modules/**'],
  },
});
