// Keyed process functions of jobs that are killed and go on at another parallelism, on the other backend, or from a savepoint: every
// row adds to its key once, and every timer fires once.

import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CountedRows, KEYS, ROWS, RUN, SOURCE, WINDOW } from './counted-rows.js';
import { inJobFolder } from './in-job-folder.js';
import type { JobFolder } from './job-folder.js';

const TIMEOUT_MS = 120_000;
let jobs: JobFolder;

inJobFolder((made) => {
  jobs = made;
  writeFileSync(join(jobs.path, 'job.ts'), JOB);
});

// Ids are event time, in milliseconds.
const JOB = `
import { readFileSync } from 'node:fs';
import { datagen, file, Job, listState, mapState, t, valueState } from 'sabot';

${SOURCE}
const job = new Job('process');
const processed = job
  .source(rows)
  .map((r) => ({ id: r.id, key: r.id % ${KEYS}n }))
  .watermark((r) => Number(r.id))
  .keyBy((r) => r.key)
  .process({
    state: {
      total: valueState(t.bigint(), { initial: 0n }),
      last: listState(t.bigint()),
      windows: mapState(t.bigint(), t.int()),
    },
    output: t.row({ id: t.bigint(), key: t.bigint(), total: t.bigint(), last: t.array(t.bigint()) }),
    sideOutputs: { windows: t.row({ key: t.bigint(), start: t.bigint(), n: t.int(), open: t.int() }) },
    async process(r, { state: { total, last, windows }, timers, emit }) {
      total.set(total.value + 1n);
      last.set([...last, r.id].slice(-3));
      const start = r.id - (r.id % ${WINDOW}n);
      windows.set(start, (windows.get(start) ?? 0) + 1);
      timers.eventTime(Number(start) + ${WINDOW} - 1);
      if (r.id % 7n === 0n) await null;
      emit({ id: r.id, key: r.key, total: total.value, last: [...last] });
    },
    onTimer(time, { key, state: { windows }, sideOutput }) {
      const start = BigInt(time - ${WINDOW} + 1);
      sideOutput('windows', { key, start, n: windows.get(start) ?? -1, open: windows.size });
      windows.delete(start);
    },
  })
  .uid('process');
processed.to(file.sink({ path: 'out', format: 'json' }));
processed.sideOutput('windows').to(file.sink({ path: 'windows', format: 'json' }));

${RUN}`;

const job = new CountedRows(() => jobs, 'process');

interface Total {
  readonly id: number;
  readonly key: number;
  readonly total: number;
  readonly last: readonly number[];
}
interface Window {
  readonly key: number;
  readonly start: number;
  readonly n: number;
}

/** Every row once with the state that was there before it, every window once. */
function check(): void {
  const totals = job.rows<Total>('out').sort((a, b) => a.id - b.id);
  expect(totals.length).toBe(ROWS);
  totals.forEach(({ id, total, last }, i) => {
    const expected = [i - 2 * KEYS, i - KEYS, i].filter((each) => each >= 0);
    const same = id === i && total === Math.floor(i / KEYS) + 1 && last.join() === expected.join();
    if (!same) throw new Error(`row ${i}: ${JSON.stringify({ id, total, last })}`);
  });
  const windows = job.rows<Window>('windows').sort((a, b) => a.start - b.start || a.key - b.key);
  expect(windows.length).toBe((ROWS / WINDOW) * KEYS);
  windows.forEach(({ key, start, n }, i) => {
    const same = key === i % KEYS && start === WINDOW * Math.floor(i / KEYS) && n === WINDOW / KEYS;
    if (!same) throw new Error(`window ${i}: ${JSON.stringify({ key, start, n })}`);
  });
}

describe('state and timers of a keyed process function', () => {
  it(
    'count once after every kill, at whatever parallelism, on either backend',
    async () => {
      await job.killed();
      check();
    },
    TIMEOUT_MS,
  );

  it(
    'go on from a savepoint, and can be looked at',
    async () => {
      const select =
        "SELECT COUNT(*) AS n, SUM(total) AS total, MAX(CARDINALITY(`last`)) AS l, MIN(CARDINALITY(event_timers)) AS timers FROM state('process')";
      const query = (at: string, ...how: string[]) =>
        job.query<{ n: number; total: number; l: number; timers: number }>(at, select, ...how);
      await job.goesOnFrom(
        'sp',
        async () => expect(await query('process', '--read', 'live')).toMatchObject({ n: KEYS, l: 3, timers: 1 }),
        async () => expect((await query('sp')).total).toBe(job.rows('out').length),
      );
      check();
      expect(readdirSync(join(jobs.path, 'state'))).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'a function that does not come back is named by sabot jobs',
    async () => {
      writeFileSync(join(jobs.path, 'job.ts'), STUCK);
      const run = jobs.start(['run', 'job.ts']);
      let ended = false;
      void run.ended.then(() => {
        ended = true;
      });
      let state = '';
      while (!state.includes('blocked') && !ended) {
        const { stdout } = await jobs.start(['jobs', '.']).ended;
        state = stdout === '' ? '' : (JSON.parse(stdout) as { state: string }).state;
      }
      expect(state).toMatch(/^running, blocked in user function process `\(\) => new Promise\(.*` for \d+ s$/);
      const cancelled = await jobs.start(['cancel', 'stuck']).ended;
      expect(cancelled, cancelled.stderr).toMatchObject({ code: 0 });
      await run.ended;
    },
    TIMEOUT_MS,
  );
});

const STUCK = `
import { blackhole, Job, t } from 'sabot';

const job = new Job('stuck');
job
  .source([{ id: 1 }], t.row({ id: t.int() }))
  .keyBy((r) => r.id)
  .process({ output: t.row({ id: t.int() }), process: () => new Promise(() => {}) })
  .to(blackhole());
await job.run({ checkpoint: { dir: 'chk', interval: 1000 } });
`;
