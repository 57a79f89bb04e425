// vitest: every *.test.ts below test/; test/native is GoogleTest's.

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['test/**/*.test.ts'], exclude: ['test/native/**', 'node_modules/**'] },
});
