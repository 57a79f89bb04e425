// Queries: WITH, SELECT and its clauses, set operations, VALUES, ORDER BY and LIMIT.
//
//   SELECT a FROM t UNION ALL SELECT b FROM u ORDER BY 1 -> { kind: 'query', body: { kind: 'setOperation', ... }, orderBy: [...] }
//
// No state besides the cursor's.

import type {
  CommonTable,
  Expression,
  GroupBy,
  GroupingElement,
  OrderItem,
  Query,
  QueryBody,
  RowConstructor,
  Select,
  SelectItem,
  SetOperation,
  SourceSpan,
  Values,
} from '../ast.js';
import type { Token } from '../lexer.js';
import { parseCommaList, parseExpression } from './expressions.js';
import { parseUnsignedNumber } from './literals.js';
import { isIdentifier, parseHints, parseIdentifier, parseIdentifierList, parseQualifiedName } from './names.js';
import { parseQueryOrExpression } from './operands.js';
import { parseTableReferences } from './table-references.js';
import type { TokenCursor } from './token-cursor.js';
import { parseNamedWindows } from './windows.js';

export const QUERY_KEYWORDS: ReadonlySet<string> = new Set(['SELECT', 'WITH', 'VALUES', 'TABLE']);
const SET_OPERATORS: Readonly<Record<string, number>> = { UNION: 12, EXCEPT: 12, INTERSECT: 14 };

/** True if a query begins here for certain; one that begins with '(' may also be an expression. */
export function startsQuery(cursor: TokenCursor): boolean {
  return cursor.atAny(QUERY_KEYWORDS);
}

/** A whole query, in or out of parentheses. */
export function parseQuery(cursor: TokenCursor): Query {
  return cursor.nested(() => {
    const start = cursor.current;
    const recursive = cursor.at('WITH', 'RECURSIVE');
    const withList = parseWithList(cursor);
    const body = parseSetOperations(cursor, parseLeaf(cursor), start, 0);
    return parseOrderAndLimit(cursor, { recursive, with: withList, body }, start);
  });
}

/** Goes on after `(query)`: with UNION and its like, ORDER BY or LIMIT. Null if none of them comes. */
export function continueQuery(cursor: TokenCursor, first: Query, start: Token): Query | null {
  if (!continuesQuery(cursor.current)) return null;
  const body = parseSetOperations(cursor, bodyOf(first), start, 0);
  return parseOrderAndLimit(cursor, { recursive: false, with: [], body }, start);
}

/** True if the token goes on after a query in parentheses. */
export function continuesQuery(token: Token): boolean {
  return ['UNION', 'INTERSECT', 'EXCEPT', 'ORDER', 'LIMIT', 'OFFSET', 'FETCH'].includes(token.keyword);
}

function parseWithList(cursor: TokenCursor): CommonTable[] {
  if (!cursor.accept('WITH')) return [];
  cursor.accept('RECURSIVE');
  return cursor.commaList((inner) => {
    const start = inner.current;
    const name = parseIdentifier(inner, "a common table's name");
    const columns = inner.atSymbol('(') ? parseIdentifierList(inner) : [];
    inner.expect('AS');
    if (!inner.atSymbol('(')) inner.unexpected("'('");
    const query = parseParenthesizedQuery(inner);
    return { kind: 'commonTable', name, columns, query, span: inner.spanFrom(start) };
  });
}

/** `( query )`. */
export function parseParenthesizedQuery(cursor: TokenCursor): Query {
  const start = cursor.expectSymbol('(');
  const query = parseQueryOrExpression(cursor);
  cursor.expectSymbol(')');
  if (query.kind === 'query') return query;
  return query.kind === 'subquery' ? query.query : cursor.fail(start, 'expected a query in these parentheses');
}

/** A query, where parentheses around it belong to it: after INSERT INTO t, AS, EXPLAIN. */
export function parseTopQuery(cursor: TokenCursor): Query {
  if (startsQuery(cursor)) return parseQuery(cursor);
  const start = cursor.current;
  if (!cursor.atSymbol('(')) cursor.unexpected('a query (SELECT, VALUES, WITH or TABLE)');
  const query = parseQueryOrExpression(cursor);
  if (query.kind === 'query') return query;
  return query.kind === 'subquery' ? query.query : cursor.fail(start, 'expected a query, not an expression');
}

// ---------------------------------------------------------------------------------------------------------- set operations

function parseSetOperations(
  cursor: TokenCursor,
  first: QueryBody,
  start: SourceSpan,
  minPrecedence: number,
): QueryBody {
  let left = first;
  for (;;) {
    const token = cursor.current;
    const precedence = SET_OPERATORS[token.keyword];
    if (precedence === undefined || precedence < minPrecedence) return left;
    cursor.take();
    const all = cursor.acceptOneOf('ALL', 'DISTINCT') === 'ALL';
    const operatorSpan = cursor.spanFrom(token);
    const rightStart = cursor.current;
    const right = parseSetOperations(cursor, parseLeaf(cursor), rightStart, precedence + 1);
    left = {
      kind: 'setOperation',
      operator: token.keyword as SetOperation['operator'],
      all,
      operatorSpan,
      left,
      right,
      span: cursor.spanFrom(start),
    };
  }
}

function parseLeaf(cursor: TokenCursor): QueryBody {
  if (cursor.atSymbol('(')) return bodyOf(cursor.nested(() => parseParenthesizedQuery(cursor)));
  switch (cursor.current.keyword) {
    case 'SELECT':
      return parseSelect(cursor);
    case 'VALUES':
      return parseValues(cursor);
    case 'TABLE': {
      const start = cursor.take();
      const name = parseQualifiedName(cursor, "a table's name");
      return { kind: 'explicitTable', name, span: cursor.spanFrom(start) };
    }
    default:
      return cursor.unexpected('SELECT, VALUES, TABLE or a query in parentheses');
  }
}

/** Parentheses that add nothing are forgotten. */
function bodyOf(query: Query): QueryBody {
  const plain = query.with.length === 0 && query.orderBy.length === 0 && query.offset === null && query.limit === null;
  return plain ? query.body : query;
}

// ----------------------------------------------------------------------------------------------------------------- SELECT

function parseSelect(cursor: TokenCursor): Select {
  const start = cursor.expect('SELECT');
  const hints = parseHints(cursor);
  const stream = cursor.accept('STREAM');
  const quantifier = cursor.acceptOneOf('DISTINCT', 'ALL');
  const items = cursor.commaList(parseSelectItem);
  const select = { kind: 'select', hints, quantifier, stream, items } as const;
  if (!cursor.accept('FROM')) {
    return {
      ...select,
      from: null,
      where: null,
      groupBy: null,
      having: null,
      windows: [],
      qualify: null,
      span: cursor.spanFrom(start),
    };
  }
  const from = parseTableReferences(cursor);
  const where = cursor.accept('WHERE') ? parseExpression(cursor) : null;
  const groupBy = parseGroupBy(cursor);
  const having = cursor.accept('HAVING') ? parseExpression(cursor) : null;
  const windows = parseNamedWindows(cursor);
  const qualify = cursor.accept('QUALIFY') ? parseExpression(cursor) : null;
  return { ...select, from, where, groupBy, having, windows, qualify, span: cursor.spanFrom(start) };
}

function parseSelectItem(cursor: TokenCursor): SelectItem {
  const start = cursor.current;
  let expression: Expression;
  if (cursor.acceptSymbol('*')) expression = { kind: 'star', qualifier: [], span: cursor.spanFrom(start) };
  else expression = parseExpression(cursor);
  const alias = parseAlias(cursor);
  return { kind: 'selectItem', expression, alias, span: cursor.spanFrom(start) };
}

/** `AS name`, `name`, or nothing. */
export function parseAlias(cursor: TokenCursor): SelectItem['alias'] {
  if (cursor.accept('AS')) {
    const token = cursor.current;
    if (token.type === 'string')
      cursor.fail(token, `a name cannot stand in single quotes; use backquotes: \`${token.value}\``);
    return parseIdentifier(cursor, 'an alias');
  }
  return isIdentifier(cursor.current) ? parseIdentifier(cursor) : null;
}

function parseGroupBy(cursor: TokenCursor): GroupBy | null {
  const start = cursor.current;
  if (!cursor.accept('GROUP')) return null;
  cursor.expect('BY');
  const quantifier = cursor.acceptOneOf('DISTINCT', 'ALL');
  const items = parseCommaList(cursor, parseGroupingElement);
  return { kind: 'groupBy', quantifier, items, span: cursor.spanFrom(start) };
}

function parseGroupingElement(cursor: TokenCursor): GroupingElement {
  const start = cursor.current;
  if (cursor.accept('GROUPING', 'SETS')) {
    const elements = cursor.nested(() => cursor.parenthesizedList(parseGroupingElement));
    return { kind: 'groupingConstruct', operator: 'GROUPING SETS', elements, span: cursor.spanFrom(start) };
  }
  const operator = cursor.acceptOneOf('ROLLUP', 'CUBE');
  if (operator !== null) {
    const elements = cursor.parenthesizedList((inner) => groupingSetOf(parseExpression(inner), false));
    return { kind: 'groupingConstruct', operator, elements, span: cursor.spanFrom(start) };
  }
  if (cursor.atSymbol('(') && cursor.atSymbol(')', 1)) {
    cursor.take();
    cursor.take();
    return { kind: 'groupingSet', parenthesized: true, items: [], span: cursor.spanFrom(start) };
  }
  const expression = parseExpression(cursor);
  const parenthesized = start.text === '(' && cursor.previous.text === ')' && expression.span.start > start.start;
  return groupingSetOf(expression, parenthesized);
}

/** `(a, b)` reads as a row; in GROUP BY it is a set of two. */
function groupingSetOf(expression: Expression, parenthesized: boolean): GroupingElement {
  if (expression.kind === 'row' && !expression.explicit) {
    return { kind: 'groupingSet', parenthesized: true, items: expression.items, span: expression.span };
  }
  return { kind: 'groupingSet', parenthesized, items: [expression], span: expression.span };
}

// ----------------------------------------------------------------------------------------------------------------- VALUES

function parseValues(cursor: TokenCursor): Values {
  const start = cursor.expect('VALUES');
  const rows = parseCommaList(cursor, parseValuesRow);
  return { kind: 'values', rows, span: cursor.spanFrom(start) };
}

/** `(1, 2)`, `ROW(1, 2)`, `(ROW(1, 2))` or a value by itself; DEFAULT may stand in the parentheses. */
export function parseValuesRow(cursor: TokenCursor): RowConstructor {
  const start = cursor.current;
  const opening = cursor.at('ROW') ? 1 : 0;
  // `(a) + 1` is a value by itself that only begins with a parenthesis.
  if (cursor.atSymbol('(', opening) && endsRow(cursor.peek(cursor.distanceAfterParentheses(opening))))
    return parseRowItems(cursor);
  const value = parseExpression(cursor);
  if (value.kind === 'row') return value;
  return { kind: 'row', explicit: false, items: [value], span: cursor.spanFrom(start) };
}

const AFTER_ROW = new Set([
  'UNION',
  'INTERSECT',
  'EXCEPT',
  'ORDER',
  'LIMIT',
  'OFFSET',
  'FETCH',
  'ON',
  'AS',
  'PARTITION',
  'WHEN',
]);

function endsRow(token: Token): boolean {
  return (
    token.type === 'end' ||
    token.text === ',' ||
    token.text === ')' ||
    token.text === ';' ||
    AFTER_ROW.has(token.keyword) ||
    isIdentifier(token)
  );
}

function parseRowItems(cursor: TokenCursor): RowConstructor {
  const start = cursor.current;
  if (cursor.atSymbol('(') && cursor.peek().keyword === 'ROW') {
    cursor.take();
    const row = parseRowItems(cursor);
    cursor.expectSymbol(')');
    return row;
  }
  const explicit = cursor.accept('ROW');
  const items = cursor.parenthesizedList((inner): Expression => {
    const token = inner.current;
    if (inner.accept('DEFAULT')) return { kind: 'default', span: inner.spanFrom(token) };
    const item = parseQueryOrExpression(inner);
    return item.kind === 'query' ? { kind: 'subquery', query: item, span: item.span } : item;
  });
  return { kind: 'row', explicit, items, span: cursor.spanFrom(start) };
}

// ------------------------------------------------------------------------------------------------------ ORDER BY and LIMIT

function parseOrderAndLimit(
  cursor: TokenCursor,
  query: Pick<Query, 'recursive' | 'with' | 'body'>,
  start: SourceSpan,
): Query {
  const orderBy = cursor.at('ORDER') ? parseOrderBy(cursor) : [];
  let offset: Expression | null = null;
  let limit: Expression | null = null;
  if (cursor.at('LIMIT')) {
    limit = parseLimit(cursor);
    if (cursor.at('OFFSET')) offset = parseOffset(cursor);
  } else {
    if (cursor.at('OFFSET')) offset = parseOffset(cursor);
    if (cursor.at('FETCH')) limit = parseFetch(cursor);
    else if (offset !== null && cursor.at('LIMIT'))
      cursor.fail(cursor.current, 'LIMIT stands before OFFSET: LIMIT count OFFSET start');
  }
  return { kind: 'query', ...query, orderBy, offset, limit, span: cursor.spanFrom(start) };
}

/** `LIMIT ALL` is no limit. */
function parseLimit(cursor: TokenCursor): Expression | null {
  const start = cursor.expect('LIMIT');
  if (cursor.accept('ALL')) return null;
  const count = parseCount(cursor);
  if (cursor.atSymbol(',') && cursor.peek().type === 'integer') {
    cursor.fail(start, "'LIMIT start, count' is not Flink SQL; write LIMIT count OFFSET start");
  }
  return count;
}

function parseOffset(cursor: TokenCursor): Expression {
  cursor.expect('OFFSET');
  const count = parseCount(cursor);
  cursor.acceptOneOf('ROW', 'ROWS');
  return count;
}

function parseFetch(cursor: TokenCursor): Expression {
  cursor.expect('FETCH');
  cursor.expectOneOf('FIRST', 'NEXT');
  const count = parseCount(cursor);
  cursor.expectOneOf('ROW', 'ROWS');
  cursor.expect('ONLY');
  return count;
}

function parseCount(cursor: TokenCursor): Expression {
  return cursor.atSymbol('?') ? parseExpression(cursor) : parseUnsignedNumber(cursor);
}

/** `ORDER BY a DESC NULLS LAST, b`. */
export function parseOrderBy(cursor: TokenCursor): OrderItem[] {
  cursor.expect('ORDER', 'BY');
  return parseCommaList(cursor, parseOrderItem);
}

export function parseOrderItem(cursor: TokenCursor): OrderItem {
  const start = cursor.current;
  const expression = parseExpression(cursor);
  const descending = cursor.acceptOneOf('ASC', 'DESC') === 'DESC';
  const nulls = cursor.accept('NULLS') ? cursor.expectOneOf('FIRST', 'LAST') : null;
  return { kind: 'orderItem', expression, descending, nulls, span: cursor.spanFrom(start) };
}
