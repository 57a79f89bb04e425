// FROM: tables, joins, derived tables, table functions, UNNEST, PIVOT.
//
//   FROM a, b LEFT JOIN c ON x = y -> COMMA join of a and (LEFT join of b and c)
//
// No state besides the cursor's.

import type {
  Expression,
  Identifier,
  Join,
  JoinType,
  PivotTable,
  Query,
  SelectItem,
  SourceSpan,
  TableAlias,
  TableReference,
  TableSample,
  UnpivotTable,
} from '../ast.js';
import type { Token } from '../lexer.js';
import { parseExpression } from './expressions.js';
import { parseCall } from './functions.js';
import { parseNumericLiteral, parseStringLiteral, parseUnsignedNumber } from './literals.js';
import { parseMatchRecognize } from './match-recognize.js';
import { isIdentifier, parseHints, parseIdentifier, parseIdentifierList, parseQualifiedName } from './names.js';
import { parseQueryOrExpression } from './operands.js';
import {
  continuesQuery,
  parseAlias,
  parseParenthesizedQuery,
  parseQuery,
  parseTopQuery,
  parseValuesRow,
  QUERY_KEYWORDS,
  startsQuery,
} from './queries.js';
import type { TokenCursor } from './token-cursor.js';

/** What stands after FROM. */
export function parseTableReferences(cursor: TokenCursor): TableReference {
  const start = cursor.current;
  let left = parseJoins(cursor);
  while (cursor.atSymbol(',')) {
    const comma = cursor.take();
    const operator = cursor.spanFrom(comma);
    if (!startsTable(cursor.current))
      cursor.unexpected("another table after ','", cursor.atEnd() ? comma : cursor.current);
    const right = parseJoins(cursor);
    left = joinOf('COMMA', false, operator, left, right, cursor, start);
  }
  return left;
}

function startsTable(token: Token): boolean {
  return (
    isIdentifier(token) ||
    token.text === '(' ||
    ['LATERAL', 'UNNEST', 'TABLE'].includes(token.keyword) ||
    token.type === 'invalid' ||
    token.text === '"'
  );
}

function parseJoins(cursor: TokenCursor): TableReference {
  const start = cursor.current;
  let left = parseTableReference(cursor);
  for (;;) {
    const joined = parseJoin(cursor, left, start);
    if (joined === null) return left;
    left = joined;
  }
}

function parseJoin(cursor: TokenCursor, left: TableReference, start: Token): Join | null {
  const token = cursor.current;
  if (!['NATURAL', 'JOIN', 'INNER', 'LEFT', 'RIGHT', 'FULL', 'CROSS'].includes(token.keyword)) return null;
  const natural = cursor.accept('NATURAL');
  const type = parseJoinType(cursor);
  const operator = cursor.spanFrom(token);
  const right = parseTableReference(cursor);
  if (cursor.accept('ON')) {
    const condition = parseExpression(cursor);
    return { ...joinOf(type, natural, operator, left, right, cursor, start), condition };
  }
  if (cursor.accept('USING')) {
    const using = parseIdentifierList(cursor);
    return { ...joinOf(type, natural, operator, left, right, cursor, start), using };
  }
  return joinOf(type, natural, operator, left, right, cursor, start);
}

function parseJoinType(cursor: TokenCursor): JoinType {
  const type = cursor.acceptOneOf('INNER', 'LEFT', 'RIGHT', 'FULL', 'CROSS') ?? 'INNER';
  if (type === 'LEFT' || type === 'RIGHT' || type === 'FULL') cursor.accept('OUTER');
  cursor.expect('JOIN');
  return type;
}

function joinOf(
  type: JoinType,
  natural: boolean,
  operatorSpan: SourceSpan,
  left: TableReference,
  right: TableReference,
  cursor: TokenCursor,
  start: Token,
): Join {
  const span = cursor.spanFrom(start);
  return { kind: 'join', type, natural, operatorSpan, left, right, condition: null, using: null, span };
}

// ----------------------------------------------------------------------------------------------------------- one reference

const UNALIASED = { alias: null, systemTime: null, sample: null } as const;

/** One table with its alias, without joins. */
export function parseTableReference(cursor: TokenCursor): TableReference {
  return cursor.nested(() => {
    const start = cursor.current;
    const table = parseTablePrimary(cursor);
    if (table.kind === 'join') return table;
    return parseTableSuffix(cursor, parsePivots(cursor, table, start), start);
  });
}

function parseTablePrimary(cursor: TokenCursor): TableReference {
  const start = cursor.current;
  if (cursor.accept('LATERAL')) {
    if (cursor.at('TABLE')) return parseTableFunction(cursor, start, true);
    if (cursor.at('UNNEST')) return parseUnnest(cursor, start, true);
    if (!cursor.atSymbol('(')) cursor.unexpected('TABLE(...), UNNEST(...) or a query in parentheses after LATERAL');
    const query = parseParenthesizedQuery(cursor);
    return withMatchRecognize(
      cursor,
      { kind: 'derivedTable', lateral: true, query, ...UNALIASED, span: cursor.spanFrom(start) },
      start,
    );
  }
  if (cursor.at('UNNEST')) return parseUnnest(cursor, start, false);
  if (cursor.at('TABLE')) return parseTableFunction(cursor, start, false);
  if (cursor.atSymbol('(')) return parseParenthesizedTable(cursor, start);
  return parseNamedTable(cursor, start);
}

/** `cat.db.t`, or `f(...)`. */
function parseNamedTable(cursor: TokenCursor, start: Token): TableReference {
  const name = parseQualifiedName(cursor, "a table's name");
  if (cursor.atSymbol('(')) {
    cursor.rewindTo(start);
    const call = parseCall(cursor);
    return { kind: 'tableFunction', lateral: false, specific: false, call, ...UNALIASED, span: cursor.spanFrom(start) };
  }
  const hints = parseHints(cursor);
  const systemTime = cursor.accept('FOR', 'SYSTEM_TIME') ? parseSystemTime(cursor) : null;
  return withMatchRecognize(
    cursor,
    { kind: 'namedTable', name, hints, ...UNALIASED, systemTime, span: cursor.spanFrom(start) },
    start,
  );
}

function parseSystemTime(cursor: TokenCursor): Expression {
  cursor.expect('AS', 'OF');
  return parseExpression(cursor);
}

/** `TABLE(f(...))`. */
function parseTableFunction(cursor: TokenCursor, start: Token, lateral: boolean): TableReference {
  cursor.expect('TABLE');
  cursor.expectSymbol('(');
  const specific = cursor.accept('SPECIFIC');
  const call = parseCall(cursor);
  cursor.expectSymbol(')');
  return { kind: 'tableFunction', lateral, specific, call, ...UNALIASED, span: cursor.spanFrom(start) };
}

function parseUnnest(cursor: TokenCursor, start: Token, lateral: boolean): TableReference {
  cursor.expect('UNNEST');
  const operands = cursor.parenthesizedList((inner): Expression => {
    const operand = parseQueryOrExpression(inner);
    return operand.kind === 'query' ? { kind: 'subquery', query: operand, span: operand.span } : operand;
  });
  const withOrdinality = cursor.accept('WITH', 'ORDINALITY');
  return { kind: 'unnest', lateral, operands, withOrdinality, ...UNALIASED, span: cursor.spanFrom(start) };
}

/** `(query)`, or joins in parentheses, which can have no alias. */
function parseParenthesizedTable(cursor: TokenCursor, start: Token): TableReference {
  cursor.expectSymbol('(');
  const inner = parseParenthesizedContent(cursor);
  cursor.expectSymbol(')');
  if (inner.kind === 'join') return inner;
  if (inner.kind !== 'query')
    return cursor.fail(start, 'parentheses in FROM hold a query or a join; a single table needs none');
  return withMatchRecognize(
    cursor,
    { kind: 'derivedTable', lateral: false, query: inner, ...UNALIASED, span: cursor.spanFrom(start) },
    start,
  );
}

/** What is in the parentheses; a query in parentheses of its own may turn out to be a part of a query or of a join. */
function parseParenthesizedContent(cursor: TokenCursor): TableReference | Query {
  if (startsQuery(cursor)) return parseQuery(cursor);
  return cursor.atSymbol('(') && looksLikeQuery(cursor) ? parseTopQuery(cursor) : parseJoins(cursor);
}

/** True if the parentheses that open here hold a query, and nothing that follows them or inner ones makes a table of it. */
function looksLikeQuery(cursor: TokenCursor): boolean {
  let numOpen = 0;
  while (cursor.atSymbol('(', numOpen)) numOpen++;
  if (!QUERY_KEYWORDS.has(cursor.peek(numOpen).keyword)) return false;
  for (let distance = numOpen - 1; distance >= 0; distance--) {
    const next = cursor.peek(cursor.distanceAfterParentheses(distance));
    if (next.text !== ')' && !continuesQuery(next)) return false;
  }
  return true;
}

function withMatchRecognize(cursor: TokenCursor, input: TableReference, start: Token): TableReference {
  return cursor.at('MATCH_RECOGNIZE') ? parseMatchRecognize(cursor, input, start) : input;
}

// -------------------------------------------------------------------------------------------------- alias, sample and pivot

function parseTableSuffix(cursor: TokenCursor, table: Exclude<TableReference, Join>, start: Token): TableReference {
  const alias = parseTableAlias(cursor);
  const sample = cursor.at('TABLESAMPLE') ? parseSample(cursor) : null;
  if (alias === null && sample === null) return table;
  return { ...table, alias, sample, span: cursor.spanFrom(start) };
}

function parseTableAlias(cursor: TokenCursor): TableAlias | null {
  const start = cursor.current;
  const name = parseAlias(cursor);
  if (name === null) return null;
  const columns = cursor.atSymbol('(') ? parseIdentifierList(cursor) : [];
  return { kind: 'tableAlias', name, columns, span: cursor.spanFrom(start) };
}

function parseSample(cursor: TokenCursor): TableSample {
  const start = cursor.expect('TABLESAMPLE');
  const method = cursor.expectOneOf('BERNOULLI', 'SYSTEM', 'SUBSTITUTE');
  cursor.expectSymbol('(');
  const substitute = method === 'SUBSTITUTE' ? parseStringLiteral(cursor, "a sample's name in quotes") : null;
  const percentage = method === 'SUBSTITUTE' ? null : parseUnsignedNumber(cursor);
  cursor.expectSymbol(')');
  let repeatable = null;
  if (percentage !== null && cursor.accept('REPEATABLE')) {
    cursor.expectSymbol('(');
    repeatable = parseNumericLiteral(cursor);
    cursor.expectSymbol(')');
  }
  return { kind: 'tableSample', method, percentage, repeatable, substitute, span: cursor.spanFrom(start) };
}

function parsePivots(
  cursor: TokenCursor,
  table: Exclude<TableReference, Join>,
  start: Token,
): Exclude<TableReference, Join> {
  let result = table;
  if (cursor.at('PIVOT') && cursor.atSymbol('(', 1)) result = parsePivot(cursor, result, start);
  if (cursor.at('UNPIVOT')) result = parseUnpivot(cursor, result, start);
  return result;
}

function parsePivot(cursor: TokenCursor, input: TableReference, start: Token): PivotTable {
  cursor.expect('PIVOT');
  cursor.expectSymbol('(');
  const aggregates = cursor.commaList((inner) => aliased(inner, parseCall));
  cursor.expect('FOR');
  const axes = parseNameOrList(cursor).map((name): Expression => ({ kind: 'column', parts: [name], span: name.span }));
  cursor.expect('IN');
  cursor.expectSymbol('(');
  const values = cursor.atSymbol(')') ? [] : cursor.commaList((inner) => aliased(inner, parsePivotValue));
  cursor.expectSymbol(')');
  cursor.expectSymbol(')');
  return { kind: 'pivot', input, aggregates, axes, values, ...UNALIASED, span: cursor.spanFrom(start) };
}

function parsePivotValue(cursor: TokenCursor): Expression {
  const row = parseValuesRow(cursor);
  return row.items.length === 1 ? row.items[0]! : row;
}

function aliased(cursor: TokenCursor, parse: (cursor: TokenCursor) => Expression): SelectItem {
  const start = cursor.current;
  const expression = parse(cursor);
  const alias = parseAlias(cursor);
  return { kind: 'selectItem', expression, alias, span: cursor.spanFrom(start) };
}

function parseUnpivot(cursor: TokenCursor, input: TableReference, start: Token): UnpivotTable {
  cursor.expect('UNPIVOT');
  const includeNulls = cursor.accept('INCLUDE', 'NULLS');
  if (!includeNulls) cursor.accept('EXCLUDE', 'NULLS');
  cursor.expectSymbol('(');
  const measures = parseNameOrList(cursor);
  cursor.expect('FOR');
  const axes = parseNameOrList(cursor);
  cursor.expect('IN');
  const values = cursor.parenthesizedList((inner) => {
    const valueStart = inner.current;
    const columns = parseNameOrList(inner);
    const items = inner.accept('AS') ? parseValuesRow(inner).items : [];
    return { kind: 'unpivotValue', columns, values: items, span: inner.spanFrom(valueStart) } as const;
  });
  cursor.expectSymbol(')');
  return { kind: 'unpivot', input, includeNulls, measures, axes, values, ...UNALIASED, span: cursor.spanFrom(start) };
}

function parseNameOrList(cursor: TokenCursor): Identifier[] {
  return cursor.atSymbol('(') ? parseIdentifierList(cursor) : [parseIdentifier(cursor)];
}
