// Jobs without end: rows come as they are made, an interrupt ends them cleanly, and what their owner should know is on standard error.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
// Beside dist/, so that the addon is found from it as from there.
const command = join(root, 'build', `cli-endless-${process.pid}.cjs`);
const folder = mkdtempSync(join(tmpdir(), 'sabot-endless-'));

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
}, 60_000);

afterAll(() => {
  rmSync(folder, { recursive: true });
  rmSync(command, { force: true });
});

interface Run {
  readonly child: ChildProcess;
  stdout: string;
  stderr: string;
  /** Once standard output holds so many lines. */
  lines(count: number): Promise<string[]>;
  readonly ended: Promise<number | null>;
}

function sabot(script: string): Run {
  const path = join(folder, 'script.sql');
  writeFileSync(path, script);
  const child = spawn(process.execPath, [command, 'sql', '-f', path], { cwd: folder });
  const run: Run = {
    child,
    stdout: '',
    stderr: '',
    lines: (count) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const lines = run.stdout.split('\n').slice(0, -1);
          if (lines.length < count) return;
          child.stdout.off('data', look);
          resolve(lines);
        };
        child.stdout.on('data', look);
        child.once('close', () => reject(new Error(`it ended: ${run.stderr}`)));
        look();
      }),
    ended: new Promise((resolve) => child.once('close', resolve)),
  };
  child.stdout.on('data', (bytes) => (run.stdout += bytes));
  child.stderr.on('data', (bytes) => (run.stderr += bytes));
  return run;
}

/** Makes rows for ever; event time is the clock's. */
const generator = (rowsPerSecond: number) => `
  CREATE TABLE g (id BIGINT, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
    WITH ('connector' = 'datagen', 'rows-per-second' = '${rowsPerSecond}', 'fields.v.min' = '0', 'fields.v.max' = '9');`;

describe('a query without end', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    'prints changes as they come until %s',
    async (signal, code) => {
      const run = sabot(`${generator(50)} SELECT v FROM g;`);
      // The first second's rows come at once, then they trickle.
      await run.lines(70);
      run.child.kill(signal);
      expect(await run.ended).toBe(code);
      for (const line of run.stdout.trimEnd().split('\n')) expect(JSON.parse(line)).toHaveProperty('op', '+I');
      expect(run.stderr).toContain('interrupted');
    },
    20_000,
  );

  it('tells windows as time passes', async () => {
    const run = sabot(`${generator(100)}
      SELECT window_end, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE g, DESCRIPTOR(ts), INTERVAL '1' SECOND))
      GROUP BY window_start, window_end;`);
    const lines = await run.lines(3);
    run.child.kill('SIGINT');
    expect(await run.ended).toBe(130);
    // The first window has the first second's rows at once; the others about 100 each.
    expect((JSON.parse(lines[1]!) as { n: number }).n).toBeGreaterThan(50);
  }, 20_000);

  it('ends an INSERT into a sink', async () => {
    const run = sabot(`${generator(50)}
      CREATE TABLE p (id BIGINT) WITH ('connector' = 'print');
      INSERT INTO p SELECT id FROM g;`);
    await run.lines(60);
    run.child.kill('SIGINT');
    expect(await run.ended).toBe(130);
    expect(run.stdout).toMatch(/^(\+I\[-?\d+\]\n)+$/);
  }, 20_000);
});

describe('warnings', () => {
  it('show late rows on standard error', async () => {
    const times = [1, 2, 30, 3, 4, 5, 6, 31];
    writeFileSync(
      join(folder, 'late.jsonl'),
      times.map((s) => `{"k":"a${s}","ts":"2024-01-01 00:00:${String(s).padStart(2, '0')}"}\n`).join(''),
    );
    const run = sabot(`
      CREATE TABLE t (k STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
        WITH ('connector' = 'filesystem', 'path' = 'late.jsonl', 'format' = 'json');
      SELECT window_start, COUNT(k) AS n FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND))
      GROUP BY window_start, window_end;`);
    expect(await run.ended).toBe(0);
    expect(run.stdout).toBe(
      '{"window_start":"2024-01-01 00:00:00.000","n":2}\n{"window_start":"2024-01-01 00:00:30.000","n":2}\n',
    );
    const warnings = run.stderr.trimEnd().split('\n');
    expect(warnings).toHaveLength(4);
    expect(warnings[0]).toContain('warning: window_aggregate[0]: A row came too late and is dropped:');
    expect(warnings[0]).toContain('a3');
    expect(warnings[0]).toContain('event time has passed 2024-01-01 00:00:30.000');
    expect(warnings[3]).toContain('1 more rows came too late');
  });
});
