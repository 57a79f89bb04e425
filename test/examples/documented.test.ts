// Whole jobs in the documentation: they run as they stand there.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { inJobFolder } from '../job/in-job-folder.js';
import type { JobFolder } from '../job/job-folder.js';

const TIMEOUT_MS = 60_000;
const MARK = '<!-- runs: test/examples/documented.test.ts -->';
let jobs: JobFolder;
inJobFolder((made) => {
  jobs = made;
});

/** The blocks of a page that are marked as whole jobs. */
function jobsOf(page: string): string[] {
  const text = readFileSync(fileURLToPath(new URL(`../../docs/${page}`, import.meta.url)), 'utf8');
  const marked = text.split(MARK).slice(1);
  return marked.map((after) => /^\n```ts\n(.*?)\n```\n/s.exec(after)![1]!);
}

async function run(job: string): Promise<string> {
  writeFileSync(join(jobs.path, 'job.ts'), job);
  const { code, stdout, stderr } = await jobs.start(['run', 'job.ts']).ended;
  expect(code, stderr).toBe(0);
  return stdout;
}

describe('the documentation', () => {
  it(
    'has a job with state, timers and broadcast state',
    async () => {
      const [limits, ...others] = jobsOf('stream-api.md');
      expect(others).toEqual([]);
      const rows = await run(limits!);
      // How much ann has spent in the end does not depend on when the limits came.
      expect(rows).toMatch(/\+I\[ann, 2000, \d+\]/);
    },
    TIMEOUT_MS,
  );
});
