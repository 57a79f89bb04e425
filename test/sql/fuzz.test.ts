// Damaged scripts: whatever the text, the front end answers with a plan or with a SabotError that names a place in it.
//
//   a valid script  ->  tokens dropped, doubled, swapped, replaced, characters flipped  ->  parse, analyse, plan
//
// Seeds are fixed; SABOT_FUZZ_SCRIPTS asks for more than the usual number.

import { describe, expect, it } from 'vitest';
import { SabotError } from '../../lib/errors.js';
import { explainScript } from '../../lib/job/run-script.js';
import { tokenize } from '../../lib/sql/lexer.js';
import { parseScript } from '../../lib/sql/parser.js';
import { renderError } from '../../lib/sql/render-error.js';
import { parityCases } from '../parity/cases.js';
import { readStatements } from './material.js';

const NUM_SCRIPTS = Number(process.env['SABOT_FUZZ_SCRIPTS'] ?? 1500);

/** A small generator of random numbers: the same seed, the same damage. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), 1 | state);
    z = (z + Math.imul(z ^ (z >>> 7), 61 | z)) ^ z;
    return ((z ^ (z >>> 14)) >>> 0) % below;
  };
}

const SNIPPETS = [
  ...'( ) , ; . * + - / % < > = [ ] { } : ? ` " \' /* */ -- || => <> \\ \0 \u{1F600} é \ud800'.split(' '),
  ...'SELECT FROM WHERE GROUP BY NULL TABLE ROW ARRAY MAP CASE END OVER INTERVAL CAST AS NOT IN VALUES 1 0 1e999 99999999999999999999'.split(
    ' ',
  ),
  ' ',
  '\n',
  'x',
  "'a'",
  'DECIMAL(99, 99)',
  'TIMESTAMP(99)',
];

function damaged(text: string, seed: number): string {
  const random = randomFrom(seed);
  let result = text;
  for (let rounds = 1 + random(3); rounds > 0; rounds--) {
    const tokens = tokenize(result).filter((token) => token.type !== 'end');
    if (tokens.length === 0) return result;
    const { start, end } = tokens[random(tokens.length)]!;
    const other = tokens[random(tokens.length)]!;
    const at = random(result.length + 1);
    const snippet = SNIPPETS[random(SNIPPETS.length)]!;
    result = [
      () => result.slice(0, start) + result.slice(end),
      () => `${result.slice(0, end)} ${result.slice(start)}`,
      () => result.slice(0, start) + result.slice(other.start, other.end) + result.slice(end),
      () => result.slice(0, start) + snippet + result.slice(end),
      () => result.slice(0, at) + snippet + result.slice(at),
      () => result.slice(0, at) + result.slice(at + 1),
      () => result.slice(0, at),
    ][random(7)]!();
  }
  return result;
}

/** What must hold of an error, whatever the script. */
function expectPlaced(script: string, error: unknown): void {
  if (!(error instanceof SabotError)) throw new Error(`not a SabotError for:\n${script}`, { cause: error });
  expect(error.message).not.toBe('');
  if (error.span === undefined) return;
  const { start, end, line, column } = error.span;
  expect(0 <= start && start <= end && end <= script.length, `span of ${script}`).toBe(true);
  expect(line).toBeGreaterThan(0);
  expect(column).toBeGreaterThan(0);
  expect(renderError(script, error)).toContain('^');
}

const statements = readStatements('statements').map(({ sql }) => sql);
const scripts = parityCases().map(({ script }) => script);

describe('damaged scripts', () => {
  it('are parsed or refused with a place', () => {
    for (let seed = 0; seed < NUM_SCRIPTS; seed++) {
      const script = damaged(statements[seed % statements.length]!, seed);
      try {
        parseScript(script);
      } catch (error) {
        expectPlaced(script, error);
      }
    }
  });

  it('are planned or refused with a place', async () => {
    for (let seed = 0; seed < NUM_SCRIPTS; seed++) {
      const script = damaged(scripts[seed % scripts.length]!, seed);
      await explainScript(script, () => {}).catch((error: unknown) => expectPlaced(script, error));
    }
  });
});
