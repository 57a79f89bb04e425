// OVER and WINDOW.
//
//   OVER (PARTITION BY a ORDER BY ts ROWS BETWEEN 5 PRECEDING AND CURRENT ROW) -> { kind: 'window', partitionBy, orderBy, frame }
//
// No state besides the cursor's.

import type { Identifier, NamedWindow, WindowBound, WindowFrame, WindowSpecification } from '../ast.js';
import { parseExpression, parseExpressionList } from './expressions.js';
import { isIdentifier, parseIdentifier } from './names.js';
import { parseOrderBy } from './queries.js';
import type { TokenCursor } from './token-cursor.js';

/** What stands after OVER: a window's name, or its definition. */
export function parseOver(cursor: TokenCursor): WindowSpecification | Identifier {
  return cursor.atSymbol('(') ? parseWindowSpecification(cursor) : parseIdentifier(cursor, "a window's name or '('");
}

/** `WINDOW a AS (...), b AS (...)`, or nothing. */
export function parseNamedWindows(cursor: TokenCursor): NamedWindow[] {
  if (!cursor.accept('WINDOW')) return [];
  return cursor.commaList((inner) => {
    const start = inner.current;
    const name = parseIdentifier(inner, "a window's name");
    inner.expect('AS');
    const window = parseWindowSpecification(inner);
    return { kind: 'namedWindow', name, window, span: inner.spanFrom(start) };
  });
}

function parseWindowSpecification(cursor: TokenCursor): WindowSpecification {
  const start = cursor.expectSymbol('(');
  const base = isIdentifier(cursor.current) ? parseIdentifier(cursor) : null;
  let partitionBy: WindowSpecification['partitionBy'] = [];
  if (cursor.accept('PARTITION')) {
    cursor.expect('BY');
    partitionBy = parseExpressionList(cursor);
  }
  const orderBy = cursor.at('ORDER') ? parseOrderBy(cursor) : [];
  const frame = parseFrame(cursor);
  const allowPartial = parseAllowPartial(cursor);
  cursor.expectSymbol(')');
  return { kind: 'window', base, partitionBy, orderBy, frame, allowPartial, span: cursor.spanFrom(start) };
}

function parseFrame(cursor: TokenCursor): WindowFrame | null {
  const start = cursor.current;
  const unit = cursor.acceptOneOf('ROWS', 'RANGE');
  if (unit === null) return null;
  const between = cursor.accept('BETWEEN');
  const lower = parseBound(cursor);
  if (between) cursor.expect('AND');
  const upper = between ? parseBound(cursor) : null;
  return { kind: 'windowFrame', unit, lower, upper, span: cursor.spanFrom(start) };
}

function parseBound(cursor: TokenCursor): WindowBound {
  const start = cursor.current;
  if (cursor.accept('CURRENT', 'ROW'))
    return { kind: 'windowBound', bound: 'CURRENT ROW', offset: null, span: cursor.spanFrom(start) };
  if (cursor.at('UNBOUNDED') && ['PRECEDING', 'FOLLOWING'].includes(cursor.peek().keyword)) {
    cursor.take();
    const direction = cursor.expectOneOf('PRECEDING', 'FOLLOWING');
    return { kind: 'windowBound', bound: `UNBOUNDED ${direction}`, offset: null, span: cursor.spanFrom(start) };
  }
  const offset = parseExpression(cursor);
  const bound = cursor.expectOneOf('PRECEDING', 'FOLLOWING');
  return { kind: 'windowBound', bound, offset, span: cursor.spanFrom(start) };
}

function parseAllowPartial(cursor: TokenCursor): boolean | null {
  const keyword = cursor.acceptOneOf('ALLOW', 'DISALLOW');
  if (keyword === null) return null;
  cursor.expect('PARTIAL');
  return keyword === 'ALLOW';
}
