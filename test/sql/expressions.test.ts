// Expression trees equal to Flink's.

import { describe, expect, it } from 'vitest';
import { parseExpression } from '../../lib/sql/parser.js';
import { readExpressions } from './material.js';
import { prefixForm } from './prefix-form.js';

/** Where sabot's tree or verdict differs from Flink's on purpose, and why. */
const DIFFERENCES = new Map([
  ...reason('a tree that no type checker accepts; ours is as good', [
    'a + 1 = ANY (1, 2) + 3',
    'a IN (1) + 2',
    'a IN (1) LIKE b',
    'a LIKE b BETWEEN 1 AND 2',
    'a BETWEEN b BETWEEN c AND d AND e',
  ]),
  ...reason("Flink's planner rejects it", [
    'f(x).g(y)',
    'NEW a.b(1)',
    'TRIM()',
    'MODEL m',
    'ARRAY(a)',
    'MAP[1, 2, 3]',
    'DATE()',
    'CONVERT(a, b)',
  ]),
  ...reason("Flink's planner rejects it", ['CAST(a AS TIME WITH LOCAL TIME ZONE)']),
  ...reason('KEY may be a column here', ['JSON_OBJECT(KEY VALUE 1)', 'JSON_OBJECT(key: 1)']),
  ...reason('a call in braces is a call', ["{fn lower('A')}", '{fn timestampadd(SQL_TSI_DAY, 1, ts)}']),
  ...reason('neighbouring strings are joined here already', ["'a' 'b'", "X'ab' 'cd'"]),
  ...reason('units are upper case', [
    'EXTRACT(foo FROM a)',
    'FLOOR(a TO foo)',
    'TIMESTAMPADD(foo, 1, ts)',
    'TIMESTAMP_TRUNC(a, foo)',
  ]),
  ...reason('ON EMPTY and ON ERROR have a place each', [
    "JSON_VALUE(a, '$' NULL ON ERROR NULL ON EMPTY)",
    "JSON_VALUE(a, '$' ERROR ON EMPTY ERROR ON EMPTY)",
  ]),
  ...reason('six digits are one character; Calcite reads four of them', ["U&'\\+0000e9'"]),
  ...reason('one spelling of each type', [
    'CAST(a AS INT ARRAY)',
    'CAST(a AS INT MULTISET ARRAY)',
    'CAST(a AS MAP<INT NOT NULL, STRING>)',
    'CAST(a AS ROW())',
    'CAST(a AS ROW(a INT, b STRING))',
    'CAST(a AS VARCHAR(3) CHARACTER SET utf8)',
    'CAST(a AS TIMESTAMP WITH LOCAL TIME ZONE)',
    "DATETIME '2020-01-01 00:00:00'",
  ]),
]);

function reason(why: string, expressions: readonly string[]): [string, string][] {
  return expressions.map((expression) => [expression, why]);
}

function parsed(sql: string): string | null {
  try {
    return prefixForm(parseExpression(sql));
  } catch (error) {
    expect(error).toMatchObject({ code: 'SABOT_E_SYNTAX' });
    return null;
  }
}

describe.each(['expressions.tsv', 'judged-expressions.tsv'])('%s', (name) => {
  it.each(readExpressions(name).map((judged) => [judged.sql, judged.tree] as const))('%s', (sql, tree) => {
    if (DIFFERENCES.has(sql)) expect(parsed(sql)).not.toBe(tree);
    else expect(parsed(sql)).toBe(tree);
  });
});
