// SQL/JSON functions.
//
//   JSON_VALUE(j, '$.a' RETURNING INT DEFAULT 0 ON EMPTY) -> { kind: 'jsonValue', returning: INTEGER, onEmpty: DEFAULT 0, onError: null }
//
// No state besides the cursor's.

import type { Expression, JsonBehavior, JsonMember, JsonNullClause, JsonQueryExpression } from '../ast.js';
import type { Token } from '../lexer.js';
import { parseCastType } from './data-types.js';
import { parseExpression, parseExpressionList } from './expressions.js';
import { parseWithinGroup } from './functions.js';
import { parseIdentifier } from './names.js';
import { startsExpression } from './operands.js';
import { parseOrderBy } from './queries.js';
import type { TokenCursor } from './token-cursor.js';

export function parseJsonCall(cursor: TokenCursor): Expression {
  const start = cursor.take();
  cursor.expectSymbol('(');
  switch (start.keyword) {
    case 'JSON_VALUE':
      return parseJsonValue(cursor, start);
    case 'JSON_QUERY':
      return parseJsonQuery(cursor, start);
    case 'JSON_EXISTS':
      return parseJsonExists(cursor, start);
    case 'JSON_OBJECT':
      return parseJsonObject(cursor, start);
    case 'JSON_ARRAY':
      return parseJsonArray(cursor, start);
    case 'JSON_OBJECTAGG':
      return parseJsonObjectAggregate(cursor, start);
    default:
      return parseJsonArrayAggregate(cursor, start);
  }
}

function parseInputAndPath(cursor: TokenCursor): { input: Expression; path: Expression } {
  const input = parseExpression(cursor);
  cursor.expectSymbol(',');
  const path = parseExpression(cursor);
  if (cursor.accept('PASSING')) {
    cursor.commaList((inner) => {
      parseExpression(inner);
      inner.expect('AS');
      return parseIdentifier(inner);
    });
  }
  return { input, path };
}

interface Behaviors {
  onEmpty: JsonBehavior | null;
  onError: JsonBehavior | null;
}

/** Any number of `... ON EMPTY` and `... ON ERROR`; a later one replaces an earlier. */
function parseBehaviors(
  cursor: TokenCursor,
  parseAction: (cursor: TokenCursor) => Pick<JsonBehavior, 'action' | 'value'>,
): Behaviors {
  const behaviors: Behaviors = { onEmpty: null, onError: null };
  while (!cursor.atSymbol(')')) {
    const start = cursor.current;
    const action = parseAction(cursor);
    cursor.expect('ON');
    const event = cursor.expectOneOf('EMPTY', 'ERROR');
    behaviors[event === 'EMPTY' ? 'onEmpty' : 'onError'] = {
      kind: 'jsonBehavior',
      ...action,
      span: cursor.spanFrom(start),
    };
  }
  return behaviors;
}

function parseJsonValue(cursor: TokenCursor, start: Token): Expression {
  const { input, path } = parseInputAndPath(cursor);
  const returning = cursor.accept('RETURNING') ? parseCastType(cursor) : null;
  const behaviors = parseBehaviors(cursor, (inner) => {
    const action = inner.expectOneOf('ERROR', 'NULL', 'DEFAULT');
    return { action, value: action === 'DEFAULT' ? parseExpression(inner) : null };
  });
  cursor.expectSymbol(')');
  return { kind: 'jsonValue', input, path, returning, ...behaviors, span: cursor.spanFrom(start) };
}

function parseJsonQuery(cursor: TokenCursor, start: Token): Expression {
  const { input, path } = parseInputAndPath(cursor);
  const returning = cursor.accept('RETURNING') ? parseCastType(cursor) : null;
  const wrapper = parseWrapper(cursor);
  const behaviors = parseBehaviors(cursor, (inner) => {
    const action = inner.expectOneOf('ERROR', 'NULL', 'EMPTY');
    return { action: action === 'EMPTY' ? `EMPTY ${inner.expectOneOf('ARRAY', 'OBJECT')}` : action, value: null };
  });
  cursor.expectSymbol(')');
  return { kind: 'jsonQuery', input, path, returning, wrapper, ...behaviors, span: cursor.spanFrom(start) };
}

function parseWrapper(cursor: TokenCursor): JsonQueryExpression['wrapper'] {
  let wrapper: JsonQueryExpression['wrapper'];
  if (cursor.accept('WITHOUT')) wrapper = 'WITHOUT';
  else if (!cursor.accept('WITH')) return null;
  else
    wrapper =
      cursor.acceptOneOf('CONDITIONAL', 'UNCONDITIONAL') === 'CONDITIONAL' ? 'WITH CONDITIONAL' : 'WITH UNCONDITIONAL';
  cursor.accept('ARRAY');
  cursor.expect('WRAPPER');
  return wrapper;
}

function parseJsonExists(cursor: TokenCursor, start: Token): Expression {
  const { input, path } = parseInputAndPath(cursor);
  const behaviorStart = cursor.current;
  const action = cursor.acceptOneOf('TRUE', 'FALSE', 'UNKNOWN', 'ERROR');
  if (action !== null) cursor.expect('ON', 'ERROR');
  const onError: JsonBehavior | null =
    action === null ? null : { kind: 'jsonBehavior', action, value: null, span: cursor.spanFrom(behaviorStart) };
  cursor.expectSymbol(')');
  return { kind: 'jsonExists', input, path, onError, span: cursor.spanFrom(start) };
}

function parseJsonObject(cursor: TokenCursor, start: Token): Expression {
  const empty = cursor.atSymbol(')') || cursor.at('NULL', 'ON') || cursor.at('ABSENT', 'ON');
  const members = empty ? [] : cursor.commaList(parseMember);
  const onNull = parseNullClause(cursor);
  cursor.expectSymbol(')');
  return { kind: 'jsonObject', members, onNull, span: cursor.spanFrom(start) };
}

/** `KEY k VALUE v`, `k VALUE v` or `k : v`. */
function parseMember(cursor: TokenCursor): JsonMember {
  const start = cursor.current;
  const keyed = cursor.at('KEY') && startsExpression(cursor.peek()) && cursor.accept('KEY');
  const key = parseExpression(cursor);
  if (!cursor.accept('VALUE')) {
    if (keyed || !cursor.atSymbol(':')) cursor.unexpected(keyed ? 'VALUE' : "VALUE or ':'");
    cursor.take();
  }
  const value = parseExpression(cursor);
  return { kind: 'jsonMember', key, value, span: cursor.spanFrom(start) };
}

function parseNullClause(cursor: TokenCursor): JsonNullClause | null {
  if (cursor.accept('NULL', 'ON', 'NULL')) return 'NULL ON NULL';
  return cursor.accept('ABSENT', 'ON', 'NULL') ? 'ABSENT ON NULL' : null;
}

function parseJsonArray(cursor: TokenCursor, start: Token): Expression {
  const empty = cursor.atSymbol(')') || cursor.at('ABSENT', 'ON');
  const items = empty ? [] : parseExpressionList(cursor);
  const onNull = parseNullClause(cursor);
  cursor.expectSymbol(')');
  return { kind: 'jsonArray', items, onNull, span: cursor.spanFrom(start) };
}

function parseJsonObjectAggregate(cursor: TokenCursor, start: Token): Expression {
  const member = parseMember(cursor);
  const onNull = parseNullClause(cursor);
  cursor.expectSymbol(')');
  return { kind: 'jsonObjectAggregate', member, onNull, span: cursor.spanFrom(start) };
}

function parseJsonArrayAggregate(cursor: TokenCursor, start: Token): Expression {
  const item = parseExpression(cursor);
  const inner = cursor.at('ORDER') ? parseOrderBy(cursor) : [];
  const onNull = parseNullClause(cursor);
  cursor.expectSymbol(')');
  const within = cursor.current;
  const outer = parseWithinGroup(cursor);
  if (inner.length > 0 && outer.length > 0)
    cursor.fail(within, 'the order is given twice: inside the parentheses and in WITHIN GROUP');
  return {
    kind: 'jsonArrayAggregate',
    item,
    orderBy: inner.length > 0 ? inner : outer,
    onNull,
    span: cursor.spanFrom(start),
  };
}
