// What the trees of queries look like.

import { describe, expect, it } from 'vitest';
import type { Query, RowPattern, Select, TableReference } from '../../lib/sql/ast.js';
import { parseStatement } from '../../lib/sql/parser.js';

function query(sql: string): Query {
  const statement = parseStatement(sql);
  if (statement.kind !== 'queryStatement') throw new Error(`${statement.kind} is no query`);
  return statement.query;
}

function select(sql: string): Select {
  const { body } = query(sql);
  if (body.kind !== 'select') throw new Error(`${body.kind} is no SELECT`);
  return body;
}

/** `(a JOIN (b , c))`. */
function fromForm(table: TableReference | null): string {
  if (table === null) return 'none';
  switch (table.kind) {
    case 'join': {
      const condition = table.condition !== null ? ' ON' : table.using !== null ? ' USING' : '';
      return `(${fromForm(table.left)} ${table.natural ? 'NATURAL ' : ''}${table.type} ${fromForm(table.right)}${condition})`;
    }
    case 'namedTable':
      return table.alias?.name.name ?? table.name.parts.map((part) => part.name).join('.');
    default:
      return `${table.kind}${table.alias === null ? '' : ` ${table.alias.name.name}`}`;
  }
}

describe('FROM', () => {
  it.each([
    ['a, b JOIN c ON x = y', '(a COMMA (b INNER c ON))'],
    ['a JOIN b USING (x) LEFT OUTER JOIN c ON y = z, d', '(((a INNER b USING) LEFT c ON) COMMA d)'],
    ['a NATURAL FULL JOIN b CROSS JOIN c', '((a NATURAL FULL b) CROSS c)'],
    ['(a JOIN b ON x = y) JOIN c ON z = w', '((a INNER b ON) INNER c ON)'],
    ['a JOIN (b JOIN c ON x = y) ON z = w', '(a INNER (b INNER c ON) ON)'],
    ['((SELECT 1) UNION (SELECT 2)) AS u', 'derivedTable u'],
    ['((SELECT 1) AS u JOIN v ON x = y)', '(derivedTable u INNER v ON)'],
    ['a, LATERAL TABLE(f(x)) AS g (y)', '(a COMMA tableFunction g)'],
    ['a CROSS JOIN UNNEST(xs) WITH ORDINALITY AS u (x, i)', '(a CROSS unnest u)'],
    ["TUMBLE(TABLE a, DESCRIPTOR(ts), INTERVAL '1' HOUR) w", 'tableFunction w'],
    ['cat.db.a', 'cat.db.a'],
  ])('%s', (from, form) => {
    expect(fromForm(select(`SELECT * FROM ${from}`).from)).toBe(form);
  });

  it('has the time of a temporal join, hints and samples', () => {
    const { from } = select(
      "SELECT * FROM t /*+ OPTIONS('a' = 'b'), X(y, z) */ FOR SYSTEM_TIME AS OF o.pt AS v (p, q) TABLESAMPLE SYSTEM(10)",
    );
    expect(from).toMatchObject({
      kind: 'namedTable',
      hints: [
        { name: { name: 'OPTIONS' }, options: [{ key: { value: 'a' }, value: { value: 'b' } }] },
        { name: { name: 'X' }, args: [{ form: 'identifier', value: 'y' }, { value: 'z' }] },
      ],
      systemTime: { kind: 'column', parts: [{ name: 'o' }, { name: 'pt' }] },
      alias: { name: { name: 'v' }, columns: [{ name: 'p' }, { name: 'q' }] },
      sample: { method: 'SYSTEM', percentage: { text: '10' } },
    });
  });
});

describe('set operations', () => {
  const form = (body: Query['body']): string => {
    switch (body.kind) {
      case 'setOperation':
        return `(${form(body.left)} ${body.operator}${body.all ? ' ALL' : ''} ${form(body.right)})`;
      case 'query':
        return `[${form(body.body)}]`;
      default:
        return body.kind;
    }
  };

  it.each([
    ['SELECT 1 UNION SELECT 2 INTERSECT SELECT 3', '(select UNION (select INTERSECT select))'],
    ['SELECT 1 EXCEPT ALL SELECT 2 UNION SELECT 3', '((select EXCEPT ALL select) UNION select)'],
    ['(SELECT 1 UNION SELECT 2) INTERSECT SELECT 3', '((select UNION select) INTERSECT select)'],
    ['VALUES 1 UNION ALL TABLE t', '(values UNION ALL explicitTable)'],
    ['(SELECT 1 LIMIT 1) UNION ALL (SELECT 2)', '([select] UNION ALL select)'],
    ['((SELECT 1))', 'select'],
  ])('%s', (sql, expected) => {
    expect(form(query(sql).body)).toBe(expected);
  });

  it('ends with the ORDER BY and LIMIT of the whole', () => {
    expect(query('SELECT 1 UNION SELECT 2 ORDER BY 1 DESC NULLS LAST LIMIT 3 OFFSET 4')).toMatchObject({
      body: { kind: 'setOperation' },
      orderBy: [{ descending: true, nulls: 'LAST' }],
      limit: { text: '3' },
      offset: { text: '4' },
    });
    expect(query('SELECT 1 OFFSET 4 ROWS FETCH NEXT 3 ROWS ONLY')).toMatchObject({
      limit: { text: '3' },
      offset: { text: '4' },
    });
  });
});

describe('clauses', () => {
  it('WITH', () => {
    expect(query('WITH RECURSIVE a (x) AS (SELECT 1), b AS (VALUES 2) SELECT * FROM a')).toMatchObject({
      recursive: true,
      with: [
        { name: { name: 'a' }, columns: [{ name: 'x' }] },
        { name: { name: 'b' }, query: { body: { kind: 'values' } } },
      ],
    });
  });

  it('GROUP BY', () => {
    const groups = (groupBy: string): unknown => select(`SELECT 1 FROM t GROUP BY ${groupBy}`).groupBy!.items;
    expect(groups('a, (b, c), (d), ()')).toMatchObject([
      { kind: 'groupingSet', parenthesized: false, items: [{}] },
      { kind: 'groupingSet', parenthesized: true, items: [{}, {}] },
      { kind: 'groupingSet', parenthesized: true, items: [{}] },
      { kind: 'groupingSet', parenthesized: true, items: [] },
    ]);
    expect(groups('(a + b) * c')).toMatchObject([{ parenthesized: false }]);
    expect(groups('GROUPING SETS ((a, b), ROLLUP (a, (b, c)), ())')).toMatchObject([
      {
        operator: 'GROUPING SETS',
        elements: [
          { items: [{}, {}] },
          { operator: 'ROLLUP', elements: [{ items: [{}] }, { items: [{}, {}] }] },
          { items: [] },
        ],
      },
    ]);
  });

  it('select items', () => {
    expect(select('SELECT *, t.*, a AS b, c d, COUNT(*) FROM t').items).toMatchObject([
      { expression: { kind: 'star', qualifier: [] }, alias: null },
      { expression: { kind: 'star', qualifier: [{ name: 't' }] } },
      { alias: { name: 'b' } },
      { alias: { name: 'd' } },
      { expression: { kind: 'call', args: [{ kind: 'star' }] } },
    ]);
  });

  it('windows', () => {
    const { items, windows } = select(
      'SELECT SUM(a) OVER (w ROWS BETWEEN 5 PRECEDING AND CURRENT ROW), SUM(a) OVER w FROM t WINDOW w AS (PARTITION BY b ORDER BY c RANGE UNBOUNDED PRECEDING)',
    );
    expect(items).toMatchObject([
      {
        expression: {
          over: {
            kind: 'window',
            base: { name: 'w' },
            frame: {
              unit: 'ROWS',
              lower: { bound: 'PRECEDING', offset: { text: '5' } },
              upper: { bound: 'CURRENT ROW', offset: null },
            },
          },
        },
      },
      { expression: { over: { kind: 'identifier', name: 'w' } } },
    ]);
    expect(windows).toMatchObject([
      {
        name: { name: 'w' },
        window: {
          partitionBy: [{}],
          orderBy: [{}],
          frame: { unit: 'RANGE', lower: { bound: 'UNBOUNDED PRECEDING' }, upper: null },
        },
      },
    ]);
  });

  it('window table functions with names', () => {
    const { from } = select(
      "SELECT * FROM TABLE(HOP(DATA => TABLE a.b PARTITION BY (k, l), TIMECOL => DESCRIPTOR(ts), SIZE => INTERVAL '1' HOUR))",
    );
    expect(from).toMatchObject({
      call: {
        name: { parts: [{ name: 'HOP' }] },
        args: [
          {
            name: { name: 'DATA' },
            value: { kind: 'tableArgument', table: { parts: [{ name: 'a' }, { name: 'b' }] }, partitionBy: [{}, {}] },
          },
          { name: { name: 'TIMECOL' }, value: { kind: 'descriptor', columns: [{ name: 'ts' }] } },
          { name: { name: 'SIZE' }, value: { kind: 'interval', text: '1', qualifier: { from: 'HOUR', to: null } } },
        ],
      },
    });
  });

  it('VALUES', () => {
    const rows = (sql: string): unknown =>
      (query(sql).body as Extract<Query['body'], { kind: 'values' }>).rows.map(({ items }) => items.length);
    expect(rows("VALUES (1, 'a'), ROW(2, 'b'), (ROW(3, 'c'))")).toEqual([2, 2, 2]);
    expect(rows('VALUES 1, (2) + 3, (4), (5, DEFAULT)')).toEqual([1, 1, 1, 2]);
  });
});

describe('MATCH_RECOGNIZE', () => {
  function patternForm(pattern: RowPattern): string {
    switch (pattern.kind) {
      case 'patternVariable':
        return pattern.name.name;
      case 'patternSequence':
        return `(${pattern.items.map(patternForm).join(' ')})`;
      case 'patternAlternation':
        return `(${pattern.items.map(patternForm).join(' | ')})`;
      case 'patternRepetition':
        return `${patternForm(pattern.item)}{${pattern.min},${pattern.max ?? ''}}${pattern.reluctant ? '?' : ''}`;
      case 'patternPermutation':
        return `PERMUTE(${pattern.items.map(patternForm).join(', ')})`;
      case 'patternExclusion':
        return `{- ${patternForm(pattern.item)} -}`;
    }
  }

  it.each([
    ['A', 'A'],
    ['A B* C+? D?', '(A B{0,} C{1,}? D{0,1})'],
    ['A{2} B{1,3} C{2,}? D{,4}', '(A{2,2} B{1,3} C{2,}? D{0,4})'],
    ['(A B | C)+ D', '(((A B) | C){1,} D)'],
    ['{- A -} PERMUTE(B, C)', '({- A -} PERMUTE(B, C))'],
  ])('PATTERN (%s)', (pattern, form) => {
    const { from } = select(`SELECT * FROM t MATCH_RECOGNIZE (PATTERN (${pattern}) DEFINE A AS TRUE) AS m`);
    expect(patternForm((from as Extract<TableReference, { kind: 'matchRecognize' }>).pattern)).toBe(form);
  });

  it('has all its clauses', () => {
    const { from } = select(`SELECT * FROM t MATCH_RECOGNIZE (
      PARTITION BY k ORDER BY ts MEASURES LAST(B.x, 1) AS x, FINAL SUM(B.y) AS y ALL ROWS PER MATCH AFTER MATCH SKIP TO FIRST B
      PATTERN (^ A B $) WITHIN INTERVAL '1' HOUR SUBSET S = (A, B) DEFINE A AS A.x > 1, B AS PREV(B.x) < 2) AS m`);
    expect(from).toMatchObject({
      kind: 'matchRecognize',
      input: { kind: 'namedTable' },
      rowsPerMatch: 'ALL ROWS',
      startAnchor: true,
      endAnchor: true,
      measures: [{ alias: { name: 'x' } }, { alias: { name: 'y' }, expression: { kind: 'unary', operator: 'FINAL' } }],
      afterMatch: { skip: 'TO FIRST', variable: { name: 'B' } },
      within: { text: '1' },
      subsets: [{ name: { name: 'S' }, variables: [{ name: 'A' }, { name: 'B' }] }],
      defines: [{ name: { name: 'A' } }, { name: { name: 'B' } }],
      alias: { name: { name: 'm' } },
    });
  });
});
