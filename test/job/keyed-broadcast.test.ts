// Keyed process functions with broadcast state in jobs that are killed and go on at another parallelism, on the other backend, or from
// a savepoint: every row counts once for its key, every timer fires once, and no subtask forgets a rule.
//
// The rules come once, at the beginning: after a restart only the state has them.

import { writeFileSync } from 'node:fs';
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

// Ids are event time, in milliseconds. Every rule has two versions; the second raises its key, if that has rows by then.
const JOB = `
import { readFileSync } from 'node:fs';
import { datagen, file, Job, mapState, t, valueState } from 'sabot';

const Rule = t.row({ key: t.bigint(), version: t.int() });
const rules = function* () {
  for (let i = 0; i < ${2 * KEYS}; i++) yield { key: BigInt(i % ${KEYS}), version: Math.floor(i / ${KEYS}) };
};
${SOURCE}
const job = new Job('limits');
const processed = job
  .source(rows)
  .map((r) => ({ id: r.id, key: r.id % ${KEYS}n }))
  .watermark((r) => Number(r.id))
  .keyBy((r) => r.key)
  .connect(job.source(() => rules(), Rule).broadcast((r) => r.key))
  .process({
    state: {
      total: valueState(t.bigint(), { initial: 0n }),
      raised: valueState(t.bigint(), { initial: 0n }),
      windows: mapState(t.bigint(), t.int()),
    },
    output: t.row({ id: t.bigint(), key: t.bigint(), total: t.bigint(), version: t.int(), size: t.int() }),
    sideOutputs: { windows: t.row({ key: t.bigint(), start: t.bigint(), n: t.int(), raised: t.bigint() }) },
    process(r, { state: { total, windows }, timers, broadcast, emit }) {
      total.set(total.value + 1n);
      const start = r.id - (r.id % ${WINDOW}n);
      windows.set(start, (windows.get(start) ?? 0) + 1);
      timers.eventTime(Number(start) + ${WINDOW} - 1);
      emit({ id: r.id, key: r.key, total: total.value, version: broadcast.get(r.key)?.version ?? -1, size: broadcast.size });
    },
    onTimer(time, { key, state: { windows, raised }, sideOutput }) {
      const start = BigInt(time - ${WINDOW} + 1);
      sideOutput('windows', { key, start, n: windows.get(start) ?? -1, raised: raised.value });
      windows.delete(start);
    },
    processBroadcast(rule, { previous, forEachKey }) {
      if (previous !== undefined)
        forEachKey('total', ({ key, state: { raised } }) => {
          if (key === rule.key) raised.set(raised.value + 1n);
        });
    },
  })
  .uid('limits');
processed.to(file.sink({ path: 'out', format: 'json' }));
processed.sideOutput('windows').to(file.sink({ path: 'windows', format: 'json' }));

${RUN}`;

const job = new CountedRows(() => jobs, 'limits');

interface Total {
  readonly id: number;
  readonly key: number;
  readonly total: number;
  readonly version: number;
  readonly size: number;
}
interface Window {
  readonly key: number;
  readonly start: number;
  readonly n: number;
  readonly raised: number;
}

function check(): void {
  const totals = job.rows<Total>('out').sort((a, b) => a.id - b.id);
  expect(totals.length).toBe(ROWS);
  const versions = new Map<number, number>();
  totals.forEach(({ id, key, total, version, size }, i) => {
    const before = versions.get(key) ?? -1;
    if (id !== i || total !== Math.floor(i / KEYS) + 1 || version < before || version > 1)
      throw new Error(`row ${i}: ${JSON.stringify({ id, key, total, version, size, before })}`);
    versions.set(key, version);
  });
  for (const { version, size } of totals.slice(-KEYS)) expect({ version, size }).toEqual({ version: 1, size: KEYS });
  const windows = job.rows<Window>('windows').sort((a, b) => a.start - b.start || a.key - b.key);
  expect(windows.length).toBe((ROWS / WINDOW) * KEYS);
  const raised = new Map<number, number>();
  windows.forEach(({ key, start, n, raised: times }, i) => {
    // The second version of its rule may have come before the first row of the key, and comes once.
    const least = raised.get(key) ?? 0;
    const same = key === i % KEYS && start === WINDOW * Math.floor(i / KEYS) && n === WINDOW / KEYS;
    if (!same || times < least || times > 1)
      throw new Error(`window ${i}: ${JSON.stringify({ key, start, n, times, least })}`);
    raised.set(key, times);
  });
}

describe('state and timers of keys beside broadcast state', () => {
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
      const select = "SELECT COUNT(*) AS n, SUM(total) AS total FROM state('limits')";
      const query = (at: string, ...how: string[]) => job.query<{ n: number; total: number }>(at, select, ...how);
      await job.goesOnFrom(
        'sp',
        async () => expect(await query('limits', '--read', 'live')).toMatchObject({ n: KEYS }),
        async () => expect((await query('sp')).total).toBe(job.rows('out').length),
      );
      check();
    },
    TIMEOUT_MS,
  );
});
