// Records whose schemas are in a registry: what is written there, and what comes of schemas older, newer, unknown, and of a registry that is away.

import avsc from 'avsc';
import { expect, it } from 'vitest';
import type { SabotError } from '../../lib/errors.js';
import { Job, kafka, t } from '../../lib/index.js';
import { runCase } from '../parity/run-case.js';
import { describeKafka, useBroker } from './broker.js';
import { TestRegistry } from './registry.js';
import { changesOf, type Options, rowsOf, topicTable, UPSERT } from './scripts.js';

/** A record in Confluent's wire format, by another implementation of Avro. */
function message(id: number, schema: object, record: object): Buffer {
  const header = Buffer.alloc(5);
  header.writeInt32BE(id, 1);
  return Buffer.concat([header, avsc.Type.forSchema(schema as avsc.Schema).toBuffer(record)]);
}

const record = (...fields: object[]) => ({ type: 'record', name: 'bid', fields });
const field = (name: string, type: unknown, rest: object = {}) => ({ name, type, ...rest });

describeKafka('avro-confluent', () => {
  const broker = useBroker();
  const avro = (registry: TestRegistry, topic: string, options: Options = {}): Options => ({
    topic,
    format: 'avro-confluent',
    'avro-confluent.url': registry.url,
    ...options,
  });
  const table = (columns: string, options: Options, name = 't') => topicTable(broker(), columns, options, name);
  const failure = (script: string): Promise<SabotError> =>
    rowsOf(script).then(
      () => expect.fail('it succeeded'),
      (error: SabotError) => error,
    );

  it('writes what others read, and registers its schema under the name of the topic', async () => {
    await using registry = await TestRegistry.start();
    const topic = await broker().topic({ partitions: 2 });
    const options = avro(registry, topic);
    const columns = 'id BIGINT NOT NULL, name STRING, price DECIMAL(10, 2), ts TIMESTAMP(3), tags ARRAY<STRING>';
    const values = `(1, 'ann', 1.50, TIMESTAMP '2024-01-01 00:00:01', ARRAY['a', 'b']), (2, CAST(NULL AS STRING), CAST(NULL AS DECIMAL(10, 2)), CAST(NULL AS TIMESTAMP(3)), CAST(NULL AS ARRAY<STRING>))`;
    await rowsOf(`${table(columns, options, 'sink')}INSERT INTO sink VALUES ${values};`, 2);
    expect([...registry.subjects]).toEqual([[`${topic}-value`, [1]]]);
    const type = avsc.Type.forSchema(JSON.parse(registry.schemas[0]!) as avsc.Schema);
    const written = (await broker().readBytes(topic)).map(({ value }) => value!);
    expect(written.map((bytes) => bytes.subarray(0, 5).toString('hex'))).toEqual(['0000000001', '0000000001']);
    const records = written.map((bytes) => type.fromBuffer(bytes.subarray(5)) as Record<string, unknown>);
    expect(records.map(({ id, name }) => ({ id, name }))).toEqual(
      expect.arrayContaining([
        { id: 1, name: 'ann' },
        { id: 2, name: null },
      ]),
    );
    for (const parallelism of [1, 2]) {
      expect(await rowsOf(`${table(columns, options)}SELECT * FROM t;`, parallelism)).toEqual([
        '{"id":1,"name":"ann","price":1.50,"ts":"2024-01-01 00:00:01.000","tags":["a","b"]}',
        '{"id":2,"name":null,"price":null,"ts":null,"tags":null}',
      ]);
    }
  });

  it('reads records of older and newer schemas in one topic', async () => {
    await using registry = await TestRegistry.start();
    const topic = await broker().topic();
    const old = record(field('id', 'int'), field('color', 'string'));
    const now = record(field('id', 'long'), field('name', ['null', 'string'], { default: null }));
    const next = record(field('more', { type: 'map', values: 'int' }), field('name', 'string'), field('id', 'long'));
    const ids = [old, now, next].map((schema) => registry.add(schema));
    await broker().produce(topic, [
      { value: message(ids[1]!, now, { id: 1, name: 'now' }) },
      { value: message(ids[0]!, old, { id: 2, color: 'red' }) },
      { value: message(ids[2]!, next, { more: { a: 1 }, name: 'next', id: 3 }) },
      { value: null },
      { value: message(ids[0]!, old, { id: 4, color: 'blue' }) },
    ]);
    const script = `${table('id BIGINT, name STRING', avro(registry, topic))}SELECT id, name FROM t;`;
    const rows = ['{"id":1,"name":"now"}', '{"id":2,"name":null}', '{"id":3,"name":"next"}', '{"id":4,"name":null}'];
    expect(await rowsOf(script)).toEqual(rows);
    expect(registry.asked.sort()).toEqual(ids.map((id) => `GET /schemas/ids/${id}`));
    expect(await changesOf(script)).toEqual(rows.map((row) => `{"op":"+I",${row.slice(1)}`));
    expect(await rowsOf(`${table('id BIGINT, name STRING', avro(registry, topic))}SELECT name FROM t;`)).toHaveLength(
      4,
    );
  });

  it('says which record has a schema that is unknown, or does not fit', async () => {
    await using registry = await TestRegistry.start();
    const topic = await broker().topic();
    const schema = record(field('id', 'string'));
    await broker().produce(topic, [{ value: message(9, schema, { id: 'x' }) }]);
    const script = `${table('id BIGINT', avro(registry, topic))}SELECT * FROM t;`;
    const unknown = await failure(script);
    expect(unknown.kind).toBe('bad-record');
    expect(unknown.message).toContain(
      `topic '${topic}', partition 0, offset 0, byte 1: schema 9: the schema registry does not have it`,
    );
    while (registry.add({ type: 'fixed', name: `f${registry.schemas.length}`, size: 1 }) < 8);
    expect(registry.add(schema)).toBe(9);
    expect((await failure(script)).message).toContain("column 'id' of type BIGINT cannot be read from Avro's string");
    const [other] = [await broker().topic()];
    await broker().produce(other, ['{"id":1}']);
    expect((await failure(`${table('id BIGINT', avro(registry, other))}SELECT * FROM t;`)).message).toContain(
      'a message begins with a zero',
    );
  });

  it('fails while the registry is away, and goes on when it is back', async () => {
    await using registry = await TestRegistry.start();
    const topic = await broker().topic();
    const schema = record(field('id', 'long'));
    await broker().produce(topic, [{ value: message(registry.add(schema), schema, { id: 7 }) }]);
    const script = `${table('id BIGINT', avro(registry, topic))}SELECT * FROM t;`;
    registry.failures = 2;
    expect(await rowsOf(script)).toEqual(['{"id":7}']);
    registry.failures = 5;
    const error = await failure(script);
    expect(error.kind).toBe('schema-registry');
    expect(error.message).toContain(`The schema registry at ${registry.url} does not answer: HTTP 503.`);
    registry.failures = 7; // The first attempt's five, and two of the second.
    const settings = {
      'restart-strategy.type': 'fixed-delay',
      'restart-strategy.fixed-delay.attempts': '1',
      'restart-strategy.fixed-delay.delay': '1 ms',
    };
    const copy = await broker().topic();
    const into = table('id BIGINT', { topic: copy, 'scan.bounded.mode': '' }, 'copy');
    const insert = `${into}${script.replace('SELECT', 'INSERT INTO copy SELECT')}`;
    await runCase(insert, { parallelism: 1, settings, results: 'final' });
    expect((await broker().read(copy)).map(({ value }) => value)).toEqual(['{"id":7}']);
    expect(registry.failures).toBe(0);
  });

  it('fails a sink whose schema is refused, and says by whom', async () => {
    await using registry = await TestRegistry.start();
    registry.authorization = `Basic ${Buffer.from('ann:secret').toString('base64')}`;
    const topic = await broker().topic();
    const sink = (user: string) =>
      `${table('id BIGINT', avro(registry, topic, { 'avro-confluent.basic-auth.user-info': user }))}INSERT INTO t VALUES (1), (2);`;
    const error = await failure(sink('ann:wrong'));
    expect(error.kind).toBe('schema-registry');
    expect(error.message).toContain(
      `The schema registry at ${registry.url} refused subject '${topic}-value' (HTTP 401): Unauthorized`,
    );
    expect(error.message).not.toContain('wrong');
    expect(await broker().readBytes(topic)).toEqual([]);
    await rowsOf(sink('ann:secret'));
    expect(await broker().readBytes(topic)).toHaveLength(2);
  });

  it('may be of keys as well, with a registry and a subject of their own', async () => {
    await using values = await TestRegistry.start();
    await using keys = await TestRegistry.start();
    const topic = await broker().topic();
    const options: Options = {
      ...UPSERT,
      topic,
      'key.format': 'avro-confluent',
      'key.avro-confluent.schema-registry.url': keys.url,
      'value.format': 'avro-confluent',
      'value.avro-confluent.url': values.url,
      'value.avro-confluent.subject': 'counts',
    };
    const columns = 'k STRING, n BIGINT NOT NULL, PRIMARY KEY (k) NOT ENFORCED';
    const query = "INSERT INTO sink SELECT k, COUNT(*) FROM (VALUES ('a'), ('b'), ('a')) AS s (k) GROUP BY k;";
    const sink = table(columns, { ...options, 'scan.bounded.mode': '' }, 'sink');
    await changesOf(`${sink}${query}`);
    expect([...keys.subjects.keys()]).toEqual([`${topic}-key`]);
    expect([...values.subjects.keys()]).toEqual(['counts']);
    const [first] = await broker().readBytes(topic);
    await broker().produce(topic, [{ key: first!.key, value: null }]);
    expect(await changesOf(`${table(columns, options)}SELECT * FROM t;`)).toEqual([
      '{"op":"+I","k":"a","n":1}',
      '{"op":"+I","k":"b","n":1}',
      '{"op":"-U","k":"a","n":1}',
      '{"op":"+U","k":"a","n":2}',
      '{"op":"-D","k":"a","n":2}',
    ]);
    expect(await rowsOf(`${table(columns, options)}SELECT n FROM t;`, 2)).toEqual(['{"n":1}']);
  });

  it('is there in the Stream API', async () => {
    await using registry = await TestRegistry.start();
    const topic = await broker().topic();
    const brokers = broker().bootstrapServers;
    const options = { 'avro-confluent.url': registry.url };
    const Bid = t.row({ auction: t.bigint(), price: t.double() });
    const job = new Job('avro');
    job
      .source([{ auction: 1n, price: 2.5 }], Bid)
      .to(kafka.sink({ brokers, topic, format: 'avro-confluent', options }));
    await job.run();
    const rows: unknown[] = [];
    const read = new Job('read').source(
      kafka({ brokers, topic, format: 'avro-confluent', options, until: 'latest', schema: Bid }),
    );
    for await (const row of read) rows.push(row);
    expect(rows).toEqual([{ auction: 1n, price: 2.5 }]);
  });
});
