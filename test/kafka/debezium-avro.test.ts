// Changes that Debezium tells in Avro with a registry: read as another implementation of Avro writes them, and written so that it reads them.

import avsc from 'avsc';
import { expect, it } from 'vitest';
import { errorOf, runCase } from '../parity/run-case.js';
import { describeKafka, useBroker } from './broker.js';
import { TestRegistry } from './registry.js';
import { changesOf, type Options, rowsOf, topicTable } from './scripts.js';

const field = (name: string, type: unknown, rest: object = {}) => ({ name, type, ...rest });
const optional = (name: string, type: unknown) => field(name, ['null', type], { default: null });

/** As Debezium's connector for MySQL registers it; `more`: columns that the table has got meanwhile. */
const envelope = (...more: object[]) => ({
  type: 'record',
  name: 'Envelope',
  namespace: 'shop.items',
  fields: [
    optional('before', {
      type: 'record',
      name: 'Value',
      fields: [field('id', 'int'), optional('name', 'string'), field('weight', 'double'), ...more],
    }),
    optional('after', 'Value'),
    field('source', {
      type: 'record',
      name: 'Source',
      namespace: 'io.debezium.connector.mysql',
      fields: [field('version', 'string'), field('ts_ms', 'long'), optional('db', 'string'), field('pos', 'long')],
    }),
    field('op', 'string'),
    optional('ts_ms', 'long'),
    optional('transaction', {
      type: 'record',
      name: 'block',
      namespace: 'event',
      fields: [field('id', 'string'), field('total_order', 'long')],
    }),
  ],
});

interface Change {
  readonly before?: object | null;
  readonly after?: object | null;
  readonly op: string;
}

describeKafka('debezium-avro-confluent', () => {
  const broker = useBroker();
  const columns = 'id INT NOT NULL, name STRING, weight DOUBLE';
  const debezium = (registry: TestRegistry, topic: string, more: Options = {}): Options => ({
    topic,
    format: 'debezium-avro-confluent',
    'debezium-avro-confluent.url': registry.url,
    ...more,
  });
  const table = (options: Options, name = 't', of = columns) => topicTable(broker(), of, options, name);

  function message(registry: TestRegistry, { before = null, after = null, op }: Change, schema = envelope()): Buffer {
    const header = Buffer.alloc(5);
    header.writeInt32BE(registry.add(schema), 1);
    const source = { version: '2.7', ts_ms: 1_700_000_000_000, db: 'shop', pos: 4 };
    const record = { before, after, source, op, ts_ms: 1_700_000_000_001, transaction: { id: 't', total_order: 1 } };
    const type = avsc.Type.forSchema(schema as avsc.Schema, { wrapUnions: 'never' });
    return Buffer.concat([header, type.toBuffer(record)]);
  }

  it('is read as changes, across a change of the table', async () => {
    await using registry = await TestRegistry.start();
    const topic = await broker().topic();
    const [ann, ben] = [
      { id: 1, name: 'ann', weight: 1.5 },
      { id: 2, name: null, weight: 2 },
    ];
    const wider = envelope(field('color', 'string', { default: 'red' }));
    await broker().produce(topic, [
      { value: message(registry, { after: ann, op: 'c' }) },
      { value: message(registry, { after: ben, op: 'r' }) },
      { value: message(registry, { before: ann, after: { ...ann, weight: 3 }, op: 'u' }) },
      { value: message(registry, { before: { ...ben, color: 'blue' }, op: 'd' }, wider) },
      { value: null },
      { value: message(registry, { after: { ...ben, id: 3, color: 'blue' }, op: 'c' }, wider) },
    ]);
    const script = `${table(debezium(registry, topic))}SELECT * FROM t;`;
    expect(await changesOf(script)).toEqual([
      '{"op":"+I","id":1,"name":"ann","weight":1.5}',
      '{"op":"+I","id":2,"name":null,"weight":2.0}',
      '{"op":"-U","id":1,"name":"ann","weight":1.5}',
      '{"op":"+U","id":1,"name":"ann","weight":3.0}',
      '{"op":"-D","id":2,"name":null,"weight":2.0}',
      '{"op":"+I","id":3,"name":null,"weight":2.0}',
    ]);
    for (const parallelism of [1, 2]) {
      expect(await rowsOf(script, parallelism)).toEqual([
        '{"id":1,"name":"ann","weight":3.0}',
        '{"id":3,"name":null,"weight":2.0}',
      ]);
      const counted = `${table(debezium(registry, topic))}SELECT COUNT(*) AS n FROM t;`;
      expect(await rowsOf(counted, parallelism)).toEqual(['{"n":2}']);
    }
    const colored = `${columns}, color STRING, \`offset\` BIGINT METADATA VIRTUAL`;
    expect(
      await changesOf(`${table(debezium(registry, topic), 't', colored)}SELECT id, color, \`offset\` FROM t;`),
    ).toEqual([
      '{"op":"+I","id":1,"color":null,"offset":0}',
      '{"op":"+I","id":2,"color":null,"offset":1}',
      '{"op":"-U","id":1,"color":null,"offset":2}',
      '{"op":"+U","id":1,"color":null,"offset":2}',
      '{"op":"-D","id":2,"color":"blue","offset":3}',
      '{"op":"+I","id":3,"color":"blue","offset":5}',
    ]);
  });

  it('is written with a schema that others read, as deletions and insertions', async () => {
    await using registry = await TestRegistry.start();
    const topic = await broker().topic();
    const sink = table(debezium(registry, topic, { 'scan.bounded.mode': '' }), 'sink', 'k STRING, n BIGINT NOT NULL');
    const query = "INSERT INTO sink SELECT k, COUNT(*) FROM (VALUES ('a'), ('a')) AS s (k) GROUP BY k;";
    await runCase(`${sink}${query}`, { parallelism: 1, settings: { 'batch.max-rows': '1' }, results: 'changelog' });
    expect([...registry.subjects]).toEqual([[`${topic}-value`, [1]]]);
    const type = avsc.Type.forSchema(JSON.parse(registry.schemas[0]!) as avsc.Schema, { wrapUnions: 'never' });
    const written = (await broker().readBytes(topic)).map(({ value }) => type.fromBuffer(value!.subarray(5)) as Change);
    expect(written.map((change) => JSON.parse(JSON.stringify(change)) as Change)).toEqual([
      { before: null, after: { k: 'a', n: 1 }, op: 'c' },
      { before: { k: 'a', n: 1 }, after: null, op: 'd' },
      { before: null, after: { k: 'a', n: 2 }, op: 'c' },
    ]);
    const source = table(debezium(registry, topic), 't', 'k STRING, n BIGINT NOT NULL');
    expect(await rowsOf(`${source}SELECT * FROM t;`)).toEqual(['{"k":"a","n":2}']);
  });

  it('says which message tells no change of the table', async () => {
    await using registry = await TestRegistry.start();
    const topic = await broker().topic({ partitions: 2 });
    const ann = { id: 1, name: 'ann', weight: 1.5 };
    await broker().produce(topic, [{ value: message(registry, { after: ann, op: 'c' }) }], 1);
    await broker().produce(topic, [{ value: message(registry, { after: ann, op: 'u' }) }], 1);
    const script = `${table(debezium(registry, topic))}SELECT * FROM t;`;
    const error = await errorOf(script, { parallelism: 2, settings: {}, results: 'final' });
    expect(error?.kind).toBe('bad-record');
    expect(error?.message).toContain(`topic '${topic}', partition 1, offset 1, byte 5: the change has no old row`);
    expect(error?.message).toContain('REPLICA IDENTITY FULL');
    const dropped = table(debezium(registry, topic, { 'scan.on-error': 'drop' }));
    expect(await rowsOf(`${dropped}SELECT * FROM t;`)).toEqual(['{"id":1,"name":"ann","weight":1.5}']);
    const other = `${table(debezium(registry, topic), 't', 'id STRING')}SELECT * FROM t;`;
    const mismatch = await errorOf(other, { parallelism: 1, settings: {}, results: 'final' });
    expect(mismatch?.message).toContain("schema 1: column 'id' of type STRING cannot be read from Avro's int");
  });

  it('is of values only where rows are inserted, and of messages', async () => {
    const upsert: Options = {
      connector: 'upsert-kafka',
      topic: 'none',
      format: '',
      'scan.startup.mode': '',
      'key.format': 'json',
      'value.format': 'debezium-avro-confluent',
      'value.debezium-avro-confluent.url': 'http://localhost:1',
    };
    const run = { parallelism: 1, settings: {}, results: 'final' } as const;
    const keyed = table(upsert, 't', 'id INT, PRIMARY KEY (id) NOT ENFORCED');
    expect(await errorOf(`${keyed}SELECT * FROM t;`, run)).toMatchObject({
      kind: 'invalid-option',
      identifier: 'value.format',
    });
    const key: Options = {
      topic: 'none',
      format: '',
      'value.format': 'json',
      'key.format': 'debezium-json',
      'key.fields': 'id',
    };
    expect(await errorOf(`${table(key, 't', 'id INT')}SELECT * FROM t;`, run)).toMatchObject({
      kind: 'invalid-option',
      identifier: 'key.format',
    });
    const files =
      "CREATE TABLE t (id INT) WITH ('connector' = 'filesystem', 'path' = '/none', 'format' = 'debezium-avro-confluent', 'debezium-avro-confluent.url' = 'http://r');";
    expect((await errorOf(`${files}SELECT * FROM t;`, run))?.kind).toBe('unsupported-format');
  });
});
