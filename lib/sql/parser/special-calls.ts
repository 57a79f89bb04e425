// Calls with a syntax of their own, made into ordinary calls (see FunctionCall in ast.ts for the order of arguments).
//
//   TRIM(BOTH 'x' FROM s) -> TRIM(symbol BOTH, 'x', s)       EXTRACT(DAY FROM ts) -> EXTRACT(symbol DAY, ts)
//
// No state besides the cursor's.

import type { CastExpression, Expression, FunctionCall, SymbolNode } from '../ast.js';
import type { Token } from '../lexer.js';
import { parseCastType } from './data-types.js';
import { parseExpression, parseExpressionList } from './expressions.js';
import { bareCall, functionName, parseArguments, parseCallSuffix, parseNullTreatment } from './functions.js';
import { parseNumericLiteral, parseStringLiteral } from './literals.js';
import { isIdentifier, parseIdentifier } from './names.js';
import { parseOperand } from './operands.js';
import { parseOrderBy } from './queries.js';
import type { TokenCursor } from './token-cursor.js';
import { parseOver } from './windows.js';

export function parseSpecialCall(cursor: TokenCursor): Expression {
  const start = cursor.current;
  switch (start.keyword) {
    case 'CAST':
    case 'TRY_CAST':
    case 'SAFE_CAST':
      return parseCast(cursor, start.keyword);
    case 'EXTRACT':
      return callOf(cursor, (inner) => {
        const unit = parseUnitSymbol(inner);
        inner.expect('FROM');
        return [unit, parseExpression(inner)];
      });
    case 'POSITION':
      return callOf(cursor, parsePosition);
    case 'CONVERT':
    case 'TRANSLATE':
      return callOf(cursor, parseTranslation);
    case 'OVERLAY':
      return callOf(cursor, parseOverlay);
    case 'FLOOR':
    case 'CEIL':
    case 'CEILING':
      return parseRounding(cursor, start);
    case 'SUBSTRING':
      return callOf(cursor, parseSubstring);
    case 'TRIM':
      return callOf(cursor, parseTrim);
    case 'TIMESTAMPADD':
    case 'TIMESTAMPDIFF':
      return callOf(cursor, (inner) => {
        const unit = parseUnitSymbol(inner);
        inner.expectSymbol(',');
        const first = parseExpression(inner);
        inner.expectSymbol(',');
        return [unit, first, parseExpression(inner)];
      });
    case 'TIMESTAMP_DIFF':
    case 'DATE_DIFF':
    case 'DATETIME_DIFF':
    case 'TIME_DIFF':
      return callOf(cursor, (inner) => parseThenUnit(inner, 2));
    case 'DATE_TRUNC':
    case 'TIMESTAMP_TRUNC':
    case 'DATETIME_TRUNC':
    case 'TIME_TRUNC':
      return callOf(cursor, (inner) => parseThenUnit(inner, 1));
    case 'CONTAINS_SUBSTR':
      return callOf(cursor, parseExpressionList);
    case 'CLASSIFIER':
    case 'MATCH_NUMBER':
      return callOf(cursor, () => []);
    case 'FIRST':
    case 'LAST':
    case 'PREV':
    case 'NEXT':
      return callOf(cursor, parseNavigation);
    case 'ARRAY_AGG':
      return parseArrayAggregate(cursor, start);
    default:
      return parseGroupWindow(cursor, start);
  }
}

/** NAME ( what `parseArgs` takes ), as an ordinary call. */
function callOf(cursor: TokenCursor, parseArgs: (cursor: TokenCursor) => readonly Expression[]): FunctionCall {
  const start = cursor.current;
  const name = functionName(cursor);
  cursor.expectSymbol('(');
  const args = parseArgs(cursor);
  cursor.expectSymbol(')');
  return { ...bareCall(name), args, span: cursor.spanFrom(start) };
}

function symbolAt(token: Token, symbol: string): SymbolNode {
  const { start, end, line, column } = token;
  return { kind: 'symbol', symbol, span: { start, end, line, column } };
}

/** A unit, or any name in its place: the analyser knows which function takes which. */
function parseUnitSymbol(cursor: TokenCursor): SymbolNode {
  const token = cursor.current;
  if (!isIdentifier(token) && !UNITS.has(token.keyword)) cursor.unexpected('a unit such as DAY or MINUTE');
  cursor.take();
  return symbolAt(token, token.value.toUpperCase());
}

const UNITS = new Set(
  `MICROSECOND NANOSECOND MILLISECOND SECOND MINUTE HOUR DAY DOW DOY ISODOW ISOYEAR WEEK MONTH QUARTER YEAR EPOCH DECADE CENTURY
  MILLENNIUM`.split(/\s+/),
);

/** Some expressions, then a unit: `DATE_DIFF(a, b, DAY)`; `DATE_TRUNC('day', a)` has none. */
function parseThenUnit(cursor: TokenCursor, numOperands: number): Expression[] {
  const args: Expression[] = [];
  for (let i = 0; i < numOperands; i++) {
    args.push(parseExpression(cursor));
    cursor.expectSymbol(',');
  }
  const unit = cursor.current;
  const isUnit = cursor.atSymbol(')', 1) && (isIdentifier(unit) || UNITS.has(unit.keyword));
  if (isUnit && args[0]?.kind !== 'string') return [...args, parseUnitSymbol(cursor)];
  if (cursor.at('WEEK') && cursor.atSymbol('(', 1)) return [...args, parseWeekStart(cursor)];
  return [...args, parseExpression(cursor)];
}

/** `WEEK(MONDAY)`. */
function parseWeekStart(cursor: TokenCursor): SymbolNode {
  const week = cursor.take();
  cursor.expectSymbol('(');
  const day = cursor.expectOneOf('MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY');
  cursor.expectSymbol(')');
  return { kind: 'symbol', symbol: `WEEK_${day}`, span: cursor.spanFrom(week) };
}

function parseCast(cursor: TokenCursor, operator: CastExpression['operator']): CastExpression {
  const start = cursor.take();
  cursor.expectSymbol('(');
  const operand = parseExpression(cursor);
  cursor.expect('AS');
  const type = parseCastType(cursor);
  cursor.expectSymbol(')');
  return { kind: 'cast', operator, operand, type, span: cursor.spanFrom(start) };
}

/** What is sought ends at IN, so it can be an operand only. */
function parsePosition(cursor: TokenCursor): Expression[] {
  const args = [parseOperand(cursor)];
  cursor.expect('IN');
  args.push(parseExpression(cursor));
  if (cursor.accept('FROM')) args.push(parseExpression(cursor));
  return args;
}

function parseTranslation(cursor: TokenCursor): Expression[] {
  const first = parseExpression(cursor);
  if (!cursor.accept('USING')) {
    const args = [first];
    while (cursor.acceptSymbol(',')) args.push(parseExpression(cursor));
    return args;
  }
  const charset = cursor.current;
  parseIdentifier(cursor, "a character set's name");
  return [first, symbolAt(charset, charset.value.toUpperCase())];
}

function parseOverlay(cursor: TokenCursor): Expression[] {
  const args = [parseExpression(cursor)];
  cursor.expect('PLACING');
  args.push(parseExpression(cursor));
  cursor.expect('FROM');
  args.push(parseExpression(cursor));
  if (cursor.accept('FOR')) args.push(parseExpression(cursor));
  return args;
}

function parseSubstring(cursor: TokenCursor): Expression[] {
  const args = [parseExpression(cursor)];
  if (!cursor.accept('FROM') && !cursor.acceptSymbol(',')) cursor.unexpected("FROM or ','");
  args.push(parseExpression(cursor));
  if (cursor.accept('FOR') || cursor.acceptSymbol(',')) args.push(parseExpression(cursor));
  return args;
}

/** Always three arguments: side (BOTH if not given), characters (a blank if not given), string. */
function parseTrim(cursor: TokenCursor): Expression[] {
  const start = cursor.current;
  const keyword = cursor.acceptOneOf('BOTH', 'LEADING', 'TRAILING');
  const side = symbolAt(start, keyword ?? 'BOTH');
  const blank: Expression = { kind: 'string', value: ' ', charset: null, span: side.span };
  if (cursor.at('FROM')) {
    if (keyword === null) cursor.fail(cursor.current, "expected what to trim before FROM: TRIM(BOTH 'x' FROM s)");
    cursor.take();
    return [side, blank, parseExpression(cursor)];
  }
  const first = parseExpression(cursor);
  return cursor.accept('FROM') ? [side, first, parseExpression(cursor)] : [side, blank, first];
}

/** FLOOR and CEIL, of a number or TO a unit of time. */
function parseRounding(cursor: TokenCursor, start: Token): FunctionCall {
  const call = callOf(cursor, (inner) => {
    const operand = parseExpression(inner);
    return inner.accept('TO') ? [operand, parseUnitSymbol(inner)] : [operand];
  });
  if (!cursor.accept('OVER')) return call;
  return { ...call, over: parseOver(cursor), span: cursor.spanFrom(start) };
}

/** FIRST, LAST, PREV and NEXT of MATCH_RECOGNIZE: an offset is a literal. */
function parseNavigation(cursor: TokenCursor): Expression[] {
  const args = [parseExpression(cursor)];
  if (cursor.acceptSymbol(',')) args.push(parseNumericLiteral(cursor));
  return args;
}

/** `ARRAY_AGG(DISTINCT a IGNORE NULLS ORDER BY b)`. */
function parseArrayAggregate(cursor: TokenCursor, start: Token): FunctionCall {
  const name = functionName(cursor);
  cursor.expectSymbol('(');
  const quantifier = cursor.acceptOneOf('DISTINCT', 'ALL');
  const args = parseExpressionList(cursor);
  const nullTreatment = parseNullTreatment(cursor);
  const argumentOrderBy = cursor.at('ORDER') ? parseOrderBy(cursor) : [];
  if (cursor.accept('SEPARATOR')) args.push(parseStringLiteral(cursor, 'a separator in quotes'));
  cursor.expectSymbol(')');
  const call = { ...bareCall(name), quantifier, args, nullTreatment, argumentOrderBy, span: cursor.spanFrom(start) };
  return parseCallSuffix(cursor, call, start);
}

/** TUMBLE, HOP and SESSION of GROUP BY: at least one argument, nothing after the parentheses. */
function parseGroupWindow(cursor: TokenCursor, start: Token): FunctionCall {
  const name = functionName(cursor);
  if (cursor.atSymbol(')', 1)) cursor.unexpected('the column of the window and its size', cursor.peek());
  const { args } = parseArguments(cursor);
  return { ...bareCall(name), args, span: cursor.spanFrom(start) };
}
