// The command itself, as a process: exit codes, what goes to which stream, and that it ends when it is told to.

import { spawn } from 'node:child_process';
import { openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandUnderTest, outcome } from './command.js';

const command = new CommandUnderTest();
const { folder } = command;
const sabot = (...args: string[]) => command.run(...args);

const lastLine = (text: string) => text.trimEnd().split('\n').at(-1)!;

beforeAll(async () => {
  await command.build();
  writeFileSync(join(folder, 't.jsonl'), '{"id":1,"v":"b"}\n{"id":2,"v":null}\n{"id":3,"v":"a"}\n');
  const table =
    "CREATE TABLE t (id INT, v STRING) WITH ('connector' = 'filesystem', 'path' = '${FILE}', 'format' = 'json');";
  writeFileSync(join(folder, 'select.sql'), `${table}\nSELECT v, id FROM t WHERE id <> 2;\n`);
  writeFileSync(join(folder, 'wrong.sql'), `${table}\nSELECT idd FROM t;\n`);
}, 60_000);

afterAll(() => command.remove());

describe('sabot sql', () => {
  it('prints the final rows as JSON lines in a pipe, sorted', async () => {
    const { code, stdout, stderr } = await sabot('sql', '-f', 'select.sql', '--define', 'FILE=t.jsonl');
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '{"v":"a","id":3}\n{"v":"b","id":1}\n', stderr: '' });
  });

  it('prints changes in order, op first', async () => {
    const { stdout } = await sabot('sql', '-f', 'select.sql', '--define', 'FILE=t.jsonl', '--results', 'changelog');
    expect(stdout).toBe('{"op":"+I","v":"b","id":1}\n{"op":"+I","v":"a","id":3}\n');
  });

  it("writes files under the names of the sink's columns", async () => {
    const copy = (name: string, columns: string) =>
      `CREATE TABLE ${name} (${columns}) WITH ('connector' = 'filesystem', 'path' = '${name}', 'format' = 'json');`;
    writeFileSync(
      join(folder, 'copy.sql'),
      `${copy('copied', 'number INT, label STRING')}\nINSERT INTO copied SELECT x, y FROM (VALUES (1, 'a')) AS t (x, y);\nSELECT * FROM copied;`,
    );
    expect(await sabot('sql', '-f', 'copy.sql')).toEqual({ code: 0, stdout: '{"number":1,"label":"a"}\n', stderr: '' });
  });

  it('prints CSV', async () => {
    const { stdout } = await sabot('sql', '-f', 'select.sql', '--define', 'FILE=t.jsonl', '--output', 'csv');
    expect(stdout).toBe('v,id\na,3\nb,1\n');
  });

  it('exits with 2 for a wrong script: line, caret, and one line of JSON', async () => {
    const { code, stdout, stderr } = await sabot(
      'sql',
      '-f',
      'wrong.sql',
      '--define',
      'FILE=a/long/path.jsonl',
      '--output',
      'json',
    );
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('2 | SELECT idd FROM t;\n  |        ^^^\n');
    expect(JSON.parse(lastLine(stderr))).toMatchObject({
      error: { kind: 'unknown-column', statement: 2, line: 2, column: 8, identifier: 'idd' },
    });
  });

  it('exits with 1 if the job fails', async () => {
    const { code, stderr } = await sabot(
      'sql',
      '-f',
      'select.sql',
      '--define',
      'FILE=nothing.jsonl',
      '--output',
      'json',
    );
    expect(code).toBe(1);
    expect(JSON.parse(lastLine(stderr))).toMatchObject({ error: { kind: 'io', statement: 2 } });
  });

  it.each([
    [['sql']],
    [['sql', '-f', 'missing.sql']],
    [['sql', '-f', 'select.sql', '--parallelism', '0']],
    [['frobnicate']],
  ])('exits with 2 for wrong arguments: %j', async (args) => expect((await sabot(...args)).code).toBe(2));

  it('tells wrong arguments in JSON as well, if asked for JSON', async () => {
    const { code, stderr } = await sabot('sql', '--output', 'json');
    expect(code).toBe(2);
    expect(JSON.parse(lastLine(stderr))).toMatchObject({ error: { kind: 'invalid-arguments' } });
  });

  it('suggests what was meant', async () => {
    expect((await sabot('sqll')).stderr).toContain('Did you mean sql?');
    expect((await sabot('sql', '-f', 'select.sql', '--outptu', 'json')).stderr).toContain('Did you mean --output?');
  });

  it('reads a script with a byte order mark and Windows line ends, from standard input too', async () => {
    const child = command.start('sql', '-f', '-');
    child.stdin.end("\ufeffSELECT 'a' AS x;\r\nSELECT y;\r\n");
    const { code, stdout, stderr } = await outcome(child);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '{"x":"a"}\n' });
    expect(stderr).toContain('2 | SELECT y;\n  |        ^\n');
  });

  it('refuses a script that is no text', async () => {
    writeFileSync(join(folder, 'latin1.sql'), Buffer.from("SELECT 1;\nSELECT 'caf\xe9';", 'latin1'));
    const { code, stderr } = await sabot('sql', '-f', 'latin1.sql');
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'error: The script latin1.sql cannot be read: it is not UTF-8 (line 2).\n',
    });
    expect((await sabot('sql', '-f', '.')).stderr).toBe('error: The script . cannot be read: it is a folder.\n');
  });

  it('replaces names and says where a mistake lies in the script as written', async () => {
    writeFileSync(join(folder, 'defined.sql'), "SELECT '${LONG}', ${B} FROM t;");
    const { stderr } = await sabot('sql', '-f', 'defined.sql', '--define', 'LONG=a long text', '--define', 'B=1');
    expect(stderr).toContain("1 | SELECT '${LONG}', ${B} FROM t;\n  |                             ^\n");
  });

  it('warns of settings that nobody knows', async () => {
    writeFileSync(join(folder, 'set.sql'), "SET 'paralelism.default' = '2';\nSELECT 1 AS x;");
    expect(await sabot('sql', '-f', 'set.sql')).toEqual({
      code: 0,
      stdout: '{"x":1}\n',
      stderr: "warning: line 1: unknown option 'paralelism.default'; did you mean 'parallelism.default'?\n",
    });
  });

  it('ends quietly if its reader has seen enough', async () => {
    writeFileSync(join(folder, 'many.jsonl'), '{"id":1,"v":"abcdefghij"}\n'.repeat(100_000));
    const child = command.start('sql', '-f', 'select.sql', '--define', 'FILE=many.jsonl', '--results', 'changelog');
    child.stdout.once('data', () => child.stdout.destroy());
    const { code, stderr } = await outcome(child);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('exits with 1 if its output has no room', async () => {
    const stdio = ['ignore', openSync('/dev/full', 'w'), 'pipe'] as const;
    const args = [command.path, 'sql', '-f', 'select.sql', '--define', 'FILE=t.jsonl'];
    const child = spawn(process.execPath, args, { cwd: folder, stdio: [...stdio] });
    let stderr = '';
    child.stderr!.on('data', (bytes) => (stderr += bytes));
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(1);
    expect(stderr).toMatch(/^error: cannot write to standard output: ENOSPC.*\n$/);
  });
});

describe('sabot explain', () => {
  it('prints plans and runs nothing', async () => {
    const { code, stdout } = await sabot('explain', '-f', 'select.sql', '--define', 'FILE=nothing.jsonl');
    expect(code).toBe(0);
    expect(stdout).toContain('filter (id <> 2)');
  });
});
