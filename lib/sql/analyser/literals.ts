// Literals of the script as typed constants.
//
//   'abc'  CHAR(3)      1.50  DECIMAL(3, 2)      2147483648  BIGINT      INTERVAL '120' SECOND  is refused
//
// Numbers with an exponent are DOUBLE. A timestamp's precision is the number of digits written. An interval's first
// field has two digits unless a precision says otherwise.

import { timestampUnitsPerSecond } from '../../expressions/cast.js';
import { type Literal, literal } from '../../expressions/expression.js';
import { types } from '../../schema/types.js';
import type {
  BinaryLiteral,
  DateTimeLiteral,
  IntervalLiteral,
  IntervalQualifier,
  Literal as LiteralNode,
  NumberLiteral,
  SourceSpan,
  TimeUnit,
} from '../ast.js';
import { invalid } from './errors.js';

const MS_PER_DAY = 86_400_000;
const FRACTION_DIGITS_MAX = 9;
const INTERVAL_PRECISION_DEFAULT = 2;

export function literalExpression(node: LiteralNode): Literal {
  switch (node.kind) {
    case 'number':
      return numberLiteral(node);
    case 'string':
      return literal(node.value, types.char([...node.value].length));
    case 'binaryLiteral':
      return binaryLiteral(node);
    case 'boolean':
      return literal(node.value, types.boolean());
    case 'null':
      return literal(null, types.null());
    case 'dateTime':
      return dateTimeLiteral(node);
    case 'interval':
      return intervalLiteral(node);
  }
}

function numberLiteral({ form, text, span }: NumberLiteral): Literal {
  const outOfRange = () => {
    const advice =
      form === 'approximate'
        ? 'a DOUBLE reaches to 1.7976931348623157E308'
        : `for more digits than BIGINT has, write CAST('${text}' AS DECIMAL(38, 0))`;
    return invalid('invalid-literal', text, `Numeric literal '${text}' out of range; ${advice}`, span);
  };
  if (form === 'approximate') {
    const value = Number(text);
    if (!Number.isFinite(value)) throw outOfRange();
    return literal(value, types.double());
  }
  const negative = text.startsWith('-');
  const [whole = '', fraction = ''] = text.replace(/^[-+]/, '').split('.');
  if (fraction === '') {
    const value = BigInt((negative ? '-' : '') + (whole === '' ? '0' : whole));
    if (value >= -2147483648n && value <= 2147483647n) return literal(Number(value), types.integer());
    if (value >= -(2n ** 63n) && value < 2n ** 63n) return literal(String(value), types.bigint());
    throw outOfRange();
  }
  const precision = whole.length + fraction.length;
  if (precision > 38) throw outOfRange();
  const digits = `${negative ? '-' : ''}${whole.replace(/^0+(?=\d)/, '') || '0'}.${fraction}`;
  return literal(digits, types.decimal(precision, fraction.length));
}

/** The negative of a number or interval that is a constant. */
export function negatedLiteral(value: Literal): Literal | undefined {
  const flip = (text: string) => (text.startsWith('-') ? text.slice(1) : /[1-9]/.test(text) ? `-${text}` : text);
  switch (value.type.kind) {
    case 'INTEGER':
    case 'DOUBLE':
    case 'INTERVAL_YEAR_MONTH':
      return literal(-(value.literal as number) + 0, value.type);
    case 'BIGINT':
    case 'DECIMAL':
    case 'INTERVAL_DAY_TIME':
      return literal(flip(value.literal as string), value.type);
    default:
      return undefined;
  }
}

function binaryLiteral({ hex, span }: BinaryLiteral): Literal {
  if (hex.length % 2 !== 0) {
    throw invalid('invalid-literal', hex, 'Binary literal string must contain an even number of hexits', span);
  }
  return literal(hex.toLowerCase(), types.binary(hex.length / 2));
}

// ------------------------------------------------------------------------------------------------------ dates and times

/** Days since 1970-01-01 in the proleptic Gregorian calendar. */
export function daysSinceEpoch(year: number, month: number, day: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return Math.floor(date.getTime() / MS_PER_DAY);
}

const DATE_PATTERN = /^(\d{1,4})-(\d{1,2})-(\d{1,2})$/;
const TIME_PATTERN = /^(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d+))?$/;

function parseDate(text: string): number | undefined {
  const match = DATE_PATTERN.exec(text);
  if (match === null) return undefined;
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number];
  const days = daysSinceEpoch(year, month, day);
  const back = new Date(days * MS_PER_DAY);
  return back.getUTCMonth() + 1 === month && back.getUTCDate() === day ? days : undefined;
}

interface TimeOfDay {
  readonly seconds: number;
  readonly fraction: string;
}

function parseTime(text: string): TimeOfDay | undefined {
  const match = TIME_PATTERN.exec(text);
  if (match === null) return undefined;
  const [hour, minute, second] = match.slice(1, 4).map(Number) as [number, number, number];
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  return { seconds: hour * 3600 + minute * 60 + second, fraction: (match[4] ?? '').slice(0, FRACTION_DIGITS_MAX) };
}

const LITERAL_FORMS: Readonly<Record<DateTimeLiteral['type'], string>> = {
  DATE: "DATE '2024-01-31'",
  TIME: "TIME '23:59:59'",
  TIMESTAMP: "TIMESTAMP '2024-01-31 23:59:59.999'",
  TIMESTAMP_LTZ: "TIMESTAMP WITH LOCAL TIME ZONE '2024-01-31 23:59:59.999'",
  TIMESTAMP_TZ: "TIMESTAMP '2024-01-31 23:59:59.999'",
};

function dateTimeLiteral({ type, text, span }: DateTimeLiteral): Literal {
  const value = parseDateTime(type, text.trim());
  if (value === undefined) {
    throw invalid('invalid-literal', text, `Illegal ${type} literal '${text}'; write ${LITERAL_FORMS[type]}`, span);
  }
  return value;
}

/** The constant that a text denotes; undefined if it is not well formed. */
export function parseDateTime(type: DateTimeLiteral['type'], text: string): Literal | undefined {
  if (type === 'DATE') {
    const days = parseDate(text);
    return days === undefined ? undefined : literal(days, types.date());
  }
  if (type === 'TIME') {
    const time = parseTime(text);
    if (time === undefined) return undefined;
    const ms = time.seconds * 1000 + Number(time.fraction.padEnd(3, '0').slice(0, 3));
    return literal(ms, types.time(time.fraction.length));
  }
  if (type === 'TIMESTAMP_TZ') return undefined;
  const [datePart, timePart = '00:00:00'] = text.split(/[ T]+/);
  const days = parseDate(datePart ?? '');
  const time = parseTime(timePart);
  if (days === undefined || time === undefined) return undefined;
  const precision = time.fraction.length;
  const units = timestampUnitsPerSecond(precision);
  const fraction = BigInt(time.fraction.padEnd(String(units).length - 1, '0') || '0');
  const value = (BigInt(days) * 86_400n + BigInt(time.seconds)) * units + fraction;
  return literal(String(value), type === 'TIMESTAMP' ? types.timestamp(precision) : types.timestampLtz(precision));
}

// ------------------------------------------------------------------------------------------------------------ intervals

const MS_PER_UNIT: Partial<Record<TimeUnit, number>> = {
  MILLISECOND: 1,
  SECOND: 1_000,
  MINUTE: 60_000,
  HOUR: 3_600_000,
  DAY: MS_PER_DAY,
  WEEK: 7 * MS_PER_DAY,
};
const MONTHS_PER_UNIT: Partial<Record<TimeUnit, number>> = { MONTH: 1, QUARTER: 3, YEAR: 12 };

/** One of a unit as an interval; undefined if the unit measures no duration. */
export function unitInterval(unit: TimeUnit, count = 1): Literal | undefined {
  const months = MONTHS_PER_UNIT[unit];
  if (months !== undefined) return literal(months * count, types.yearMonthInterval());
  const ms = MS_PER_UNIT[unit];
  return ms === undefined ? undefined : literal(String(ms * count), types.dayTimeInterval());
}

/** Fields from the first to the last of a qualifier, with how many of each make one of the field before. */
const FIELDS: readonly { readonly unit: TimeUnit; readonly modulus: number }[] = [
  { unit: 'DAY', modulus: Infinity },
  { unit: 'HOUR', modulus: 24 },
  { unit: 'MINUTE', modulus: 60 },
  { unit: 'SECOND', modulus: 60 },
];

export function printQualifier({ from, to, precision, fractionalPrecision }: IntervalQualifier): string {
  const first = precision === null ? from : `${from}(${precision})`;
  if (to === null) return first;
  return `${first} TO ${to}${fractionalPrecision === null ? '' : `(${fractionalPrecision})`}`;
}

/** An interval of this qualifier as it is written: `INTERVAL '1 02:03' DAY TO MINUTE`. */
function intervalForm(qualifier: IntervalQualifier): string {
  const { from, to } = qualifier;
  if (to === null) return `INTERVAL '5' ${from}`;
  if (from === 'YEAR') return "INTERVAL '1-06' YEAR TO MONTH";
  const units = ['DAY', 'HOUR', 'MINUTE', 'SECOND'];
  const parts = ['1', '02', '03', '04'].slice(units.indexOf(from), units.indexOf(to) + 1);
  const text = from === 'DAY' ? `${parts[0]} ${parts.slice(1).join(':')}` : parts.join(':');
  return `INTERVAL '${text}' ${from} TO ${to}`;
}

function intervalLiteral({ negative, text, qualifier, span }: IntervalLiteral): Literal {
  const trimmed = text.trim();
  const signed = /^([-+]?)(.*)$/s.exec(trimmed)!;
  const negativeValue = (signed[1] === '-') !== negative;
  const magnitude = intervalMagnitude(signed[2]!, qualifier, span);
  if (magnitude === undefined) {
    const message = `Illegal interval literal format '${text}' for INTERVAL ${printQualifier(qualifier)}; write ${intervalForm(qualifier)}`;
    throw invalid('invalid-literal', text, message, span);
  }
  const value = negativeValue ? -magnitude + 0 : magnitude;
  return qualifier.from in MONTHS_PER_UNIT
    ? literal(value, types.yearMonthInterval())
    : literal(String(value), types.dayTimeInterval());
}

/** Months, or milliseconds; undefined if the text does not match the fields. */
function intervalMagnitude(text: string, qualifier: IntervalQualifier, span: SourceSpan): number | undefined {
  const { from, to } = qualifier;
  const checked = (digits: string) => checkPrecision(digits, qualifier, span);
  if (from in MONTHS_PER_UNIT) {
    if (to === null) return /^\d+$/.test(text) ? checked(text) * MONTHS_PER_UNIT[from]! : undefined;
    const match = /^(\d+)-(\d{1,2})$/.exec(text);
    if (match === null || Number(match[2]) > 11) return undefined;
    return checked(match[1]!) * 12 + Number(match[2]);
  }
  if (from === 'WEEK') return /^\d+$/.test(text) ? checked(text) * MS_PER_UNIT.WEEK! : undefined;
  const start = FIELDS.findIndex((f) => f.unit === from);
  const end = to === null ? start : FIELDS.findIndex((f) => f.unit === to);
  if (start < 0 || end < start) return undefined;
  const fields = FIELDS.slice(start, end + 1);
  const separators = fields.slice(1).map((_, i) => (fields[i]!.unit === 'DAY' ? ' +' : ':'));
  const endsInSecond = fields.at(-1)!.unit === 'SECOND';
  const pattern = fields.map((_, i) => (i === 0 ? '(\\d+)' : `${separators[i - 1]}(\\d{1,2})`)).join('');
  const match = new RegExp(`^${pattern}${endsInSecond ? '(?:\\.(\\d{1,9}))?' : ''}$`).exec(text);
  if (match === null) return undefined;
  let total = checked(match[1]!) * MS_PER_UNIT[from]!;
  for (const [i, field] of fields.entries()) {
    if (i === 0) continue;
    const value = Number(match[i + 1]);
    if (value >= field.modulus) return undefined;
    total += value * MS_PER_UNIT[field.unit]!;
  }
  const fraction = endsInSecond ? (match[fields.length + 1] ?? '') : '';
  return total + Number(fraction.padEnd(3, '0').slice(0, 3));
}

function checkPrecision(digits: string, qualifier: IntervalQualifier, span: SourceSpan): number {
  const precision = qualifier.precision ?? INTERVAL_PRECISION_DEFAULT;
  const significant = digits.replace(/^0+(?=\d)/, '');
  if (significant.length > precision) {
    const message = `Interval field value ${significant} exceeds precision of ${qualifier.from}(${precision}) field; write ${qualifier.from}(${significant.length})`;
    throw invalid('invalid-literal', significant, message, span);
  }
  return Number(significant);
}
