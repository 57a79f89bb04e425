// Apps without a broker: what is declared, its types, what it becomes, and mistakes.

import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  App,
  blackhole,
  count,
  type EventRecord,
  listState,
  mapState,
  type SabotError,
  type TimedStream,
  t,
  tumble,
  valueState,
} from '../../lib/index.js';

const Order = t.row({ id: t.string(), customer: t.string(), cents: t.bigint() });
const Total = t.row({ customer: t.string(), cents: t.bigint() });

const shop = () => {
  const app = new App('shop', { brokers: 'localhost:1' });
  const orders = app.topic('orders', { schema: Order, key: 'customer' });
  const totals = app.topic('totals', { schema: Total, key: 'customer' });
  return { app, orders, totals };
};
const noop = () => {};

describe('an app', () => {
  it('is one job: agents of a topic read it once, and what they send to one topic meets before its sink', () => {
    const { app, orders, totals } = shop();
    app.agent(orders, { state: { cents: valueState(t.bigint(), { initial: 0n }) } }, ({ customer, cents }, ctx) => {
      ctx.state.cents.set(ctx.state.cents.value + cents);
      ctx.send(totals, { customer, cents: ctx.state.cents.value });
    });
    app.agent(orders, { name: 'by id', keyBy: (o) => o.id }, (order, ctx) => {
      ctx.send(totals, { customer: ctx.record.topic, cents: order.cents });
    });
    const plan = app.explain();
    expect(plan.match(/kafka_source/g)).toHaveLength(1);
    expect(plan.match(/watermark_assigner/g)).toHaveLength(1);
    expect(plan.match(/kafka_sink/g)).toHaveLength(1);
    expect(plan).toContain('keyed_process by customer');
    expect(plan).toContain('keyed_process by id');
    expect(plan).toContain("in V8: agent 'by id'");
  });

  it('does not read what no agent asks for', () => {
    const { app, orders, totals } = shop();
    app.agent(orders, (order, ctx) => ctx.send(totals, { customer: order.customer, cents: 0n }));
    expect(app.explain()).toContain('kafka_source orders: customer, $timestamp from orders');
  });

  it('has agents without a key, and agents that send nothing', () => {
    const app = new App('shop', { brokers: 'localhost:1' });
    const lines = app.topic('lines', { schema: t.row({ line: t.string() }) });
    app.agent(lines, { name: 'seen', sends: [] }, noop);
    app.agent(lines, { name: 'kept', keyBy: (l) => l.line, sends: [], state: { seen: valueState(t.int()) } }, noop);
    const plan = app.explain();
    expect(plan.match(/blackhole_sink/g)).toHaveLength(2);
    expect(plan).toContain('user_function');
  });

  it('reads event time from a column, or computes it, once', () => {
    const app = new App('shop', { brokers: 'localhost:1' });
    const Tick = t.row({ id: t.int(), at: t.timestamp(3), seconds: t.double() });
    const column = app.topic('column', { schema: Tick, key: 'id', time: (tick) => tick.at, maxOutOfOrder: '5 s' });
    const computed = app.topic('computed', { schema: Tick, key: 'id', time: (tick) => tick.seconds * 1000 });
    const lookedUp = app.topic('lookedUp', { schema: Tick, key: 'id', time: (tick) => Date.parse(String(tick.at)) });
    for (const topic of [column, computed, lookedUp]) {
      app.agent(topic, { name: `${topic.name} a`, sends: [] }, (tick) => void tick.id);
      app.agent(topic, { name: `${topic.name} b`, sends: [], onTimer: noop }, (tick, ctx) => void [tick, ctx]);
    }
    const plan = app.explain();
    expect(plan.match(/kafka_source/g)).toHaveLength(3);
    expect(plan.match(/watermark_assigner/g)).toHaveLength(3);
    expect(plan).toContain('watermark_assigner (at - INTERVAL 5000 ms)');
  });

  it('tells who reads and writes what', () => {
    const { app, orders, totals } = shop();
    app.agent(orders, noop);
    app.agent(totals, { name: 'all', sends: [orders, totals] }, noop);
    expect(app.describe()).toEqual([
      { name: 'orders', reads: ['orders'], sends: ['totals'] },
      { name: 'all', reads: ['totals'], sends: ['orders', 'totals'] },
    ]);
  });
});

describe('streams of an app', () => {
  const Count = t.row({ customer: t.string(), n: t.bigint() });

  it('read the topic once, together with agents, and write into the same commit', () => {
    const { app, orders, totals } = shop();
    const counts = app.topic('counts', { schema: Count, key: 'customer' });
    app.agent(orders, { sends: [totals] }, (order, ctx) => ctx.send(totals, { customer: order.customer, cents: 0n }));
    const stream = app.stream(orders);
    expectTypeOf(stream).toEqualTypeOf<
      TimedStream<{ readonly id: string; readonly customer: string; readonly cents: bigint }>
    >();
    stream
      .keyBy((order) => order.customer)
      .window(tumble('1 min'))
      .aggregate({ n: count() })
      .map(({ customer, n }) => ({ customer, n }))
      .to(app.sink(counts));
    const plan = app.explain();
    expect(plan.match(/kafka_source/g)).toHaveLength(1);
    expect(plan.match(/watermark_assigner/g)).toHaveLength(1);
    expect(plan.match(/kafka_sink/g)).toHaveLength(2);
    expect(() => app.stream(totals)).toThrow("App 'shop' has begun: a stream of topic 'totals' comes too late.");
  });

  it('are an app without agents, too', () => {
    const { app, orders } = shop();
    app.stream(orders).to(blackhole());
    expect(app.explain()).toContain('blackhole_sink');
  });

  it.each<[string, (o: { customer: string }) => Record<string, unknown>, string]>([
    ['another name', (o: { customer: string }) => ({ client: o.customer, n: 1n }), 'client STRING'],
    ['another order', (o: { customer: string }) => ({ n: 1n, customer: o.customer }), 'n BIGINT NOT NULL, customer'],
    ['another type', (o: { customer: string }) => ({ customer: o.customer, n: 1.5 }), 'n DOUBLE'],
  ])('with %s are no rows of a topic', (_, to, given) => {
    const { app, orders } = shop();
    const counts = app.topic('counts', { schema: Count, key: 'customer' });
    expect(() => app.stream(orders).map(to).to(app.sink(counts))).toThrow(
      /^Topic 'counts' takes rows of customer STRING NOT NULL, n BIGINT NOT NULL; the stream's are /,
    );
    expect(() => app.stream(orders).map(to).to(app.sink(counts))).toThrow(given);
  });

  it('take topics of their own app', () => {
    const { app } = shop();
    const other = new App('other', { brokers: 'localhost:1' }).topic('orders', { schema: Order });
    expect(() => app.stream(other)).toThrow("A stream takes topics of its own app; 'orders' is one of app 'other'.");
    expect(() => app.sink(other)).toThrow("A sink takes topics of its own app; 'orders' is one of app 'other'.");
  });
});

describe('types', () => {
  it('follow from the topic to the event, the key, the state and what is sent', () => {
    const { app, orders, totals } = shop();
    const alerts = app.topic('alerts', { schema: Total, partitions: 1 });
    const agent = app.agent(
      orders,
      {
        name: 'typed',
        sends: [totals],
        state: { sum: valueState(t.bigint()), all: listState(t.string()), by: mapState(t.string(), t.int()) },
        onTimer(at, ctx) {
          expectTypeOf(at).toEqualTypeOf<number>();
          expectTypeOf(ctx.key).toEqualTypeOf<string>();
          expectTypeOf(ctx.state.sum.value).toEqualTypeOf<bigint | undefined>();
          // @ts-expect-error: a timer has no record
          ctx.record;
          ctx.send(totals, { customer: ctx.key, cents: 0n });
        },
      },
      async (order, ctx) => {
        expectTypeOf(order).toEqualTypeOf<{ readonly id: string; readonly customer: string; readonly cents: bigint }>();
        expectTypeOf(ctx.key).toEqualTypeOf<string>();
        expectTypeOf(ctx.record).toEqualTypeOf<EventRecord>();
        expectTypeOf(ctx.state.by.get('x')).toEqualTypeOf<number | undefined>();
        ctx.send(totals, { customer: order.customer, cents: 1n }, { headers: { a: 'b' }, timestamp: ctx.timestamp });
        // @ts-expect-error: cents is a bigint
        ctx.send(totals, { customer: order.customer, cents: 1 });
        // @ts-expect-error: a column is missing
        ctx.send(totals, { customer: order.customer });
        // @ts-expect-error: there is no such column
        ctx.send(totals, { customer: order.customer, cents: 1n, more: 1 });
        // @ts-expect-error: not among its sends
        ctx.send(alerts, { customer: order.customer, cents: 1n });
        // @ts-expect-error: there is no such state
        ctx.state.other;
      },
    );
    const row = async () => (await app.state(agent).get('ann'))!;
    type Row = Awaited<ReturnType<typeof row>>;
    expectTypeOf<Row['sum']>().toEqualTypeOf<bigint | null>();
    expectTypeOf<Row['all']>().toEqualTypeOf<readonly string[] | null>();
    expectTypeOf<Row['by']>().toEqualTypeOf<Readonly<Record<string, number>> | null>();
  });

  it('tell keys of several columns, keys of the agent itself, and that there is none', () => {
    const { app, orders } = shop();
    const pairs = app.topic('pairs', { schema: t.row({ a: t.int(), b: t.string() }), key: ['a', 'b'] });
    app.agent(pairs, (_, ctx) => {
      expectTypeOf(ctx.key).toEqualTypeOf<{ readonly a: number; readonly b: string }>();
    });
    app.agent(
      orders,
      { name: 'own', keyBy: (o) => o.cents, onTimer: (_, ctx) => void expectTypeOf(ctx.key).toEqualTypeOf<bigint>() },
      (_, ctx) => {
        expectTypeOf(ctx.key).toEqualTypeOf<bigint>();
      },
    );
    const lines = app.topic('lines', { schema: t.row({ line: t.string() }) });
    app.agent(lines, (line, ctx) => {
      expectTypeOf(line.line).toEqualTypeOf<string>();
      // @ts-expect-error: there is no key
      ctx.key;
      // @ts-expect-error: and no state
      ctx.state;
    });
    const keeping = () =>
      app.agent(lines, { name: 'kept', state: { seen: valueState(t.int()) } }, (_, ctx) => {
        // @ts-expect-error: without a key there is no state
        ctx.state;
      });
    expect(keeping).toThrow(/keeps state and has no key/);
    // @ts-expect-error: the key is a column
    expect(() => app.topic('wrong', { schema: Total, key: 'custmer' })).toThrow(/Did you mean 'customer'\?/);
  });
});

describe('mistakes', () => {
  const failing = (run: () => unknown): SabotError => {
    try {
      run();
    } catch (error) {
      return error as SabotError;
    }
    return expect.fail('it did not throw');
  };

  it.each([
    ['no brokers', () => new App('shop', {} as never), /needs brokers: new App\('shop'/],
    ['no name', () => new App('', { brokers: 'x:1' }), /needs a name/],
    ['no agents', () => shop().app.job, /has no agent/],
    ['a topic twice', () => shop().app.topic('orders', { schema: Order }), /has a topic 'orders' already/],
    ['no schema', () => shop().app.topic('x', {} as never), /needs the type of its rows/],
    ['a column $x', () => shop().app.topic('x', { schema: t.row({ $x: t.int() }) }), /begin with \$/],
    ['no partitions', () => shop().app.topic('x', { schema: Order, partitions: 0 }), /cannot have 0 partitions/],
    [
      'nothing in the value',
      () => shop().app.topic('x', { schema: t.row({ a: t.int() }), key: 'a', keyOnly: true }),
      /has nothing in its values/,
    ],
    [
      "another app's topic",
      () => shop().app.agent(new App('b', { brokers: 'x:1' }).topic('orders', { schema: Order }), noop),
      /'orders' is one of app 'b'/,
    ],
    ['no topic', () => shop().app.agent('orders' as never, noop), /takes topics made by app.topic/],
    ['no function', () => shop().app.agent(shop().orders, {}, undefined as never), /needs a function|its own app/],
    [
      'two agents of one name',
      () => {
        const { app, orders } = shop();
        app.agent(orders, noop);
        app.agent(orders, noop);
      },
      /has an agent 'orders' already: name this one/,
    ],
    [
      'topics that differ',
      () => {
        const { app, orders, totals } = shop();
        app.agent([orders, totals] as never, noop);
      },
      /whose columns or keys differ/,
    ],
    [
      'an agent that comes too late',
      () => {
        const { app, orders } = shop();
        app.agent(orders, noop);
        void app.job;
        app.agent(orders, { name: 'late' }, noop);
      },
      /has begun: agent 'late' comes too late/,
    ],
    [
      'a column that the event does not have',
      () => {
        const { app, orders } = shop();
        app.agent(orders, (order) => void (order as unknown as { custmer: string }).custmer);
        app.explain();
      },
      /there is no column 'custmer'. Did you mean 'customer'\?/,
    ],
  ] as const)('%s', (_, run, message) => {
    const error = failing(run);
    expect(error.message).toMatch(message);
    expect(error.code).toBe('SABOT_E_VALIDATION');
  });
});
