// Metadata of formats: what a change of a database says beside its rows.

import { expect, it } from 'vitest';
import { errorOf } from '../parity/run-case.js';
import { describeKafka, useBroker } from './broker.js';
import { changesOf, type Options, rowsOf, topicTable } from './scripts.js';

const json = (value: object) => JSON.stringify(value);

describeKafka("a format's metadata", () => {
  const broker = useBroker();
  const table = (columns: string, options: Options) => topicTable(broker(), columns, options);

  it('are columns of debezium-json, beside those of the record', async () => {
    const topic = await broker().topic();
    const source = { ts_ms: 1_700_000_000_123, db: 'shop', schema: 'public', table: 'items', lsn: 7 };
    await broker().produce(topic, [
      { key: 'k', value: json({ before: null, after: { id: 1, n: 'a' }, op: 'c', ts_ms: 1_700_000_000_500, source }) },
      {
        value: json({ before: { id: 1, n: 'a' }, after: { id: 1, n: 'b' }, op: 'u', ts_ms: 1_700_000_001_000, source }),
      },
      { value: null },
      { value: json({ before: { id: 1, n: 'b' }, after: null, op: 'd' }) },
    ]);
    const columns = `n STRING, seen TIMESTAMP_LTZ(3) METADATA FROM 'value.ingestion-timestamp' VIRTUAL,
      \`offset\` BIGINT METADATA VIRTUAL, id INT, happened TIMESTAMP_LTZ(3) METADATA FROM 'value.source.timestamp' VIRTUAL,
      db STRING METADATA FROM 'value.source.database' VIRTUAL, tab STRING METADATA FROM 'value.source.table' VIRTUAL,
      sch STRING METADATA FROM 'value.source.schema' VIRTUAL,
      props MAP<STRING, STRING> METADATA FROM 'value.source.properties' VIRTUAL`;
    const options = { topic, format: 'debezium-json' };
    const row = (op: string, n: string, offset: number, at: string) =>
      `{"op":"${op}","id":1,"n":"${n}","offset":${offset},"seen":"${at}Z","happened":"2023-11-14 22:13:20.123Z","db":"shop","tab":"items","sch":"public","lsn":"7"}`;
    const query = "SELECT id, n, `offset`, seen, happened, db, tab, sch, props['lsn'] AS lsn FROM t;";
    expect(await changesOf(`SET 'table.local-time-zone' = 'UTC'; ${table(columns, options)}${query}`)).toEqual([
      row('+I', 'a', 0, '2023-11-14 22:13:20.500'),
      row('-U', 'a', 1, '2023-11-14 22:13:21.000'),
      row('+U', 'b', 1, '2023-11-14 22:13:21.000'),
      '{"op":"-D","id":1,"n":"b","offset":3,"seen":null,"happened":null,"db":null,"tab":null,"sch":null,"lsn":null}',
    ]);
    expect(
      await rowsOf(`${table(columns, options)}SELECT db, COUNT(*) AS c FROM t WHERE db = 'shop' GROUP BY db;`, 2),
    ).toEqual(['{"db":"shop","c":1}']);
    const keyed = { ...options, format: '', 'value.format': 'debezium-json', 'key.format': 'raw', 'key.fields': 'n' };
    const all = { ...keyed, 'value.fields-include': 'EXCEPT_KEY' };
    expect(await changesOf(`${table(columns, all)}SELECT n, id, db FROM t WHERE \`offset\` = 0;`)).toEqual([
      '{"op":"+I","n":"k","id":1,"db":"shop"}',
    ]);
  });

  it('are columns of canal-json and maxwell-json', async () => {
    const [canal, maxwell] = [await broker().topic(), await broker().topic()];
    await broker().produce(canal, [
      json({
        ...{
          database: 'shop',
          table: 'items',
          type: 'INSERT',
          pkNames: ['id'],
          ts: 1_700_000_000_123,
          es: 1_700_000_000_000,
        },
        ...{ sqlType: { id: 4 }, data: [{ id: 1 }, { id: 2 }] },
      }),
    ]);
    await broker().produce(maxwell, [
      json({
        database: 'shop',
        table: 'items',
        type: 'insert',
        ts: 1_700_000_000,
        primary_key_columns: ['id'],
        data: { id: 1 },
      }),
    ]);
    const columns = (more: string) =>
      `id INT, db STRING METADATA FROM 'value.database' VIRTUAL, tab STRING METADATA FROM 'value.table' VIRTUAL,
       seen TIMESTAMP_LTZ(3) METADATA FROM 'value.ingestion-timestamp' VIRTUAL, ${more}`;
    const utc = "SET 'table.local-time-zone' = 'UTC';";
    const ofCanal = columns(
      "types MAP<STRING, INT> METADATA FROM 'value.sql-type' VIRTUAL, es TIMESTAMP_LTZ(3) METADATA FROM 'value.event-timestamp' VIRTUAL, pk ARRAY<STRING> METADATA FROM 'value.pk-names' VIRTUAL",
    );
    expect(await rowsOf(`${utc}${table(ofCanal, { topic: canal, format: 'canal-json' })}SELECT * FROM t;`)).toEqual(
      [1, 2].map(
        (id) =>
          `{"id":${id},"db":"shop","tab":"items","seen":"2023-11-14 22:13:20.123Z","types":{"id":4},"es":"2023-11-14 22:13:20.000Z","pk":["id"]}`,
      ),
    );
    const ofMaxwell = columns("pk ARRAY<STRING> METADATA FROM 'value.primary-key-columns' VIRTUAL");
    expect(
      await rowsOf(`${utc}${table(ofMaxwell, { topic: maxwell, format: 'maxwell-json' })}SELECT * FROM t;`),
    ).toEqual(['{"id":1,"db":"shop","tab":"items","seen":"2023-11-14 22:13:20.000Z","pk":["id"]}']);
  });

  it('are those of the format, and are read only', async () => {
    const run = { parallelism: 1, settings: {}, results: 'final' } as const;
    const of = (format: string, key: string, rest = '') =>
      errorOf(`${table(`id INT, m STRING METADATA FROM '${key}'`, { topic: 'none', format })}${rest}`, run);
    const near = await of('debezium-json', 'value.source.databse', 'SELECT * FROM t;');
    expect(near).toMatchObject({ kind: 'unknown-metadata', identifier: 'value.source.databse' });
    expect(near?.message).toContain("Did you mean 'value.source.database'?");
    expect((await of('json', 'value.source.database', 'SELECT * FROM t;'))?.kind).toBe('unknown-metadata');
    const written = await of('debezium-json', 'value.source.database', "INSERT INTO t VALUES (1, 'a');");
    expect(written?.message).toContain('cannot be written: declare column');
  });
});
