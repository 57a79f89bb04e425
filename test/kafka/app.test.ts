// Apps in process, over a real broker: order, concurrency, records, topics that are made, loops, mistakes.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  App,
  type AppOptions,
  deadLetter,
  kafka,
  listState,
  type SabotError,
  type Topic,
  t,
  valueState,
} from '../../lib/index.js';
import { describeKafka, useBroker } from './broker.js';
import { Follower } from './follower.js';

const LOOK_EVERY_MS = 20;
const Order = t.row({ id: t.int(), customer: t.string() });
const Seen = t.row({ id: t.int(), customer: t.string(), n: t.int() });
const json = (row: object) => JSON.stringify(row);
const CUSTOMERS = ['ann', 'bob', 'cid', 'dan', 'eve'];
const orders = (number: number) =>
  Array.from({ length: number }, (_, id) => {
    const customer = CUSTOMERS[id % CUSTOMERS.length]!;
    return { key: customer, value: json({ id, customer }) };
  });

describeKafka('an app', () => {
  const broker = useBroker();
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'sabot-app-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const unique = (name: string) => `${name}-${Math.random().toString(36).slice(2)}`;
  const newApp = (name: string, options: Partial<AppOptions> = {}) =>
    new App(name, { brokers: broker().bootstrapServers, checkpoint: { dir, interval: 50 }, ...options });

  /** Runs the app until its topic has so many records; then it takes its last checkpoint. */
  async function runUntil(app: App, topic: Topic, number: number, options = {}): Promise<Follower> {
    await using seen = await Follower.of(broker(), topic.name);
    await running(app, () => seen.until(number, () => ended.get(app)), options);
    return seen;
  }
  async function running(app: App, what: () => Promise<unknown>, options = {}): Promise<void> {
    const run = app.run(options);
    run.catch((error: unknown) => ended.set(app, error));
    await what();
    await app.stop();
    await run;
  }
  const ended = new Map<App, unknown>();
  const topic = (name: string, partitions = 1) => broker().topic({ name, partitions });

  it.each([
    { parallelism: 1, settings: {} },
    { parallelism: 2, settings: { 'batch.max-rows': '7' } },
  ])('keeps the order of every key, and no more promises open than it may: $parallelism, $settings', async (how) => {
    const app = newApp(unique('order'), how);
    const input = app.topic(await topic('orders', 3), { schema: Order, key: 'customer' });
    const output = app.topic(await topic('seen', 2), { schema: Seen, key: 'customer' });
    let [open, most] = [0, 0];
    const busy = new Set<string>();
    app.agent(
      input,
      { concurrency: 3, state: { n: valueState(t.int(), { initial: 0 }) } },
      async ({ id, customer }, ctx) => {
        expect(busy.has(customer), 'one event of a key at a time').toBe(false);
        busy.add(customer);
        most = Math.max(most, ++open);
        await sleep(id % 4);
        open--;
        busy.delete(customer);
        ctx.state.n.set(ctx.state.n.value + 1);
        ctx.send(output, { id, customer, n: ctx.state.n.value });
      },
    );
    await broker().produce(input.name, orders(200));
    const { rows: seen } = await runUntil(app, output, 200);
    for (const [k, customer] of CUSTOMERS.entries()) {
      const expected = Array.from({ length: 40 }, (_, i) => ({ id: 5 * i + k, customer, n: i + 1 }));
      expect(seen.filter((row) => row.customer === customer)).toEqual(expected);
    }
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(3 * how.parallelism);
  });

  it('without a key calls its function once an event, keeps the order of a partition, and waits for several at a time', async () => {
    const app = newApp(unique('lines'), { settings: { 'batch.max-rows': '7' } });
    const input = app.topic(await topic('in'), { schema: t.row({ id: t.int() }) });
    const even = app.topic(await topic('even'), { schema: t.row({ id: t.int(), of: t.string() }) });
    const all = app.topic(await topic('all'), { schema: t.row({ of: t.string(), id: t.bigint() }) });
    let [open, most] = [0, 0];
    const called: number[] = [];
    app.agent(input, { sends: [even, all], concurrency: 4 }, async ({ id }, { send, record }) => {
      called.push(id);
      most = Math.max(most, ++open);
      await sleep(id % 3);
      open--;
      if (id % 2 === 0) send(even, { id, of: record.topic });
      send(all, { of: 'all', id: BigInt(id) });
      send(all, { of: 'all', id: BigInt(1000 + id) });
    });
    await broker().produce(
      input.name,
      Array.from({ length: 100 }, (_, id) => json({ id })),
    );
    await using evens = await Follower.of(broker(), even.name);
    const everything = await runUntil(app, all, 200);
    await evens.until(50);
    const ids = Array.from({ length: 100 }, (_, id) => id);
    expect(called).toEqual(ids);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(4);
    expect(evens.rows).toEqual(ids.filter((id) => id % 2 === 0).map((id) => ({ id, of: input.name })));
    expect(everything.rows).toEqual(
      ids.flatMap((id) => [
        { of: 'all', id },
        { of: 'all', id: 1000 + id },
      ]),
    );
  });

  it('shows the record of an event, and says key, headers and timestamp of what it sends', async () => {
    const app = newApp(unique('records'));
    const In = t.row({ k: t.string(), v: t.int() });
    const input = app.topic(await topic('in', 2), { schema: In, key: 'k', keyOnly: true });
    const Out = t.row({ k: t.string(), n: t.int(), saw: t.string() });
    const plain = app.topic(await topic('plain'), { schema: Out, key: 'k', keyOnly: true });
    const pairs = app.topic(await topic('pairs'), { schema: Out, key: ['k', 'n'] });
    app.agent(input, ({ k, v }, ctx) => {
      const { record } = ctx;
      const saw = json({ ...record, offset: Number(record.offset), time: ctx.timestamp, key: ctx.key });
      ctx.send(plain, { k, n: v, saw });
      ctx.send(pairs, { k, n: v, saw: '' }, { timestamp: 5000, headers: { trace: 'ü', bytes: new Uint8Array([65]) } });
    });
    await broker().produce(
      input.name,
      [{ key: 'ann', value: '{"v":7}', timestamp: '1700000000000', headers: { from: 'täst', other: 'x' } }],
      1,
    );
    await using plains = await Follower.of(broker(), plain.name);
    const pair = await runUntil(app, pairs, 1);
    await plains.until(1);
    const [one] = plains.records;
    expect(one).toMatchObject({ key: 'ann', timestamp: 1700000000000, headers: {} });
    const { n, saw, ...rest } = JSON.parse(one!.value!);
    expect([n, rest]).toEqual([7, {}]);
    expect(JSON.parse(saw)).toEqual({
      topic: input.name,
      partition: 1,
      offset: 0,
      timestamp: 1700000000000,
      time: 1700000000000,
      headers: { from: 'täst', other: 'x' },
      key: 'ann',
    });
    expect(pair.records[0]).toMatchObject({
      key: '{"k":"ann","n":7}',
      value: '{"k":"ann","n":7,"saw":""}',
      timestamp: 5000,
      headers: { trace: 'ü', bytes: 'A' },
    });
  });

  it('reads what its agents send, itself too: a loop through Kafka', async () => {
    const app = newApp(unique('loop'), { parallelism: 2 });
    const numbers = app.topic(await topic('numbers', 2), { schema: t.row({ n: t.int() }) });
    const done = app.topic(await topic('done'), { schema: t.row({ sum: t.int() }) });
    app.agent(numbers, { sends: [numbers] }, ({ n }, ctx) => {
      if (n > 0) ctx.send(numbers, { n: n - 1 });
    });
    app.agent(
      numbers,
      { name: 'sum', keyBy: () => 0, keyType: t.int(), state: { all: listState(t.int()) } },
      ({ n }, { state, send }) => {
        state.all.add(n);
        if (state.all.length === 5) send(done, { sum: [...state.all].reduce((a, b) => a + b) });
      },
    );
    await broker().produce(numbers.name, ['{"n":4}']);
    expect((await runUntil(app, done, 1)).rows).toEqual([{ sum: 10 }]);
  });

  it('reads several topics as one', async () => {
    const app = newApp(unique('several'));
    const names = [await topic('a', 2), await topic('b', 2)];
    const [a, b] = names.map((name) => app.topic(name, { schema: Order, key: 'customer' }));
    const output = app.topic(await topic('seen'), { schema: Seen });
    app.agent([a!, b!], { name: 'both', state: { n: valueState(t.int(), { initial: 0 }) } }, (order, ctx) => {
      ctx.state.n.set(ctx.state.n.value + (ctx.record.topic === a!.name ? 1 : 100));
      ctx.send(output, { ...order, n: ctx.state.n.value });
    });
    await broker().produce(a!.name, orders(10));
    await broker().produce(b!.name, orders(10));
    const { rows } = await runUntil(app, output, 20);
    const last = new Map(rows.map(({ customer, n }) => [customer, n]));
    expect(Object.fromEntries(last)).toEqual(Object.fromEntries(CUSTOMERS.map((customer) => [customer, 202])));
  });

  it('has streams beside agents: both read a topic, and write into the same commit, also after a stop', async () => {
    const name = unique('streams');
    const [input, seen, counts] = [await topic('in', 2), await topic('seen'), await topic('counts', 2)];
    const Count = t.row({ customer: t.string(), n: t.bigint() });
    const make = () => {
      const app = newApp(name);
      const from = app.topic(input, { schema: Order, key: 'customer' });
      const to = app.topic(seen, { schema: Seen, key: 'customer' });
      const into = app.topic(counts, { schema: Count, key: 'customer' });
      app.agent(from, { sends: [to] }, (order, ctx) => ctx.send(to, { ...order, n: 0 }));
      app
        .stream(from)
        .keyBy((order) => order.customer)
        .process({
          state: { n: valueState(t.bigint(), { initial: 0n }) },
          output: Count,
          process(order, ctx) {
            ctx.state.n.set(ctx.state.n.value + 1n);
            ctx.emit({ customer: order.customer, n: ctx.state.n.value });
          },
        })
        .uid('counts')
        .to(app.sink(into));
      return { app, into };
    };
    await using counted = await Follower.of(broker(), counts);
    await using sent = await Follower.of(broker(), seen);
    for (const [round, parallelism] of [1, 2].entries()) {
      await broker().produce(input, orders(20));
      const { app } = make();
      const both = async () => {
        await counted.until(20 * (round + 1), () => ended.get(app));
        await sent.until(20 * (round + 1), () => ended.get(app));
      };
      await running(app, both, { parallelism });
    }
    const ofAnn = counted.records.filter(({ key }) => key === 'ann').map(({ value }) => JSON.parse(value!).n);
    expect(ofAnn).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(sent.records).toHaveLength(40);
    expect((await make().app.topics()).map(({ readBy, writtenBy }) => [readBy, writtenBy])).toEqual([
      [[input, '(streams)'], []],
      [[], [input]],
      [[], ['(streams)']],
    ]);
  });

  it('goes on from its last checkpoint, with state and timers, when it has been stopped', async () => {
    const name = unique('again');
    const [input, output] = [await topic('in', 2), await topic('out')];
    const fires = Date.now() + 3_000;
    const make = () => {
      const app = newApp(name);
      const from = app.topic(input, { schema: Order, key: 'customer' });
      const to = app.topic(output, { schema: Seen, key: 'customer' });
      const agent = app.agent(
        from,
        {
          state: { n: valueState(t.int(), { initial: 0 }) },
          onTimer(_, ctx) {
            ctx.send(to, { id: -1, customer: ctx.key, n: ctx.state.n.value });
          },
        },
        ({ id, customer }, ctx) => {
          calls.push(id);
          ctx.state.n.set(ctx.state.n.value + 1);
          ctx.timers.processingTime(fires);
          ctx.send(to, { id, customer, n: ctx.state.n.value });
        },
      );
      return { app, agent, to };
    };
    const calls: number[] = [];
    const first = make();
    await broker().produce(input, orders(10));
    await runUntil(first.app, first.to, 10, { parallelism: 2 });
    expect(calls.length).toBe(10);

    const second = make();
    await using seen = await Follower.of(broker(), output);
    await running(second.app, async () => {
      await seen.until(10);
      while (second.app.metrics()?.checkpoints === undefined) await sleep(LOOK_EVERY_MS);
      expect(await second.app.state(second.agent, { read: 'live' }).get('ann')).toMatchObject({
        customer: 'ann',
        n: 2,
      });
      await seen.until(15, () => ended.get(second.app));
    });
    expect(calls.length, 'nothing is read twice').toBe(10);
    const fired = seen.rows.filter(({ id }) => id < 0).map(({ customer, n }) => [customer, n]);
    expect(fired.sort()).toEqual(CUSTOMERS.map((customer) => [customer, 2]));
  });

  it('says which topics are missing, and makes those that it may', async () => {
    const app = newApp(unique('missing'));
    const there = unique('made');
    const input = app.topic(unique('nowhere'), { schema: Order });
    app.topic(there, { schema: Order, partitions: 3, config: { 'retention.ms': '3600000' } });
    app.agent(input, () => {});
    const error = (await app.run().catch((thrown) => thrown)) as SabotError;
    expect(error.code).toBe('SABOT_E_IO');
    expect(error.message).toContain(`There is no topic '${input.name}' at ${broker().bootstrapServers}.`);
    expect(error.message).toContain(`app.topic('${input.name}', { partitions: 1, … })`);
    expect((await app.topics()).map(({ topic, partitions, makes }) => [topic, partitions, makes])).toEqual([
      [input.name, undefined, undefined],
      [there, undefined, 3],
    ]);

    const other = newApp(unique('made'));
    const made = other.topic(there, { schema: Order, partitions: 3, config: { 'retention.ms': '3600000' } });
    other.agent(made, () => {});
    const told: string[] = [];
    await running(
      other,
      async () => {
        while (other.metrics()?.checkpoints === undefined) await sleep(LOOK_EVERY_MS);
      },
      { onTopics: (names: readonly string[]) => told.push(...names) },
    );
    expect(told).toEqual([there]);
    expect((await other.topics())[0]).toMatchObject({ partitions: 3, readBy: [there], writtenBy: [] });
    const { resources } = await broker().admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: 2, name: there, configNames: ['retention.ms'] }],
    });
    expect(resources[0]?.configEntries[0]?.configValue).toBe('3600000');
  });

  it('says where the brokers are when nobody answers', async () => {
    const app = newApp('unreachable', { brokers: 'localhost:1' });
    app.agent(app.topic('orders', { schema: Order }), () => {});
    await expect(app.run()).rejects.toThrow(/App 'unreachable' cannot ask the brokers at localhost:1 for its topics/);
  });

  const failing = async (use: (app: App, input: string) => void, settings = {}): Promise<SabotError> => {
    const app = newApp(unique('failing'), { settings: { 'restart-strategy.type': 'none', ...settings } });
    const input = await topic('in');
    use(app, input);
    await broker().produce(input, orders(3));
    return (await app.run().catch((thrown) => thrown)) as SabotError;
  };

  it('fails with the agent, the row, the key and the place of what its function throws', async () => {
    const error = await failing((app, name) =>
      app.agent(app.topic(name, { schema: Order, key: 'customer' }), { name: 'judge' }, async ({ id }) => {
        if (id === 1) throw new RangeError('too much');
      }),
    );
    expect(error.code).toBe('SABOT_E_FUNCTION');
    expect(error.message).toMatch(/^agent 'judge' `async .*` failed at row { id: 1 } of key 'bob'/);
    expect(error.message).toMatch(/RangeError: too much \(.*app\.test\.ts:\d+:\d+\)$/);
    expect(error.cause).toBeInstanceOf(RangeError);

    const unkeyed = await failing((app, name) =>
      app.agent(app.topic(name, { schema: Order }), { name: 'judge' }, ({ id }) => {
        if (id === 1) throw new RangeError('too much');
      }),
    );
    expect(unkeyed.code).toBe('SABOT_E_FUNCTION');
    expect(unkeyed.message).toMatch(/agent 'judge' .* failed at row { id: 1.*RangeError: too much/);
  });

  it.each([true, false])(
    'goes on without events that it cannot take, and keeps them as dead letters (key: %s)',
    async (keyed) => {
      const app = newApp(unique('lenient'));
      const input = app.topic(await topic('in'), { schema: Order, ...(keyed ? { key: 'customer' } : {}) });
      const output = app.topic(await topic('out'), { schema: Seen });
      const dead = await topic('dead');
      const letters = kafka.sink({
        brokers: broker().bootstrapServers,
        topic: dead,
        format: 'json',
        guarantee: 'exactly-once',
        transactionalIdPrefix: unique('letters'),
      });
      const judge = ({ id, customer }: { id: number; customer: string }) => {
        if (id % 3 === 0) throw new RangeError(`no ${id}`);
        return { id, customer, n: 1 };
      };
      app.agent(input, { name: 'judge', sends: [output], onError: deadLetter(letters) }, async (order, ctx) => {
        ctx.send(output, judge(order));
      });
      app.agent(input, { name: 'dropping', sends: [output], onError: 'drop' }, (order, ctx) => {
        ctx.send(output, { ...order, n: 2 });
        judge(order);
      });
      await broker().produce(input.name, orders(9));
      await using seen = await Follower.of(broker(), dead);
      const { rows } = await runUntil(app, output, 12);
      await seen.until(3);
      for (const n of [1, 2])
        expect(
          rows
            .filter((row) => row.n === n)
            .map(({ id }) => id)
            .sort(),
        ).toEqual([1, 2, 4, 5, 7, 8]);
      expect(seen.rows.map(({ error }) => error as string).sort()).toEqual(
        [0, 3, 6].map((id) => expect.stringContaining(`RangeError: no ${id}`)),
      );
    },
  );

  it.each([true, false])(
    'fails when what it sends is no row of the topic, or goes where it may not (key: %s)',
    async (keyed) => {
      const read = (app: App, name: string) =>
        app.topic(name, { schema: Order, ...(keyed ? { key: 'customer' } : {}) });
      const target = await broker().topic({ name: 'target' });
      const wrong = await failing((app, name) => {
        const to = app.topic(target, { schema: Seen });
        app.agent(read(app, name), (order, ctx) => ctx.send(to, { ...order, n: 'one' as never }));
      });
      expect(wrong.message).toMatch(new RegExp(`'n'|'${target}.n'`));
      expect(wrong.message).toMatch(/'one' is no INT/);
      if (keyed) expect(wrong.message).toContain(`send('${target}', …) got a wrong value for 'n'`);

      const undeclared = await failing((app, name) => {
        const to = app.topic(target, { schema: Seen });
        app.agent(read(app, name), { name: 'sender', sends: [] }, (order, ctx) =>
          (ctx.send as (topic: unknown, row: object) => void)(to, { ...order, n: 1 }),
        );
      });
      expect(undeclared.message).toContain(`agent 'sender' does not send to '${target}': it is not among its sends`);
      // Only without a key is a context one event's for good.
      if (keyed) return;
      const late = await failing((app, name) => {
        const to = app.topic(target, { schema: Seen });
        let kept: ((row: { id: number; customer: string; n: number }) => void) | undefined;
        app.agent(read(app, name), (order, ctx) => {
          kept?.({ ...order, n: 1 });
          kept = (row) => ctx.send(to, row);
        });
      });
      expect(late.message).toContain('its context was used after the function had returned');
    },
  );
});
