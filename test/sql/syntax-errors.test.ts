// Syntax errors name the place and the word, and say what to do.

import { describe, expect, it } from 'vitest';
import { SabotError } from '../../lib/errors.js';
import { parseScript } from '../../lib/sql/parser.js';
import { renderError } from '../../lib/sql/render-error.js';

function errorOf(script: string): SabotError {
  try {
    parseScript(script);
  } catch (error) {
    if (error instanceof SabotError) return error;
    throw error;
  }
  throw new Error(`accepted: ${script}`);
}

describe('names the word, as Flink does', () => {
  it.each([
    ["CREATE TABLE t (id INT) WITH ('connector' = 'datagen');\nSELECT FROM t", 'FROM', 2, 8],
    ['SELECT id, name FORM t', 't', 1, 22],
    ['SELECT (a + b AS c FROM t', 'AS', 1, 15],
    ['SELECT "name" FROM t', '"', 1, 8],
    ['SELECT a FROM t WHERE a > ;', '>', 1, 25],
    ['SELECT * FROM', '<EOF>', 1, 13],
    ["SELECT 'abc", "'", 1, 8],
  ])('%s', (script, identifier, line, column) => {
    expect(errorOf(script)).toMatchObject({
      code: 'SABOT_E_SYNTAX',
      kind: 'syntax',
      identifier,
      span: { line, column },
    });
  });
});

describe('says what to do', () => {
  it.each([
    [
      'SELECT a FROM t WHERE order = 1',
      "Line 1, column 23: 'order' is a reserved word; quote it to use it as a name: `order`",
    ],
    [
      'CREATE TABLE t (value INT)',
      "Line 1, column 17: 'value' is a reserved word; quote it to use it as a name: `value`",
    ],
    ['SELECT a AS end FROM t', "Line 1, column 13: 'end' is a reserved word; quote it to use it as a name: `end`"],
    ['SELECT a, b FORM t', "Line 1, column 18: unexpected 't': did you mean FROM instead of 'FORM'?"],
    ['SELCT a FROM t', "Line 1, column 1: unexpected 'SELCT': did you mean SELECT instead of 'SELCT'?"],
    ['SELECT a FROM t WHERE a != 1', "Line 1, column 25: '!=' is not SQL; write <>"],
    [
      'SELECT "a" FROM t',
      "Line 1, column 8: unexpected '\"': a string stands in single quotes ('…'), a name in backquotes (`…`)",
    ],
    ["SELECT a AS 'b' FROM t", 'Line 1, column 13: a name cannot stand in single quotes; use backquotes: `b`'],
    [
      'SELECT a FROM t LIMIT 2, 5',
      "Line 1, column 17: 'LIMIT start, count' is not Flink SQL; write LIMIT count OFFSET start",
    ],
    ['SET a.b = c', "Line 1, column 5: key and value stand in quotes: SET 'key' = 'value'"],
    [
      'CREATE TABLE t (a INT) WITH (connector = kafka)',
      "Line 1, column 30: unexpected 'connector'; expected an option's key in quotes ('key' = 'value')",
    ],
    ['SELECT /* never closed', 'Line 1, column 8: this comment has no closing */'],
    ['SELECT `a FROM t', 'Line 1, column 8: this name has no closing backquote (`) on its line'],
    ['SELECT a & b FROM t', "Line 1, column 10: '&' has no meaning in SQL"],
    ['SELECT a FROM', "Line 1, column 13: the statement ends after 'FROM'; expected a table's name"],
    [
      'DROP INDEX i',
      "Line 1, column 6: unexpected 'INDEX'; expected TABLE, VIEW, FUNCTION, CATALOG, DATABASE, MODEL or CONNECTION",
    ],
  ])('%s', (script, message) => {
    expect(errorOf(script).message).toBe(message);
  });
});

describe('renderError', () => {
  it('shows the line with carets under the word', () => {
    const script = "SET 'a' = 'b';\nSELECT id,\n  name FORM clicks\nWHERE x";
    expect(renderError(script, errorOf(script))).toBe(
      [
        "error: Line 3, column 13: unexpected 'clicks': did you mean FROM instead of 'FORM'?",
        '  |',
        '3 |   name FORM clicks',
        '  |             ^^^^^^',
      ].join('\n'),
    );
  });

  it('keeps carets in place after tabs', () => {
    const script = '\t\tSELECT FROM t';
    expect(renderError(script, errorOf(script)).split('\n').slice(2)).toEqual([
      '1 |   SELECT FROM t',
      '  |          ^^^^',
    ]);
  });

  it('shows a part of a long line', () => {
    const script = `SELECT ${'a, '.repeat(200)}FROM t WHERE ${'b AND '.repeat(200)}c`;
    const [, , line, carets] = renderError(script, errorOf(script)).split('\n');
    expect(line!.length).toBeLessThan(180);
    expect(line!.slice(carets!.indexOf('^'), carets!.lastIndexOf('^') + 1)).toBe('FROM');
  });

  it('shows only the message if the place is unknown', () => {
    expect(renderError('SELECT 1', new SabotError('SABOT_E_RUNTIME', 'it broke'))).toBe('error: it broke');
  });
});

describe('nesting', () => {
  const deep = (open: string, inner: string, close: string, depth: number): string =>
    open.repeat(depth) + inner + close.repeat(depth);

  it.each([
    ['parentheses', `SELECT ${deep('(', '1', ')', 10_000)}`],
    ['subqueries', `SELECT * FROM ${deep('(SELECT * FROM ', 't', ')', 10_000)}`],
    ['signs', `SELECT ${'- '.repeat(10_000)} a`],
    ['NOT', `SELECT ${'NOT '.repeat(10_000)} a`],
    ['CASE', `SELECT ${deep('CASE WHEN ', 'a', ' THEN 1 END', 10_000)}`],
    ['calls', `SELECT ${deep('f(', 'a', ')', 10_000)}`],
    ['types', `CREATE TABLE t (a ${deep('ARRAY<', 'INT', '>', 10_000)})`],
    ['patterns', `SELECT * FROM t MATCH_RECOGNIZE (PATTERN (${deep('(', 'A', ')', 10_000)}) DEFINE A AS TRUE)`],
    ['queries in parentheses', deep('(', 'SELECT 1', ')', 10_000)],
    ['joins in parentheses', `SELECT * FROM ${deep('(', 'a JOIN b', ')', 10_000)}`],
  ])('too many %s are an error, not a stack overflow', (_, sql) => {
    expect(errorOf(sql).message).toMatch(/nested more than \d+ levels deep/);
  });

  it('is fine up to a hundred', () => {
    expect(parseScript(`SELECT ${deep('(', '1', ')', 100)}`)).toHaveLength(1);
    expect(parseScript(`SELECT * FROM ${deep('(SELECT * FROM ', 't', ')', 100)}`)).toHaveLength(1);
  });

  it('does not count what only stands side by side', () => {
    expect(parseScript(`SELECT ${'a + '.repeat(5_000)}a`)).toHaveLength(1);
    expect(parseScript(`SELECT ${'a, '.repeat(5_000)}a`)).toHaveLength(1);
  });
});
