// Keyed process functions of jobs that are killed and go on at another parallelism, on the other backend, or from a savepoint: every
// row adds to its key once, and every timer fires once.

import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { visibleRows } from '../chaos/chaos.js';
import { inJobFolder } from './in-job-folder.js';
import { type JobFolder, killInTurn, until } from './job-folder.js';

const TIMEOUT_MS = 120_000;
const ROWS = 100_000;
const KEYS = 50;
const WINDOW = 1000;
let jobs: JobFolder;

inJobFolder((made) => {
  jobs = made;
  writeFileSync(join(jobs.path, 'job.ts'), JOB);
});

// Ids are event time, in milliseconds.
const JOB = `
import { readFileSync } from 'node:fs';
import { datagen, file, Job, listState, mapState, t, valueState } from 'sabot';

const rows = datagen({
  schema: t.row({ id: t.bigint() }),
  options: {
    'number-of-rows': '${ROWS}', 'rows-per-second': '10000', 'scan.parallelism': '1',
    'fields.id.kind': 'sequence', 'fields.id.start': '0', 'fields.id.end': '${ROWS - 1}',
  },
});

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

const backends = {
  memory: { 'state.backend.type': 'hashmap' },
  rocksdb: { 'state.backend.type': 'rocksdb', 'memory.limit': '1 mb', 'state.backend.rocksdb.localdir': 'state' },
};
await job.run({
  checkpoint: { dir: 'chk', interval: 30 },
  settings: { ...backends[readFileSync('backend', 'utf8') as keyof typeof backends], 'batch.max-rows': '200', 'restart-strategy.type': 'none' },
});
`;

function start(backend: 'memory' | 'rocksdb', ...args: string[]) {
  writeFileSync(join(jobs.path, 'backend'), backend);
  return jobs.start(['run', 'job.ts', ...args]);
}
const newestEpoch = () => jobs.newestEpoch('process');

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

const rows = <R>(folder: string) => visibleRows(join(jobs.path, folder)).map((line) => JSON.parse(line) as R);

/** Every row once with the state that was there before it, every window once. */
function check(): void {
  const totals = rows<Total>('out').sort((a, b) => a.id - b.id);
  expect(totals.length).toBe(ROWS);
  totals.forEach(({ id, total, last }, i) => {
    const expected = [i - 2 * KEYS, i - KEYS, i].filter((each) => each >= 0);
    const same = id === i && total === Math.floor(i / KEYS) + 1 && last.join() === expected.join();
    if (!same) throw new Error(`row ${i}: ${JSON.stringify({ id, total, last })}`);
  });
  const windows = rows<Window>('windows').sort((a, b) => a.start - b.start || a.key - b.key);
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
      const turns = [
        ['memory', 1],
        ['rocksdb', 3],
        ['memory', 2],
        ['rocksdb', 4],
      ] as const;
      await killInTurn(turns, start, newestEpoch);
      const last = await start('memory', '--restore', 'latest', '--parallelism', '2').ended;
      expect(last, last.stderr).toMatchObject({ code: 0 });
      check();
    },
    TIMEOUT_MS,
  );

  it(
    'go on from a savepoint, and can be looked at',
    async () => {
      const run = start('memory', '--parallelism', '3');
      await until(() => newestEpoch() > 2, run);
      const query = async (at: string, ...how: string[]) => {
        const select =
          "SELECT COUNT(*) AS n, SUM(total) AS total, MAX(CARDINALITY(`last`)) AS l, MIN(CARDINALITY(event_timers)) AS timers FROM state('process')";
        const { code, stdout, stderr } = await jobs.start(['state', 'query', at, select, ...how]).ended;
        expect(code, stderr).toBe(0);
        return JSON.parse(stdout) as { n: number; total: number; l: number; timers: number };
      };
      expect(await query('process', '--read', 'live')).toMatchObject({ n: KEYS, l: 3, timers: 1 });
      const stopped = await jobs.start(['savepoint', 'process', 'sp', '--stop']).ended;
      expect(stopped, stopped.stderr).toMatchObject({ code: 0 });
      expect(await run.ended).toMatchObject({ code: 0 });
      rmSync(join(jobs.path, 'chk'), { recursive: true });
      expect((await query('sp')).total).toBe(rows('out').length);
      const rest = await start('rocksdb', '--restore', 'sp', '--parallelism', '1').ended;
      expect(rest, rest.stderr).toMatchObject({ code: 0 });
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
