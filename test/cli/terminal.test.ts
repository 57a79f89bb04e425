// On a terminal: a table, a progress line that is wiped, Ctrl-C. In a pipe: nothing of that.

import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandUnderTest, outcome } from './command.js';

const command = new CommandUnderTest();
const terminal = fileURLToPath(new URL('terminal.py', import.meta.url));

/** Runs a line of shell on a terminal; presses Ctrl-C once `text` has appeared `count` times. */
function onTerminal(line: string, text = 'never', count = 1) {
  const shell = ['sh', '-c', `exec ${line.replace('sabot', `"${process.execPath}" "${command.path}"`)}`];
  return outcome(spawn('python3', [terminal, text, String(count), ...shell], { cwd: command.folder }));
}

beforeAll(async () => {
  await command.build();
  const write = (name: string, text: string) => writeFileSync(join(command.folder, name), text);
  write('t.jsonl', '{"id":1,"v":"b"}\n{"id":2,"v":null}\n');
  write(
    'select.sql',
    "CREATE TABLE t (id INT, v STRING) WITH ('connector' = 'filesystem', 'path' = 't.jsonl', 'format' = 'json');\nSELECT * FROM t;",
  );
  write(
    'endless.sql',
    `CREATE TABLE t (id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND)
       WITH ('connector' = 'datagen', 'rows-per-second' = '2000', 'fields.ts.max-past' = '1 h');
     SELECT window_start, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' SECOND))
       GROUP BY window_start, window_end;`,
  );
});
afterAll(() => command.remove());

describe('on a terminal', () => {
  it('results are a table', async () => {
    const { code, stdout } = await onTerminal('sabot sql -f select.sql 2>/dev/null');
    expect(code).toBe(0);
    expect(stdout.replaceAll('\r\n', '\n')).toBe(
      '+----+------+\n| id | v    |\n+----+------+\n| 1  | b    |\n| 2  | NULL |\n+----+------+\n2 rows\n',
    );
  });

  it('a line says how far the job is; Ctrl-C wipes it and ends the job after whole lines', async () => {
    const { code, stdout } = await onTerminal('sabot sql -f endless.sql --output json > rows.jsonl', 'rows/s', 4);
    expect(code).toBe(130);
    const drawn = stdout.split('\r\x1b[K');
    expect(drawn.length).toBeGreaterThan(4);
    expect(
      drawn.some((line) => /^[\d,]+ rows in, [\d,.M ]+ rows\/s, watermark 20[\d-]+ [\d:]+, [\d,]+ late$/.test(line)),
    ).toBe(true);
    // The last line drawn is wiped; what follows is the end.
    expect(drawn.at(-1)!.replace('^C', '')).toMatch(/^interrupted\r\n\{"error":\{"kind":"cancelled".*\}\}\r\n$/);
    const rows = readFileSync(join(command.folder, 'rows.jsonl'), 'utf8');
    expect(rows).toMatch(/^(\{"op":"\+I","window_start":"[^"]+","n":\d+\}\n)+$/);
  });
});

describe('in a pipe', () => {
  it('there is no progress line, and Ctrl-C ends the job after whole lines', async () => {
    const child = command.start('sql', '-f', 'endless.sql');
    child.stdout.once('data', () => setTimeout(() => child.kill('SIGINT'), 700));
    const { code, stdout, stderr } = await outcome(child);
    expect({ code, stderr: stderr.replace(/^warning: .*\n/gm, '') }).toEqual({ code: 130, stderr: 'interrupted\n' });
    expect(stdout).toMatch(/^(\{.*\}\n)+$/);
  });
});
