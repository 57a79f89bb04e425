// Broadcast state of jobs that are killed and go on at another parallelism, on the other backend, or from a savepoint.
//
// The rules come once, at the beginning: after a restart only the state has them.

import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { blackhole, Job, openState, t } from '../../lib/index.js';
import { visibleRows } from '../chaos/chaos.js';
import { inJobFolder } from './in-job-folder.js';
import { type JobFolder, killInTurn, until } from './job-folder.js';

const TIMEOUT_MS = 120_000;
const ROWS = 200_000;
const KEYS = 50;
/** No faster than that jobs can be killed; and so that none comes to its end while it is looked at. */
const KILLED_ROWS_PER_SECOND = 20_000;
const WATCHED_ROWS_PER_SECOND = 500;
let jobs: JobFolder;

inJobFolder((made) => {
  jobs = made;
  writeFileSync(join(jobs.path, 'job.ts'), JOB);
});

// Three versions of every rule; every tenth is removed in the end.
const JOB = `
import { readFileSync } from 'node:fs';
import { datagen, file, Job, t } from 'sabot';

const Rule = t.row({ key: t.bigint(), version: t.int(), off: t.boolean(), text: t.string() });
const rules = function* () {
  for (let i = 0; i < ${3 * KEYS}; i++)
    yield { key: BigInt(i % ${KEYS}), version: Math.floor(i / ${KEYS}), off: i >= ${2 * KEYS} && i % 10 === 0, text: 'x'.repeat(i) };
};
// In order.
const bids = datagen({
  schema: t.row({ id: t.bigint() }),
  options: {
    'number-of-rows': '${ROWS}', 'rows-per-second': readFileSync('rows-per-second', 'utf8'), 'scan.parallelism': '1',
    'fields.id.kind': 'sequence', 'fields.id.start': '0', 'fields.id.end': '${ROWS - 1}',
  },
});

const job = new Job('answers');
const broadcast = job.source(() => rules(), Rule).broadcast((r) => r.key, { removes: (r) => r.off });
job
  .source(bids)
  .map((b) => ({ id: b.id, key: b.id % ${KEYS}n }))
  .keyBy((b) => b.key)
  .connect(broadcast)
  .process(
    (b, state) => ({ id: b.id, key: b.key, version: state.get(b.key)?.version ?? -1, size: state.size }),
    { returns: t.row({ id: t.bigint(), key: t.bigint(), version: t.int(), size: t.int() }) },
  )
  .uid('rules')
  .to(file.sink({ path: 'out', format: 'json' }));

const backends = {
  memory: { 'state.backend.type': 'hashmap' },
  rocksdb: { 'state.backend.type': 'rocksdb', 'memory.limit': '1 mb', 'state.backend.rocksdb.localdir': 'state' },
};
await job.run({
  checkpoint: { dir: 'chk', interval: 30 },
  settings: { ...backends[readFileSync('backend', 'utf8') as keyof typeof backends], 'batch.max-rows': '200', 'restart-strategy.type': 'none' },
});
`;

type Backend = 'memory' | 'rocksdb';
function startAt(rowsPerSecond: number, backend: Backend, ...args: string[]) {
  writeFileSync(join(jobs.path, 'backend'), backend);
  writeFileSync(join(jobs.path, 'rows-per-second'), String(rowsPerSecond));
  return jobs.start(['run', 'job.ts', ...args]);
}
const start = (backend: Backend, ...args: string[]) => startAt(KILLED_ROWS_PER_SECOND, backend, ...args);
const newestEpoch = () => jobs.newestEpoch('answers');

interface Answer {
  readonly id: number;
  readonly key: number;
  readonly version: number;
  readonly size: number;
}

/** Every row once, and none sees less than one of its key before it. */
function check(rows: readonly Answer[]): void {
  const answers = [...rows].sort((a, b) => a.id - b.id);
  expect(answers.length).toBe(ROWS);
  answers.forEach(({ id }, i) => {
    if (id !== i) throw new Error(`row ${i} is missing or comes twice`);
  });
  const versions = new Map<number, number>();
  for (const { id, key, version } of answers) {
    const before = versions.get(key) ?? -1;
    const isRemoved = version === -1 && before > -1 && key % 10 === 0;
    if (version < before && !isRemoved) throw new Error(`row ${id}: version ${version} of rule ${key} after ${before}`);
    versions.set(key, isRemoved ? 3 : version);
  }
  // Long before the end all rules have come.
  for (const { key, version, size } of answers.slice(-KEYS)) {
    expect({ key, version, size }).toEqual({ key, version: key % 10 === 0 ? -1 : 2, size: KEYS - KEYS / 10 });
  }
}
const answers = () => visibleRows(join(jobs.path, 'out')).map((line) => JSON.parse(line) as Answer);

describe('broadcast state', () => {
  it(
    'is there after every kill, at whatever parallelism, on either backend',
    async () => {
      const turns = [
        ['memory', 1],
        ['rocksdb', 3],
        ['memory', 2],
        ['rocksdb', 4],
        ['rocksdb', 4],
        ['memory', 1],
      ] as const;
      await killInTurn(turns, start, newestEpoch);
      const last = await start('memory', '--restore', 'latest', '--parallelism', '2').ended;
      expect(last, last.stderr).toMatchObject({ code: 0 });
      check(answers());
    },
    TIMEOUT_MS,
  );

  it(
    'goes on from a savepoint, and can be looked at',
    async () => {
      const run = startAt(WATCHED_ROWS_PER_SECOND, 'memory', '--parallelism', '3');
      await until(() => newestEpoch() > 2, run);
      const select = "SELECT COUNT(*) AS n, SUM(version) AS v, MAX(CHAR_LENGTH(text)) AS c FROM state('rules')";
      const query = async (at: string, ...how: string[]) => {
        const { code, stdout, stderr } = await jobs.start(['state', 'query', at, select, ...how]).ended;
        expect(code, stderr).toBe(0);
        return JSON.parse(stdout) as unknown;
      };
      // Once, though three subtasks have it.
      const whole = { n: KEYS - KEYS / 10, v: 2 * (KEYS - KEYS / 10), c: 3 * KEYS - 1 };
      let live = await query('answers', '--read', 'live');
      while (!isDeepStrictEqual(live, whole)) live = await query('answers', '--read', 'live');
      // One may have begun before the last rule came, another is not committed yet.
      const before = newestEpoch();
      await until(() => newestEpoch() > before + 2, run);
      expect(await query('answers', '--read', 'committed')).toEqual(whole);
      const stopped = await jobs.start(['savepoint', 'answers', 'sp', '--stop']).ended;
      expect(stopped, stopped.stderr).toMatchObject({ code: 0 });
      expect(await run.ended).toMatchObject({ code: 0 });
      rmSync(join(jobs.path, 'chk'), { recursive: true });
      expect(await query('sp')).toEqual(whole);
      const rules = openState(join(jobs.path, 'sp')).state('rules');
      for (let key = 0; key < KEYS; key++) {
        const rule = await rules.get(BigInt(key));
        expect(rule?.['version'], `rule ${key}`).toBe(key % 10 === 0 ? undefined : 2);
      }
      const rest = await start('rocksdb', '--restore', 'sp', '--parallelism', '1').ended;
      expect(rest, rest.stderr).toMatchObject({ code: 0 });
      check(answers());
      expect(readdirSync(join(jobs.path, 'state'))).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'is looked up by key while the job runs, whichever subtask rows of that key go to',
    async () => {
      const signal = () => {
        let give = () => {};
        const given = new Promise<void>((resolve) => {
          give = resolve;
        });
        return { give, given };
      };
      const [begun, ended] = [signal(), signal()];
      const Rule = t.row({ key: t.bigint(), least: t.int() });
      const rows = async function* () {
        begun.give();
        yield* Array.from({ length: KEYS }, (_, i) => ({ key: BigInt(i), least: i }));
        await ended.given;
      };
      const job = new Job('live');
      const rules = job.source(() => rows(), Rule, { unbounded: true }).broadcast((r) => r.key);
      job
        .source(() => rows(), Rule, { unbounded: true })
        .connect(rules)
        .process((r, state) => ({ key: r.key, known: state.get(r.key) !== undefined }), {
          returns: t.row({ key: t.bigint(), known: t.boolean() }),
        })
        .uid('rules')
        .to(blackhole());
      const dir = join(jobs.path, 'chk');
      const done = job.run({ checkpoint: { dir, interval: 50 }, settings: { 'parallelism.default': '3' } });
      await begun.given;
      const state = job.state('rules', { read: 'live' });
      const all = () => Promise.all(Array.from({ length: KEYS }, (_, i) => state.get(BigInt(i))));
      let found = await all();
      while (found.includes(undefined)) found = await all();
      expect(found).toEqual(Array.from({ length: KEYS }, (_, i) => ({ key: BigInt(i), least: i })));
      expect(await state.get(BigInt(KEYS))).toBeUndefined();
      // So it is in a checkpoint, once there is one.
      while ((job.metrics()?.checkpoints?.completed ?? 0) === 0)
        await new Promise((resolve) => setTimeout(resolve, 20));
      const saved = job.state('rules', { read: 'committed' });
      while ((await saved.get(0n)) === undefined) await new Promise((resolve) => setTimeout(resolve, 20));
      expect(await Promise.all(Array.from({ length: KEYS }, (_, i) => saved.get(BigInt(i))))).toEqual(found);
      ended.give();
      await done;
    },
    TIMEOUT_MS,
  );
});
