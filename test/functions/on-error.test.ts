// Functions that fail at rows and timers, where the job goes on: what becomes of these, and that nothing they did counts.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  blackhole,
  count,
  deadLetter,
  file,
  type Job,
  type JobMetrics,
  listState,
  mapState,
  type OnError,
  t,
  valueState,
} from '../../lib/index.js';
import { byId, collect, jobOf, rowsOf, SETTINGS } from './rows.js';

interface Letter {
  readonly value: unknown;
  readonly key: unknown;
  readonly timestamp: string | null;
  readonly error: string;
  readonly job: string;
  readonly operator: string;
  readonly attempts: number;
}

const Item = t.row({ id: t.int(), k: t.string(), n: t.bigint(), more: t.string() });
const items = (count: number) =>
  Array.from({ length: count }, (_, id) => ({ id, k: `k${id % 3}`, n: BigInt(id), more: `m${id}` }));
const bad = (id: number): boolean => id % 10 === 3;
const wrong = (id: number): number => {
  if (bad(id)) throw new RangeError(`no ${id}`);
  return id;
};
const badIds = (count: number) => items(count).flatMap(({ id }) => (bad(id) ? [id] : []));
const goodIds = (count: number) => items(count).flatMap(({ id }) => (bad(id) ? [] : [id]));
const COUNT = 60;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sabot-letters-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const letters = (): OnError => deadLetter(file.sink({ path: folder, format: 'json' }));

/** What has come to the folder, by the row's id. */
function written(): Letter[] {
  const parse = (base64: string | null) =>
    base64 === null ? null : JSON.parse(Buffer.from(base64, 'base64').toString());
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').trim().split('\n'))
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
    .map((letter) => ({ ...letter, value: parse(letter.value), key: parse(letter.key) }))
    .sort((a, b) => (a.value?.id ?? 0) - (b.value?.id ?? 0));
}

const sum = (metrics: JobMetrics | undefined, of: 'deadLetters' | 'droppedRecords'): number =>
  metrics!.operators.reduce((total, each) => total + each[of], 0);

describe.each(SETTINGS)('with parallelism $parallelism and batches of $batch', (setting) => {
  const rows = (job: Job) => rowsOf(job, items(COUNT), Item);
  const Out = t.row({ id: t.int() });
  const out = { returns: Out };

  /** The good rows came out, and of the bad ones there is a letter each. */
  function expectLetters(seen: readonly { readonly id: number }[], error: string): void {
    expect(byId(seen).map(({ id }) => id)).toEqual(goodIds(COUNT));
    const found = written();
    expect(found.map(({ value }) => value)).toEqual(
      badIds(COUNT).map((id) => ({ id, k: `k${id % 3}`, n: id, more: `m${id}` })),
    );
    for (const { error: text, job, attempts, operator } of found) {
      expect(text).toContain(error);
      expect({ job, attempts }).toEqual({ job: 'functions', attempts: 1 });
      expect(operator).not.toBe('');
    }
  }

  it('map: a row that it throws at is a letter', async () => {
    const job = jobOf(setting);
    const seen = rows(job).map((row) => ({ id: wrong(row.id) }), { ...out, onError: letters() });
    expectLetters(await collect(seen), 'failed: RangeError: no ');
    expect(written()[0]!.error).toMatch(/on-error\.test\.ts:\d+:\d+\)$/);
  });

  it('map: so is one for which it gives what its column cannot hold', async () => {
    const seen = rows(jobOf(setting)).map((row) => ({ id: (bad(row.id) ? 'x' : row.id) as number }), {
      ...out,
      onError: letters(),
    });
    expectLetters(await collect(seen), "'x' is no INT");
  });

  it('async map: promises that reject', async () => {
    const seen = rows(jobOf(setting)).map(
      async (row) => {
        await sleep(0);
        return { id: wrong(row.id) };
      },
      { ...out, onError: letters(), concurrency: 5 },
    );
    expectLetters(await collect(seen), 'failed: RangeError: no ');
  });

  it('filter', async () => {
    const seen = rows(jobOf(setting)).filter((row) => wrong(row.id) >= 0, { onError: letters() });
    expectLetters(await collect(seen), 'filter `');
  });

  it('a compiled function that fails runs in V8, which says why', async () => {
    const job = jobOf(setting);
    const seen = rows(job).map((row) => ({ id: row.id, far: (row.n % 10n === 3n ? 2n ** 62n : 1n) * 2n * row.n }), {
      onError: letters(),
    });
    const text = job.explain();
    expectLetters(await collect(seen), 'BIGINT');
    expect(text).toBe(job.explain());
  });

  it('flatMap: of a row that fails half-way nothing is emitted', async () => {
    const seen = rows(jobOf(setting)).flatMap(
      function* (row) {
        const given = { id: row.id };
        yield given;
        given.id = 1000 + wrong(row.id);
        yield given;
      },
      { ...out, onError: letters() },
    );
    const all = await collect(seen);
    expectLetters(
      all.filter(({ id }) => id < 1000),
      'RangeError',
    );
    expect(all).toHaveLength(2 * goodIds(COUNT).length);
  });

  it('process with broadcast state', async () => {
    const job = jobOf(setting);
    const rules = job.source([{ id: 1, limit: 5 }], t.row({ id: t.int(), limit: t.int() })).broadcast((r) => r.id);
    const seen = rows(job)
      .connect(rules)
      .process((row) => ({ id: wrong(row.id) }), { ...out, onError: letters() });
    expectLetters(await collect(seen), 'RangeError');
  });

  it('keyed process: state, timers and rows of a row that fails do not count', async () => {
    const seen = rows(jobOf(setting))
      .watermark((row) => row.id)
      .keyBy((row) => row.k)
      .process({
        state: {
          sum: valueState(t.bigint(), { initial: 0n }),
          ids: listState(t.int()),
          seen: mapState(t.int(), t.boolean()),
        },
        output: t.row({ id: t.int(), sum: t.bigint(), ids: t.int(), seen: t.int() }),
        sideOutputs: { fired: t.row({ id: t.int() }) },
        onError: letters(),
        process(row, ctx) {
          const { sum, ids, seen } = ctx.state;
          sum.set(sum.value + row.n);
          ids.add(row.id);
          seen.set(row.id, true);
          if (bad(row.id)) {
            seen.clear();
            ids.clear();
            sum.clear();
            ctx.emit({ id: -1, sum: 0n, ids: 0, seen: 0 });
            ctx.timers.eventTime(row.id + 1_000_000);
          }
          wrong(row.id);
          ctx.emit({ id: row.id, sum: sum.value, ids: ids.length, seen: seen.size });
        },
        onTimer() {
          throw new Error('no row that counts has set a timer');
        },
      });
    const all = byId(await collect(seen));
    expectLetters(all, 'process `');
    const expected = new Map<string, { sum: bigint; ids: number }>();
    for (const { id, k, n } of items(COUNT)) {
      if (bad(id)) continue;
      const { sum, ids } = expected.get(k) ?? { sum: 0n, ids: 0 };
      expected.set(k, { sum: sum + n, ids: ids + 1 });
      expect(all.find((row) => row.id === id)).toEqual({ id, sum: sum + n, ids: ids + 1, seen: ids + 1 });
    }
    const [first] = written();
    expect(first!.key).toEqual({ k: 'k0' });
    expect(first!.timestamp).toBe('1970-01-01 00:00:00.003Z');
  });

  it('keyed process: promises of several keys, of which some reject, keep the order of a key', async () => {
    const seen = rows(jobOf(setting))
      .keyBy((row) => row.k)
      .process({
        state: { sum: valueState(t.bigint(), { initial: 0n }) },
        output: t.row({ id: t.int(), sum: t.bigint() }),
        onError: letters(),
        concurrency: 2,
        async process(row, ctx) {
          const { sum } = ctx.state;
          const before = sum.value;
          sum.set(before + row.n);
          await sleep(row.id % 3);
          ctx.emit({ id: wrong(row.id), sum: before + row.n });
        },
      });
    const all = byId(await collect(seen));
    expectLetters(all, 'RangeError');
    for (const key of ['k0', 'k1', 'k2']) {
      let sum = 0n;
      for (const { id, n } of items(COUNT).filter(({ id, k }) => k === key && !bad(id))) {
        sum += n;
        expect(all.find((row) => row.id === id)!.sum).toBe(sum);
      }
    }
  });

  it('keyed process: a timer that fails is a letter of its key, and has fired', async () => {
    const seen = rows(jobOf(setting))
      .watermark((row) => row.id)
      .keyBy((row) => row.k)
      .process({
        output: t.row({ k: t.string(), at: t.bigint() }),
        onError: letters(),
        process(row, ctx) {
          if (row.id < 3) ctx.timers.eventTime(20 + row.id);
        },
        onTimer(time, ctx) {
          ctx.emit({ k: ctx.key, at: BigInt(time) });
          if (ctx.key === 'k1') throw new Error('not k1');
        },
      });
    expect((await collect(seen)).sort((a, b) => (a.k < b.k ? -1 : 1))).toEqual([
      { k: 'k0', at: 20n },
      { k: 'k2', at: 22n },
    ]);
    expect(written()).toMatchObject([
      { value: { timer: 'event-time', time: 21 }, key: { k: 'k1' }, timestamp: '1970-01-01 00:00:00.021Z' },
    ]);
    expect(written()[0]!.error).toContain('onTimer `');
  });

  it('keyed process: what was wrong and was caught is a letter all the same', async () => {
    const seen = rows(jobOf(setting))
      .keyBy((row) => row.k)
      .process({
        output: Out,
        onError: letters(),
        process(row, ctx) {
          try {
            ctx.emit({ id: (bad(row.id) ? 'x' : row.id) as number });
          } catch {}
        },
      });
    expectLetters(await collect(seen), "emit() got a wrong value for 'id'");
  });

  it('what is dropped is counted and told', async () => {
    const job = jobOf(setting);
    const warnings: string[] = [];
    rows(job)
      .map((row) => ({ id: wrong(row.id) }), { ...out, onError: 'drop' })
      .to(blackhole());
    await job.run({ onWarning: ({ message }) => warnings.push(message) });
    expect(sum(job.metrics(), 'droppedRecords')).toBe(badIds(COUNT).length);
    expect(sum(job.metrics(), 'deadLetters')).toBe(0);
    expect(warnings[0]).toContain('no 3 (');
    expect(warnings[0]).toContain("dropped, as 'onError' says");
    expect(warnings.at(-1)).toMatch(/^in all \d+ could not be taken: \d+ dropped, 0 dead letters$/);
  });

  it('by default the job fails', async () => {
    const seen = rows(jobOf(setting)).map((row) => ({ id: wrong(row.id) }), out);
    await expect(collect(seen)).rejects.toThrow('RangeError: no ');
  });
});

it('of an updating stream a row that cannot be mapped is neither added nor taken back', async () => {
  // Each change by itself: those of a batch are folded.
  const job = jobOf({ parallelism: 1, batch: '1' });
  const counts = rowsOf(job, items(30), Item)
    .keyBy((row) => row.k)
    .aggregate({ n: count() })
    .map((row) => ({ k: row.k, n: wrong(Number(row.n)) }), {
      returns: t.row({ k: t.string(), n: t.int() }),
      onError: letters(),
    });
  const final = (await collect(counts)).sort((a, b) => (a.k < b.k ? -1 : 1));
  expect(final).toEqual(['k0', 'k1', 'k2'].map((k) => ({ k, n: 10 })));
  expect(written()).toHaveLength(3);
});
