// Formats of files, from SQL: what is written is read back, and what a format cannot do is said.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findFormat, formatConfig } from '../../lib/connectors/formats.js';
import { errorOf, runCase } from '../parity/run-case.js';

const folder = mkdtempSync(join(tmpdir(), 'sabot-formats-'));
afterAll(() => rmSync(folder, { recursive: true }));

const files = (path: string, format: string, more = ''): string =>
  `WITH ('connector' = 'filesystem', 'path' = '${join(folder, path)}', 'format' = '${format}'${more})`;

const run = (results: 'changelog' | 'final', parallelism = 1) => ({ parallelism, settings: {}, results });

async function rows(script: string, results: 'changelog' | 'final' = 'final', parallelism = 1): Promise<string[]> {
  const { lines } = await runCase(script, run(results, parallelism));
  return results === 'final' ? [...lines].sort() : [...lines];
}

/** What lies in the files of a folder. */
const written = (path: string): string =>
  readdirSync(join(folder, path))
    .map((name) => readFileSync(join(folder, path, name), 'utf8'))
    .join('');

describe('formats of changes', () => {
  writeFileSync(
    join(folder, 'accounts.jsonl'),
    `{"before":null,"after":{"id":1,"owner":"ann","balance":10.5},"op":"c"}
{"before":null,"after":{"id":2,"owner":"bob","balance":20},"op":"r"}
{"before":{"id":1,"owner":"ann","balance":10.5},"after":{"id":1,"owner":"ann","balance":11},"op":"u"}
{"before":{"id":2,"owner":"bob","balance":20},"after":null,"op":"d"}
{"before":null,"after":{"id":3,"owner":"ann","balance":5.25},"op":"c"}
`,
  );
  const accounts = `CREATE TABLE accounts (id INT, owner STRING, balance DECIMAL(10, 2)) ${files('accounts.jsonl', 'debezium-json')};`;

  it('are read as what they are', async () => {
    expect(await rows(`${accounts} SELECT id, balance FROM accounts;`, 'changelog')).toEqual([
      '{"op":"+I","id":1,"balance":10.50}',
      '{"op":"+I","id":2,"balance":20.00}',
      '{"op":"-U","id":1,"balance":10.50}',
      '{"op":"+U","id":1,"balance":11.00}',
      '{"op":"-D","id":2,"balance":20.00}',
      '{"op":"+I","id":3,"balance":5.25}',
    ]);
  });

  it.each(['debezium-json', 'ogg-json', 'canal-json', 'maxwell-json'])(
    '%s: a sink writes any changes',
    async (format) => {
      const total = (table: string) =>
        `SELECT owner, SUM(balance) AS total, COUNT(*) AS n FROM ${table} GROUP BY owner`;
      const sink = `CREATE TABLE totals (owner STRING, total DECIMAL(38, 2), n BIGINT) ${files(`totals-${format}`, format)};`;
      await rows(`${accounts} ${sink} INSERT INTO totals ${total('accounts')};`);
      for (const parallelism of [1, 2]) {
        expect(await rows(`${sink} SELECT * FROM totals;`, 'final', parallelism)).toEqual([
          '{"owner":"ann","total":16.25,"n":2}',
        ]);
      }
    },
  );

  it('are refused by a sink that has rows only', async () => {
    const sink = `CREATE TABLE copy (id INT, owner STRING, balance DECIMAL(10, 2)) ${files('copy', 'json')};`;
    const error = await errorOf(`${accounts} ${sink} INSERT INTO copy SELECT * FROM accounts;`, run('final'));
    expect(error?.kind).toBe('unsupported-changelog');
    expect(error?.message).toContain("Table sink 'copy' doesn't support consuming update and delete changes");
  });

  it('have no metadata in files', async () => {
    const table = `CREATE TABLE t (id INT, db STRING METADATA FROM 'source.database') ${files('accounts.jsonl', 'debezium-json')};`;
    expect((await errorOf(`${table} SELECT * FROM t;`, run('final')))?.kind).toBe('unknown-metadata');
  });

  it('say what is wrong with a record, and where', async () => {
    writeFileSync(join(folder, 'broken.jsonl'), '{"after":{"id":1},"op":"c"}\n{"after":{"id":2},"op":"u"}\n');
    const table = (more: string) => `CREATE TABLE t (id INT) ${files('broken.jsonl', 'debezium-json', more)};`;
    const error = await errorOf(`${table('')} SELECT * FROM t;`, run('final'));
    expect(error?.kind).toBe('bad-record');
    expect(error?.message).toMatch(
      /broken\.jsonl, line 2, .*REPLICA IDENTITY FULL.*'debezium-json\.ignore-parse-errors'/,
    );
    expect(await rows(`${table(", 'debezium-json.ignore-parse-errors' = 'true'")} SELECT * FROM t;`)).toEqual([
      '{"id":1}',
    ]);
  });

  it('know their options', async () => {
    const table = `CREATE TABLE t (id INT) ${files('accounts.jsonl', 'debezium-json', ", 'debezium-json.schema-included' = 'true'")};`;
    const error = await errorOf(`${table} SELECT * FROM t;`, run('final'));
    expect(error?.kind).toBe('unknown-option');
    expect(error?.message).toContain("Did you mean 'debezium-json.schema-include'?");
  });

  it('leave NULL fields out if asked to', async () => {
    const sink = `CREATE TABLE few (id INT, owner STRING) ${files('few', 'debezium-json', ", 'debezium-json.encode.ignore-null-fields' = 'true'")};`;
    await rows(`${sink} INSERT INTO few VALUES (1, CAST(NULL AS STRING));`);
    expect(written('few')).toBe('{"after":{"id":1},"op":"c"}\n');
  });
});

describe('raw', () => {
  it('reads lines and writes them', async () => {
    writeFileSync(join(folder, 'lines.txt'), 'hello\n\nwörld\n');
    const lines = `CREATE TABLE lines (line STRING, file STRING METADATA FROM 'file.name') ${files('lines.txt', 'raw')};`;
    expect(await rows(`${lines} SELECT line, file FROM lines;`)).toEqual([
      '{"line":"","file":"lines.txt"}',
      '{"line":"hello","file":"lines.txt"}',
      '{"line":"wörld","file":"lines.txt"}',
    ]);
    const sink = `CREATE TABLE copy (line STRING) ${files('lines', 'raw', ", 'raw.charset' = 'ISO-8859-1'")};`;
    await rows(`${lines} ${sink} INSERT INTO copy SELECT line FROM lines WHERE line <> '';`);
    expect(Buffer.from(written('lines'), 'utf8').includes('hello\n')).toBe(true);
    expect(await rows(`${sink} SELECT * FROM copy;`)).toEqual(['{"line":"hello"}', '{"line":"wörld"}']);
  });

  it('has one column of a type with bytes', async () => {
    const two = `CREATE TABLE t (a INT, b INT) ${files('lines.txt', 'raw')};`;
    const error = await errorOf(`${two} SELECT a FROM t;`, run('final'));
    expect(error?.kind).toBe('format-columns');
    expect(error?.message).toContain("The 'raw' format only supports single physical column");
    const map = `CREATE TABLE t (a DATE) ${files('lines.txt', 'raw')};`;
    expect((await errorOf(`${map} SELECT a FROM t;`, run('final')))?.message).toContain(
      "doesn't support the type DATE of `a`",
    );
  });

  it('has no bytes for NULL in a file', async () => {
    const sink = `CREATE TABLE t (a INT) ${files('nulls', 'raw')};`;
    const error = await errorOf(`${sink} INSERT INTO t VALUES (CAST(NULL AS INT));`, run('final'));
    expect(error?.message).toContain("format 'raw' has no bytes for NULL in a file: column 'a'");
  });
});

describe('avro', () => {
  const columns =
    'id INT NOT NULL, name STRING, price DECIMAL(10, 2), ts TIMESTAMP(3), tags ARRAY<STRING>, props MAP<STRING, INT>, nested ROW<x INT, y STRING>';
  const values = `(1, 'ann', 12.34, TIMESTAMP '2024-01-01 00:00:00.5', ARRAY['a', 'b'], MAP['k', 1], ROW(7, 'z')),
    (2, CAST(NULL AS STRING), CAST(NULL AS DECIMAL(10, 2)), CAST(NULL AS TIMESTAMP(3)), CAST(NULL AS ARRAY<STRING>), CAST(NULL AS MAP<STRING, INT>), CAST(NULL AS ROW<x INT, y STRING>))`;

  it.each(['null', 'deflate', 'snappy', 'zstandard'])(
    'writes files with the codec %s and reads them',
    async (codec) => {
      const table = `CREATE TABLE t (${columns}) ${files(`avro-${codec}`, 'avro', `, 'avro.codec' = '${codec}'`)};`;
      await rows(`${table} INSERT INTO t VALUES ${values};`, 'final', 2);
      expect(await rows(`${table} SELECT * FROM t;`)).toEqual([
        '{"id":1,"name":"ann","price":12.34,"ts":"2024-01-01 00:00:00.500","tags":["a","b"],"props":{"k":1},"nested":{"x":7,"y":"z"}}',
        '{"id":2,"name":null,"price":null,"ts":null,"tags":null,"props":null,"nested":null}',
      ]);
      expect(await rows(`${table} SELECT nested.y, id FROM t WHERE price IS NOT NULL;`)).toEqual(['{"y":"z","id":1}']);
    },
  );

  it('reads files by the names of their fields', async () => {
    const other = `CREATE TABLE t (more INT, id BIGINT) ${files('avro-null', 'avro')};`;
    expect(await rows(`${other} SELECT * FROM t;`)).toEqual(['{"more":null,"id":1}', '{"more":null,"id":2}']);
    const wrong = `CREATE TABLE t (name INT) ${files('avro-null', 'avro')};`;
    const error = await errorOf(`${wrong} SELECT * FROM t;`, run('final'));
    expect(error?.kind).toBe('schema-mismatch');
    expect(error?.message).toContain("column 'name' of type INT cannot be read from Avro's string");
  });

  it('rolls files that are whole', async () => {
    const table = `CREATE TABLE t (id INT, pad STRING) ${files('avro-rolled', 'avro', ", 'sink.rolling-policy.file-size' = '1 kb'")};`;
    const generated =
      "CREATE TABLE g (id INT, pad STRING) WITH ('connector' = 'datagen', 'number-of-rows' = '100000', 'rows-per-second' = '100000000', 'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '100000');";
    await rows(`${table} ${generated} INSERT INTO t SELECT * FROM g;`);
    expect(readdirSync(join(folder, 'avro-rolled')).length).toBeGreaterThan(1);
    expect(await rows(`${table} SELECT COUNT(*) AS n, SUM(CAST(id AS BIGINT)) AS s FROM t;`, 'final', 2)).toEqual([
      '{"n":100000,"s":5000050000}',
    ]);
  });

  it('says what it does not have', async () => {
    const late = `CREATE TABLE t (ts TIMESTAMP(6)) ${files('avro-null', 'avro')};`;
    const error = await errorOf(`${late} SELECT * FROM t;`, run('final'));
    expect(error?.kind).toBe('unsupported-type');
    expect(error?.message).toContain("'avro.timestamp_mapping.legacy' = 'false'");
    const json = `CREATE TABLE t (id INT) ${files('avro-null', 'avro', ", 'avro.encoding' = 'json'")};`;
    expect((await errorOf(`${json} SELECT * FROM t;`, run('final')))?.kind).toBe('unsupported-option');
    const changes = `CREATE TABLE t (id INT) ${files('accounts.jsonl', 'debezium-json')}; CREATE TABLE o (id INT) ${files('avro-changes', 'avro')};`;
    expect((await errorOf(`${changes} INSERT INTO o SELECT * FROM t;`, run('final')))?.kind).toBe(
      'unsupported-changelog',
    );
  });
});

describe('avro-confluent', () => {
  it('is one of messages', async () => {
    const table = `CREATE TABLE t (id INT) ${files('avro-null', 'avro-confluent', ", 'avro-confluent.url' = 'http://localhost:1'")};`;
    const error = await errorOf(`${table} SELECT * FROM t;`, run('final'));
    expect(error?.kind).toBe('unsupported-format');
    expect(error?.message).toBe("Format 'avro-confluent' is one of messages: files cannot hold it.");
  });

  it('keeps addresses and passwords to itself', () => {
    const given = {
      'avro-confluent.url': 'http://r',
      'avro-confluent.basic-auth.user-info': 'a:b',
      'avro-confluent.subject': 's',
    };
    const format = findFormat('avro-confluent');
    expect(formatConfig(format, new Map(Object.entries(given)), given).formatOptions).toEqual({
      'avro-confluent.subject': 's',
    });
  });
});
