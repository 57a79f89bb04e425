// Casts: writes them out where they change a value, and folds those of literals.
//
//   castTo(literal 1 INT, BIGINT)   ->  { literal: '1', type: BIGINT }
//   castTo(column 3 INT, BIGINT)    ->  { call: 'cast', args: [column 3], type: BIGINT }
//   castTo(column 3 CHAR(2), VARCHAR(5))  ->  column 3: the same bytes

import {
  type DecimalType,
  isBinary,
  isCharacter,
  isExactInteger,
  type LogicalType,
  materialized,
  type StringType,
  sameType,
  type TimestampType,
  withNullable,
} from '../schema/types.js';
import { call, type Expression, isLiteral, type Literal, literal } from './expression.js';

const INTEGER_LIMITS: Readonly<Record<string, bigint>> = {
  TINYINT: 127n,
  SMALLINT: 32767n,
  INTEGER: 2147483647n,
  BIGINT: 9223372036854775807n,
};

/** The expression with the given type; nullability stays the expression's own. */
export function castTo(e: Expression, target: LogicalType): Expression {
  const type = withNullable(materialized(target), e.type.nullable);
  if (sameType(e.type, type, { ignoreNullability: true })) return e;
  if (isLiteral(e)) {
    const folded = foldCast(e, type);
    if (folded !== undefined) return folded;
  }
  return keepsBytes(e.type, type) ? e : call('cast', [e], type);
}

/** A longer string type holds the same bytes. */
function keepsBytes(from: LogicalType, to: LogicalType): boolean {
  const varies = to.kind === 'VARCHAR' || to.kind === 'VARBINARY';
  const alike = (isCharacter(from) && isCharacter(to)) || (isBinary(from) && isBinary(to));
  return varies && alike && (to as StringType).length >= (from as StringType).length;
}

/** Number of a timestamp's units in a second: what its values count. */
export function timestampUnitsPerSecond(precision: number): bigint {
  return precision <= 3 ? 1_000n : precision <= 6 ? 1_000_000n : 1_000_000_000n;
}

/** The literal in another type if that loses nothing, else undefined. */
export function foldCast(e: Literal, type: LogicalType): Literal | undefined {
  if (e.literal === null) return literal(null, type);
  const from = e.type;
  const value = e.literal;
  if (isExactInteger(from)) return foldNumber(String(value), type);
  if (from.kind === 'DECIMAL') return foldNumber(String(value), type);
  if (from.kind === 'DOUBLE' && type.kind === 'FLOAT' && typeof value === 'number') {
    const narrowed = Math.fround(value);
    return Number.isFinite(narrowed) ? literal(narrowed, type) : undefined;
  }
  if (from.kind === 'FLOAT' && type.kind === 'DOUBLE') return literal(value, type);
  if (keepsBytes(from, type)) return literal(value, type);
  if (from.kind === 'TIMESTAMP' && type.kind === 'TIMESTAMP' && from.precision <= type.precision) {
    return literal(rescaleTimestamp(String(value), from, type), type);
  }
  return undefined;
}

function rescaleTimestamp(value: string, from: TimestampType, to: TimestampType): string {
  const factor = timestampUnitsPerSecond(to.precision) / timestampUnitsPerSecond(from.precision);
  return String(BigInt(value) * factor);
}

/** A number's digits as a literal of a numeric type, if it fits without rounding (or becomes approximate). */
function foldNumber(digits: string, type: LogicalType): Literal | undefined {
  if (isExactInteger(type)) {
    if (digits.includes('.')) return undefined;
    const value = BigInt(digits);
    const limit = INTEGER_LIMITS[type.kind]!;
    if (value > limit || value < -limit - 1n) return undefined;
    return literal(type.kind === 'BIGINT' ? String(value) : Number(value), type);
  }
  switch (type.kind) {
    case 'DECIMAL':
      return foldDecimal(digits, type);
    case 'DOUBLE':
      return literal(Number(digits), type);
    case 'FLOAT':
      return literal(Math.fround(Number(digits)), type);
    default:
      return undefined;
  }
}

function foldDecimal(digits: string, type: DecimalType): Literal | undefined {
  const negative = digits.startsWith('-');
  const [whole = '', fraction = ''] = digits.replace('-', '').split('.');
  if (fraction.length > type.scale) return undefined;
  const integerDigits = whole.replace(/^0+/, '');
  if (integerDigits.length > type.precision - type.scale) return undefined;
  const padded = fraction.padEnd(type.scale, '0');
  const text = (integerDigits === '' ? '0' : integerDigits) + (type.scale > 0 ? `.${padded}` : '');
  return literal(negative ? `-${text}` : text, type);
}
