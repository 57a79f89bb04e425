// The Stream API: its types, which functions run natively, and that it makes the plans that SQL makes.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { printExpression } from '../lib/expressions/print.js';
import { resolveFunction } from '../lib/functions/resolve.js';
import { visible } from '../lib/functions/stream-nodes.js';
import {
  ascending,
  avg,
  blackhole,
  count,
  countDistinct,
  descending,
  file,
  hop,
  Job,
  max,
  print,
  session,
  sum,
  t,
  tumble,
} from '../lib/index.js';
import type { RowOf } from '../lib/schema/t.js';

const Bid = t.row({
  auction: t.bigint(),
  price: t.bigint(),
  dateTime: t.timestamp(3),
  expires: t.timestamp(3).nullable(),
  quantity: t.int(),
  channel: t.string(),
  url: t.string(),
  note: t.string().nullable(),
  fee: t.bigint().nullable(),
  rate: t.double(),
  place: t.row({ city: t.string(), zip: t.int() }),
  home: t.row({ city: t.string() }).nullable(),
});
type Bid = RowOf<typeof Bid.fields>;

const bidsOf = (job: Job) => job.source(file({ path: './bids', format: 'json', schema: Bid }));
const timedBids = (job: Job) => bidsOf(job).watermark((b) => b.dateTime, { maxOutOfOrder: '1s' });

describe('the example of the design', () => {
  const job = new Job('hot-items');
  const means = timedBids(job)
    .filter((b) => b.price > 100n)
    .keyBy((b) => b.auction)
    .window(tumble('10s'))
    .aggregate({ bids: count(), mean: avg((b) => b.price) });
  means.to(blackhole());

  it('infers its rows', () => {
    expectTypeOf<typeof means extends AsyncIterable<infer R> ? R : never>().toEqualTypeOf<{
      readonly auction: bigint;
      readonly windowStart: number;
      readonly windowEnd: number;
      readonly bids: bigint;
      readonly mean: bigint;
    }>();
  });

  it('runs natively from end to end', () => {
    const text = job.explain();
    expect(text).toContain('functions in V8: none');
    expect(text).toMatch(/window_aggregate tumble\(dateTime, size 10000 ms\) by auction count\(\*\), avg\(mean\)/);
    expect(text).toMatch(/filter \(price > 100\)/);
    expect(text).toMatch(/file_source file: auction, price, dateTime /);
  });
});

describe('types', () => {
  const bids = timedBids(new Job('types'));

  it('know the columns', () => {
    // @ts-expect-error: there is no such column
    expect(() => bids.filter((b) => b.prize > 100n)).toThrow("there is no column 'prize'");
    // @ts-expect-error: a bigint is not compared with a string
    bids.filter((b) => b.price === 'a');
    // @ts-expect-error: a stream without event time has no windows
    expect(bidsOf(new Job('untimed')).keyBy((b) => b.auction).window).toBeUndefined();
  });

  it('name keys after their columns, or as an object says', () => {
    const one = bids.keyBy((b) => b.channel).aggregate({ most: max((b) => b.price) });
    expectTypeOf<typeof one extends AsyncIterable<infer R> ? R : never>().toEqualTypeOf<{
      readonly channel: string;
      readonly most: bigint;
    }>();
    expect(one.node.schema.map((f) => f.name)).toEqual(['channel', 'most']);
    const two = bids.keyBy((b) => ({ c: b.channel, dear: b.price > 100n })).aggregate({ n: count() });
    expectTypeOf<typeof two extends AsyncIterable<infer R> ? R : never>().toEqualTypeOf<{
      readonly c: string;
      readonly dear: boolean;
      readonly n: bigint;
    }>();
    expect(two.node.schema.map((f) => f.name)).toEqual(['c', 'dear', 'n']);
  });

  it('follow maps', () => {
    const mapped = bids.map((b) => ({ twice: b.price * 2n, city: b.place.city, half: b.rate / 2 }));
    expectTypeOf<typeof mapped extends AsyncIterable<infer R> ? R : never>().toEqualTypeOf<{
      readonly twice: bigint;
      readonly city: string;
      readonly half: number;
    }>();
    expect(visible(mapped.node.schema).map((f) => f.type.kind)).toEqual(['BIGINT', 'VARCHAR', 'DOUBLE']);
  });
});

describe('functions', () => {
  const schema = Bid.type.kind === 'ROW' ? Bid.type.fields : [];
  const resolved = (fn: (b: Bid) => unknown) =>
    resolveFunction(fn, schema, { use: 'map', gives: 'value', example: '' });
  /** The native form, be it one that V8 stands behind. */
  const compiled = (fn: (b: Bid) => unknown) => {
    const { columns, user } = resolved(fn);
    const { from } = columns[0]!;
    return printExpression(typeof from === 'number' ? user!.native![from]! : from, schema);
  };

  it.each<[string, (b: Bid) => unknown, string]>([
    ['compare bigints', (b) => b.price >= 100n && b.auction !== 7n, '((price >= 100) AND (auction <> 7))'],
    [
      'compute numbers as JavaScript does',
      (b) => b.quantity * 1.5 > b.rate,
      '((CAST(quantity AS DOUBLE NOT NULL) * 1.5) > rate)',
    ],
    [
      'compute bigints in 64 bits, with V8 behind it',
      (b) => b.price + b.auction / 2n > -b.price % 7n,
      '((price + (auction / 2)) > ((0 - price) % 7))',
    ],
    ['compare bigints with whole numbers', (b) => b.price > 100, '(price > 100)'],
    ['compare NULL as JavaScript does', (b) => !(b.fee! < 3n), 'NOT((COALESCE(fee, 0) < 3))'],
    ['order strings where UTF-8 agrees', (b) => b.channel >= 'm', "(channel >= 'm')"],
    ['reach into rows that may be missing', (b) => b.home?.city ?? 'nowhere', "COALESCE(home.city, 'nowhere')"],
    ['test for a missing row', (b) => b.home?.city == null, 'home.city IS NULL'],
    ['test for null', (b) => b.note === null || b.note !== 'x', "(note IS NULL OR (note IS DISTINCT FROM 'x'))"],
    ['choose', (b) => (b.price > 1n ? b.channel : 'cheap'), "IF((price > 1), channel, 'cheap')"],
    ['fall back', (b) => b.fee ?? 0n, 'COALESCE(fee, 0)'],
    ['reach into rows', (b) => b.place.zip === 10115, '(CAST(place.zip AS DOUBLE NOT NULL) = 10115)'],
    [
      'look into strings',
      (b) => b.channel.startsWith('a') && b.channel.includes('bc'),
      "(STARTSWITH(channel, 'a') AND (POSITION('bc', channel) > 0))",
    ],
    [
      'write strings',
      (b) => `${b.channel}-${b.auction}`,
      "(((('' || channel) || '-') || CAST(auction AS STRING NOT NULL)) || '')",
    ],
    ['compare times with instants', (b) => b.dateTime < 1704067200000, '(dateTime < 1704067200000)'],
    ['move times', (b) => b.dateTime + b.quantity * 60_000, '(dateTime + (INTERVAL 60000 ms * quantity))'],
    [
      'move times by several parts, either way around',
      (b) => 3_600_000 * b.quantity + 500 + (b.dateTime - 1000),
      '((dateTime - INTERVAL 1000 ms) + ((INTERVAL 3600000 ms * quantity) + INTERVAL 500 ms))',
    ],
    [
      'take the row apart',
      ({ price, quantity: q }) => price > 1n && q > 2,
      '((price > 1) AND (CAST(quantity AS DOUBLE NOT NULL) > 2))',
    ],
    [
      'return from a block',
      (b) => {
        return b.price > 1n;
      },
      '(price > 1)',
    ],
  ])('%s', (_, fn, expected) => expect(compiled(fn)).toBe(expected));

  const limit = 100n;
  const other = 'x';
  it.each<[string, (b: Bid) => unknown, RegExp]>([
    ['a closure', (b) => b.price > limit, /'limit' comes from outside/],
    ['an order of strings', (b) => b.channel < b.url, /UTF-16/],
    ['an order of strings beyond surrogates', (b) => b.channel < '\uffee', /UTF-16/],
    ['an order of what may be no string', (b) => b.note! < 'x', /compares as a number/],
    ['arithmetic with null', (b) => b.fee! + 1n, /may be null/],
    ['a bigint that is none', (b) => b.price > 100000000000000000000n, /64 bits/],
    ['a mix of bigint and number', (b) => Number(b.price) * b.rate, /no native form/],
    ['a row that may be missing', (b) => b.home!.city, /may be null, which JavaScript refuses/],
    ['a value that may be undefined', (b) => b.home?.city === b.note, /may be undefined/],
    ['what comes from outside', (b) => b.home?.city === other, /'other' comes from outside/],
    ['a sum of text and number', (b) => b.channel + b.quantity, /./],
    ['a case mapping', (b) => b.channel.toUpperCase(), /toUpperCase/],
    ['a time and a fraction', (b) => b.dateTime + b.rate, /only a whole number of milliseconds/],
    ['a time and half a millisecond', (b) => b.dateTime + b.quantity * 0.5, /only a whole number of milliseconds/],
    ['twice a time', (b) => b.dateTime * 2, /only milliseconds are added/],
    ['a time without which it would be 0', (b) => b.expires! + 1000, /may be null/],
    ['truthiness', (b) => (b.note ? 1 : 2), /no boolean/],
    [
      'several statements',
      (b) => {
        const x = b.price;
        return x > 1n;
      },
      /more than one return/,
    ],
  ])('run %s in V8, saying why', (_, fn, reason) => {
    const { user } = resolved(fn);
    expect(user?.native).toBeUndefined();
    expect(user?.reason).toMatch(reason);
  });
});

describe('streams', () => {
  it('aggregate over sessions and hops, with or without keys', () => {
    const job = new Job('windows');
    timedBids(job)
      .window(hop('10 s', '2 s'))
      .aggregate({ n: count((b) => b.note) })
      .to(print());
    timedBids(job)
      .keyBy((b) => b.auction)
      .window(session('1 min'))
      .aggregate({ total: sum((b) => b.rate) })
      .to(blackhole());
    const text = job.explain();
    expect(text).toContain('window_aggregate hop(dateTime, size 10000 ms, slide 2000 ms) count(n)');
    expect(text).toContain('session_window session(dateTime, gap 60000 ms) by auction sum(total)');
    expect(text).toContain('same as (1)');
  });

  it('count rows into windows, purged or not', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sabot-stream-'));
    try {
      const path = join(folder, 'rows.jsonl');
      const values = [1, 2, 3, 4, 5, 6, 7];
      writeFileSync(path, values.map((v) => `{"k":"${v % 3 === 0 ? 'b' : 'a'}","v":${v}}\n`).join(''));
      const Row = t.row({ k: t.string(), v: t.int() });
      for (const [purge, expected] of [
        [true, ['a 3', 'a 9', 'b 9']],
        [false, ['a 12', 'a 3', 'b 9']],
      ] as const) {
        for (const parallelism of [1, 2]) {
          const sums = new Job('counted', { parallelism })
            .source(file({ path, format: 'json', schema: Row }))
            .keyBy((r) => r.k)
            .countWindow(2, { purge })
            .aggregate({ total: sum((r) => r.v) });
          expectTypeOf<typeof sums extends AsyncIterable<infer R> ? R : never>().toEqualTypeOf<{
            readonly k: string;
            readonly total: number;
          }>();
          const seen: string[] = [];
          for await (const { k, total } of sums) seen.push(`${k} ${total}`);
          expect(seen.sort(), `parallelism ${parallelism}`).toEqual(expected);
        }
      }
      expect(() =>
        bidsOf(new Job('none'))
          .keyBy((b) => b.auction)
          .countWindow(0),
      ).toThrow(/at least 1/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('are rows when iterated, every digit kept', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sabot-stream-'));
    try {
      const path = join(folder, 'rows.jsonl');
      writeFileSync(
        path,
        '{"id":9007199254740993,"at":"2024-01-01 00:00:01.250","in":{"x":1.5}}\n{"id":2,"at":null,"in":{"x":0}}\n',
      );
      const Wanted = t.row({ id: t.bigint(), at: t.timestamp(3).nullable(), in: t.row({ x: t.double() }) });
      const rows = new Job('rows')
        .source(file({ path, format: 'json', schema: Wanted }))
        .filter((r) => r.id > 2n || r.at === null);
      const seen = [];
      for await (const row of rows) seen.push(row);
      expect(seen).toEqual([
        { id: 9007199254740993n, at: Date.UTC(2024, 0, 1, 0, 0, 1, 250), in: { x: 1.5 } },
        { id: 2n, at: null, in: { x: 0 } },
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('aggregate only the rows that a filter lets through', () => {
    const job = new Job('filters');
    const counts = timedBids(job)
      .keyBy((b) => b.auction)
      .window(tumble('1 min'))
      .aggregate({
        all: count(),
        dear: count({ filter: (b) => b.price > 100n }),
        noted: count((b) => b.note, { filter: (b) => b.fee !== null && b.fee > 3n }),
        channels: countDistinct((b) => b.channel, { filter: (b) => b.quantity > 1 }),
        most: max((b) => b.price, { filter: (b) => b.channel === 'x' }),
      });
    expectTypeOf<typeof counts extends AsyncIterable<infer R> ? R : never>().toMatchTypeOf<{
      readonly dear: bigint;
      readonly noted: bigint;
      readonly most: bigint;
    }>();
    counts.to(blackhole());
    const text = job.explain();
    expect(text).toContain('count(*), count(*) filter dearFilter, count(noted) filter notedFilter');
    expect(text).toMatch(/\(price > 100\) AS dearFilter/);
    const windows = timedBids(job).window(tumble('1 s'));
    // @ts-expect-error: a filter is no number
    expect(() => windows.aggregate({ n: count({ filter: (b) => b.quantity }) })).toThrow('true or false');
  });

  it('keep the first rows of a key, or of a window', () => {
    const job = new Job('tops');
    const counts = timedBids(job)
      .keyBy((b) => b.channel)
      .window(tumble('1 min'))
      .aggregate({ bids: count() });
    counts
      .keyBy(({ windowStart, windowEnd }) => ({ windowStart, windowEnd }))
      .top(
        2,
        descending((r) => r.bids),
        ascending((r) => r.channel),
      )
      .to(blackhole());
    bidsOf(job)
      .keyBy((b) => b.auction)
      .top(
        1,
        descending((b) => b.price),
      )
      .to(blackhole());
    const text = job.explain();
    expect(text).toMatch(/window_rank .*\[I\]/);
    expect(text).toMatch(/\brank .*U/);
    const keyed = bidsOf(job).keyBy((b) => b.auction);
    const byPrice = descending((b: Bid) => b.price);
    expect(() => keyed.top(0, byPrice)).toThrow('whole number from 1');
    expect(
      keyed.top(
        1,
        ascending((b) => b.price * 2n),
      ).node.schema,
    ).toEqual(bidsOf(job).node.schema);
    // @ts-expect-error: an order is needed
    expect(() => keyed.top(1)).toThrow('needs an order');
    // biome-ignore format: the error that is expected is in the next line
    // @ts-expect-error: there is no such column
    const missing = () => keyed.top(1, ascending((b) => b.prize));
    expect(missing).toThrow("there is no column 'prize'");
  });

  it('of different columns make no union', () => {
    const job = new Job('union');
    expect(bidsOf(job).union(bidsOf(job)).node.op).toBe('union');
    const other = job.source(file({ path: './x', format: 'json', schema: t.row({ auction: t.string() }) }));
    // @ts-expect-error: other columns
    expect(() => bidsOf(job).union(other)).toThrow('same columns');
  });

  it('refuse what is no duration', () => {
    expect(() => tumble('ten seconds')).toThrow("'ten seconds' is no duration");
  });

  it('need a sink before they run', async () => {
    const job = new Job('nothing');
    bidsOf(job).filter((b) => b.price > 1n);
    await expect(job.run()).rejects.toThrow("Job 'nothing' has no sink");
  });
});
