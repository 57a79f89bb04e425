// What stands between the operators of an expression: names, literals, calls, CASE, constructors, parentheses.
//
//   (a, b)   (SELECT 1)   f(x).y[1]   CASE WHEN a THEN b END   ARRAY[1, 2]   INTERVAL '5' DAY
//
// No state besides the cursor's.

import type { CaseBranch, Expression, Query } from '../ast.js';
import type { Token } from '../lexer.js';
import { parseExpression, parseExpressionList } from './expressions.js';
import { CONTEXT_VARIABLES, FUNCTION_KEYWORDS, SPECIAL_CALLS } from './function-names.js';
import { parseCall, parseCallOrColumn, parseEscapedCall, parseKeywordCall, parseRunning } from './functions.js';
import { atIntervalUnit, parseInterval, parseIntervalQualifier, tryParseLiteral } from './literals.js';
import { isIdentifier, parseIdentifier, parseQualifiedName } from './names.js';
import { continueQuery, parseQuery, QUERY_KEYWORDS, startsQuery } from './queries.js';
import type { TokenCursor } from './token-cursor.js';

const OPERAND_KEYWORDS = new Set([
  'NOT',
  'EXISTS',
  'UNIQUE',
  'CASE',
  'ROW',
  'ARRAY',
  'MAP',
  'MULTISET',
  'PERIOD',
  'INTERVAL',
  'DATE',
  'TIME',
  'DATETIME',
  'TIMESTAMP',
  'TRUE',
  'FALSE',
  'UNKNOWN',
  'NULL',
  'NEXT',
  'CURRENT',
  'RUNNING',
  'SPECIFIC',
]);

/** True if an expression can begin with this token. */
export function startsExpression(token: Token): boolean {
  switch (token.type) {
    case 'word': {
      const { keyword } = token;
      return (
        !token.reserved ||
        OPERAND_KEYWORDS.has(keyword) ||
        FUNCTION_KEYWORDS.has(keyword) ||
        SPECIAL_CALLS.has(keyword) ||
        CONTEXT_VARIABLES.has(keyword)
      );
    }
    case 'symbol':
      return token.text === '(' || token.text === '-' || token.text === '+' || token.text === '?' || token.text === '{';
    case 'end':
    case 'hintStart':
    case 'hintEnd':
      return false;
    default:
      return true;
  }
}

/** An operand, then `.field` and `[index]`. */
export function parsePostfix(cursor: TokenCursor): Expression {
  const start = cursor.current;
  let operand = parsePrimary(cursor);
  for (;;) {
    if (cursor.acceptSymbol('.')) {
      const field = parseIdentifier(cursor, "a field's name after the dot");
      operand = { kind: 'field', operand, field, span: cursor.spanFrom(start) };
    } else if (cursor.acceptSymbol('[')) {
      const index = parseExpression(cursor);
      cursor.expectSymbol(']');
      operand = { kind: 'item', operand, index, span: cursor.spanFrom(start) };
    } else {
      return operand;
    }
  }
}

/** An operand by itself, without operators and without parentheses around it. */
export function parseOperand(cursor: TokenCursor): Expression {
  if (cursor.atSymbol('(')) cursor.unexpected('a name, a literal or a call');
  return parsePrimary(cursor);
}

export function parsePrimary(cursor: TokenCursor): Expression {
  const token = cursor.current;
  if (token.type === 'symbol') {
    if (token.text === '(') return parseParenthesized(cursor);
    if (token.text === '?') {
      cursor.take();
      return { kind: 'parameter', index: cursor.nextParameterIndex(), span: cursor.spanFrom(token) };
    }
  }
  if (cursor.at('INTERVAL')) return parseInterval(cursor);
  const literal = tryParseLiteral(cursor);
  if (literal !== null) return literal;
  if (token.type === 'word' && token.keyword !== '') {
    const special = parseSpecialForm(cursor, token);
    if (special !== null) return special;
  }
  if (isIdentifier(token) || FUNCTION_KEYWORDS.has(token.keyword) || CONTEXT_VARIABLES.has(token.keyword))
    return parseCallOrColumn(cursor);
  if (token.text === '{') return parseEscapedCall(cursor);
  return cursor.unexpected('an expression');
}

function parseSpecialForm(cursor: TokenCursor, token: Token): Expression | null {
  switch (token.keyword) {
    case 'CASE':
      return parseCase(cursor);
    case 'ROW':
      return parseRow(cursor);
    case 'ARRAY':
    case 'MULTISET':
    case 'MAP':
      return parseCollection(cursor, token.keyword);
    case 'PERIOD':
      cursor.take();
      return {
        kind: 'row',
        explicit: true,
        items: cursor.parenthesizedList(parseExpression),
        span: cursor.spanFrom(token),
      };
    case 'NEXT':
    case 'CURRENT':
      return cursor.peek().keyword === 'VALUE'
        ? parseSequenceValue(cursor, token)
        : parseKeywordCallIfAny(cursor, token);
    case 'RUNNING':
      return parseRunning(cursor);
    case 'SPECIFIC':
      cursor.take();
      return parseCall(cursor);
    default:
      return parseKeywordCallIfAny(cursor, token);
  }
}

function parseKeywordCallIfAny(cursor: TokenCursor, token: Token): Expression | null {
  return SPECIAL_CALLS.has(token.keyword) && (token.reserved || cursor.atSymbol('(', 1))
    ? parseKeywordCall(cursor)
    : null;
}

/** `(a)`, `(a, b)`, `(SELECT ...)`, `(a - b) DAY`. */
function parseParenthesized(cursor: TokenCursor): Expression {
  const start = cursor.expectSymbol('(');
  const first = parseQueryOrExpression(cursor);
  if (first.kind === 'query') {
    if (cursor.atSymbol(',')) {
      const subquery: Expression = { kind: 'subquery', query: first, span: first.span };
      return parseRowRest(cursor, start, subquery);
    }
    cursor.expectSymbol(')');
    return { kind: 'subquery', query: first, span: cursor.spanFrom(start) };
  }
  if (cursor.atSymbol(',')) return parseRowRest(cursor, start, first);
  cursor.expectSymbol(')');
  if (atIntervalUnit(cursor.current) && first.kind === 'binary' && first.operator === '-') {
    const qualifier = parseIntervalQualifier(cursor);
    return { kind: 'timeDifference', left: first.left, right: first.right, qualifier, span: cursor.spanFrom(start) };
  }
  return first;
}

function parseRowRest(cursor: TokenCursor, start: Token, first: Expression): Expression {
  const items = [first];
  while (cursor.acceptSymbol(',')) items.push(parseExpression(cursor));
  cursor.expectSymbol(')');
  return { kind: 'row', explicit: false, items, span: cursor.spanFrom(start) };
}

/** What may stand in parentheses: a query, or an expression, which may turn out to be the first part of a query. */
export function parseQueryOrExpression(cursor: TokenCursor): Query | Expression {
  if (startsQuery(cursor)) return parseQuery(cursor);
  const start = cursor.current;
  const expression = parseExpression(cursor);
  return expression.kind === 'subquery' ? (continueQuery(cursor, expression.query, start) ?? expression) : expression;
}

function parseRow(cursor: TokenCursor): Expression {
  const start = cursor.expect('ROW');
  cursor.expectSymbol('(');
  const first = parseQueryOrExpression(cursor);
  const items = [first.kind === 'query' ? ({ kind: 'subquery', query: first, span: first.span } as const) : first];
  while (cursor.acceptSymbol(',')) items.push(parseExpression(cursor));
  cursor.expectSymbol(')');
  return { kind: 'row', explicit: true, items, span: cursor.spanFrom(start) };
}

function parseCollection(cursor: TokenCursor, type: 'ARRAY' | 'MULTISET' | 'MAP'): Expression | null {
  const start = cursor.current;
  if (cursor.atSymbol('(', 1)) return parseCollectionQuery(cursor, type, start);
  if (!cursor.atSymbol('[', 1)) return start.reserved ? cursor.unexpected("'[' or '('", cursor.peek()) : null;
  cursor.take();
  cursor.take();
  const items = cursor.atSymbol(']') && type !== 'MULTISET' ? [] : parseExpressionList(cursor);
  const close = cursor.expectSymbol(']');
  if (type !== 'MAP') return { kind: 'collection', type, items, span: cursor.spanFrom(start) };
  if (items.length % 2 === 1) cursor.fail(close, 'a map needs a value for every key: MAP[key, value, ...]');
  const entries = [];
  for (let i = 0; i < items.length; i += 2) {
    const [key, value] = [items[i]!, items[i + 1]!];
    entries.push({ kind: 'mapEntry', key, value, span: { ...key.span, end: value.span.end } } as const);
  }
  return { kind: 'map', entries, span: cursor.spanFrom(start) };
}

function parseCollectionQuery(
  cursor: TokenCursor,
  type: 'ARRAY' | 'MULTISET' | 'MAP',
  start: Token,
): Expression | null {
  const opening = cursor.peek(2);
  if (!start.reserved && !QUERY_KEYWORDS.has(opening.keyword)) return null;
  cursor.take();
  cursor.expectSymbol('(');
  const query = parseQuery(cursor);
  cursor.expectSymbol(')');
  return { kind: 'collectionQuery', type, query, span: cursor.spanFrom(start) };
}

function parseSequenceValue(cursor: TokenCursor, start: Token): Expression {
  const operator = cursor.take().keyword === 'NEXT' ? 'NEXT VALUE' : 'CURRENT VALUE';
  cursor.expect('VALUE', 'FOR');
  return { kind: 'sequenceValue', operator, sequence: parseQualifiedName(cursor), span: cursor.spanFrom(start) };
}

function parseCase(cursor: TokenCursor): Expression {
  const start = cursor.expect('CASE');
  const operand = cursor.at('WHEN') ? null : parseExpression(cursor);
  const branches: CaseBranch[] = [];
  do {
    const when = cursor.expect('WHEN');
    const conditions = parseExpressionList(cursor);
    cursor.expect('THEN');
    const result = parseExpression(cursor);
    branches.push({ kind: 'caseBranch', conditions, result, span: cursor.spanFrom(when) });
  } while (cursor.at('WHEN'));
  const otherwise = cursor.accept('ELSE') ? parseExpression(cursor) : null;
  cursor.expect('END');
  return { kind: 'case', operand, branches, otherwise, span: cursor.spanFrom(start) };
}
