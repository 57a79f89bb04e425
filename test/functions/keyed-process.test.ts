// Keyed process functions: state of every kind, timers, side outputs, promises, mistakes, restarts.

import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  blackhole,
  count,
  Job,
  listState,
  mapState,
  type ProcessContext,
  type SabotError,
  type Stream,
  type TimedStream,
  t,
  tumble,
  valueState,
} from '../../lib/index.js';
import { blockedText } from '../../lib/job/metrics.js';
import { collect, Everything, everything, jobOf, rowsOf, SETTINGS } from './rows.js';

const Payment = t.row({ id: t.int(), card: t.string(), cents: t.bigint(), at: t.timestamp(3) });
type Payment = { readonly id: number; readonly card: string; readonly cents: bigint; readonly at: number };
const CARDS = ['ann', 'bob', 'cid'];
const payment = (id: number): Payment => ({
  id,
  card: CARDS[id % CARDS.length]!,
  cents: BigInt(id),
  at: id * 1000,
});
const payments = (number: number) => Array.from({ length: number }, (_, id) => payment(id));
const of = (card: string, number: number) => payments(number).filter((p) => p.card === card);
const sum = (rows: readonly Payment[]) => rows.reduce((total, p) => total + p.cents, 0n);
const turn = () => new Promise((resolve) => setImmediate(resolve));
/** Two subtasks deliver in no certain order; rows of a key keep theirs. */
const byCard = <R extends { readonly card: string }>(rows: readonly R[]): R[] =>
  [...rows].sort((a, b) => (a.card < b.card ? -1 : a.card > b.card ? 1 : 0));

describe.each(SETTINGS)('with parallelism $parallelism and batches of $batch', (setting) => {
  const job = () => jobOf(setting);
  const rows = (number: number) => rowsOf(job(), payments(number), Payment);
  const timed = (number: number) => rows(number).watermark((p) => p.at);

  it('a value is that of the key, whatever batch its rows come in', async () => {
    const totals = rows(200)
      .keyBy((p) => p.card)
      .process({
        state: { total: valueState(t.bigint(), { initial: 0n }), last: valueState(t.int()) },
        output: t.row({ id: t.int(), card: t.string(), total: t.bigint(), last: t.int().nullable() }),
        process(p, ctx) {
          const { total, last } = ctx.state;
          total.set(total.value + p.cents);
          ctx.emit({ id: p.id, card: ctx.key, total: total.value, last: last.value ?? null });
          last.set(p.id);
          if (p.id % 30 === 29) total.clear();
          if (p.id % 50 === 0) last.clear();
        },
      });
    const expected = CARDS.flatMap((card) => {
      let total = 0n;
      let last: number | null = null;
      return of(card, 200).map((p) => {
        total += p.cents;
        const row = { id: p.id, card, total, last };
        last = p.id % 50 === 0 ? null : p.id;
        if (p.id % 30 === 29) total = 0n;
        return row;
      });
    });
    expect(byCard(await collect(totals))).toEqual(expected);
  });

  it('timers of event time fire in their order, before the watermark goes on', async () => {
    const quiet = timed(60)
      .keyBy((p) => p.card)
      .process({
        state: { sums: mapState(t.double(), t.bigint()) },
        output: t.row({ card: t.string(), sum: t.bigint(), at: t.timestamp(3) }),
        process(p, ctx) {
          const { sums } = ctx.state;
          const end = 10_000 * Math.floor(ctx.timestamp / 10_000) + 9_999;
          sums.set(end, (sums.get(end) ?? 0n) + p.cents);
          ctx.timers.eventTime(end);
          ctx.timers.eventTime(1_000_000);
          ctx.timers.deleteEventTime(1_000_000);
        },
        onTimer(time, ctx) {
          ctx.emit({ card: ctx.key, sum: ctx.state.sums.get(time)!, at: time });
          ctx.state.sums.delete(time);
        },
      });
    // The same as windows, and the rows that timers emit are early enough for windows behind.
    const windows = [0, 1, 2, 3, 4, 5].map((i) => payments(60).slice(10 * i, 10 * i + 10));
    const expected = CARDS.flatMap((card) =>
      windows.map((window, i) => ({ card, sum: sum(window.filter((p) => p.card === card)), at: 10_000 * i + 9_999 })),
    );
    expect(byCard(await collect(quiet))).toEqual(expected);
  });

  it('what is emitted has the event time of its row or timer, and is not late', async () => {
    const windows = timed(60)
      .keyBy((p) => p.card)
      .process({
        output: t.row({ card: t.string() }),
        process(p, ctx) {
          if (p.id % 2 === 0) ctx.emit({ card: p.card });
          else ctx.timers.eventTime(ctx.timestamp);
        },
        onTimer(_, ctx) {
          ctx.emit({ card: ctx.key });
        },
      })
      .keyBy((p) => p.card)
      .window(tumble('20 s'))
      .aggregate({ n: count() });
    const found = (await collect(windows)).map(({ card, windowStart, n }) => `${card} ${windowStart} ${n}`).sort();
    const expected = CARDS.flatMap((card) =>
      [0, 20_000, 40_000].map(
        (start) => `${card} ${start} ${of(card, 60).filter((p) => p.at >= start && p.at < start + 20_000).length}`,
      ),
    );
    expect(found).toEqual(expected.sort());
  });

  it('a list keeps its order', async () => {
    const lists = rows(90)
      .keyBy((p) => p.card)
      .process({
        state: { seen: listState(t.int()) },
        output: t.row({ card: t.string(), seen: t.array(t.int()), length: t.int() }),
        process(p, { state: { seen }, emit }) {
          seen.add(p.id);
          if (p.id % 7 === 0) emit({ card: p.card, seen: [...seen], length: seen.length });
          if (p.id % 40 === 39) seen.clear();
          if (p.id % 25 === 24) seen.set([...seen].reverse());
        },
      });
    const expected = CARDS.flatMap((card) => {
      let seen: number[] = [];
      return of(card, 90).flatMap(({ id }) => {
        seen.push(id);
        const row = { card, seen: [...seen], length: seen.length };
        if (id % 40 === 39) seen = [];
        if (id % 25 === 24) seen.reverse();
        return id % 7 === 0 ? [row] : [];
      });
    });
    expect(byCard(await collect(lists))).toEqual(expected);
  });

  it('a map is one of JavaScript: its keys come in the order in which they were first set', async () => {
    const maps = rows(120)
      .keyBy((p) => p.card)
      .process({
        state: { last: mapState(t.bigint(), t.int().nullable()) },
        output: t.row({ card: t.string(), entries: t.array(t.string()), size: t.int() }),
        process(p, ctx) {
          const { last } = ctx.state;
          const digit = p.cents % 7n;
          const had = last.has(digit);
          if (p.id % 5 === 0) expect(last.delete(digit)).toBe(had);
          last.set(digit, p.id % 4 === 0 ? null : p.id);
          if (p.id % 50 === 49) last.clear();
          expect([...last.keys()]).toEqual([...last].map(([key]) => key));
          expect([...last.values()].length).toBe(last.size);
          ctx.emit({ card: p.card, entries: [...last].map(([key, id]) => `${key} ${id}`), size: last.size });
        },
      });
    const expected = CARDS.flatMap((card) => {
      const last = new Map<bigint, number | null>();
      return of(card, 120).map((p) => {
        const digit = p.cents % 7n;
        if (p.id % 5 === 0) last.delete(digit);
        last.set(digit, p.id % 4 === 0 ? null : p.id);
        if (p.id % 50 === 49) last.clear();
        return { card, entries: [...last].map(([key, id]) => `${key} ${id}`), size: last.size };
      });
    });
    expect(byCard(await collect(maps))).toEqual(expected);
  });

  it('values of every type come back as they were', async () => {
    const all = everything(30);
    const found = rowsOf(job(), all, Everything)
      .keyBy((row) => row.id < 0)
      .process({
        state: { before: valueState(Everything), list: listState(Everything), map: mapState(t.int(), Everything) },
        output: t.row({ id: t.int(), same: t.boolean(), before: Everything.nullable() }),
        process(row, { state: { before, list, map }, emit }) {
          const whole = { ...row };
          const same = [...list].every((each, i) => JSON.stringify(plain(each)) === JSON.stringify(plain(map.get(i)!)));
          emit({ id: row.id, same, before: before.value ?? null });
          before.set(whole);
          list.add(whole);
          map.set(row.id, whole);
        },
      });
    const rowsFound = await collect(found);
    expect(rowsFound.map(({ before }) => before)).toEqual([null, ...all.slice(0, -1)]);
    expect(rowsFound.every(({ same }) => same)).toBe(true);
  });

  it('large states are as small ones', async () => {
    const text = (id: number) => `${id}`.padStart(200, '-');
    const large = rows(300)
      .keyBy((p) => p.card)
      .process({
        state: {
          texts: listState(t.string()),
          byDigit: mapState(t.int(), t.array(t.string())),
          longest: valueState(t.string(), { initial: '' }),
        },
        output: t.row({
          card: t.string(),
          id: t.int(),
          texts: t.int(),
          first: t.string(),
          digits: t.string(),
          long: t.int(),
        }),
        process(p, { state: { texts, byDigit, longest }, emit }) {
          texts.add(text(p.id));
          longest.set(longest.value + text(p.id));
          const digit = p.id % 10;
          byDigit.set(digit, [...(byDigit.get(digit) ?? []), text(p.id)]);
          if (p.id % 100 === 98) texts.clear();
          if (p.id % 60 === 59) byDigit.delete(digit);
          emit({
            card: p.card,
            id: p.id,
            texts: texts.length,
            first: [...texts][0]?.replace(/-+/, '') ?? '',
            digits: [...byDigit].map(([each, of]) => `${each}:${of.length}`).join(),
            long: longest.value.length,
          });
        },
      });
    const expected = CARDS.flatMap((card) => {
      let ids: number[] = [];
      const digits = new Map<number, number>();
      return of(card, 300).map(({ id }, i) => {
        ids.push(id);
        digits.set(id % 10, (digits.get(id % 10) ?? 0) + 1);
        if (id % 100 === 98) ids = [];
        if (id % 60 === 59) digits.delete(id % 10);
        const first = ids.length === 0 ? '' : `${ids[0]}`;
        const text = [...digits].map(([each, n]) => `${each}:${n}`).join();
        return { card, id, texts: ids.length, first, digits: text, long: 200 * (i + 1) };
      });
    });
    expect(byCard(await collect(large))).toEqual(expected);
  });

  it('side outputs have types of their own, and time', async () => {
    const made = job();
    const checked = rowsOf(made, payments(60), Payment)
      .watermark((p) => p.at)
      .keyBy((p) => p.card)
      .process({
        output: t.row({ id: t.int() }),
        sideOutputs: { large: t.row({ card: t.string(), cents: t.bigint() }), odd: t.row({ id: t.int() }) },
        process(p, ctx) {
          ctx.emit({ id: p.id });
          if (p.cents >= 50n) ctx.sideOutput('large', { card: ctx.key, cents: p.cents });
          if (p.id % 2 === 1) ctx.sideOutput('odd', { id: p.id });
        },
      });
    const windows = checked
      .sideOutput('odd')
      .keyBy((o) => o.id < 0)
      .window(tumble('20 s'))
      .aggregate({ n: count() });
    const [own, large, odd] = await Promise.all([
      collect(checked),
      collect(checked.sideOutput('large')),
      collect(windows),
    ]);
    expect(own.map(({ id }) => id).sort((a, b) => a - b)).toEqual(payments(60).map(({ id }) => id));
    expect(large.map(({ cents }) => Number(cents)).sort()).toEqual([50, 51, 52, 53, 54, 55, 56, 57, 58, 59]);
    expect(odd.map(({ windowStart, n }) => [windowStart, n])).toEqual([
      [0, 10n],
      [20_000, 10n],
      [40_000, 10n],
    ]);
  });

  it('promises are waited for key by key, timers too', async () => {
    let open = 0;
    let openMax = 0;
    const slow = timed(90)
      .keyBy((p) => p.card)
      .process({
        state: { seen: listState(t.int()) },
        output: t.row({ card: t.string(), seen: t.array(t.int()) }),
        async process(p, ctx) {
          openMax = Math.max(openMax, ++open);
          const before = [...ctx.state.seen].length;
          for (let i = 0; i < p.id % 4; i++) await turn();
          expect(ctx.state.seen.length).toBe(before);
          ctx.state.seen.add(p.id);
          ctx.timers.eventTime(500_000);
          open--;
        },
        async onTimer(time, ctx) {
          await turn();
          if (time === 500_000) {
            ctx.timers.eventTime(500_001);
            ctx.timers.eventTime(500_000 - 1);
            await turn();
            ctx.timers.eventTime(500_003);
            ctx.timers.deleteEventTime(500_003);
            return;
          }
          ctx.emit({ card: ctx.key, seen: [...ctx.state.seen, time - 500_000] });
        },
      });
    const expected = CARDS.flatMap((card) => {
      const ids = of(card, 90).map(({ id }) => id);
      return [
        { card, seen: [...ids, -1] },
        { card, seen: [...ids, 1] },
      ];
    });
    expect(byCard(await collect(slow))).toEqual(expected);
    if (setting.batch === undefined) expect(openMax).toBe(CARDS.length);
  });

  it('timers of processing time fire by the clock', async () => {
    const made = job();
    let allHaveFired = () => {};
    const fired = new Promise<void>((resolve) => {
      allHaveFired = resolve;
    });
    async function* waiting() {
      yield* payments(3);
      await fired;
    }
    let numFired = 0;
    const times = made
      .source(() => waiting(), Payment)
      .keyBy((p) => p.card)
      .process({
        state: { set: valueState(t.double()) },
        output: t.row({ card: t.string(), early: t.boolean(), kind: t.string() }),
        process(_, ctx) {
          ctx.state.set.set(ctx.processingTime);
          ctx.timers.processingTime(ctx.processingTime + 20);
          ctx.timers.processingTime(ctx.processingTime + 10);
          ctx.timers.deleteProcessingTime(ctx.processingTime + 20);
        },
        onTimer(time, ctx) {
          const early = ctx.processingTime < time || time !== ctx.state.set.value! + 10;
          ctx.emit({ card: ctx.key, early, kind: ctx.timerKind });
          if (++numFired === 3) allHaveFired();
        },
      });
    expect(byCard(await collect(times))).toEqual(CARDS.map((card) => ({ card, early: false, kind: 'processingTime' })));
  });
});

type None = Readonly<Record<never, never>>;
/** As JSON has it. */
const plain = (row: object) => Object.entries(row).map(([name, value]) => [name, String(value)]);

describe('a keyed process function', () => {
  const made = () => {
    const job = new Job('alerts', { parallelism: 2 });
    return { job, rows: rowsOf(job, payments(9), Payment) };
  };
  const failure = (stream: AsyncIterable<unknown>) =>
    collect(stream).then(
      () => undefined,
      (thrown: SabotError) => thrown,
    );

  it('has the types of its rows, keys, states and outputs', () => {
    const { rows } = made();
    const keyed = rows.keyBy((p) => p.card);
    const checked = keyed.process({
      state: {
        last: valueState(t.double()),
        total: valueState(t.bigint(), { initial: 0n }),
        seen: listState(t.row({ id: t.int() })),
        by: mapState(t.string(), t.bigint().nullable()),
      },
      output: t.row({ id: t.int() }),
      sideOutputs: { late: t.row({ card: t.string() }) },
      process(p, ctx) {
        expectTypeOf(p.cents).toExtend<bigint>();
        expectTypeOf(ctx.key).toEqualTypeOf<string>();
        expectTypeOf(ctx.state.last.value).toEqualTypeOf<number | undefined>();
        expectTypeOf(ctx.state.total.value).toEqualTypeOf<bigint>();
        expectTypeOf([...ctx.state.seen]).toEqualTypeOf<{ readonly id: number }[]>();
        expectTypeOf(ctx.state.by.get('a')).toEqualTypeOf<bigint | null | undefined>();
        // @ts-expect-error A bigint.
        if (p.id < 0) ctx.state.total.set(5);
        // @ts-expect-error There is no such state.
        expect(ctx.state.none).toBeUndefined();
        // @ts-expect-error Rows without event time have no timers of it.
        expect(ctx.timers.eventTime).toBeDefined();
        // @ts-expect-error Nor a timestamp.
        expect(ctx.timestamp).toBeUndefined();
        // @ts-expect-error A number.
        if (p.id < 0) ctx.emit({ id: '5' });
        // @ts-expect-error There is no such side output.
        if (p.id < 0) ctx.sideOutput('early', { card: 'ann' });
        // @ts-expect-error Its rows have other columns.
        if (p.id < 0) ctx.sideOutput('late', { id: 5 });
      },
    });
    expectTypeOf(checked.sideOutput('late')).toEqualTypeOf<Stream<{ readonly card: string }>>();
    expectTypeOf(checked).toExtend<Stream<{ readonly id: number }>>();
    // @ts-expect-error There is no such side output.
    expect(() => checked.sideOutput('early')).toThrow("There is no side output 'early': there are 'late'.");
    rows
      .watermark((p) => p.at)
      .keyBy((p) => ({ card: p.card, odd: p.id % 2 }))
      .process({
        output: t.row({ id: t.int() }),
        process(p, ctx) {
          expectTypeOf(ctx.key).toEqualTypeOf<{ readonly card: string; readonly odd: number }>();
          expectTypeOf(ctx.timestamp).toEqualTypeOf<number>();
          expectTypeOf(ctx.state).toEqualTypeOf<Readonly<Record<never, never>>>();
          ctx.emit({ id: p.id });
        },
        onTimer(time, ctx) {
          expectTypeOf(time).toEqualTypeOf<number>();
          expectTypeOf(ctx.timerKind).toEqualTypeOf<'eventTime' | 'processingTime'>();
        },
      });
    const timed = rows
      .watermark((p) => p.at)
      .keyBy((p) => p.card)
      .process({ output: t.row({ id: t.int() }), sideOutputs: { x: t.row({ y: t.int() }) }, process() {} });
    expectTypeOf(timed.sideOutput('x')).toEqualTypeOf<TimedStream<{ readonly y: number }>>();
    // @ts-expect-error What it emits must be said.
    expect(() => keyed.process({ process() {} })).toThrow('the type of the rows that it emits: { output: t.row(');
    expect(() =>
      keyed.process({ output: t.row({ id: t.int() }), sideOutputs: { x: t.row({}) }, process() {} }),
    ).toThrow('{ sideOutputs.x: t.row(');
    // @ts-expect-error A function.
    expect(() => keyed.process({ output: t.row({ id: t.int() }) })).toThrow('a function process(row, ctx)');
    // @ts-expect-error A type is no state.
    expect(() => keyed.process({ state: { n: t.int() }, output: t.row({ id: t.int() }), process() {} })).toThrow(
      "State 'n' is declared by valueState(t.…)",
    );
    // @ts-expect-error A value state has none until one is set.
    expect(() => valueState(t.int().nullable(), { initial: 5 })).toThrow('need not be nullable');
    // @ts-expect-error A key of a map is a single value.
    expect(() => mapState(t.row({ a: t.int() }), t.int())).toThrow('A key of a map state is a text');
    expect(() => mapState(t.decimal(5, 2), t.int())).toThrow('not DECIMAL(5, 2)');
    expect(() =>
      keyed.process({
        state: { n: valueState(t.tinyint(), { initial: 500 }) },
        output: t.row({ id: t.int() }),
        process() {},
      }),
    ).toThrow("initial of state 'n': 500 is no TINYINT");
  });

  it('is given keys of several columns as an object, and only the columns that it reads', async () => {
    const { rows, job } = made();
    const keyed = rows
      .keyBy((p) => ({ card: p.card, odd: p.id % 2 === 1 }))
      .process({
        state: { n: valueState(t.int(), { initial: 0 }) },
        output: t.row({ key: t.string(), n: t.int() }),
        process(_, ctx) {
          ctx.state.n.set(ctx.state.n.value + 1);
          ctx.emit({ key: JSON.stringify(ctx.key), n: ctx.state.n.value });
        },
      })
      .uid('counts');
    expect((await collect(keyed)).length).toBe(9);
    keyed.to(blackhole());
    const text = job.explain();
    expect(text).toMatch(/keyed_process by card, odd .* x2\n.*<- hash\(card, odd\) x1/);
    expect(text).toContain('in V8: process `process(_, ctx) {');
    expect(text).toContain(': it has state');
    expect(text).toMatch(/iterable_source .*: id, card {2}/);
  });

  it('may be an object of a class', async () => {
    class Numbers {
      readonly state = { n: valueState(t.int(), { initial: 0 }) };
      readonly output = t.row({ n: t.int() });
      process(_: Payment, ctx: ProcessContext<string, Numbers['state'], Numbers['output']['fields'], None>) {
        ctx.state.n.set(this.next(ctx.state.n.value));
        ctx.emit({ n: ctx.state.n.value });
      }
      private next(n: number) {
        return n + 1;
      }
    }
    const { rows } = made();
    const numbers = await collect(rows.keyBy((p) => p.card).process(new Numbers()));
    expect(numbers.map(({ n }) => n).sort()).toEqual([1, 1, 1, 2, 2, 2, 3, 3, 3]);
  });

  it('is refused rows that are updated', async () => {
    const { rows } = made();
    const updating = rows.keyBy((p) => p.card).aggregate({ n: count() });
    const wrong = updating.keyBy((c) => c.card).process({ output: t.row({ id: t.int() }), process() {} });
    await expect(collect(wrong)).rejects.toThrow('takes rows that are not updated');
  });

  it('that fails names itself, the row, the key, the cause and the place', async () => {
    const { rows } = made();
    const error = await failure(
      rows
        .keyBy((p) => p.card)
        .process({
          output: t.row({ id: t.int() }),
          process(p) {
            if (p.id === 4) throw new RangeError('no fourth payment');
          },
        }),
    );
    expect(error).toMatchObject({ code: 'SABOT_E_FUNCTION', operator: 'process' });
    expect(error!.message).toMatch(
      /^process `process\(p\) \{.*` failed at row \{ id: 4 \} of key 'bob': RangeError: no fourth payment \(.*keyed-process\.test\.ts:\d+:\d+\)$/,
    );
    expect((error!.cause as Error).message).toBe('no fourth payment');
  });

  it('whose timer fails names that', async () => {
    const { rows } = made();
    const error = await failure(
      rows
        .watermark((p) => p.at)
        .keyBy((p) => p.card)
        .process({
          output: t.row({ id: t.int() }),
          process(_, ctx) {
            ctx.timers.eventTime(5000);
          },
          async onTimer() {
            await turn();
            throw new Error('no time');
          },
        }),
    );
    expect(error!.message).toMatch(
      /^onTimer `async onTimer\(\) .*` failed at the event-time timer 1970-01-01T00:00:05.000Z of key '...': Error: no time \(/,
    );
  });

  const wrong: readonly [string, (ctx: never) => void, string][] = [
    [
      'a wrong value',
      ({ emit }: { emit: (row: unknown) => void }) => emit({ id: 5n }),
      "emit() got a wrong value for 'id': 5n is no INT",
    ],
    ['no row', ({ emit }: { emit: (row: unknown) => void }) => emit(5), 'emit() got no row: 5 is no ROW'],
    [
      'a wrong state',
      ({ state }: { state: { n: { set: (n: unknown) => void } } }) => state.n.set('x'),
      "state 'n': 'x' is no TINYINT",
    ],
    [
      'no value',
      ({ state }: { state: { n: { set: (n: unknown) => void } } }) => state.n.set(null),
      "state 'n': null is no TINYINT",
    ],
    [
      'undefined',
      ({ state }: { state: { n: { set: (n: unknown) => void } } }) => state.n.set(undefined),
      'there is no undefined in a row',
    ],
    [
      'a timer without onTimer',
      ({ timers }: { timers: { processingTime: (ms: number) => void } }) => timers.processingTime(5),
      'a timer needs onTimer(time, ctx)',
    ],
    [
      'half a millisecond',
      ({ timers }: { timers: { processingTime: (ms: number) => void } }) => timers.processingTime(0.5),
      'a timer has a time in whole milliseconds, not 0.5',
    ],
    [
      'a side output that is not there',
      (ctx: { sideOutput: (name: string, row: unknown) => void }) => ctx.sideOutput('x', {}),
      "there is no side output 'x'",
    ],
    [
      'a value that is changed',
      ({ state }: { state: { list: { add: (v: unknown) => void } & Iterable<{ a: number }> } }) => {
        state.list.add({ a: 1 });
        for (const each of state.list) each.a = 2;
      },
      "Cannot assign to read only property 'a'",
    ],
  ] as never;
  it.each(wrong)('is refused %s, also if it catches that', async (_, does, message) => {
    for (const catches of [false, true]) {
      const { rows } = made();
      const error = await failure(
        rows
          .keyBy((p) => p.card)
          .process({
            state: { n: valueState(t.tinyint()), list: listState(t.row({ a: t.int() })) },
            output: t.row({ id: t.int() }),
            process(_row, ctx) {
              if (!catches) return does(ctx as never);
              try {
                does(ctx as never);
              } catch {}
            },
          }),
      );
      // What was not written at all may be caught.
      if (!catches || error !== undefined) expect(error!.message).toContain(message);
    }
  });

  it('cannot use its context when its event is over', async () => {
    const { rows } = made();
    let kept: { emit: (row: { readonly id: number }) => void; readonly key: string } | undefined;
    const leaking = rows
      .keyBy((p) => p.card)
      .process({
        output: t.row({ id: t.int() }),
        process(_, ctx) {
          kept = ctx;
        },
      });
    expect(await collect(leaking)).toEqual([]);
    expect(() => kept!.emit({ id: 1 })).toThrow('its context was used after');
    expect(() => kept!.key).toThrow('its context was used after');
  });

  it('that waits is shown as such, and blocks no other task', async () => {
    const { rows, job } = made();
    let free = () => {};
    const freed = new Promise<void>((resolve) => {
      free = resolve;
    });
    let others = 0;
    rows
      .keyBy((p) => p.card)
      .process({
        output: t.row({ id: t.int() }),
        process: () => freed,
      })
      .to(blackhole());
    rows.map((p) => ({ id: others++ < 0 ? 0 : p.id }), { returns: t.row({ id: t.int() }) }).to(blackhole());
    const done = job.run();
    const blocked = () => (job.metrics()?.tasks ?? []).flatMap((task) => task.blocked ?? []);
    while (others < 9 || blocked().length === 0) await turn();
    for (const each of blocked()) {
      expect(each).toMatchObject({ operator: 'keyed_process', function: 'process `() => freed`' });
      expect(each.forNs).toBeGreaterThan(0);
    }
    expect(blockedText(job.metrics()!, 0)).toMatch(/^blocked in user function process `\(\) => freed` for \d+ s$/);
    free();
    await done;
    expect(blocked()).toEqual([]);
  });

  it('gives more rows than cross at once', async () => {
    const { rows } = made();
    const many = rows
      .keyBy((p) => p.card)
      .process({
        state: { n: valueState(t.int(), { initial: 0 }) },
        output: t.row({ n: t.int() }),
        process(_, ctx) {
          for (let i = 0; i < 10_000; i++) {
            ctx.state.n.set(ctx.state.n.value + 1);
            ctx.emit({ n: ctx.state.n.value });
          }
        },
      });
    const found = await collect(many);
    expect(found.length).toBe(90_000);
    expect(found.reduce((all, { n }) => all + n, 0)).toBe(3 * ((30_000 * 30_001) / 2));
  });
});
