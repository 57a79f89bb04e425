// Messages of Protocol Buffers in topics, written and read by another implementation of it as well.

import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';
import { expect, it } from 'vitest';
import { errorOf } from '../parity/run-case.js';
import { describeKafka, useBroker } from './broker.js';
import { changesOf, type Options, rowsOf, topicTable, UPSERT } from './scripts.js';

const FILE = fileURLToPath(new URL('../native/formats/material/protobuf/kinds.proto', import.meta.url));
const Kinds = new protobuf.Root().loadSync(FILE, { keepCase: true }).lookupType('sabot.test.Kinds');
const message = (value: object): Buffer => Buffer.from(Kinds.encode(Kinds.fromObject(value)).finish());

describeKafka('protobuf', () => {
  const broker = useBroker();
  const options = (topic: string, more: Options = {}): Options => ({
    topic,
    format: 'protobuf',
    'protobuf.schema-file': FILE,
    'protobuf.message-class-name': 'sabot.test.Kinds',
    ...more,
  });
  const table = (columns: string, given: Options, name = 't') => topicTable(broker(), columns, given, name);
  const columns = `f_int64 BIGINT, f_string STRING, f_enum STRING, f_inner ROW<n INT, list ARRAY<INT>>,
    ints ARRAY<INT>, counts MAP<STRING, INT>, f_bytes BYTES, \`right\` STRING, far BYTES`;

  it('is read into columns, by many subtasks and row by row', async () => {
    const topic = await broker().topic({ partitions: 2 });
    await broker().produce(topic, [
      {
        value: message({
          ...{ f_int64: '9007199254740993', f_string: 'h\u00e9', f_enum: 'GREEN', ints: [1, -2], counts: { a: 1 } },
          ...{ f_inner: { n: 7, list: [1, 2], s: 'unread' }, f_bytes: Buffer.from([1, 255]), right: 'r', f_double: 1 },
        }),
      },
      { value: message({}) },
    ]);
    const script = `${table(columns, options(topic))}SELECT * FROM t;`;
    const rows = [
      '{"f_int64":0,"f_string":"","f_enum":"RED","f_inner":null,"ints":null,"counts":null,"f_bytes":"","right":"","far":""}',
      '{"f_int64":9007199254740993,"f_string":"h\u00e9","f_enum":"GREEN","f_inner":{"n":7,"list":[1,2]},"ints":[1,-2],"counts":{"a":1},"f_bytes":"01ff","right":"r","far":""}',
    ];
    for (const parallelism of [1, 2]) expect(await rowsOf(script, parallelism)).toEqual(rows);
    expect((await changesOf(script)).map((line) => `{${line.slice('{"op":"+I",'.length)}`).sort()).toEqual(rows);
    const few = `${table('far BYTES, f_int64 BIGINT', options(topic))}SELECT f_int64 FROM t WHERE f_int64 > 0;`;
    expect(await rowsOf(few)).toEqual(['{"f_int64":9007199254740993}']);
  });

  it('is written so that others read it', async () => {
    const topic = await broker().topic();
    const values = `(7, 'x', 'BLUE', ROW(3, ARRAY[4, 5]), ARRAY[1, CAST(NULL AS INT)], MAP['k', 2], X'0102', 'r', CAST(NULL AS BYTES)),
      (CAST(NULL AS BIGINT), CAST(NULL AS STRING), 'NONE', CAST(NULL AS ROW<n INT, list ARRAY<INT>>), CAST(NULL AS ARRAY<INT>), CAST(NULL AS MAP<STRING, INT>), CAST(NULL AS BYTES), CAST(NULL AS STRING), X'09')`;
    await rowsOf(`${table(columns, options(topic), 'sink')}INSERT INTO sink VALUES ${values};`);
    const read = (await broker().readBytes(topic)).map(({ value }) =>
      Kinds.toObject(Kinds.decode(value!), { longs: String, enums: String, bytes: String }),
    );
    expect(read).toEqual(
      expect.arrayContaining([
        {
          ...{ f_int64: '7', f_string: 'x', f_enum: 'BLUE', f_inner: { n: 3, list: [4, 5] }, ints: [1, 0] },
          ...{ counts: { k: 2 }, f_bytes: 'AQI=', right: 'r' },
        },
        { far: 'CQ==' },
      ]),
    );
  });

  it('may be of keys, and a deletion of a key', async () => {
    const topic = await broker().topic();
    const given: Options = {
      ...Object.fromEntries(
        ['key', 'value'].flatMap((part) =>
          Object.entries(options(topic))
            .filter(([name]) => name.startsWith('protobuf.'))
            .map(([name, value]) => [`${part}.${name}`, value]),
        ),
      ),
      ...UPSERT,
      topic,
      'key.format': 'protobuf',
      'value.format': 'protobuf',
    };
    const keyed = 'f_string STRING, f_int64 BIGINT NOT NULL, PRIMARY KEY (f_string) NOT ENFORCED';
    const sink = table(keyed, { ...given, 'scan.bounded.mode': '' }, 'sink');
    await changesOf(
      `${sink}INSERT INTO sink SELECT k, COUNT(*) FROM (VALUES ('a'), ('b'), ('a')) AS s (k) GROUP BY k;`,
    );
    await broker().produce(topic, [{ key: message({ f_string: 'b' }), value: null }]);
    expect(await rowsOf(`${table(keyed, given)}SELECT * FROM t;`)).toEqual(['{"f_string":"a","f_int64":2}']);
  });

  it('says which message is malformed, or leaves it out', async () => {
    const topic = await broker().topic();
    await broker().produce(topic, [
      { value: message({ f_int64: 1 }) },
      { value: message({ f_string: 'cut' }).subarray(0, 3) },
    ]);
    const script = (more: Options = {}) =>
      `${table('f_int64 BIGINT, f_string STRING', options(topic, more))}SELECT f_int64 FROM t;`;
    const error = await errorOf(script(), { parallelism: 1, settings: {}, results: 'final' });
    expect(error?.kind).toBe('bad-record');
    expect(error?.message).toContain(`topic '${topic}', partition 0, offset 1`);
    expect(error?.message).toContain('the message ends inside a field');
    expect(error?.message).toContain("'protobuf.ignore-parse-errors'");
    expect(await rowsOf(script({ 'protobuf.ignore-parse-errors': 'true' }))).toEqual(['{"f_int64":1}']);
  });
});
