// Functions that run in V8: what they are given, what becomes of what they give, and what is said when they fail.

import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { count, type SabotError, sum, t, tumble } from '../../lib/index.js';
import { byId, collect, Everything, everything, jobOf, rowsOf, SETTINGS } from './rows.js';

const Line = t.row({ id: t.int(), text: t.string().nullable(), at: t.timestamp(3), price: t.bigint() });
const lines = (count: number) =>
  Array.from({ length: count }, (_, id) => ({
    id,
    text: id % 5 === 4 ? null : `word${id % 3} line ${id}`,
    at: id * 1000,
    price: BigInt(id),
  }));

/** Not seen through by the compiler. */
const outer = <T>(value: T): T => value;

describe.each(SETTINGS)('with parallelism $parallelism and batches of $batch', (setting) => {
  const rows = everything(60);
  const job = () => jobOf(setting);

  it('every type goes in and comes out as it is', async () => {
    const copies = rowsOf(job(), rows, Everything).map((row) => outer(row), { returns: Everything });
    expect(byId(await collect(copies))).toEqual(rows);
  });

  it('columns that a function only hands on do not cross', async () => {
    const tagged = rowsOf(job(), rows, Everything).map((row) => ({ ...row, tag: outer(row.string)?.length ?? -1 }), {
      returns: t.row({ ...Everything.fields, tag: t.int() }),
    });
    expect(byId(await collect(tagged))).toEqual(rows.map((row) => ({ ...row, tag: row.string?.length ?? -1 })));
  });

  it('filters see NULLs, and keep the rows whole', async () => {
    const wanted = (row: { string: string | null; big: bigint | null }) =>
      outer(row.string) === null || row.big === null;
    const kept = rowsOf(job(), rows, Everything).filter((row) => wanted(row));
    expect(byId(await collect(kept))).toEqual(rows.filter(wanted));
  });

  it('a function may keep its rows', async () => {
    const seen: unknown[] = [];
    const all = rowsOf(job(), rows, Everything).filter((row) => seen.push(row) > 0);
    await collect(all);
    expect(byId(seen as { id: number }[])).toEqual(rows);
  });

  it('keys, arguments and filters of aggregates are computed', async () => {
    const weights: Record<string, number> = { word0: 0.5, word1: 1, word2: 2 };
    const totals = rowsOf(job(), lines(40), Line)
      .keyBy((line) => outer(line.text)?.split(' ')[0] ?? 'none', { returns: t.string() })
      .aggregate({
        n: count(),
        weight: sum((line) => weights[line.text?.split(' ')[0] ?? ''] ?? 0, { returns: t.double() }),
        even: count({ filter: (line) => outer(line.id) % 2 === 0 }),
      });
    expectTypeOf(totals).toExtend<AsyncIterable<{ key: string; n: bigint; weight: number; even: bigint }>>();
    const found = (await collect(totals)).sort((a, b) => (a.key < b.key ? -1 : 1));
    expect(found).toEqual([
      { key: 'none', n: 8n, weight: 0, even: 4n },
      { key: 'word0', n: 11n, weight: 5.5, even: 6n },
      { key: 'word1', n: 10n, weight: 10, even: 4n },
      { key: 'word2', n: 11n, weight: 22, even: 6n },
    ]);
  });

  it('event time is computed, and stays with rows that are mapped', async () => {
    const Said = t.row({ id: t.int(), when: t.string() });
    const said = lines(40).map(({ id, at }) => ({ id, when: new Date(at).toISOString() }));
    const counts = rowsOf(job(), said, Said)
      .watermark((row) => Date.parse(row.when), { maxOutOfOrder: '5 s' })
      .map((row) => ({ even: outer(row.id) % 2 === 0 }))
      .filter((row) => row.even)
      .keyBy((row) => row.even)
      .window(tumble('10 s'))
      .aggregate({ n: count() });
    const found = (await collect(counts)).sort((a, b) => a.windowStart - b.windowStart);
    expect(found).toEqual(
      [0, 10, 20, 30].map((s) => ({ even: true, windowStart: s * 1000, windowEnd: s * 1000 + 10_000, n: 5n })),
    );
  });

  it('flatMap gives any number of rows, with their event time', async () => {
    const words = rowsOf(job(), lines(40), Line)
      .watermark((line) => line.at)
      .flatMap((line) => (line.text ?? '').split(' ').flatMap((word) => (word === '' ? [] : [{ id: line.id, word }])), {
        returns: t.row({ id: t.int(), word: t.string() }),
      });
    const expected = lines(40).flatMap(({ id, text }) => (text ?? '').split(' ').map((word) => ({ id, word })));
    expect(byId(await collect(words))).toEqual(expected.filter(({ word }) => word !== ''));
    const counts = await collect(
      words
        .keyBy((w) => w.word)
        .window(tumble('1 min'))
        .aggregate({ n: count() }),
    );
    expect(counts).toContainEqual({ word: 'line', windowStart: 0, windowEnd: 60_000, n: 32n });
  });

  it('async functions keep the order of their rows, and only so many are under way', async () => {
    let open = 0;
    let most = 0;
    const slow = rowsOf(job(), lines(40), Line).map(
      async (line) => {
        most = Math.max(most, ++open);
        await sleep(line.id % 4);
        open--;
        return { id: line.id, text: line.text };
      },
      { returns: t.row({ id: t.int(), text: t.string().nullable() }), concurrency: 3 },
    );
    const found = await collect(slow);
    expect(byId(found)).toEqual(lines(40).map(({ id, text }) => ({ id, text })));
    if (setting.parallelism === 1) expect(found).toEqual(byId(found));
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(3 * setting.parallelism);
  });

  it('flatMap waits for some promises at a time, and keeps the order of their rows', async () => {
    let [open, most] = [0, 0];
    const pairs = rowsOf(job(), lines(40), Line).flatMap(
      async ({ id }) => {
        most = Math.max(most, ++open);
        await sleep(id % 3);
        open--;
        return [{ id }, { id: id + 1000 }];
      },
      { returns: t.row({ id: t.int() }), concurrency: 4 },
    );
    const seen = (await collect(pairs)).map(({ id }) => id);
    const expected = lines(40).flatMap(({ id }) => [id, id + 1000]);
    if (setting.parallelism === 1) expect(seen).toEqual(expected);
    else expect(seen.sort((a, b) => a - b)).toEqual(expected.sort((a, b) => a - b));
    expect(most).toBeLessThanOrEqual(4 * setting.parallelism);
    expect(most).toBeGreaterThan(1);
  });

  it('a function may give promises for some of its rows', async () => {
    const cache = new Map<number, string>();
    const load = async (id: number) => {
      await sleep(1);
      cache.set(id, `#${id}`);
      return { id, name: `#${id}` };
    };
    const named = rowsOf(job(), lines(40), Line)
      .map((line) => ({ id: line.id % 10 }))
      .map(({ id }) => (cache.has(id) ? { id, name: cache.get(id)! } : load(id)), {
        returns: t.row({ id: t.int(), name: t.string() }),
      });
    expect(byId(await collect(named))).toEqual(byId(lines(40).map(({ id }) => ({ id: id % 10, name: `#${id % 10}` }))));
  });

  it('compiled functions run in V8 where their bigints need more than 64 bits', async () => {
    const huge = 9223372036854775807n;
    const products = rowsOf(
      job(),
      lines(40).map((line) => ({ ...line, price: line.id === 20 ? huge : line.price })),
      Line,
    )
      .map((line) => ({ id: line.id, same: (line.price * 3n) / 3n }))
      .filter((row) => row.same * row.same >= 0n);
    expect(byId(await collect(products))).toEqual(
      lines(40).map(({ id, price }) => ({ id, same: id === 20 ? huge : price })),
    );
  });
});

describe('a job whose function fails', () => {
  const failure = async (stream: AsyncIterable<unknown>): Promise<SabotError> => {
    const error = await collect(stream).then(
      () => undefined,
      (e) => e,
    );
    expect(error).toBeInstanceOf(Error);
    return error as SabotError;
  };
  const stream = () => rowsOf(jobOf(SETTINGS[1]!), lines(30), Line);

  it('says which function, at which row, and why', async () => {
    const error = await failure(stream().map((line) => ({ id: line.id, loud: outer(line.text)!.toUpperCase() })));
    expect(error).toMatchObject({ code: 'SABOT_E_FUNCTION', kind: 'user-function', operator: 'map', job: 'functions' });
    expect(error.message).toMatch(
      /^map `\(line\) => .*` failed at row \{ id: 4, text: null \}: TypeError: Cannot read properties of null \(reading 'toUpperCase'\)$/,
    );
    expect(error.cause).toBeInstanceOf(TypeError);
  });

  it('says so of a promise that was rejected', async () => {
    const error = await failure(
      stream().filter(async (line) => {
        await sleep(0);
        if (line.id === 9) throw new RangeError('nine');
        return true;
      }),
    );
    expect(error.message).toMatch(/^filter `async \(line\) => .*` failed at row \{ id: 9 \}: RangeError: nine$/);
  });

  it('says what was given instead of what is wanted', async () => {
    const lie = (value: unknown) => value as never;
    const wrong = await failure(
      stream().map((line) => ({ id: line.id, n: lie(line.id === 3 ? 1.5 : 1) }), {
        returns: t.row({ id: t.int(), n: t.int() }),
      }),
    );
    expect(wrong.message).toMatch(/^map `.*` gave a wrong value for 'n' at row \{ id: 3 \}: 1.5 is no INT NOT NULL$/);
    const truthy = await failure(stream().filter((line) => lie(line.id)));
    expect(truthy.message).toMatch(/^filter `.*` gave a wrong value at row \{ id: 0 \}: 0 is no BOOLEAN$/);
    const nothing = await failure(
      stream().map((line) => lie(line.text), { returns: t.row({ text: t.string().nullable() }) }),
    );
    expect(nothing.message).toMatch(/gave a wrong value.*'word0 line 0' is no ROW/);
  });

  it('says so of a compiled function, whose result does not fit its column', async () => {
    const error = await failure(stream().map((line) => ({ big: (line.price + 1n) * 9223372036854775807n })));
    expect(error.message).toMatch(
      /^map `.*` gave a wrong value for 'big' at row \{ price: 1n \}: 18446744073709551614n is no BIGINT NOT NULL$/,
    );
    const division = await failure(stream().filter((line) => 10n / line.price > 1n));
    expect(division.message).toMatch(/^filter `.*` failed at row \{ price: 0n \}: RangeError: Division by zero$/);
  });

  it('says so of flatMap, whether it throws or gives no rows', async () => {
    const returns = t.row({ word: t.string() });
    const thrown = await failure(
      stream().flatMap(
        function* (line) {
          yield { word: 'a' };
          if (line.id === 2) throw new Error('two');
        },
        { returns },
      ),
    );
    expect(thrown.message).toMatch(/^flatMap `.*` failed at row \{ id: 2 \}: Error: two$/);
    const none = await failure(stream().flatMap((line) => line.text as never, { returns }));
    expect(none.message).toContain('it must give an array, or another iterable of rows');
  });
});

describe('flatMap', () => {
  it('gives more rows than a batch holds in pieces', async () => {
    const numbers = rowsOf(jobOf(SETTINGS[0]!), [{ n: 40_000 }, { n: 0 }, { n: 3 }], t.row({ n: t.int() })).flatMap(
      (row) => Array.from({ length: row.n }, (_, i) => ({ i })),
      { returns: t.row({ i: t.int() }) },
    );
    const found = await collect(numbers);
    expect(found.length).toBe(40_003);
    expect(found.slice(-4).map(({ i }) => i)).toEqual([39_999, 0, 1, 2]);
  });

  it('takes async iterables and promises of iterables', async () => {
    const numbers = rowsOf(jobOf(SETTINGS[0]!), [{ n: 2 }, { n: 1 }], t.row({ n: t.int() })).flatMap(
      async (row) => Array.from({ length: row.n }, (_, i) => ({ i })),
      { returns: t.row({ i: t.int() }) },
    );
    expect(await collect(numbers)).toEqual([{ i: 0 }, { i: 1 }, { i: 0 }]);
    const later = rowsOf(jobOf(SETTINGS[0]!), [{ n: 2 }, { n: 1 }], t.row({ n: t.int() })).flatMap(
      async function* (row) {
        for (let i = 0; i < row.n; i++) {
          await sleep(0);
          yield { i };
        }
      },
      { returns: t.row({ i: t.int() }) },
    );
    expect(await collect(later)).toEqual([{ i: 0 }, { i: 1 }, { i: 0 }]);
  });
});
