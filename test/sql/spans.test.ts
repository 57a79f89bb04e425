// Every node says where it was written.

import { describe, expect, it } from 'vitest';
import type { SourceSpan } from '../../lib/errors.js';
import { locate } from '../../lib/sql/lexer.js';
import { parseExpression, parseScript, parseStatement } from '../../lib/sql/parser.js';
import { readExpressions, readStatements } from './material.js';

interface Node {
  readonly kind: string;
  readonly span: SourceSpan;
}

function* children(value: unknown): Generator<Node> {
  if (Array.isArray(value)) for (const item of value) yield* children(item);
  else if (typeof value === 'object' && value !== null && 'kind' in value) yield value as Node;
}

function* nodes(node: Node): Generator<[node: Node, parent: Node | null]> {
  for (const value of Object.values(node)) {
    for (const child of children(value)) {
      // `id INT PRIMARY KEY`: the constraint names a column that stands before it.
      if (node.kind === 'constraint' && child.span.start < node.span.start) continue;
      yield [child, node];
      yield* nodes(child);
    }
  }
}

function checkSpans(text: string, root: Node): void {
  for (const [node, parent] of nodes(root)) {
    const { start, end, line, column } = node.span;
    const where = `${node.kind} at ${start}..${end} of ${text}`;
    expect(start, where).toBeGreaterThanOrEqual(parent!.span.start);
    expect(end, where).toBeLessThanOrEqual(parent!.span.end);
    expect(start, where).toBeLessThanOrEqual(end);
    expect({ line, column }, where).toEqual(locate(text, start));
    const written = text.slice(start, end);
    expect(written.trim(), where).toBe(written);
  }
}

describe('children lie within their parents, and lines and columns agree with offsets', () => {
  const statements = [...readStatements('statements'), ...readStatements('micro')].filter(({ accepted }) => accepted);
  it.each(statements.map(({ id, sql }) => [id, sql]))('%s', (_, sql) => {
    for (const statement of parseScript(sql!)) checkSpans(sql!, statement);
  });
  it('expressions', () => {
    for (const { sql, tree } of readExpressions('expressions.tsv')) {
      if (tree !== null)
        checkSpans(sql, {
          kind: 'root',
          span: { start: 0, end: sql.length, line: 1, column: 1 },
          root: parseExpression(sql),
        } as Node);
    }
  });
});

/** What the source has for the first node of a kind. */
function written(sql: string, kind: string): string {
  for (const [node] of nodes({
    kind: 'root',
    span: { start: 0, end: sql.length, line: 1, column: 1 },
    root: parseStatement(sql),
  } as Node)) {
    if (node.kind === kind) return sql.slice(node.span.start, node.span.end);
  }
  throw new Error(`no ${kind} in ${sql}`);
}

it.each([
  ['binary', 'SELECT x, (a + b) * c AS d FROM t', '(a + b) * c'],
  ['selectItem', 'SELECT a + 1 AS b, c FROM t', 'a + 1 AS b'],
  [
    'call',
    'SELECT 1, SUM(DISTINCT a) FILTER (WHERE b) OVER (ORDER BY c) FROM t',
    'SUM(DISTINCT a) FILTER (WHERE b) OVER (ORDER BY c)',
  ],
  ['column', 'SELECT `a b`.c FROM t', '`a b`.c'],
  ['interval', "SELECT a - INTERVAL '5' DAY(2) FROM t", "INTERVAL '5' DAY(2)"],
  ['string', "SELECT 'it''s' FROM t", "'it''s'"],
  ['namedTable', 'SELECT * FROM a.b FOR SYSTEM_TIME AS OF c AS d WHERE e', 'a.b FOR SYSTEM_TIME AS OF c AS d'],
  ['join', 'SELECT * FROM a LEFT JOIN b ON x = y WHERE z', 'a LEFT JOIN b ON x = y'],
  ['derivedTable', 'SELECT * FROM (SELECT 1) AS b', '(SELECT 1) AS b'],
  ['physicalColumn', "CREATE TABLE t (a INT NOT NULL COMMENT 'x', b INT)", "a INT NOT NULL COMMENT 'x'"],
  [
    'scalarType',
    'CREATE TABLE t (a TIMESTAMP(3) WITH LOCAL TIME ZONE NOT NULL)',
    'TIMESTAMP(3) WITH LOCAL TIME ZONE NOT NULL',
  ],
  [
    'watermark',
    "CREATE TABLE t (a INT, WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)",
    "WATERMARK FOR ts AS ts - INTERVAL '5' SECOND",
  ],
  ['option', "CREATE TABLE t (a INT) WITH ('k' = 'v')", "'k' = 'v'"],
  ['hint', "SELECT * FROM t /*+ OPTIONS('k'='v') */", "OPTIONS('k'='v')"],
])('%s of %s', (kind, sql, source) => {
  expect(written(sql, kind)).toBe(source);
});

it('says where an operator stands', () => {
  const expression = parseExpression('a  IS NOT\nDISTINCT FROM b');
  expect(expression).toMatchObject({ kind: 'binary', operatorSpan: { start: 3, end: 23, line: 1, column: 4 } });
});
