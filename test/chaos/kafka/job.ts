// job: what chaos plays with Kafka: a keyed window, a keyed join and a running count, from topics to topics, and what plain code
// makes of the same rows.
//
//   orders, payments   ->   totals (10 s windows per key), paid (orders with payments within 2 s), counts (1, 2, 3 … per key)
//
// Rows of a topic come in about the order of their times; a key's are in one partition.

import type { Broker, Written } from '../../kafka/broker-client.js';

const KEYS = 24;
const ORDERS = 5_000;
const PAYMENTS = 1_650;
const ORDER_EVERY_MS = 100;
const PAYMENT_EVERY_MS = 300;
/** Below the second that watermarks leave: no row is late. */
const JITTER_MS = 900;
const WINDOW_MS = 10_000;
const PAID_WITHIN_MS = 2_000;
const BEGIN_MS = Date.UTC(2026, 0, 1);
/** Small batches and small fetches: a job lasts for many checkpoints. */
const ROWS_PER_PRODUCE = 60;
const FETCH_BYTES = 1_500;
/** Every value of an output has it. */
export const A_ROW = '"k":"';

export interface Input {
  readonly orders: string;
  readonly payments: string;
}

export interface Output {
  readonly totals: string;
  readonly paid: string;
  readonly counts: string;
}

export interface JobSettings {
  readonly bootstrapServers: string;
  readonly input: Input;
  readonly output: Output;
  readonly folder: string;
  readonly backend: 'memory' | 'rocksdb';
  /** A job that fails starts again in its process. */
  readonly restarts: boolean;
  /** Of the brokers; the time of checkpoints follows from it. */
  readonly transactionTimeoutMs?: number;
}

interface Row {
  readonly k: string;
  readonly id: number;
  readonly ms: number;
}

const orders = rows(ORDERS, ORDER_EVERY_MS, 7);
const payments = rows(PAYMENTS, PAYMENT_EVERY_MS, 11);

function rows(count: number, everyMs: number, step: number): Row[] {
  return Array.from({ length: count }, (_, id) => ({
    k: `k${(id * step + Math.floor(id / 5)) % KEYS}`,
    id,
    ms: BEGIN_MS + id * everyMs + ((id * 7919) % JITTER_MS),
  }));
}

const timestamp = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').replace('Z', '');

/** Topics with all rows. */
export async function writeInput(broker: Broker): Promise<Input> {
  const input = {
    orders: await broker.topic({ name: 'orders', partitions: 3 }),
    payments: await broker.topic({ name: 'payments', partitions: 2 }),
  };
  await writeRows(broker, input);
  return input;
}

export async function writeRows(broker: Broker, input: Input): Promise<void> {
  for (const [topic, all] of [
    [input.orders, orders],
    [input.payments, payments],
  ] as const) {
    for (let i = 0; i < all.length; i += ROWS_PER_PRODUCE) {
      const some = all.slice(i, i + ROWS_PER_PRODUCE);
      await broker.produce(
        topic,
        some.map(({ k, id, ms }) => ({ key: k, value: JSON.stringify({ k, id, ts: timestamp(ms) }) })),
      );
    }
  }
}

export async function outputTopics(broker: Broker): Promise<Output> {
  const [totals, paid, counts] = await Promise.all(
    ['totals', 'paid', 'counts'].map((name) => broker.topic({ name, partitions: 2 })),
  );
  return { totals: totals!, paid: paid!, counts: counts! };
}

export const prefixOf = ({ totals }: Output): string => `job-${totals}`;

/** The job as a script. */
export function script(settings: JobSettings): string {
  const { bootstrapServers, input, output, folder, backend, restarts, transactionTimeoutMs } = settings;
  const given = (options: Readonly<Record<string, string>>): string =>
    Object.entries({ 'properties.bootstrap.servers': bootstrapServers, ...options })
      .map(([key, value]) => `'${key}' = '${value}'`)
      .join(', ');
  const source = (topic: string) =>
    given({
      connector: 'kafka',
      topic,
      format: 'json',
      'scan.startup.mode': 'earliest-offset',
      'scan.bounded.mode': 'latest-offset',
      'properties.max.partition.fetch.bytes': String(FETCH_BYTES),
      'properties.queued.min.messages': '1',
    });
  const exactlyOnce = {
    'sink.delivery-guarantee': 'exactly-once',
    'sink.transactional-id-prefix': prefixOf(output),
    ...(transactionTimeoutMs === undefined
      ? {}
      : { 'properties.transaction.timeout.ms': String(transactionTimeoutMs) }),
  };
  const sink = (topic: string) =>
    given({
      connector: 'kafka',
      topic,
      'value.format': 'json',
      'key.format': 'json',
      'key.fields': 'k',
      ...exactlyOnce,
    });
  const upsert = given({
    connector: 'upsert-kafka',
    topic: output.counts,
    'key.format': 'json',
    'value.format': 'json',
    ...exactlyOnce,
  });
  return `SET 'execution.checkpointing.dir' = '${folder}/checkpoints';
SET 'execution.checkpointing.interval' = '100 ms';
${transactionTimeoutMs === undefined ? '' : `SET 'execution.checkpointing.timeout' = '${transactionTimeoutMs / 2 - 100} ms';\n`}SET 'pipeline.name' = 'chaos';
SET 'batch.max-rows' = '40';
SET 'state.backend.rocksdb.localdir' = '${folder}/state';
SET 'state.backend.type' = '${backend === 'memory' ? 'hashmap' : 'rocksdb'}';
${backend === 'memory' ? '' : "SET 'memory.limit' = '200 kb';\n"}SET 'restart-strategy.type' = '${restarts ? 'fixed-delay' : 'none'}';
${restarts ? "SET 'restart-strategy.fixed-delay.attempts' = '1000'; SET 'restart-strategy.fixed-delay.delay' = '100 ms';\n" : ''}
CREATE TABLE orders (k STRING, id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND)
WITH (${source(input.orders)});
CREATE TABLE payments (k STRING, id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND)
WITH (${source(input.payments)});
CREATE TABLE totals (k STRING, window_end TIMESTAMP(3), n BIGINT, total BIGINT) WITH (${sink(output.totals)});
CREATE TABLE paid (k STRING, o INT, p INT) WITH (${sink(output.paid)});
CREATE TABLE counts (k STRING, n BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH (${upsert});
BEGIN STATEMENT SET;
INSERT INTO totals SELECT k, window_end, COUNT(*), SUM(CAST(id AS BIGINT))
FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '${WINDOW_MS / 1000}' SECOND)) GROUP BY k, window_start, window_end;
INSERT INTO paid SELECT o.k, o.id, p.id FROM orders o JOIN payments p
ON o.k = p.k AND p.ts BETWEEN o.ts AND o.ts + INTERVAL '${PAID_WITHIN_MS / 1000}' SECOND;
INSERT INTO counts SELECT k, COUNT(*) FROM orders GROUP BY k;
END;`;
}

/** What is wrong with the rows that readers see; with `whole` what is missing, too. At most ten each. */
export async function findWrong(broker: Broker, output: Output, whole: boolean): Promise<string[]> {
  const [totals, paid, counts] = await Promise.all([
    broker.read(output.totals),
    broker.read(output.paid),
    broker.read(output.counts),
  ]);
  return [
    ...wrongTotals(totals, whole).slice(0, 10),
    ...wrongPairs(paid, whole).slice(0, 10),
    ...wrongCounts(counts, whole).slice(0, 10),
  ];
}

/** By key in their order: they must be the first of those expected. */
function inOrder(
  what: string,
  expected: ReadonlyMap<string, readonly string[]>,
  seen: readonly (readonly [key: string, row: string])[],
  whole: boolean,
): string[] {
  const wrong: string[] = [];
  const next = new Map<string, number>();
  for (const [key, row] of seen) {
    const at = next.get(key) ?? 0;
    const due = expected.get(key)?.[at];
    if (row !== due) wrong.push(`${what} of ${key}: ${row} in the place of ${due ?? 'nothing'}`);
    next.set(key, at + 1);
  }
  if (!whole) return wrong;
  for (const [key, all] of expected) {
    const count = next.get(key) ?? 0;
    if (count < all.length) wrong.push(`${what} of ${key}: ${count} rows in the place of ${all.length}`);
  }
  return wrong;
}

function byKey<T>(all: readonly T[], keyOf: (each: T) => string): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const each of all) found.set(keyOf(each), [...(found.get(keyOf(each)) ?? []), each]);
  return found;
}

const ordersByKey = byKey(orders, ({ k }) => k);

const expectedTotals = new Map(
  [...ordersByKey].map(([k, of]) => {
    const windows = byKey(of, ({ ms }) => String(Math.floor(ms / WINDOW_MS)));
    const ends = [...windows].map(([window, inside]) => {
      const total = inside.reduce((sum, { id }) => sum + id, 0);
      return [Number(window), `${timestamp((Number(window) + 1) * WINDOW_MS)} ${inside.length} ${total}`] as const;
    });
    return [k, ends.sort(([a], [b]) => a - b).map(([, text]) => text)] as const;
  }),
);

const parsed = ({ value }: Written): Record<string, string | number> => JSON.parse(value!);
/** JSON leaves zeros at the end of a fraction out. */
const sameTime = (text: string): string => timestamp(Date.parse(`${text.replace(' ', 'T')}Z`));

function wrongTotals(seen: readonly Written[], whole: boolean): string[] {
  const texts = seen.map(parsed).map(({ k, window_end, n, total }) => {
    return [String(k), `${sameTime(String(window_end))} ${n} ${total}`] as const;
  });
  return inOrder('totals', expectedTotals, texts, whole);
}

const expectedCounts = new Map([...ordersByKey].map(([k, of]) => [k, of.map((_, i) => String(i + 1))] as const));

function wrongCounts(seen: readonly Written[], whole: boolean): string[] {
  const texts = seen.map(parsed).map(({ k, n }) => [String(k), String(n)] as const);
  return inOrder('counts', expectedCounts, texts, whole);
}

const paymentsByKey = byKey(payments, ({ k }) => k);
const expectedPairs: ReadonlySet<string> = new Set(
  orders.flatMap((order) =>
    (paymentsByKey.get(order.k) ?? [])
      .filter(({ ms }) => ms >= order.ms && ms <= order.ms + PAID_WITHIN_MS)
      .map(({ id }) => `${order.k}: ${order.id} with ${id}`),
  ),
);

function wrongPairs(seen: readonly Written[], whole: boolean): string[] {
  const left = new Set(expectedPairs);
  const surplus = seen
    .map(parsed)
    .map(({ k, o, p }) => `${k}: ${o} with ${p}`)
    .filter((pair) => !left.delete(pair));
  const wrong = surplus.map((pair) => `paid: ${pair}, ${expectedPairs.has(pair) ? 'twice' : 'wrong'}`);
  return whole ? [...wrong, ...[...left].map((pair) => `paid: ${pair} is missing`)] : wrong;
}
