// What the analyser refuses, and what it names as the culprit: each of these is refused by Flink 2.3 too.

import { describe, expect, it } from 'vitest';
import { SabotError } from '../../lib/errors.js';
import { planOfQuery } from '../expressions/flink.js';

const REFUSED: readonly [sql: string, kind: string, identifier: string][] = [
  ['SELECT w.i, COUNT(*) FROM w GROUP BY k', 'not-grouped', 'w.i'],
  ['SELECT * FROM w GROUP BY k', 'not-grouped', 'w.i'],
  ['SELECT k, COUNT(*) FROM w GROUP BY k HAVING i > 1', 'not-grouped', 'i'],
  ['SELECT r.nope FROM t', 'unknown-column', 'r.nope'],
  ['SELECT w.nope FROM w', 'unknown-column', 'nope'],
  ['SELECT k FROM w WHERE EXISTS (SELECT 1 FROM wl WHERE wl.i = w.nope)', 'unknown-column', 'nope'],
  ['SELECT i.x FROM w', 'unknown-table', 'i'],
  ['SELECT w.k FROM w AS a', 'unknown-table', 'w'],
  ['SELECT * FROM nope', 'unknown-table', 'nope'],
  ['SELECT * FROM nope.w', 'unknown-table', 'nope'],
  ['SELECT i FROM w JOIN wl ON w.i = wl.i', 'ambiguous-column', 'i'],
  ['SELECT a.k FROM w a, w a', 'duplicate-alias', 'a'],
  ['SELECT MAX(SUM(i) OVER (ORDER BY ts)) FROM w', 'aggregate-misuse', 'Aggregate expressions cannot be nested'],
  ['SELECT k FROM w WHERE SUM(i) > 1', 'aggregate-misuse', 'Aggregate expression is illegal in WHERE clause'],
  ['SELECT k FROM w GROUP BY SUM(i)', 'aggregate-misuse', 'Aggregate expression is illegal in GROUP BY clause'],
  ['SELECT GROUPING(k) FROM w', 'aggregate-misuse', 'GROUPING operator may only occur in an aggregate query'],
  ['SELECT k FROM w INTERSECT SELECT k, i FROM w', 'set-op-arity', 'INTERSECT'],
  ['SELECT k FROM w UNION ALL SELECT ts FROM w', 'set-op-type', 'UNION ALL'],
  ['SELECT FOO(BAR(k)) FROM w', 'unknown-function', 'BAR'],
  ['SELECT UPPER(k, i) FROM w', 'argument-count', 'UPPER'],
  ['SELECT SUM(k) FROM w', 'type-mismatch', 'SUM'],
  ['SELECT MAP_ENTRIES(NULL) FROM w', 'type-mismatch', 'NULL'],
  ['SELECT ARRAY_CONCAT(ARRAY[i], NULL) FROM w', 'type-mismatch', 'NULL'],
  ['SELECT d < ts FROM t', 'type-mismatch', '<'],
  ['SELECT i FROM w WHERE i', 'type-mismatch', 'WHERE'],
  ["SELECT i = '4' FROM w", 'type-mismatch', 'INTEGER and CHAR'],
  ["SELECT INTERVAL '120' SECOND FROM w", 'invalid-literal', '120'],
  ["SELECT DATE '2020-02-30' FROM w", 'invalid-literal', '2020-02-30'],
  ['SELECT LEAD(i) OVER (ORDER BY ts) FROM w', 'unsupported-function', 'LEAD'],
  ['SELECT NTILE(2) OVER (ORDER BY ts) FROM w', 'unsupported-function', 'NTILE'],
  ['SELECT SUM(i) OVER (PARTITION BY k) FROM w', 'no-time-attribute', 'time attribute'],
  ['SELECT SUM(i) OVER (ORDER BY ts, i) FROM w', 'no-time-attribute', 'time attribute'],
  ['SELECT SUM(i) OVER (ORDER BY i ROWS 2 PRECEDING) FROM w', 'no-time-attribute', 'time attribute'],
  ['SELECT SUM(i) OVER (ORDER BY ts DESC) FROM w', 'unsupported-over', 'ascending'],
  ['SELECT SUM(i) OVER (ORDER BY ts ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING) FROM w', 'unsupported-over', 'FOLLOWING'],
  ['SELECT SUM(i) OVER (ORDER BY ts ROWS CURRENT ROW) FROM w', 'unsupported-over', 'CURRENT ROW'],
  ['SELECT ROW_NUMBER() OVER (ORDER BY ts), SUM(i) OVER (ORDER BY ts) FROM w', 'unsupported-over', 'Over Agg'],
  ['SELECT ROW_NUMBER() OVER (PARTITION BY k) FROM w', 'unsupported-over', 'Over Agg'],
  ['SELECT k FROM w ORDER BY ts DESC', 'unsupported-sort', 'non-time-attribute'],
  ['SELECT k FROM w ORDER BY k OFFSET 2', 'unsupported-sort', 'FETCH'],
  [
    "SELECT COUNT(*) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE))",
    'no-time-attribute',
    'time attribute',
  ],
  ["SELECT COUNT(*) FROM TABLE(TUMBLE(TABLE w, DESCRIPTOR(nope), INTERVAL '1' MINUTE))", 'unknown-column', 'nope'],
  [
    "SELECT * FROM TABLE(HOP(TABLE w, DESCRIPTOR(ts), INTERVAL '2' MINUTE, INTERVAL '3' MINUTE))",
    'invalid-window',
    'slide',
  ],
  [
    "SELECT TUMBLE_START(ts, INTERVAL '2' MINUTE) FROM w GROUP BY TUMBLE(ts, INTERVAL '1' MINUTE)",
    'aggregate-misuse',
    'TUMBLE_START',
  ],
];

function refusal(sql: string): SabotError {
  try {
    planOfQuery(sql);
  } catch (error) {
    if (error instanceof SabotError) return error;
    throw error;
  }
  throw new Error('accepted');
}

describe('refused', () => {
  it.each(REFUSED)('%s', (sql, kind, identifier) => {
    const { code, ...error } = refusal(sql);
    expect(error).toMatchObject({ kind, identifier });
    expect(code).toMatch(/SABOT_E_(VALIDATION|UNSUPPORTED)/);
  });
});

describe('places and suggestions', () => {
  it('point at the name and offer one that is near', () => {
    const error = refusal('SELECT k,\n  i_m FROM w');
    expect(error.span).toMatchObject({ line: 2, column: 3, start: 12, end: 15 });
    expect(error.message).toMatch(/did you mean 'i_n'/);
  });

  it('ignore case when they offer a name', () => {
    expect(refusal('SELECT K FROM w').message).toMatch(/did you mean 'k'/);
    expect(refusal('SELECT UPER(k) FROM w').message).toMatch(/did you mean 'UPPER'/);
  });
});
