// Keyed process functions with broadcast state: what they see of it beside the state of their keys, rows of the broadcast stream that
// they process, keys that these go through, mistakes.
//
// The order between the two streams is not defined, so rows wait in their source until the rules are there.

import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  type BroadcastState,
  blackhole,
  Job,
  listState,
  type SabotError,
  type TimedStream,
  t,
  valueState,
} from '../../lib/index.js';
import { collect, jobOf, rowsOf, SETTINGS } from './rows.js';

const Payment = t.row({ id: t.int(), card: t.string(), country: t.string(), cents: t.bigint(), at: t.timestamp(3) });
const Limit = t.row({ country: t.string(), cents: t.bigint(), off: t.boolean() });
const Over = t.row({ card: t.string(), spent: t.bigint(), limit: t.bigint().nullable() });
type Limit = { readonly country: string; readonly cents: bigint; readonly off: boolean };

const CARDS = ['ann', 'bob', 'cid', 'dan', 'eve'];
const payment = (id: number) => ({
  id,
  card: CARDS[id % CARDS.length]!,
  country: id % 2 === 0 ? 'DE' : 'FR',
  cents: BigInt(id),
  at: id * 1000,
});
const payments = (number: number) => Array.from({ length: number }, (_, id) => payment(id));
const limit = (country: string, cents: number, off = false): Limit => ({ country, cents: BigInt(cents), off });
const byCard = <R extends { readonly card: string }>(rows: readonly R[]): R[] =>
  [...rows].sort((a, b) => (a.card < b.card ? -1 : a.card > b.card ? 1 : 0));

/** Something that rows wait for, until it was said so many times. */
function gate(times: number) {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let left = times;
  const say = () => {
    if (--left === 0) open();
  };
  if (times === 0) open();
  return { say, opened };
}

async function* behind<R>(opened: Promise<void>, rows: readonly R[]) {
  await opened;
  yield* rows;
}

describe.each(SETTINGS)('with parallelism $parallelism and batches of $batch', (setting) => {
  const LIMITS = [limit('DE', 10), limit('FR', 20), limit('DE', 30), limit('FR', 0, true)];
  /** Every subtask is called for every row. */
  const all = (rows: readonly unknown[]) => rows.length * setting.parallelism;
  const job = () => jobOf(setting);

  it('a key has its own state and timers, and sees the broadcast state', async () => {
    const made = job();
    const come = gate(all(LIMITS));
    const over = made
      .source(() => behind(come.opened, payments(200)), Payment)
      .watermark((p) => p.at)
      .keyBy((p) => p.card)
      .connect(rowsOf(made, LIMITS, Limit).broadcast((l) => l.country, { removes: (l) => l.off }))
      .process({
        state: { spent: valueState(t.bigint(), { initial: 0n }), ids: listState(t.int()) },
        output: Over,
        sideOutputs: { ends: t.row({ card: t.string(), ids: t.int(), limits: t.string() }) },
        process(p, ctx) {
          const { spent, ids } = ctx.state;
          spent.set(spent.value + p.cents);
          ids.add(p.id);
          const found = ctx.broadcast.get(p.country)?.cents;
          if (p.cents > (found ?? 190n)) ctx.emit({ card: ctx.key, spent: spent.value, limit: found ?? null });
          ctx.timers.eventTime(1_000_000);
        },
        onTimer(_, ctx) {
          const limits = [...ctx.broadcast.entries()].map(([country, { cents }]) => `${country} ${cents}`).join();
          ctx.sideOutput('ends', { card: ctx.key, ids: ctx.state.ids.length, limits });
        },
        processBroadcast: come.say,
      });
    expectTypeOf(over).toExtend<TimedStream<{ card: string; spent: bigint; limit: bigint | null }>>();
    const [emitted, ends] = await Promise.all([collect(over), collect(over.sideOutput('ends'))]);
    const spent = new Map<string, bigint>();
    const expected = payments(200).flatMap((p): { card: string; spent: bigint; limit: bigint | null }[] => {
      const sum = (spent.get(p.card) ?? 0n) + p.cents;
      spent.set(p.card, sum);
      if (p.country === 'DE') return p.cents > 30n ? [{ card: p.card, spent: sum, limit: 30n }] : [];
      return p.cents > 190n ? [{ card: p.card, spent: sum, limit: null }] : [];
    });
    expect(byCard(emitted)).toEqual(byCard(expected));
    expect(byCard(ends)).toEqual(CARDS.map((card) => ({ card, ids: 40, limits: 'DE 30' })));
  });

  it('rows of the broadcast stream are processed in every subtask, in their order', async () => {
    const made = job();
    const told = rowsOf(made, payments(0), Payment)
      .keyBy((p) => p.card)
      .connect(rowsOf(made, LIMITS, Limit).broadcast((l) => l.country, { removes: (l) => l.off }))
      .process({
        output: t.row({
          country: t.string(),
          was: t.bigint().nullable(),
          is: t.bigint().nullable(),
          removed: t.boolean(),
        }),
        process() {},
        async processBroadcast(l, { broadcast, previous, removed, emit }) {
          await null;
          emit({
            country: l.country,
            was: previous?.cents ?? null,
            is: broadcast.get(l.country)?.cents ?? null,
            removed,
          });
        },
      });
    const changes = ['DE null 10 false', 'DE 10 30 false', 'FR null 20 false', 'FR 20 null true'];
    const text = (await collect(told)).map(({ country, was, is, removed }) => `${country} ${was} ${is} ${removed}`);
    expect([...text].sort()).toEqual(changes.flatMap((each) => Array(setting.parallelism).fill(each)).sort());
    // LIMITS has the second of DE behind the first of FR.
    if (setting.parallelism === 1) expect(text).toEqual([0, 2, 1, 3].map((i) => changes[i]));
  });

  it('a row of the broadcast stream goes through the keys of a state', async () => {
    const made = job();
    const NUMBER = 300;
    const paid = gate(NUMBER);
    const rows = payments(NUMBER).map((p) => ({ ...p, card: `card ${p.id}` }));
    // Nobody has spent yet when 'early' comes.
    async function* limits() {
      yield limit('early', 1);
      await paid.opened;
      yield* [limit('report', 0), limit('forget', 100), limit('report', 0)];
    }
    const early = gate(setting.parallelism);
    const reports = made
      .source(() => behind(early.opened, rows), Payment)
      .keyBy((p) => p.card)
      .connect(made.source(limits, Limit).broadcast((l) => l.country))
      .process({
        state: { spent: valueState(t.bigint()), never: valueState(t.bigint()) },
        output: t.row({ card: t.string(), spent: t.bigint() }),
        sideOutputs: { forgotten: t.row({ card: t.string() }) },
        process(p, ctx) {
          ctx.state.spent.set(p.cents);
          paid.say();
        },
        processBroadcast(l, ctx) {
          ctx.forEachKey('never', () => {
            throw new Error('no key has it');
          });
          if (l.country === 'early') {
            ctx.forEachKey('spent', () => {
              throw new Error('no key has spent');
            });
            early.say();
          }
          if (l.country === 'report')
            ctx.forEachKey('spent', async ({ key, state, emit }) => {
              await null;
              emit({ card: key, spent: state.spent.value! });
            });
          if (l.country === 'forget')
            ctx.forEachKey('spent', (key) => {
              if (key.state.spent.value! >= l.cents) return;
              key.state.spent.clear();
              key.sideOutput('forgotten', { card: key.key });
            });
        },
      });
    const [reported, forgotten] = await Promise.all([collect(reports), collect(reports.sideOutput('forgotten'))]);
    const once = rows.map((p) => ({ card: p.card, spent: p.cents }));
    const twice = once.filter(({ spent }) => spent >= 100n);
    expect(byCard(reported)).toEqual(byCard([...once, ...twice]));
    expect(byCard(forgotten)).toEqual(byCard(once.filter(({ spent }) => spent < 100n).map(({ card }) => ({ card }))));
  });
});

describe('a keyed process function with broadcast state', () => {
  const made = (limits: readonly Limit[] = [limit('DE', 1)]) => {
    const job = new Job('limits', { parallelism: 2 });
    const rows = rowsOf(job, payments(5), Payment);
    return { job, rows, limits: rowsOf(job, limits, Limit).broadcast((l) => l.country) };
  };
  const failing = async (rows: AsyncIterable<unknown>) =>
    collect(rows).then(
      () => undefined,
      (thrown: SabotError) => thrown,
    );

  it('has the types of both streams', () => {
    const { rows, limits } = made();
    const timed = rows.watermark((p) => p.at).keyBy((p) => ({ card: p.card, country: p.country }));
    timed.connect(limits).process({
      state: { spent: valueState(t.bigint()) },
      output: Over,
      process(p, ctx) {
        expectTypeOf(ctx.broadcast).toEqualTypeOf<BroadcastState<string, Limit>>();
        expectTypeOf(ctx.key).toEqualTypeOf<{ readonly card: string; readonly country: string }>();
        expectTypeOf(ctx.timestamp).toEqualTypeOf<number>();
        // @ts-expect-error It is only read.
        ctx.broadcast.set?.('DE', limit('DE', 1));
        expectTypeOf(p).not.toHaveProperty('limit');
      },
      processBroadcast(l, ctx) {
        expectTypeOf(l).toEqualTypeOf<Limit>();
        expectTypeOf(ctx.previous).toEqualTypeOf<Limit | undefined>();
        // @ts-expect-error It belongs to no key.
        ctx.key?.toString();
        // @ts-expect-error There is no such state.
        if (ctx.processingTime < 0) ctx.forEachKey('spend', () => {});
        ctx.forEachKey('spent', (key) => {
          expectTypeOf(key.state.spent.value).toEqualTypeOf<bigint | undefined>();
          expectTypeOf(key.timers.eventTime).toBeFunction();
        });
      },
    });
    // @ts-expect-error Rows without a key have no state.
    expect(() => rows.connect(limits).process({ output: Over, process() {} })).toThrow();
    const untimed = rows.keyBy((p) => p.card).connect(limits);
    untimed.process({
      output: Over,
      process(_, ctx) {
        // @ts-expect-error Rows without event time have no timers of it.
        ctx.timers.eventTime?.(1);
      },
    });
    // A function alone is what it was.
    expectTypeOf(untimed.process((p) => ({ card: p.card, spent: 0n, limit: null }), { returns: Over })).toExtend<
      AsyncIterable<{ card: string }>
    >();
  });

  it('is shown by explain(), and its rows are those of the key', () => {
    const { job, rows, limits } = made();
    rows
      .keyBy((p) => p.card)
      .connect(limits)
      .process({
        output: t.row({ card: t.string() }),
        process: (p, ctx) => ctx.emit({ card: p.card }),
        processBroadcast: (l, ctx) => ctx.emit({ card: l.country }),
      })
      .to(blackhole());
    const text = job.explain();
    expect(text).toMatch(/keyed_broadcast_process .*broadcast by country/);
    expect(text).toMatch(/├─ iterable_source .*<- hash\(card\)/);
    expect(text).toMatch(/└─ .*iterable_source .*<- broadcast/);
    expect(text).toContain('in V8: processBroadcast `(l, ctx) => ctx.emit({ card: l.country })`');
  });

  it.each([
    [
      'throws at a row of the broadcast stream',
      { processBroadcast: (l: Limit) => (l.cents as unknown as number).toFixed() },
      /^processBroadcast `.*` failed at row \{ country: 'DE', cents: 1n, off: false \}: TypeError: l\.cents\.toFixed is not a function \(.*keyed-broadcast\.test\.ts:\d+:\d+\)$/,
    ],
    [
      'emits what is no row of its output',
      { processBroadcast: (_: Limit, ctx: { emit(row: unknown): void }) => ctx.emit({ card: 5 }) },
      /^processBroadcast .* failed at row .*: TypeError: emit\(\) got a wrong value for 'card'/,
    ],
    [
      'names a state that there is not',
      {
        processBroadcast: (_: Limit, ctx: { forEachKey(...of: unknown[]): void }) => ctx.forEachKey('spend', () => {}),
      },
      "there is no state 'spend'",
    ],
  ])('that %s fails the job, whatever onError says', async (_, definition, message) => {
    const { rows, limits } = made();
    const wrong = rows
      .keyBy((p) => p.card)
      .connect(limits)
      .process({
        state: {},
        output: t.row({ card: t.string() }),
        onError: 'drop',
        process() {},
        ...(definition as object),
      });
    const error = await failing(wrong);
    expect(error?.code).toBe('SABOT_E_FUNCTION');
    expect(error?.message).toMatch(message);
  });

  it('that throws at a key fails the job and names it; at a row it may go on', async () => {
    const of = (at: (key: string) => void) => {
      const { job, rows } = made();
      const paid = gate(5);
      const limits = job.source(() => behind(paid.opened, [limit('DE', 1)]), Limit).broadcast((l) => l.country);
      return rows
        .keyBy((p) => p.card)
        .connect(limits)
        .process({
          state: { spent: valueState(t.bigint()) },
          output: t.row({ card: t.string() }),
          onError: 'drop',
          process(p, ctx) {
            ctx.state.spent.set(p.cents);
            ctx.emit({ card: p.card });
            paid.say();
            if (p.card === 'bob') throw new Error('not bob');
          },
          processBroadcast(_, ctx) {
            ctx.forEachKey('spent', ({ key }) => at(key));
          },
        });
    };
    const seen: string[] = [];
    expect((await collect(of((key) => seen.push(key)))).map(({ card }) => card).sort()).toEqual(
      CARDS.filter((card) => card !== 'bob'),
    );
    expect(seen.sort()).toEqual(CARDS.filter((card) => card !== 'bob'));
    const error = await failing(
      of((key) => {
        if (key === 'cid') throw new Error('not cid');
      }),
    );
    expect(error?.message).toMatch(/^processBroadcast .* failed at forEachKey\(\) of key 'cid': Error: not cid/);
  });
});
