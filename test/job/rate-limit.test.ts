// The rate of a source in jobs that are run by the command, killed and restored: every row once, never faster than the rate. Shares of
// subtasks and virtual time: test/native/engine/rate_limit_simulation_test.cc.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { visibleRows } from '../chaos/chaos.js';
import { inJobFolder } from './in-job-folder.js';
import { type JobFolder, until } from './job-folder.js';

const TIMEOUT_MS = 120_000;
const ROWS = 3000;
const RATE = 1000;
let jobs: JobFolder;
inJobFolder((made) => {
  jobs = made;
  mkdirSync(join(jobs.path, 'in'));
  // Of several files, so that each subtask has some.
  for (let file = 0; file < 6; file++) {
    const ids = Array.from({ length: ROWS / 6 }, (_, i) => 6 * i + file);
    writeFileSync(join(jobs.path, 'in', `${file}.json`), ids.map((id) => `{"id":${id}}\n`).join(''));
  }
});

const SCRIPT = `SET 'execution.checkpointing.dir' = 'chk';
SET 'execution.checkpointing.interval' = '50 ms';
SET 'restart-strategy.type' = 'none';
SET 'parallelism.default' = '2';
SET 'pipeline.name' = 'limited';
CREATE TABLE i (id INT) WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'json',
  'scan.rate-limit.rows-per-second' = '${RATE}', 'scan.on-error' = 'drop');
CREATE TABLE o (id INT) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'json');
INSERT INTO o SELECT id FROM i;`;

describe("'scan.rate-limit.rows-per-second'", () => {
  it(
    'holds in a job that is killed and restored, and every row comes once',
    async () => {
      const begin = Date.now();
      const first = jobs.sql(SCRIPT);
      await until(() => jobs.newestEpoch('limited') > 3, first);
      first.child.kill('SIGKILL');
      await first.ended;
      const rest = await jobs.sql(SCRIPT, '--restore', 'latest').ended;
      expect(rest, rest.stderr).toMatchObject({ code: 0 });
      // Not faster, in both attempts together; how much slower depends on the machine.
      expect(Date.now() - begin).toBeGreaterThanOrEqual((ROWS * 1000) / RATE);
      const ids = visibleRows(join(jobs.path, 'out')).map((line) => (JSON.parse(line) as { id: number }).id);
      expect(ids.sort((a, b) => a - b)).toEqual(Array.from({ length: ROWS }, (_, id) => id));
    },
    TIMEOUT_MS,
  );
});
