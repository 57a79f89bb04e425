// vitest: every *.test.ts below test/; test/native is GoogleTest's.

import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Generous: a loaded machine is no failure, a hang is.
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    include: ['test/**/*.test.ts'],
    exclude: ['test/native/**', 'node_modules/**'],
  },
});
