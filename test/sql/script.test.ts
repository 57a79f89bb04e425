// Scripts: where statements begin and end, and in what order they come.

import { describe, expect, it } from 'vitest';
import { parseScript, statementIndexAt } from '../../lib/sql/parser.js';

const SCRIPT = `-- A job; with a comment that has a semicolon.
SET 'sql-client.execution.result-mode' = 'a;b';

CREATE TABLE src (id INT, v STRING) /* ; */ WITH ('connector' = 'datagen');
EXPLAIN SELECT * FROM src;
EXECUTE STATEMENT SET
BEGIN
  INSERT INTO a SELECT * FROM src;
  INSERT INTO b SELECT * FROM src /*+ OPTIONS('x'=';') */;
END;
;
SELECT \`;\` FROM src`;

describe('parseScript', () => {
  it('cuts at semicolons, but not at those in strings, names, comments, hints and statement sets', () => {
    const statements = parseScript(SCRIPT);
    expect(statements.map(({ index, statement, span }) => [index, statement.kind, span.line])).toEqual([
      [1, 'set', 2],
      [2, 'createTable', 4],
      [3, 'explain', 5],
      [4, 'execute', 6],
      [5, 'queryStatement', 12],
    ]);
    for (const { text, span } of statements) expect(SCRIPT.slice(span.start, span.end)).toBe(text);
    expect(statements[0]!.text).toBe("SET 'sql-client.execution.result-mode' = 'a;b'");
  });

  it('knows the inserts of a statement set', () => {
    expect(parseScript(SCRIPT)[3]!.statement).toMatchObject({
      kind: 'execute',
      statement: {
        kind: 'statementSet',
        inserts: [{ table: { parts: [{ name: 'a' }] } }, { table: { parts: [{ name: 'b' }] } }],
      },
    });
  });

  it('gives positions in the file, whatever ends its lines', () => {
    for (const newline of ['\n', '\r\n', '\r']) {
      const [, second] = parseScript(`SELECT 1;${newline}${newline}  SELECT 2`);
      expect(second!.span).toMatchObject({ line: 3, column: 3 });
    }
  });

  it('is empty for nothing', () => {
    expect(parseScript('')).toEqual([]);
    expect(parseScript(' -- only a comment\n ; /* ; */ ;')).toEqual([]);
  });

  it('numbers the parameters of each statement from 0', () => {
    const indexes = parseScript('VALUES (?, ?); VALUES ?').map(({ statement }) =>
      JSON.stringify(statement).match(/"index":\d/g),
    );
    expect(indexes).toEqual([['"index":0', '"index":1'], ['"index":0']]);
  });
});

describe('statementIndexAt', () => {
  it.each([
    ['SELECT 1; SELECT FROM t', 'FROM', 2],
    ['SELECT FROM t', 'FROM', 1],
    ['; ;SELECT 1;; SELECT FROM t', 'FROM', 2],
    ["SET 'a' = ';'; SELECT 1; SELECT FORM", 'FORM', 3],
    ['EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1; INSERT INTO b SELECT 2; END; SELECT here', 'here', 2],
    ['EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1; INSERT INTO b SELECT here; END', 'here', 1],
    ['BEGIN STATEMENT SET; INSERT INTO a SELECT 1; END; SELECT here', 'here', 4],
  ])('%s: %s', (script, mark, index) => {
    expect(statementIndexAt(script, script.indexOf(mark))).toBe(index);
  });
});
