// Topics as tables: produced by kafkajs, read by SQL.

import { expect, it } from 'vitest';
import type { SabotError } from '../../lib/errors.js';
import { describeKafka, useBroker } from './broker.js';
import { type Options, rowsOf, topicTable } from './scripts.js';

const json = (row: object) => JSON.stringify(row);

async function errorOf(script: string): Promise<Pick<SabotError, 'kind' | 'identifier' | 'message' | 'code'>> {
  try {
    await rowsOf(script);
  } catch (error) {
    const { kind, identifier, message, code } = error as SabotError;
    return { kind, identifier, message, code };
  }
  throw new Error('it succeeded');
}

describeKafka('a topic', () => {
  const broker = useBroker();
  const table = (columns: string, options: Options) => topicTable(broker(), columns, options);
  const read = (columns: string, options: Options, query = 'SELECT * FROM t;', parallelism = 1) =>
    rowsOf(table(columns, options) + query, parallelism);

  it('is read from beginning to end', async () => {
    const topic = await broker().topic({ partitions: 3 });
    await broker().produce(topic, ['{"id":1,"name":"a"}', '{"name":null,"id":2}'], 0);
    await broker().produce(topic, ['{"id":3,"more":[1]}'], 2);
    expect(await read('id INT, name STRING', { topic })).toEqual([
      '{"id":1,"name":"a"}',
      '{"id":2,"name":null}',
      '{"id":3,"name":null}',
    ]);
  });

  it('that is empty has no rows', async () => {
    const topic = await broker().topic({ partitions: 2 });
    expect(await read('id INT', { topic })).toEqual([]);
    expect(await read('id INT', { topic }, 'SELECT COUNT(*) AS n FROM t;', 3)).toEqual([]);
  });

  it('is counted without being decoded, and by many subtasks', async () => {
    const topic = await broker().topic({ partitions: 4 });
    const rows = Array.from({ length: 1000 }, (_, id) => json({ id, k: id % 7 }));
    for (const partition of [0, 1, 2, 3]) await broker().produce(topic, rows, partition);
    for (const parallelism of [1, 2, 5]) {
      expect(await read('id INT', { topic }, 'SELECT COUNT(*) AS n FROM t;', parallelism)).toEqual(['{"n":4000}']);
      const query = "SET 'batch.max-rows' = '7'; SELECT k, COUNT(*) AS n, SUM(id) AS s FROM t GROUP BY k;";
      const groups = await read('id INT, k INT', { topic }, query, parallelism);
      expect(groups).toHaveLength(7);
      expect(groups[0]).toBe(json({ k: 0, n: 4 * 143, s: 4 * 7 * ((142 * 143) / 2) }));
    }
  });

  it('is one of several, by name or by pattern', async () => {
    const [a, b] = [await broker().topic({ name: 'several.a' }), await broker().topic({ name: 'several.b' })];
    await broker().produce(a, ['{"id":1}']);
    await broker().produce(b, ['{"id":2}']);
    const both = [json({ id: 1, topic: a }), json({ id: 2, topic: b })];
    const columns = 'id INT, topic STRING METADATA VIRTUAL';
    expect(await read(columns, { topic: `${a};${b}` })).toEqual(both);
    // The whole name must match.
    expect(await read(columns, { 'topic-pattern': 'several\\..-.*' })).toEqual(both);
    expect(await read(columns, { 'topic-pattern': 'several' })).toEqual([]);
  });

  it('gives what is in keys', async () => {
    const topic = await broker().topic();
    await broker().produce(topic, [
      { key: '{"id":1}', value: '{"v":"a"}' },
      { key: null, value: '{"v":"b"}' },
    ]);
    const options = {
      topic,
      'key.format': 'json',
      'key.fields': 'k_id',
      'key.fields-prefix': 'k_',
      'value.fields-include': 'EXCEPT_KEY',
    };
    expect(await read('k_id INT, v STRING', options)).toEqual([
      json({ k_id: 1, v: 'a' }),
      json({ k_id: null, v: 'b' }),
    ]);
    expect(await read('k_id INT, v STRING', options, 'SELECT k_id FROM t;')).toEqual(['{"k_id":1}', '{"k_id":null}']);
    // In both: the value's counts.
    await broker().produce(topic, [{ key: '{"id":7}', value: '{"id":8,"v":"c"}' }]);
    const both = { topic, 'key.format': 'json', 'key.fields': 'id' };
    expect(await read('id INT, v STRING', both, "SELECT id FROM t WHERE v = 'c';")).toEqual(['{"id":8}']);
  });

  it('gives what is beside keys and values', async () => {
    const topic = await broker().topic({ partitions: 2 });
    await broker().produce(topic, [{ value: '{"id":1}', timestamp: '1704067200123', headers: { a: 'x', b: 'y' } }], 1);
    const columns = `id INT, p BIGINT METADATA FROM 'partition' VIRTUAL, \`offset\` BIGINT METADATA VIRTUAL,
      topic STRING METADATA VIRTUAL, written TIMESTAMP_LTZ(3) METADATA FROM 'timestamp',
      kind STRING METADATA FROM 'timestamp-type' VIRTUAL, headers MAP<STRING, BYTES> METADATA,
      leader INT METADATA FROM 'leader-epoch' VIRTUAL`;
    const query = `SELECT id, p, \`offset\`, topic, written, kind, CAST(headers['b'] AS STRING) AS b, leader FROM t;`;
    expect(await read(columns, { topic }, query)).toEqual([
      json({
        ...{
          id: 1,
          p: 1,
          offset: 0,
          topic,
          written: '2024-01-01 00:00:00.123Z',
          kind: 'CreateTime',
          b: 'y',
          leader: 0,
        },
      }),
    ]);
  });

  it('is read whole where a batch has more records than are taken at once', async () => {
    const topic = await broker().topic();
    const rows = Array.from({ length: 5000 }, (_, id) => json({ id }));
    await broker().produce(topic, rows);
    const query = `SELECT COUNT(*) AS n, SUM(id) AS s, COUNT(DISTINCT \`offset\`) AS offsets, MAX(\`offset\`) AS last FROM t;`;
    for (const size of ['', "SET 'batch.max-rows' = '7'; "]) {
      expect(await read('id INT, `offset` BIGINT METADATA VIRTUAL', { topic }, size + query)).toEqual([
        json({ n: 5000, s: (4999 * 5000) / 2, offsets: 5000, last: 4999 }),
      ]);
    }
  });

  it('gives records of one batch each their own', async () => {
    const columns = `id INT, \`offset\` BIGINT METADATA VIRTUAL, kind STRING METADATA FROM 'timestamp-type' VIRTUAL,
      written TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', headers MAP<STRING, BYTES> METADATA`;
    const query = `SELECT id, \`offset\`, kind, EXTRACT(MILLISECOND FROM written) AS ms, CAST(headers['h'] AS STRING) AS h FROM t;`;
    const records = [0, 1, 2, 3].map((id) => ({
      value: json({ id }),
      timestamp: String(1_704_067_200_000 + 100 * id),
      ...(id === 1 ? {} : { headers: { h: `h${id}` } }),
    }));
    const created = await broker().topic();
    await broker().produce(created, records);
    const start = { 'scan.startup.mode': 'specific-offsets', 'scan.startup.specific-offsets': 'partition:0,offset:1' };
    const rows = (kind: string) =>
      [1, 2, 3].map((id) => ({ id, offset: id, kind, ms: 100 * id, h: id === 1 ? null : `h${id}` }));
    // From its middle.
    expect(await read(columns, { topic: created, ...start }, query)).toEqual(rows('CreateTime').map(json));

    const appended = await broker().topic({ config: { 'message.timestamp.type': 'LogAppendTime' } });
    await broker().produce(appended, records);
    const inOrder = `SELECT kind, COUNT(*) AS n, COUNT(DISTINCT written) AS times FROM t GROUP BY kind;`;
    expect(await read(columns, { topic: appended, ...start }, inOrder)).toEqual([
      json({ kind: 'LogAppendTime', n: 3, times: 1 }),
    ]);
  });

  it('has event time, in each partition its own', async () => {
    const topic = await broker().topic({ partitions: 2 });
    const at = (second: number) => json({ ts: `2024-01-01 00:00:${String(second).padStart(2, '0')}` });
    await broker().produce(topic, [at(1), at(11), at(21)], 0);
    await broker().produce(topic, [at(2), at(3), at(12)], 1);
    const columns = "ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND";
    const query = `SELECT window_start, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND))
      GROUP BY window_start, window_end;`;
    expect(await read(columns, { topic }, query)).toEqual([
      json({ window_start: '2024-01-01 00:00:00.000', n: 3 }),
      json({ window_start: '2024-01-01 00:00:10.000', n: 2 }),
      json({ window_start: '2024-01-01 00:00:20.000', n: 1 }),
    ]);
  });

  it('is CSV too', async () => {
    const topic = await broker().topic();
    await broker().produce(topic, ['1|a|x', '2||y']);
    const options = { topic, format: 'csv', 'csv.field-delimiter': '|', 'csv.null-literal': '' };
    expect(await read('id INT, name STRING, v STRING', options, 'SELECT v, id FROM t;')).toEqual([
      '{"v":"x","id":1}',
      '{"v":"y","id":2}',
    ]);
  });

  it('with an empty value has no row there', async () => {
    const topic = await broker().topic();
    await broker().produce(topic, ['{"id":1}', { key: 'k', value: null }, '{"id":2}']);
    expect(await read('id INT', { topic })).toEqual(['{"id":1}', '{"id":2}']);
  });
});

describeKafka('where reading begins and ends', () => {
  const broker = useBroker();
  const ids = async (options: Options) =>
    (await rowsOf(`${topicTable(broker(), 'id INT', options)}SELECT id FROM t;`))
      .map((line) => (JSON.parse(line) as { id: number }).id)
      .sort((a, b) => a - b);
  /** Two partitions of four records, one a second: 0 1 2 3 and 10 11 12 13. */
  const eight = async () => {
    const topic = await broker().topic({ partitions: 2 });
    for (const partition of [0, 1]) {
      const records = [0, 1, 2, 3].map((i) => ({
        value: json({ id: 10 * partition + i }),
        timestamp: String(1000 * i),
      }));
      await broker().produce(topic, records, partition);
    }
    return topic;
  };

  it('offsets', async () => {
    const topic = await eight();
    const offsets = 'partition:0,offset:1;partition:1,offset:3';
    const from = { 'scan.startup.mode': 'specific-offsets', 'scan.startup.specific-offsets': offsets };
    const until = { 'scan.bounded.mode': 'specific-offsets', 'scan.bounded.specific-offsets': offsets };
    expect(await ids({ topic, ...from })).toEqual([1, 2, 3, 13]);
    expect(await ids({ topic, ...until })).toEqual([0, 10, 11, 12]);
  });

  it('times', async () => {
    const topic = await eight();
    const from = { 'scan.startup.mode': 'timestamp', 'scan.startup.timestamp-millis': '2000' };
    const until = { 'scan.bounded.mode': 'timestamp', 'scan.bounded.timestamp-millis': '2500' };
    expect(await ids({ topic, ...from })).toEqual([2, 3, 12, 13]);
    expect(await ids({ topic, ...until })).toEqual([0, 1, 2, 10, 11, 12]);
    expect(await ids({ topic, ...from, ...until })).toEqual([2, 12]);
    // Later than all: nothing is left, and everything ends.
    expect(await ids({ topic, ...from, 'scan.startup.timestamp-millis': '9000000000000' })).toEqual([]);
    expect(await ids({ topic, ...until, 'scan.bounded.timestamp-millis': '9000' })).toHaveLength(8);
  });

  it('the end', async () => {
    const topic = await eight();
    expect(await ids({ topic, 'scan.startup.mode': 'latest-offset' })).toEqual([]);
  });

  it('what a group has committed', async () => {
    const topic = await eight();
    const groupId = `group-${topic}`;
    const from = { topic, 'scan.startup.mode': 'group-offsets', 'properties.group.id': groupId };
    const error = await errorOf(`${topicTable(broker(), 'id INT', from)}SELECT id FROM t;`);
    expect(error).toMatchObject({ kind: 'no-committed-offset' });
    expect(error.message).toContain(topic);
    await broker().commit(groupId, topic, { 1: 2 });
    expect(await ids({ ...from, 'properties.auto.offset.reset': 'earliest' })).toEqual([0, 1, 2, 3, 12, 13]);
    expect(await ids({ ...from, 'properties.auto.offset.reset': 'latest' })).toEqual([12, 13]);
    await broker().commit(groupId, topic, { 0: 4 });
    expect(await ids(from)).toEqual([12, 13]);
    const until = { topic, 'properties.group.id': groupId, 'scan.bounded.mode': 'group-offsets' };
    expect(await ids(until)).toEqual([0, 1, 2, 3, 10, 11]);
  });

  it('a transaction that is aborted is not read, nor do its marks keep a source from its end', async () => {
    const topic = await broker().topic();
    const producer = broker().kafka.producer({
      transactionalId: `tx-${topic}`,
      maxInFlightRequests: 1,
      idempotent: true,
    });
    await producer.connect();
    for (const [id, commit] of [
      [1, true],
      [2, false],
      [3, true],
      [4, false],
    ] as const) {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: [{ value: json({ id }) }] });
      await (commit ? transaction.commit() : transaction.abort());
    }
    await producer.disconnect();
    expect(await ids({ topic })).toEqual([1, 3]);
    expect(await ids({ topic, 'properties.isolation.level': 'read_uncommitted' })).toEqual([1, 2, 3, 4]);
  });
});

describeKafka('what is wrong', () => {
  const broker = useBroker();
  const failure = (columns: string, options: Options) =>
    errorOf(`${topicTable(broker(), columns, options)}SELECT * FROM t;`);

  it('with a record is told with topic, partition and offset', async () => {
    const topic = await broker().topic({ partitions: 2 });
    await broker().produce(topic, ['{"id":1}', '{"id":', '{"id":3}'], 1);
    const error = await failure('id INT', { topic });
    expect(error).toMatchObject({ kind: 'bad-record', code: 'SABOT_E_INPUT' });
    for (const part of [topic, 'partition 1', 'offset 1']) expect(error.message).toContain(part);
    const ignoring = { topic, 'json.ignore-parse-errors': 'true' };
    expect(await rowsOf(`${topicTable(broker(), 'id INT', ignoring)}SELECT * FROM t;`)).toEqual([
      '{"id":1}',
      '{"id":3}',
    ]);
  });

  it('with a topic: it is not there', async () => {
    const error = await failure('id INT', { topic: 'nowhere' });
    expect(error).toMatchObject({ kind: 'unknown-topic', identifier: 'nowhere', code: 'SABOT_E_IO' });
  });

  it('with the brokers: nobody answers', async () => {
    const nobody = { 'properties.bootstrap.servers': '127.0.0.1:1', 'properties.socket.timeout.ms': '1000' };
    const error = await failure('id INT', { topic: 'x', ...nobody });
    expect(error).toMatchObject({ code: 'SABOT_E_IO' });
    expect(error.message).toContain('127.0.0.1:1');
  });

  it('with a property: it cannot have that value', async () => {
    const error = await failure('id INT', { topic: 'x', 'properties.fetch.min.bytes': 'many' });
    expect(error).toMatchObject({ kind: 'invalid-property', code: 'SABOT_E_OPTION' });
    expect(error.message).toContain('fetch.min.bytes');
  });

  it('with an offset: it is not there', async () => {
    const topic = await broker().topic();
    await broker().produce(topic, ['{"id":1}', '{"id":2}']);
    const from = { 'scan.startup.mode': 'specific-offsets', 'scan.startup.specific-offsets': 'partition:0,offset:7' };
    expect(await failure('id INT', { topic, ...from, 'scan.bounded.mode': '' })).toMatchObject({
      kind: 'offset-out-of-range',
    });
  });
});
