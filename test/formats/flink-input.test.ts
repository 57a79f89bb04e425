// Odd and broken input, and what Flink 2.3 made of it: the same rows, or an error that names the place.
//
//   flink-input.jsonl, a line per case: columns, format, options, query, input (bytes as Latin-1)  ->  rows, or an error
//
// Each runs at parallelism 1 and 2 and with batches of two rows. `DIFFERENT` lists where sabot differs on purpose.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { SabotError } from '../../lib/errors.js';
import { canonicalLine } from '../parity/compare.js';
import { runCase } from '../parity/run-case.js';

interface InputCase {
  readonly name: string;
  readonly columns: string;
  readonly format: 'csv' | 'json';
  readonly options: Readonly<Record<string, string>>;
  readonly query: string;
  readonly input: string;
  readonly rows?: readonly string[];
  readonly error?: 'planning' | 'running';
}

const JACKSON = "Flink's parser has lost its place after the broken value";
const DIFFERENT: Readonly<Record<string, string>> = {
  'csv-delimiter-non-ascii': 'delimiters are ASCII',
  'csv-nul-in-number': 'Flink takes a NUL near the start for UTF-16',
  'csv-nul-in-number-ignored': 'Flink takes a NUL near the start for UTF-16',
  'json-cut-escape-ignored': JACKSON,
  'json-cut-utf8-ignored': JACKSON,
  'json-nested-broken': JACKSON,
  'json-number-of-1001-digits-text': 'Flink reads numbers of 1,000 digits at most',
  'json-number-of-1001-digits-text-ignored': 'Flink reads numbers of 1,000 digits at most',
  'json-number-of-1001-digits-unused': 'Flink reads numbers of 1,000 digits at most',
  'json-number-of-1001-digits-unused-ignored': 'Flink reads numbers of 1,000 digits at most',
  'json-overlong-utf8': 'Flink accepts overlong UTF-8',
  'json-overlong-utf8-ignored': 'Flink accepts overlong UTF-8',
  'json-surrogate-utf8': 'Flink accepts surrogates in UTF-8',
  'json-surrogate-utf8-ignored': 'Flink accepts surrogates in UTF-8',
  'json-utf16-ignored': 'Flink guesses UTF-16 line by line',
};

const cases: InputCase[] = readFileSync(fileURLToPath(new URL('flink-input.jsonl', import.meta.url)), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line));
const folder = mkdtempSync(join(tmpdir(), 'sabot-input-'));
afterAll(() => rmSync(folder, { recursive: true }));

function scriptOf({ name, columns, format, options, query, input }: InputCase): { script: string; path: string } {
  const path = join(folder, name);
  writeFileSync(path, Buffer.from(input, 'latin1'));
  const all = { connector: 'filesystem', path, format, ...options };
  const text = (value: string) => `'${value.replaceAll("'", "''")}'`;
  const list = Object.entries(all).map(([key, value]) => `${text(key)} = ${text(value)}`);
  return { script: `CREATE TABLE t (${columns}) WITH (${list.join(', ')});\n${query};`, path };
}

async function check(
  inputCase: InputCase,
  parallelism: number,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  const { script, path } = scriptOf(inputCase);
  const run = { parallelism, settings, results: 'final' } as const;
  if (inputCase.rows !== undefined) {
    const { schema, lines } = await runCase(script, run);
    const canonical = (all: readonly string[]) => all.map((line) => canonicalLine(line, schema)).sort();
    expect(canonical(lines)).toEqual(canonical(inputCase.rows));
    return;
  }
  const error = await runCase(script, run).then(
    ({ lines }) => expect.fail(`no error, but ${lines.join(' ')}`),
    (raised: SabotError) => raised,
  );
  if (inputCase.error === 'planning') {
    expect(error.code).toBe('SABOT_E_OPTION');
    return;
  }
  expect({ kind: error.kind, identifier: error.identifier }).toEqual({ kind: 'bad-record', identifier: path });
  expect(error.message).toMatch(/^cannot read .*, line \d+, byte offset \d+: .+; the text there: .*>>>/);
}

describe('odd input is read as Flink reads it', () => {
  const same = cases.filter(({ name }) => !(name in DIFFERENT));
  it.each(same.map((c) => [c.name, c] as const))('%s', async (_, inputCase) => {
    await check(inputCase, 1, {});
    await check(inputCase, 2, {});
    await check(inputCase, 1, { 'batch.max-rows': '2' });
  });

  it.each(Object.entries(DIFFERENT))('%s: %s', async (name) => {
    // Still different, else the line can go.
    await expect(check(cases.find((c) => c.name === name)!, 1, {})).rejects.toThrow();
  });
});
