// The command itself, as a process: exit codes, what goes to which stream, and that it ends when it is told to.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
// Beside dist/, so that the addon is found from it as from there.
const command = join(root, 'build', `cli-under-test-${process.pid}.cjs`);
const folder = mkdtempSync(join(tmpdir(), 'sabot-cli-'));

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function sabot(...args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [command, ...args], { cwd: folder });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (bytes) => (stdout += bytes));
    child.stderr.on('data', (bytes) => (stderr += bytes));
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

const lastLine = (text: string) => text.trimEnd().split('\n').at(-1)!;

beforeAll(async () => {
  await build({
    entryPoints: [join(root, 'lib/cli/main.ts')],
    outfile: command,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    define: { 'import.meta.url': 'importMetaUrl' },
    banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
    external: ['esbuild', 'apache-arrow'],
  });
  writeFileSync(join(folder, 't.jsonl'), '{"id":1,"v":"b"}\n{"id":2,"v":null}\n{"id":3,"v":"a"}\n');
  const table =
    "CREATE TABLE t (id INT, v STRING) WITH ('connector' = 'filesystem', 'path' = '${FILE}', 'format' = 'json');";
  writeFileSync(join(folder, 'select.sql'), `${table}\nSELECT v, id FROM t WHERE id <> 2;\n`);
  writeFileSync(join(folder, 'wrong.sql'), `${table}\nSELECT idd FROM t;\n`);
}, 60_000);

afterAll(() => {
  rmSync(folder, { recursive: true });
  rmSync(command, { force: true });
});

describe('sabot sql', () => {
  it('prints the final rows as JSON lines in a pipe, sorted', async () => {
    const { code, stdout, stderr } = await sabot('sql', '-f', 'select.sql', '--define', 'FILE=t.jsonl');
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '{"v":"a","id":3}\n{"v":"b","id":1}\n', stderr: '' });
  });

  it('prints changes in order, op first', async () => {
    const { stdout } = await sabot('sql', '-f', 'select.sql', '--define', 'FILE=t.jsonl', '--results', 'changelog');
    expect(stdout).toBe('{"op":"+I","v":"b","id":1}\n{"op":"+I","v":"a","id":3}\n');
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

  it('ends quietly if its reader has seen enough', async () => {
    writeFileSync(join(folder, 'many.jsonl'), '{"id":1,"v":"abcdefghij"}\n'.repeat(100_000));
    const child = spawn(
      process.execPath,
      [command, 'sql', '-f', 'select.sql', '--define', 'FILE=many.jsonl', '--results', 'changelog'],
      { cwd: folder },
    );
    let stderr = '';
    child.stderr.on('data', (bytes) => (stderr += bytes));
    child.stdout.once('data', () => child.stdout.destroy());
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});

describe('sabot explain', () => {
  it('prints plans and runs nothing', async () => {
    const { code, stdout } = await sabot('explain', '-f', 'select.sql', '--define', 'FILE=nothing.jsonl');
    expect(code).toBe(0);
    expect(stdout).toContain('filter (id <> 2)');
  });
});
