// Accept and reject as Flink's own parser does.

import { describe, expect, it } from 'vitest';
import { SabotError } from '../../lib/errors.js';
import { parseScript } from '../../lib/sql/parser.js';
import { readJudgedStatements, readStatements } from './material.js';

/** Where sabot differs from Flink on purpose, and why. */
const DIFFERENCES = new Map([
  ["CREATE FUNCTION parse_ua AS './udf.js#parseUa' LANGUAGE JAVASCRIPT;", 'sabot adds LANGUAGE JAVASCRIPT'],
  ['QUIT', "a command of Flink's SQL client"],
  ['EXIT', "a command of Flink's SQL client"],
  ['CLEAR', "a command of Flink's SQL client"],
  ['HELP', "a command of Flink's SQL client"],
  [';', 'empty statements are skipped'],
  ['; SELECT 1', 'empty statements are skipped'],
  ['SELECT * FROM t EXTEND (a INT)', "EXTEND is Calcite's; Flink's planner rejects it"],
  ['SELECT * FROM t (a INT NOT NULL)', "EXTEND is Calcite's; Flink's planner rejects it"],
  ['INSERT INTO t (a INT) SELECT 1', "EXTEND is Calcite's; Flink's planner rejects it"],
  ['ALTER SYSTEM SET a = 1', "Calcite's; Flink's planner rejects it"],
  ['ALTER SESSION RESET a', "Calcite's; Flink's planner rejects it"],
  ['CREATE TABLE t (a.b INT)', "Flink's planner rejects nested columns"],
  ['ALTER TABLE t ADD a.b INT', "Flink's planner rejects nested columns"],
  ["CREATE TABLE t (a INT) WITH ('a' = x'00')", 'an option is a string'],
  ["SELECT map['a'] FROM t", "a MAP constructor with a key and no value: Flink's validator rejects it"],
]);

function outcome(sql: string): string {
  try {
    parseScript(sql);
    return 'accepted';
  } catch (error) {
    if (!(error instanceof SabotError)) throw error;
    expect(error).toMatchObject({ code: 'SABOT_E_SYNTAX', kind: 'syntax' });
    expect(error.identifier).not.toBe('');
    return 'rejected';
  }
}

describe.each([
  ['statements', readStatements('statements')],
  ['micro', readStatements('micro')],
  ['judged-statements.tsv', readJudgedStatements('judged-statements.tsv')],
  // Statements with tokens dropped, doubled, swapped or replaced: a sample of
  // 8000, of which 20 differed, for reasons like those above.
  ['mutants.tsv', readJudgedStatements('mutants.tsv')],
])('%s', (_, statements) => {
  it.each(statements.map((statement) => [statement.sql, statement] as const))('%s', (sql, { accepted }) => {
    const flink = accepted ? 'accepted' : 'rejected';
    if (DIFFERENCES.has(sql)) expect(outcome(sql)).not.toBe(flink);
    else expect(outcome(sql)).toBe(flink);
  });
});

it('points where Flink points', () => {
  for (const { sql, accepted, verdict } of readStatements('statements')) {
    if (accepted || DIFFERENCES.has(sql)) continue;
    const [, line, column] = /^line (\d+), column (\d+)/.exec(verdict)!;
    const error = catchError(() => parseScript(sql));
    expect([sql, error.span?.line, error.span?.column]).toEqual([sql, Number(line), Number(column)]);
  }
});

function catchError(run: () => unknown): SabotError {
  try {
    run();
  } catch (error) {
    if (error instanceof SabotError) return error;
  }
  throw new Error('expected a SabotError');
}
