// Literals, and INTERVAL's qualifiers.
//
//   'it''s' -> { kind: 'string', value: "it's" }      INTERVAL '5' MINUTES -> { kind: 'interval', text: '5', qualifier: MINUTE }
//
// No state besides the cursor's. As in Flink, what stands inside DATE '...' and INTERVAL '...' is checked by the analyser.

import type {
  DateTimeLiteral,
  Expression,
  IntervalExpression,
  IntervalLiteral,
  IntervalQualifier,
  Literal,
  NumberLiteral,
  StringLiteral,
  TimeUnit,
} from '../ast.js';
import { BAD_UNICODE_ESCAPE, type Token, unescapeUnicode } from '../lexer.js';
import { parseExpression } from './expressions.js';
import { parseColumnReference } from './functions.js';
import { isIdentifier } from './names.js';
import type { TokenCursor } from './token-cursor.js';

/** A literal by itself, as in PARTITION (a = 1); numbers may have a sign. */
export function parseLiteral(cursor: TokenCursor): Literal {
  if (cursor.atSymbol('-') || cursor.atSymbol('+')) return parseNumericLiteral(cursor);
  const literal = cursor.at('INTERVAL') ? parseIntervalLiteral(cursor) : tryParseLiteral(cursor);
  return literal ?? cursor.unexpected('a literal');
}

/** A literal if one comes next; INTERVAL is not asked here, because it also begins expressions. */
export function tryParseLiteral(cursor: TokenCursor): Literal | null {
  const token = cursor.current;
  switch (token.type) {
    case 'integer':
    case 'decimal':
    case 'approximate':
      return parseUnsignedNumber(cursor);
    case 'string':
    case 'unicodeString':
      return parseStringLiteral(cursor, 'a string');
    case 'binaryString':
      return parseBinaryLiteral(cursor);
    case 'word':
      return tryParseWordLiteral(cursor, token);
    case 'symbol':
      return token.text === '{' ? tryParseEscapedDateTime(cursor) : null;
    default:
      return null;
  }
}

function tryParseWordLiteral(cursor: TokenCursor, token: Token): Literal | null {
  switch (token.keyword) {
    case 'TRUE':
    case 'FALSE':
    case 'UNKNOWN':
      cursor.take();
      return {
        kind: 'boolean',
        value: token.keyword === 'UNKNOWN' ? null : token.keyword === 'TRUE',
        span: cursor.spanFrom(token),
      };
    case 'NULL':
      cursor.take();
      return { kind: 'null', span: cursor.spanFrom(token) };
    case 'DATE':
    case 'TIME':
    case 'DATETIME':
    case 'TIMESTAMP':
      return tryParseDateTime(cursor, token);
    default:
      return null;
  }
}

// -------------------------------------------------------------------------------------------------------------- numbers

export function parseUnsignedNumber(cursor: TokenCursor): NumberLiteral {
  const token = cursor.current;
  if (!isNumber(token)) cursor.unexpected('a number');
  cursor.take();
  return {
    kind: 'number',
    form: token.type === 'approximate' ? 'approximate' : 'exact',
    text: token.text,
    span: cursor.spanFrom(token),
  };
}

/** A number with an optional sign, which becomes part of the literal. */
export function parseNumericLiteral(cursor: TokenCursor): NumberLiteral {
  const start = cursor.current;
  const negative = cursor.acceptSymbol('-');
  if (!negative) cursor.acceptSymbol('+');
  const number = parseUnsignedNumber(cursor);
  return { ...number, text: negative ? `-${number.text}` : number.text, span: cursor.spanFrom(start) };
}

/** The digits of a precision, a scale, a length or a count. */
export function parseUnsignedInteger(cursor: TokenCursor): number {
  const token = cursor.current;
  if (token.type !== 'integer') cursor.unexpected('a whole number');
  const value = Number(token.text);
  if (value > 2147483647) cursor.fail(token, `${token.text} is too large; at most 2147483647`);
  cursor.take();
  return value;
}

export function isNumber(token: Token): boolean {
  return token.type === 'integer' || token.type === 'decimal' || token.type === 'approximate';
}

// -------------------------------------------------------------------------------------------------------------- strings

/** A string; neighbouring strings are one (`'a' 'b'` is `'ab'`). */
export function parseStringLiteral(cursor: TokenCursor, what: string): StringLiteral {
  const start = cursor.current;
  if (start.type !== 'string' && start.type !== 'unicodeString') cursor.unexpected(what);
  cursor.take();
  if (start.charset !== null && !CHARSETS.has(start.charset))
    cursor.fail(start, `there is no character set called ${start.charset}`);
  let value = start.value;
  while (isPlainString(cursor.current)) value += cursor.take().value;
  if (cursor.at('UESCAPE')) value = unescape(cursor, start, value, parseEscapeCharacter(cursor, start));
  else if (start.type === 'unicodeString') value = unescape(cursor, start, value, '\\');
  return { kind: 'string', value, charset: start.charset, span: cursor.spanFrom(start) };
}

const CHARSETS = new Set(
  'UTF8 UTF-8 UTF16 UTF-16 UTF-16LE UTF-16BE UTF32 UTF-32 LATIN1 ISO-8859-1 US-ASCII ASCII'.split(' '),
);

/** A string in plain quotes, without prefix: what DDL takes. */
export function parsePlainString(cursor: TokenCursor, what: string): StringLiteral {
  const token = cursor.current;
  if (!isPlainString(token)) cursor.unexpected(what);
  cursor.take();
  return { kind: 'string', value: token.value, charset: null, span: cursor.spanFrom(token) };
}

function isPlainString(token: Token): boolean {
  return token.type === 'string' && token.charset === null;
}

function parseEscapeCharacter(cursor: TokenCursor, literal: Token): string {
  const uescape = cursor.expect('UESCAPE');
  if (literal.type !== 'unicodeString')
    cursor.fail(uescape, "UESCAPE goes with a Unicode string only: U&'...' UESCAPE '!'");
  const token = cursor.current;
  const escape = parsePlainString(cursor, 'the escape character in quotes').value;
  if (escape.length !== 1 || /[0-9a-fA-F+'"\s]/.test(escape)) {
    cursor.fail(token, 'the escape must be one character, and neither a hex digit, +, a quote nor white space');
  }
  return escape;
}

function unescape(cursor: TokenCursor, token: Token, text: string, escape: string): string {
  return unescapeUnicode(text, escape) ?? cursor.fail(token, BAD_UNICODE_ESCAPE);
}

function parseBinaryLiteral(cursor: TokenCursor): Literal {
  const start = cursor.take();
  let hex = start.value;
  while (isPlainString(cursor.current)) hex += cursor.take().value;
  if (!/^[0-9a-fA-F]*$/.test(hex)) cursor.fail(start, "a binary string holds hex digits only: x'00FF'");
  return { kind: 'binaryLiteral', hex: hex.toUpperCase(), span: cursor.spanFrom(start) };
}

// -------------------------------------------------------------------------------------------------------- date and time

function tryParseDateTime(cursor: TokenCursor, token: Token): DateTimeLiteral | null {
  let type: DateTimeLiteral['type'] =
    token.keyword === 'DATE' || token.keyword === 'TIME' ? token.keyword : 'TIMESTAMP';
  let numWords = 1;
  if (token.keyword === 'TIMESTAMP' && cursor.peek().keyword === 'WITH') {
    if (cursor.at('TIMESTAMP', 'WITH', 'LOCAL', 'TIME', 'ZONE')) [type, numWords] = ['TIMESTAMP_LTZ', 5];
    else if (cursor.at('TIMESTAMP', 'WITH', 'TIME', 'ZONE')) [type, numWords] = ['TIMESTAMP_TZ', 4];
  }
  if (!isPlainString(cursor.peek(numWords))) return null;
  for (let i = 0; i < numWords; i++) cursor.take();
  const text = cursor.take().value;
  return { kind: 'dateTime', type, text, span: cursor.spanFrom(token) };
}

const ESCAPED_TYPES: Readonly<Record<string, DateTimeLiteral['type']>> = { D: 'DATE', T: 'TIME', TS: 'TIMESTAMP' };

/** `TIMESTAMP '...'`, with or without a time zone, and nothing else. */
export function parseTimestampLiteral(cursor: TokenCursor): DateTimeLiteral {
  const literal = cursor.at('TIMESTAMP') ? tryParseDateTime(cursor, cursor.current) : null;
  return literal ?? cursor.unexpected("a literal such as TIMESTAMP '2024-01-01 00:00:00'");
}

/** JDBC's `{d '2020-01-01'}`. */
function tryParseEscapedDateTime(cursor: TokenCursor): DateTimeLiteral | null {
  const start = cursor.current;
  const type = ESCAPED_TYPES[cursor.peek().text.toUpperCase()];
  if (type === undefined || !isPlainString(cursor.peek(2))) return null;
  cursor.take();
  cursor.take();
  const text = cursor.take().value;
  cursor.expectSymbol('}');
  return { kind: 'dateTime', type, text, span: cursor.spanFrom(start) };
}

// ------------------------------------------------------------------------------------------------------------- intervals

const INTERVAL_UNITS: Readonly<Record<string, TimeUnit>> = {
  YEAR: 'YEAR',
  YEARS: 'YEAR',
  QUARTER: 'QUARTER',
  QUARTERS: 'QUARTER',
  MONTH: 'MONTH',
  MONTHS: 'MONTH',
  WEEK: 'WEEK',
  WEEKS: 'WEEK',
  DAY: 'DAY',
  DAYS: 'DAY',
  HOUR: 'HOUR',
  HOURS: 'HOUR',
  MINUTE: 'MINUTE',
  MINUTES: 'MINUTE',
  SECOND: 'SECOND',
  SECONDS: 'SECOND',
};

const FINER_UNITS: Readonly<Partial<Record<TimeUnit, readonly TimeUnit[]>>> = {
  YEAR: ['MONTH'],
  DAY: ['HOUR', 'MINUTE', 'SECOND'],
  HOUR: ['MINUTE', 'SECOND'],
  MINUTE: ['SECOND'],
};

export function atIntervalUnit(token: Token): boolean {
  return token.keyword in INTERVAL_UNITS && token.keyword !== '';
}

/** `INTERVAL '5' DAY`, and nothing but a literal. */
export function parseIntervalLiteral(cursor: TokenCursor): IntervalLiteral {
  const expression = parseInterval(cursor);
  return expression.kind === 'interval'
    ? expression
    : cursor.fail(expression.span, "expected a literal, such as INTERVAL '5' DAY");
}

/** `INTERVAL '5' DAY`, `INTERVAL 5 DAY`, `INTERVAL a DAY`, `INTERVAL (a + 1) DAY`. */
export function parseInterval(cursor: TokenCursor): IntervalLiteral | IntervalExpression {
  const start = cursor.expect('INTERVAL');
  const sign = cursor.current;
  const negative = cursor.acceptSymbol('-');
  if (!negative) cursor.acceptSymbol('+');
  const token = cursor.current;
  if (isPlainString(token)) {
    if (token.value === '') cursor.fail(token, "the interval is empty; write one such as INTERVAL '5' DAY");
    cursor.take();
    const qualifier = parseIntervalQualifier(cursor);
    return { kind: 'interval', negative, text: token.value, qualifier, span: cursor.spanFrom(start) };
  }
  let operand = parseIntervalOperand(cursor, token);
  if (negative) operand = { kind: 'unary', operator: '-', operand, span: cursor.spanFrom(sign) };
  const qualifier = parseIntervalQualifier(cursor, false);
  return { kind: 'intervalExpression', operand, qualifier, span: cursor.spanFrom(start) };
}

function parseIntervalOperand(cursor: TokenCursor, token: Token): Expression {
  if (isNumber(token)) return parseUnsignedNumber(cursor);
  if (isIdentifier(token)) return parseColumnReference(cursor);
  if (!cursor.acceptSymbol('(')) cursor.unexpected("an amount, as in INTERVAL '5' MINUTE");
  const operand = parseExpression(cursor);
  cursor.expectSymbol(')');
  return operand;
}

/** `DAY(2) TO SECOND(3)`. */
export function parseIntervalQualifier(cursor: TokenCursor, rangeAllowed = true): IntervalQualifier {
  const start = cursor.current;
  const from = parseUnit(cursor);
  let to: TimeUnit | null = null;
  let precision: number | null = null;
  let fractionalPrecision: number | null = null;
  if (cursor.acceptSymbol('(')) {
    precision = parseUnsignedInteger(cursor);
    if (from === 'SECOND' && cursor.acceptSymbol(',')) fractionalPrecision = parseUnsignedInteger(cursor);
    cursor.expectSymbol(')');
  }
  const finer = FINER_UNITS[from];
  if (rangeAllowed && finer !== undefined && cursor.accept('TO')) {
    const unit = cursor.current;
    to = parseUnit(cursor);
    if (!finer.includes(to))
      cursor.fail(unit, `an interval from ${from} can go to ${finer.join(', ')}, not to ${unit.text}`);
    if (to === 'SECOND' && cursor.acceptSymbol('(')) {
      fractionalPrecision = parseUnsignedInteger(cursor);
      cursor.expectSymbol(')');
    }
  }
  return { kind: 'intervalQualifier', from, to, precision, fractionalPrecision, span: cursor.spanFrom(start) };
}

function parseUnit(cursor: TokenCursor): TimeUnit {
  const unit = INTERVAL_UNITS[cursor.current.keyword];
  if (unit === undefined)
    cursor.unexpected("a unit, as in INTERVAL '5' MINUTE: YEAR, QUARTER, MONTH, WEEK, DAY, HOUR, MINUTE or SECOND");
  cursor.take();
  return unit;
}
