// Bad input, as a user of the command meets it: every file here has a defined answer, whatever the parallelism. How each format
// reads odd lines is tested beside the formats; here it is that the command says so and never ends in a crash or in silence. It runs in
// this process, which a crash would take along.

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { sqlCommand } from '../../lib/cli/sql.js';
import type { Outcome } from './command.js';

const folder = mkdtempSync(join(tmpdir(), 'sabot-bad-input-'));
const place = (name: string) => join(folder, name);

afterAll(() => rmSync(folder, { recursive: true }));

/** A stream that keeps what is written to it. */
function written(): NodeJS.WriteStream & { readonly text: () => string } {
  const pieces: Buffer[] = [];
  const write = (bytes: Uint8Array | string) => pieces.push(Buffer.from(bytes)) > 0;
  return { isTTY: false, write, text: () => Buffer.concat(pieces).toString('utf8') } as never;
}

/** Reads the file `name` as a table (a INT, s STRING) and tells how the command ended. */
async function read(name: string, content: string | Buffer, options = '', parallelism = 1) {
  writeFileSync(place(name), content);
  return select(name, options, parallelism);
}

async function select(
  name: string,
  options = '',
  parallelism = 1,
  query = 'SELECT a, CHAR_LENGTH(s) AS l FROM t',
): Promise<Outcome> {
  const format = name.includes('.csv') ? 'csv' : 'json';
  writeFileSync(
    place(`${name}.sql`),
    `CREATE TABLE t (a INT, s STRING) WITH ('connector' = 'filesystem', 'path' = '${place(name)}', 'format' = '${format}'${options});
${query};\n`,
  );
  const [stdout, stderr] = [written(), written()];
  const code = await sqlCommand({ file: place(`${name}.sql`), output: 'json', parallelism }, { stdout, stderr });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

const errorOf = (stderr: string) => JSON.parse(stderr.trimEnd().split('\n').at(-1)!).error;

describe.each([1, 2])('at parallelism %i', (parallelism) => {
  it.each<[what: string, name: string, content: string | Buffer, rows: string]>([
    ['an empty file', 'empty.jsonl', '', ''],
    ['an empty CSV file', 'empty.csv', '', ''],
    [
      'a file without final newline',
      'open.jsonl',
      '{"a":1,"s":"x"}\n{"a":2,"s":"y"}',
      '{"a":1,"l":1}\n{"a":2,"l":1}\n',
    ],
    ['a CSV file without final newline', 'open.csv', '1,x\n2,y', '{"a":1,"l":1}\n{"a":2,"l":1}\n'],
    [
      'Windows line ends',
      'windows.jsonl',
      '{"a":1,"s":"x"}\r\n\r\n{"a":2,"s":"y"}\r\n',
      '{"a":1,"l":1}\n{"a":2,"l":1}\n',
    ],
    ['a byte order mark', 'mark.jsonl', '\ufeff{"a":1,"s":"x"}\n', '{"a":1,"l":1}\n'],
    ['a byte order mark in CSV', 'mark.csv', '\ufeff1,x\n', '{"a":1,"l":1}\n'],
    ['a field that is missing', 'half.jsonl', '{"a":null}\n', '{"a":null,"l":null}\n'],
  ])('%s is read', async (_what, name, content, rows) => {
    expect(await read(name, content, '', parallelism)).toEqual({ code: 0, stdout: rows, stderr: '' });
  });

  it.each<[what: string, name: string, content: string | Buffer, told: RegExp]>([
    [
      'a broken line',
      'broken.jsonl',
      '{"a":1}\n{"a":2,"s":\n',
      /line 2, byte offset 19: .*text there: \{"a":2,"s":>>>.*json\.ignore/,
    ],
    [
      'a broken CSV line',
      'broken.csv',
      '1,x\nfoo,y\n',
      /line 2, byte offset 4: .*\(INT\); the text there: >>>foo,y.*csv\.ignore/,
    ],
    ['a number overflow', 'overflow.jsonl', '{"a":99999999999}\n', /line 1, byte offset 5: .*does not fit .*\(INT\)/],
    ['a number overflow in CSV', 'overflow.csv', '99999999999,x\n', /line 1, byte offset 0: .*does not fit .*\(INT\)/],
    [
      'invalid UTF-8',
      'latin.jsonl',
      Buffer.from('{"a":1,"s":"\xe9"}\n', 'latin1'),
      /line 1, byte offset 11: .*not UTF-8.*\\xe9/,
    ],
    [
      'invalid UTF-8 in CSV',
      'latin.csv',
      Buffer.from('1,\xe9\n', 'latin1'),
      /line 1, byte offset 0: .*not UTF-8.*\\xe9/,
    ],
    [
      'bytes that are no text',
      'bytes.jsonl',
      Buffer.from([...Array(256).keys()]),
      /line 1, byte offset 0: .*\\x00\\x01/,
    ],
    ['endless nesting', 'deep.jsonl', `{"a":1,"s":${'['.repeat(100_000)}\n`, /nested deeper than 1,000 levels/],
    ['a gzip file that is none', 'none.jsonl.gz', '{"a":1}\n', /cannot decompress .*none\.jsonl\.gz.* at byte/],
    [
      'a gzip file cut short',
      'cut.jsonl.gz',
      gzipSync('{"a":1}\n'.repeat(999)).subarray(0, -9),
      /cut\.jsonl\.gz.*ends early/,
    ],
  ])('%s fails the job and is named', async (_what, name, content, told) => {
    const { code, stderr } = await read(name, content, '', parallelism);
    const error = errorOf(stderr);
    expect({ code, kind: error.kind }).toEqual({ code: 1, kind: 'bad-record' });
    expect(error.message).toMatch(told);
    expect(error.message).toContain(name);
  });

  it.each([
    ['skipped.jsonl', '{"a":1}\n{"a":\n{"a":3}\n[\n', 'json'],
    ['skipped.csv', '1,x\n3,y,z\n3,z\n4,"open\n', 'csv'],
  ])('what is skipped is counted: %s', async (name, content, format) => {
    const { code, stdout, stderr } = await read(
      name,
      content,
      `, '${format}.ignore-parse-errors' = 'true'`,
      parallelism,
    );
    expect({
      code,
      rows: stdout
        .trimEnd()
        .split('\n')
        .map((row) => JSON.parse(row).a),
    }).toEqual({ code: 0, rows: [1, 3] });
    expect(stderr).toBe(
      "warning: file_source:t: 2 records that could not be read were skipped, as 'ignore-parse-errors' asks for\n",
    );
  });

  it('a line of 100 MB is read', { timeout: 60_000 }, async () => {
    const long = `{"a":1,"s":"${'x'.repeat(100_000_000)}"}\n{"a":2,"s":"y"}\n`;
    expect(await read('long.jsonl', long, '', parallelism)).toEqual({
      code: 0,
      stdout: '{"a":1,"l":100000000}\n{"a":2,"l":1}\n',
      stderr: '',
    });
  });
});

describe('a value that an expression cannot take', () => {
  it.each([
    ['a cast', 'SELECT a, CAST(s AS INT) AS n FROM t', 'runtime-cast', "(column 'n' of the row a: 2, s: n1)"],
    ['a condition', 'SELECT a FROM t WHERE 1 / (a - 2) > 0', 'runtime-arithmetic', '(the condition of the row a: 2'],
    ['an argument', 'SELECT ELEMENT(ARRAY[s, s]) AS e FROM t', 'runtime-argument', "(column 'e' of the row"],
    ['a constant', "SELECT ELEMENT(ARRAY['a', 'b']) AS e FROM t", 'runtime-argument', 'more than one element'],
  ])('%s: the error has the column and the row', async (what, query, kind, told) => {
    const name = `${what.replace(' ', '-')}.jsonl`;
    writeFileSync(place(name), '{"a":1,"s":"7"}\n{"a":2,"s":"n1"}\n');
    const { code, stderr } = await select(name, '', 1, query);
    expect(code).toBe(1);
    expect(errorOf(stderr)).toMatchObject({ kind });
    expect(stderr).toContain(told);
  });
});

describe('a path', () => {
  it('that is not there is named', async () => {
    const { code, stderr } = await select('missing.jsonl');
    expect({ code, ...errorOf(stderr) }).toMatchObject({ code: 1, kind: 'io' });
    expect(errorOf(stderr).message).toMatch(/missing\.jsonl.*No such file/);
  });

  // Root may read everything.
  it.skipIf(process.getuid?.() === 0)('that may not be read is named', async () => {
    writeFileSync(place('secret.jsonl'), '{"a":1}\n');
    chmodSync(place('secret.jsonl'), 0);
    const { code, stderr } = await select('secret.jsonl');
    expect({ code, kind: errorOf(stderr).kind }).toEqual({ code: 1, kind: 'io' });
    expect(errorOf(stderr).message).toMatch(/secret\.jsonl.*Permission denied/);
  });

  it('of an empty folder has no rows', async () => {
    mkdirSync(place('folder.jsonl'));
    expect(await select('folder.jsonl')).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});
