// Broadcast state: what functions see of it, how its rows come and go, event time beside it, mistakes.
//
// The order between the two streams is not defined, so tests ask with probes, rows of negative id, until the state is there.

import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  type BroadcastState,
  type BroadcastStream,
  blackhole,
  count,
  Job,
  max,
  type SabotError,
  type Stream,
  t,
  tumble,
} from '../../lib/index.js';
import { byId, collect, jobOf, rowsOf, SETTINGS } from './rows.js';

const Rule = t.row({ auction: t.bigint(), limit: t.bigint(), off: t.boolean() });
const Bid = t.row({ id: t.int(), auction: t.bigint(), price: t.bigint(), at: t.timestamp(3) });
const Found = t.row({ id: t.int(), limit: t.bigint().nullable() });

const AUCTIONS = 5;
const rule = (auction: number, limit: number, off = false) => ({ auction: BigInt(auction), limit: BigInt(limit), off });
const bid = (id: number) => ({ id, auction: BigInt(Math.abs(id) % AUCTIONS), price: BigInt(id), at: id * 1000 });
const bids = (number: number) => Array.from({ length: number }, (_, id) => bid(id));
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Rows that come once a probe of every auction has said that the state is as it should be. */
function gate(rows: readonly ReturnType<typeof bid>[]) {
  const open = new Set<bigint>();
  return {
    say: (auction: bigint) => open.add(auction),
    async *rows() {
      while (open.size < AUCTIONS) {
        for (let i = 1; i <= AUCTIONS; i++) yield bid(-i);
        await turn();
      }
      yield* rows;
    },
  };
}

describe.each(SETTINGS)('with parallelism $parallelism and batches of $batch', (setting) => {
  const job = () => jobOf(setting);

  it('every subtask has the newest row of every key', async () => {
    const made = job();
    const rules = rowsOf(
      made,
      [rule(0, 1), rule(1, 1), rule(2, 1), rule(1, 7), rule(2, 0, true), rule(4, 9, true), rule(3, 5)],
      Rule,
    ).broadcast((r) => r.auction, { removes: (r) => r.off });
    const behind = gate(bids(40));
    const seen = new Set<string>();
    const found = made
      .source(() => behind.rows(), Bid)
      .keyBy((b) => b.auction)
      .connect(rules)
      .process(
        (b, state) => {
          if (b.id < 0) {
            if (state.size === 3 && state.get(1n)?.limit === 7n && state.has(3n)) behind.say(b.auction);
            return undefined;
          }
          seen.add(
            JSON.stringify([...state.entries()].map(([key, row]) => [`${key}`, `${row.limit}`, row.off]).sort()),
          );
          seen.add(JSON.stringify([...state.values()].map((row) => `${row.auction}`).sort()));
          return { id: b.id, limit: state.get(b.auction)?.limit ?? null };
        },
        { returns: Found },
      );
    const limits = [1n, 7n, null, 5n, null];
    expect(byId(await collect(found))).toEqual(bids(40).map(({ id }) => ({ id, limit: limits[id % AUCTIONS]! })));
    expect([...seen]).toEqual([
      JSON.stringify([
        ['0', '1', false],
        ['1', '7', false],
        ['3', '5', false],
      ]),
      JSON.stringify(['0', '1', '3']),
    ]);
  });

  it('keys of several columns, and such as are computed, are objects', async () => {
    const Price = t.row({ city: t.string().nullable(), at: t.date(), amount: t.double() });
    const prices = [
      { city: 'Bonn', at: '2024-02-29', amount: 1 },
      { city: null, at: '2024-02-29', amount: 2 },
      { city: 'null', at: '2024-02-29', amount: 3 },
      { city: 'Bonn', at: '2024-03-01', amount: 4 },
      { city: 'Bonn', at: '2024-02-29', amount: 5 },
    ];
    const made = job();
    const state = rowsOf(made, prices, Price).broadcast((p) => ({ city: p.city, day: p.at, first: p.amount < 4.5 }));
    const behind = gate(bids(1));
    let keys: unknown;
    const found = made
      .source(() => behind.rows(), Bid)
      .keyBy((b) => b.auction)
      .connect(state)
      .process(
        (b, all) => {
          expectTypeOf(all).toEqualTypeOf<
            BroadcastState<
              { readonly city: string | null; readonly day: string; readonly first: boolean },
              { readonly city: string | null; readonly at: string; readonly amount: number }
            >
          >();
          if (b.id < 0 && all.size === 5) behind.say(b.auction);
          if (b.id < 0) return [];
          keys = [...all.entries()].map(([key]) => key);
          const amount = (city: string | null, day: string, first: boolean) =>
            all.get({ first, day, city })?.amount ?? -1;
          return [
            { n: amount('Bonn', '2024-02-29', true) },
            { n: amount(null, '2024-02-29', true) },
            { n: amount('null', '2024-02-29', true) },
            { n: amount('Bonn', '2024-02-29', false) },
            { n: amount('Bonn', '2024-03-01', false) },
          ];
        },
        { returns: t.row({ n: t.double() }) },
      );
    expect(await collect(found)).toEqual([1, 2, 3, 5, -1].map((n) => ({ n })));
    expect(keys).toContainEqual({ city: null, day: '2024-02-29', first: true });
  });

  it('an updating stream may be broadcast: new rows replace old ones, deleted ones go', async () => {
    const made = job();
    const rows = rowsOf(made, bids(200), Bid);
    const counts = rows.keyBy((b) => b.auction).aggregate({ n: count(), most: max((b) => b.price) });
    type Count = typeof counts extends AsyncIterable<infer R> ? R : never;
    const asked = <K>(broadcast: BroadcastStream<Count, K>) => {
      const behind = gate(bids(AUCTIONS));
      const found = made
        .source(() => behind.rows(), Bid)
        .keyBy((b) => b.auction)
        .connect(broadcast)
        .process(
          (b, all) => {
            const ready =
              all.size === AUCTIONS && [...all.values()].every((c) => c.n === 40n && (c.most ?? 0n) >= 195n);
            if (ready && b.id < 0) behind.say(b.auction);
            return b.id < 0 ? undefined : { id: b.id, limit: BigInt(all.size) };
          },
          { returns: Found },
        );
      return collect(found);
    };
    const byAuction = counts.broadcast((c) => c.auction);
    // By what changes: the row under the old key has to go.
    const byCount = counts.broadcast((c) => ({ n: c.n, of: c.auction }));
    for (const found of await Promise.all([asked(byAuction), asked(byCount)]))
      expect(byId(found)).toEqual(bids(AUCTIONS).map(({ id }) => ({ id, limit: BigInt(AUCTIONS) })));
  });

  it('a function gives a row, none, several, or promises of these', async () => {
    const made = job();
    const none = rowsOf(made, [], Rule).broadcast((r) => r.auction);
    const many = (b: { readonly id: number }, times: number) =>
      Array.from({ length: times }, () => ({ id: b.id, limit: null }));
    const found = rowsOf(made, bids(16), Bid)
      .connect(none)
      .process(
        (b) => {
          switch (b.id % 8) {
            case 0:
              return undefined;
            case 1:
              return { id: b.id, limit: null };
            case 2:
              return many(b, 2);
            case 3:
              return new Set(many(b, 3));
            case 4:
              return Promise.resolve(undefined);
            case 5:
              return turn().then(() => ({ id: b.id, limit: null }));
            case 6:
              return turn().then(() => many(b, 6));
            default:
              return (async function* () {
                yield* many(b, 7);
              })();
          }
        },
        { returns: Found },
      );
    const times = [0, 1, 2, 3, 0, 1, 6, 7];
    expect(byId(await collect(found))).toEqual(bids(16).flatMap((b) => many(b, times[b.id % 8]!)));
  });

  it('event time is that of the rows, and does not wait for the broadcast stream', async () => {
    const made = job();
    let windowHasFired = () => {};
    const fired = new Promise<void>((resolve) => {
      windowHasFired = resolve;
    });
    async function* endless() {
      yield rule(0, 1);
      await fired;
    }
    async function* timed() {
      yield* bids(30);
      await fired;
    }
    const windows = made
      .source(timed, Bid)
      .watermark((b) => b.at)
      .keyBy((b) => b.auction)
      .connect(made.source(endless, Rule).broadcast((r) => r.auction))
      .process((b) => ({ id: b.id, limit: null }), { returns: Found })
      .keyBy((f) => f.limit)
      .window(tumble('10 s'))
      .aggregate({ n: count() });
    const found: { windowStart: number; n: bigint }[] = [];
    for await (const window of windows) {
      found.push(window);
      windowHasFired();
    }
    expect(found.map(({ windowStart, n }) => ({ windowStart, n }))).toEqual(
      [0, 10_000, 20_000].map((windowStart) => ({ windowStart, n: 10n })),
    );
  });
});

describe('broadcast state', () => {
  const made = () => {
    const job = new Job('alerts', { parallelism: 2 });
    const rules = rowsOf(job, [rule(0, 1)], Rule);
    return { job, rules, rows: rowsOf(job, bids(5), Bid) };
  };

  it('has the types of its rows and keys', () => {
    const { rules, rows } = made();
    const connected = rows.connect(rules.broadcast((r) => r.auction));
    const alerts = connected.process(
      (b, state) => {
        expectTypeOf(state).toEqualTypeOf<
          BroadcastState<bigint, { readonly auction: bigint; readonly limit: bigint; readonly off: boolean }>
        >();
        // @ts-expect-error A key is a bigint.
        state.get(5);
        // @ts-expect-error It is only read.
        state.set?.(5n, rule(5, 1));
        const found = state.get(b.auction);
        // @ts-expect-error Rows are only read.
        if (found !== undefined) found.limit = 5n;
        return { id: b.id, limit: found?.limit ?? null };
      },
      { returns: Found },
    );
    expectTypeOf(alerts).toEqualTypeOf<Stream<{ readonly id: number; readonly limit: bigint | null }>>();
    // @ts-expect-error The type of what it gives must be said.
    expect(() => connected.process((b) => ({ id: b.id }))).toThrow();
    // @ts-expect-error There is no such column.
    expect(() => connected.process((b) => ({ id: b.bidder, limit: null }), { returns: Found })).toThrow(
      "there is no column 'bidder'",
    );
    // @ts-expect-error A stream is connected to a broadcast one.
    expect(() => rows.connect(rules).process(() => undefined, { returns: Found })).toThrow();
    // @ts-expect-error Rows without event time have no windows.
    expect(alerts.keyBy((a) => a.id).window).toBeUndefined();
    const timed = rows.watermark((b) => b.at).connect(rules.broadcast((r) => r.auction));
    expect(timed.process(() => undefined, { returns: Found }).keyBy((a) => a.id).window).toBeDefined();
  });

  it('is shown by explain()', () => {
    const { job, rules, rows } = made();
    rows
      .keyBy((b) => b.auction)
      .connect(rules.broadcast((r) => r.auction, { removes: (r) => r.off }))
      .process((b, state) => ({ id: b.id, limit: state.get(b.auction)?.limit ?? null }), { returns: Found })
      .to(blackhole());
    const text = job.explain();
    expect(text).toContain('broadcast_process broadcast by auction  [I] x2');
    expect(text).toMatch(/├─ iterable_source .*: id, auction {2}\[I\] <- hash\(auction\) x1/);
    expect(text).toMatch(/└─ .*iterable_source .*auction, limit, off {2}\[I\] <- broadcast x1/);
    expect(text).toContain('in V8: process `(b, state) =>');
    expect(text).toContain('it reads broadcast state');
    expect(text).toContain('compiled: broadcast `(r) => r.auction`');
  });

  it('an updating stream sends old rows only where the key may change', () => {
    const { job, rows } = made();
    const counts = rows.keyBy((b) => b.auction).aggregate({ n: count() });
    const process = (broadcast: BroadcastStream<unknown, bigint>) =>
      rows
        .connect(broadcast)
        .process(() => undefined, { returns: Found })
        .to(blackhole());
    process(counts.broadcast((c) => c.auction));
    expect(job.explain()).toMatch(/group_aggregate .* \[I,UA\] <- broadcast/);
    process(counts.broadcast((c) => c.n));
    expect(job.explain()).toMatch(/group_aggregate .* \[I,UB,UA\] <- broadcast/);
  });

  it('the error of a function names it, the row and the cause', async () => {
    const { rules, rows } = made();
    const failing = rows.connect(rules.broadcast((r) => r.auction)).process(
      (b) => {
        if (b.id === 3) throw new TypeError('no third bid');
        return { id: b.id, limit: null };
      },
      { returns: Found },
    );
    const error = await collect(failing).then(
      () => undefined,
      (thrown: SabotError) => thrown,
    );
    expect(error).toMatchObject({ code: 'SABOT_E_FUNCTION', operator: 'process' });
    expect(error!.message).toMatch(/^process `\(b\) => .*` failed at row \{ id: 3 \}: TypeError: no third bid$/);
    expect((error!.cause as Error).message).toBe('no third bid');
  });

  it.each([
    ['a wrong value', () => ({ id: 1, limit: 5 }), "gave a wrong value for 'limit'"],
    ['no row', () => 5, 'gave a wrong value'],
    ['null', () => null, 'gave a wrong value'],
  ])('%s is refused', async (_, gives, message) => {
    const { rules, rows } = made();
    const wrong = rows.connect(rules.broadcast((r) => r.auction)).process(gives as never, { returns: Found });
    await expect(collect(wrong)).rejects.toThrow(message);
  });

  it('rows of the state cannot be changed', async () => {
    const { job, rules } = made();
    const behind = gate([]);
    const wrong = job
      .source(() => behind.rows(), Bid)
      .connect(rules.broadcast((r) => r.auction))
      .process(
        (_, state) => {
          for (const row of state.values()) (row as { limit: bigint }).limit = 9n;
          return undefined;
        },
        { returns: Found },
      );
    await expect(collect(wrong)).rejects.toThrow(/TypeError: Cannot assign to read only property 'limit'/);
  });

  it('rows that are updated are not processed, and keys are values', async () => {
    const { rules, rows } = made();
    const updating = rows.keyBy((b) => b.auction).aggregate({ n: count() });
    const wrong = updating
      .connect(rules.broadcast((r) => r.auction))
      .process((c) => ({ id: Number(c.n), limit: null }), { returns: Found });
    await expect(collect(wrong)).rejects.toThrow('takes rows that are not updated');
    expect(() => rules.broadcast((r) => [r.auction], { returns: t.array(t.bigint()) })).toThrow(
      'A key of broadcast state is a single value',
    );
  });
});
