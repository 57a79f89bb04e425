// Function calls: names, arguments, and what may follow the closing parenthesis.
//
//   SUM(DISTINCT a) FILTER (WHERE b) OVER (PARTITION BY c)     f(TABLE t PARTITION BY k, uid => 'x')
//
// Columns begin like calls, so they are parsed here too. Calls with a syntax of their own are in special-calls.ts and json.ts.
// No state besides the cursor's.

import type {
  ColumnReference,
  Descriptor,
  Expression,
  FunctionCall,
  Identifier,
  OrderItem,
  QualifiedName,
  Query,
  Star,
  TableArgument,
} from '../ast.js';
import type { Token } from '../lexer.js';
import { parseExpression, parseExpressionList } from './expressions.js';
import { CONTEXT_VARIABLES, FUNCTION_KEYWORDS, JSON_CALLS, SPECIAL_CALLS } from './function-names.js';
import { parseJsonCall } from './json.js';
import { identifierOf, isIdentifier, parseIdentifier, parseQualifiedName } from './names.js';
import { parseQueryOrExpression } from './operands.js';
import { parseOrderBy, parseOrderItem } from './queries.js';
import { parseSpecialCall } from './special-calls.js';
import type { TokenCursor } from './token-cursor.js';
import { parseOver } from './windows.js';

export function parseKeywordCall(cursor: TokenCursor): Expression {
  const { keyword } = cursor.current;
  return JSON_CALLS.has(keyword) ? parseJsonCall(cursor) : parseSpecialCall(cursor);
}

/** `a.b.c`, `t.*`, `f(...)`, `CURRENT_DATE`. */
export function parseCallOrColumn(cursor: TokenCursor): Expression {
  const start = cursor.current;
  if (start.reserved) {
    if (cursor.atSymbol('(', 1)) return parseCall(cursor);
    if (!CONTEXT_VARIABLES.has(start.keyword)) return cursor.unexpected('an expression');
    const name = functionName(cursor);
    return { ...bareCall(name), parentheses: false, args: [], span: cursor.spanFrom(start) };
  }
  if (isModifier(cursor)) {
    cursor.take();
    const operand = parseCallOrColumnOrSpecial(cursor);
    return { kind: 'unary', operator: start.keyword as 'FINAL' | 'RUNNING', operand, span: cursor.spanFrom(start) };
  }
  const reference = parseColumnReference(cursor);
  if (reference.kind === 'star' || !cursor.atSymbol('(')) return reference;
  const name: QualifiedName = { kind: 'qualifiedName', parts: reference.parts, span: reference.span };
  return asDescriptor(parseCallRest(cursor, name, start));
}

/** `DESCRIPTOR(a, b)` is no function but a list of columns. */
function asDescriptor(call: FunctionCall): FunctionCall | Descriptor {
  const [name, ...others] = call.name.parts;
  if (others.length > 0 || name!.quoted || name!.name.toUpperCase() !== 'DESCRIPTOR') return call;
  const columns: Identifier[] = [];
  for (const arg of call.args) {
    if (arg.kind !== 'column' || arg.parts.length > 1) return call;
    columns.push(arg.parts[0]!);
  }
  return { kind: 'descriptor', columns, span: call.span };
}

function parseCallOrColumnOrSpecial(cursor: TokenCursor): Expression {
  return SPECIAL_CALLS.has(cursor.current.keyword) ? parseKeywordCall(cursor) : parseCallOrColumn(cursor);
}

function isModifier(cursor: TokenCursor): boolean {
  const { keyword } = cursor.current;
  const next = cursor.peek();
  return (
    keyword === 'FINAL' &&
    next.type === 'word' &&
    cursor.atSymbol('(', 2) &&
    (!next.reserved || FUNCTION_KEYWORDS.has(next.keyword) || SPECIAL_CALLS.has(next.keyword))
  );
}

/** RUNNING is reserved, so it cannot begin anything else. */
export function parseRunning(cursor: TokenCursor): Expression {
  const start = cursor.expect('RUNNING');
  const operand = parseCallOrColumnOrSpecial(cursor);
  return { kind: 'unary', operator: 'RUNNING', operand, span: cursor.spanFrom(start) };
}

/** JDBC's `{fn f(x)}`. */
export function parseEscapedCall(cursor: TokenCursor): Expression {
  const brace = cursor.current;
  if (cursor.peek().text.toUpperCase() !== 'FN') cursor.unexpected('an expression', brace);
  cursor.take();
  cursor.take();
  const call = parseCallOrColumnOrSpecial(cursor);
  cursor.expectSymbol('}');
  return call;
}

/** `a.b.c` or `a.b.*`. */
export function parseColumnReference(cursor: TokenCursor): ColumnReference | Star {
  const start = cursor.current;
  const parts: Identifier[] = [parseIdentifier(cursor)];
  while (cursor.atSymbol('.')) {
    cursor.take();
    if (cursor.acceptSymbol('*')) return { kind: 'star', qualifier: parts, span: cursor.spanFrom(start) };
    parts.push(parseIdentifier(cursor, "a name or '*' after the dot"));
  }
  return { kind: 'column', parts, span: cursor.spanFrom(start) };
}

/** A call by name, with everything that may follow it. */
export function parseCall(cursor: TokenCursor): FunctionCall {
  const start = cursor.current;
  const name = FUNCTION_KEYWORDS.has(start.keyword)
    ? functionName(cursor)
    : parseQualifiedName(cursor, "a function's name");
  return parseCallRest(cursor, name, start);
}

/** The keyword that was just looked at, as a function's name. */
export function functionName(cursor: TokenCursor): QualifiedName {
  const part = identifierOf(cursor.take());
  return { kind: 'qualifiedName', parts: [part], span: part.span };
}

/** All that a call can have, absent. */
export function bareCall(name: QualifiedName): Omit<FunctionCall, 'args' | 'span'> {
  return {
    kind: 'call',
    name,
    parentheses: true,
    quantifier: null,
    argumentOrderBy: [],
    nullTreatment: null,
    withinDistinct: [],
    withinGroup: [],
    filter: null,
    over: null,
  };
}

/** From '(' on. */
function parseCallRest(cursor: TokenCursor, name: QualifiedName, start: Token): FunctionCall {
  const { quantifier, args } = parseArguments(cursor);
  return parseCallSuffix(cursor, { ...bareCall(name), quantifier, args, span: cursor.spanFrom(start) }, start);
}

// ------------------------------------------------------------------------------------------------------------ arguments

/** `(*)`, `()`, `(DISTINCT a, b)`, `(a, name => b)`. */
export function parseArguments(cursor: TokenCursor): Pick<FunctionCall, 'quantifier' | 'args'> {
  cursor.expectSymbol('(');
  if (cursor.acceptSymbol(')')) return { quantifier: null, args: [] };
  const star = cursor.current;
  if (cursor.atSymbol(')', 1) && cursor.acceptSymbol('*')) {
    cursor.expectSymbol(')');
    const { start, end, line, column } = star;
    return { quantifier: null, args: [{ kind: 'star', qualifier: [], span: { start, end, line, column } }] };
  }
  const quantifier = cursor.acceptOneOf('DISTINCT', 'ALL');
  const args = [parseArgument(cursor, true)];
  while (cursor.acceptSymbol(',')) args.push(parseArgument(cursor, false));
  cursor.expectSymbol(')');
  return { quantifier, args };
}

function parseArgument(cursor: TokenCursor, isFirst: boolean): Expression {
  const start = cursor.current;
  if (!isIdentifier(start) || !cursor.atSymbol('=>', 1)) return parseArgumentValue(cursor, isFirst);
  const name = parseIdentifier(cursor);
  cursor.expectSymbol('=>');
  const value = parseArgumentValue(cursor, isFirst);
  return { kind: 'namedArgument', name, value, span: cursor.spanFrom(start) };
}

function parseArgumentValue(cursor: TokenCursor, queryAllowed: boolean): Expression {
  const start = cursor.current;
  if (cursor.accept('DEFAULT')) return { kind: 'default', span: cursor.spanFrom(start) };
  if (cursor.at('TABLE')) {
    cursor.take();
    const table = parseQualifiedName(cursor, "a table's name");
    return parseTableArgument(cursor, table, null, start);
  }
  if (cursor.at('MODEL') && isIdentifier(cursor.peek())) {
    cursor.take();
    return { kind: 'modelArgument', name: parseQualifiedName(cursor, "a model's name"), span: cursor.spanFrom(start) };
  }
  const value = queryAllowed ? parseQueryOrExpression(cursor) : parseExpression(cursor);
  const query = value.kind === 'query' ? value : value.kind === 'subquery' ? value.query : null;
  if (query !== null && (cursor.at('PARTITION') || cursor.at('ORDER')))
    return parseTableArgument(cursor, null, query, start);
  return value.kind === 'query' ? { kind: 'subquery', query: value, span: value.span } : value;
}

/** From PARTITION BY on. */
function parseTableArgument(
  cursor: TokenCursor,
  table: QualifiedName | null,
  query: Query | null,
  start: Token,
): TableArgument {
  let partitionBy: Expression[] = [];
  let orderBy: OrderItem[] = [];
  if (cursor.accept('PARTITION')) {
    cursor.expect('BY');
    partitionBy = cursor.atSymbol('(') ? cursor.parenthesizedList(parseColumn) : [parseColumn(cursor)];
  }
  if (cursor.accept('ORDER')) {
    cursor.expect('BY');
    orderBy = cursor.atSymbol('(') ? cursor.parenthesizedList(parseOrderItem) : [parseOrderItem(cursor)];
  }
  return { kind: 'tableArgument', table, query, partitionBy, orderBy, span: cursor.spanFrom(start) };
}

function parseColumn(cursor: TokenCursor): ColumnReference {
  const part = parseIdentifier(cursor, "a column's name");
  return { kind: 'column', parts: [part], span: part.span };
}

// ------------------------------------------------------------------------------------------------- after the parentheses

const SUFFIX_KEYWORDS = new Set(['IGNORE', 'RESPECT', 'WITHIN', 'FILTER', 'OVER']);

/** IGNORE NULLS, WITHIN DISTINCT, WITHIN GROUP, FILTER and OVER, in this order. */
export function parseCallSuffix(cursor: TokenCursor, call: FunctionCall, start: Token): FunctionCall {
  if (!cursor.atAny(SUFFIX_KEYWORDS)) return call;
  const nullTreatment = parseNullTreatment(cursor) ?? call.nullTreatment;
  const withinDistinct = cursor.accept('WITHIN', 'DISTINCT') ? parseParenthesizedExpressions(cursor) : [];
  const withinGroup = parseWithinGroup(cursor);
  const filter = parseFilter(cursor);
  const over = cursor.accept('OVER') ? parseOver(cursor) : null;
  return { ...call, nullTreatment, withinDistinct, withinGroup, filter, over, span: cursor.spanFrom(start) };
}

export function parseNullTreatment(cursor: TokenCursor): FunctionCall['nullTreatment'] {
  if (cursor.accept('IGNORE', 'NULLS')) return 'IGNORE NULLS';
  return cursor.accept('RESPECT', 'NULLS') ? 'RESPECT NULLS' : null;
}

/** `WITHIN GROUP (ORDER BY a)`, or nothing. */
export function parseWithinGroup(cursor: TokenCursor): OrderItem[] {
  if (!cursor.accept('WITHIN')) return [];
  cursor.expect('GROUP');
  cursor.expectSymbol('(');
  const items = parseOrderBy(cursor);
  cursor.expectSymbol(')');
  return items;
}

function parseFilter(cursor: TokenCursor): Expression | null {
  if (!cursor.accept('FILTER')) return null;
  cursor.expectSymbol('(');
  cursor.expect('WHERE');
  const condition = parseExpression(cursor);
  cursor.expectSymbol(')');
  return condition;
}

function parseParenthesizedExpressions(cursor: TokenCursor): Expression[] {
  cursor.expectSymbol('(');
  const items = parseExpressionList(cursor);
  cursor.expectSymbol(')');
  return items;
}
