// Formats of files, from SQL: what is written is read back, and what a format cannot do is said.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
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
