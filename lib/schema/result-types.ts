// Types of results: arithmetic on numbers, and the type that several expressions have in common.
//
//   DECIMAL(10, 2) * INT                        ->  DECIMAL(21, 2)
//   CASE WHEN ... THEN INT ELSE DECIMAL(10, 2)  ->  DECIMAL(12, 2)
//
// Flink has two notions of a common type. `leastRestrictive` is Calcite's: CASE, set operations, IN, =, ARRAY[...].
// `commonType` is that of Flink's own function stack: COALESCE, IFNULL, GREATEST, ARRAY_CONCAT. They differ in
// approximate numbers and in dates against timestamps; both are reproduced as they are.

import {
  DECIMAL_PRECISION_MAX,
  type DecimalType,
  type Field,
  isApproximate,
  isBinary,
  isCharacter,
  isExactInteger,
  isExactNumeric,
  isNumeric,
  isTimestamp,
  type LogicalType,
  materialized,
  type RowType,
  type StringType,
  type TimestampType,
  timeAttribute,
  types,
  withNullable,
} from './types.js';

/** Scale that a result of too many digits keeps at least. */
const SCALE_MIN = 6;

const INTEGER_DIGITS = { TINYINT: 3, SMALLINT: 5, INTEGER: 10, BIGINT: 19 } as const;
const INTEGER_ORDER = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT'] as const;

/** An exact number as a decimal: INT is DECIMAL(10, 0). */
export function asDecimal(type: LogicalType): DecimalType {
  if (type.kind === 'DECIMAL') return type;
  if (isExactInteger(type)) return { ...types.decimal(INTEGER_DIGITS[type.kind]), nullable: type.nullable };
  throw new Error(`${type.kind} is not an exact number`);
}

/** Cuts a result to 38 digits: the integer part is kept as long as a scale of 6 remains. */
function adjusted(precision: number, scale: number): DecimalType {
  if (precision <= DECIMAL_PRECISION_MAX) return types.decimal(precision, scale);
  const integerDigits = precision - scale;
  return types.decimal(
    DECIMAL_PRECISION_MAX,
    Math.max(DECIMAL_PRECISION_MAX - integerDigits, Math.min(scale, SCALE_MIN)),
  );
}

export type ArithmeticOperator = 'plus' | 'minus' | 'times' | 'divide' | 'mod';

/** Result of an operator on two decimals. */
export function decimalResult(operator: ArithmeticOperator, a: DecimalType, b: DecimalType): DecimalType {
  const { precision: p1, scale: s1 } = a;
  const { precision: p2, scale: s2 } = b;
  switch (operator) {
    case 'plus':
    case 'minus': {
      const scale = Math.max(s1, s2);
      return adjusted(Math.max(p1 - s1, p2 - s2) + scale + 1, scale);
    }
    case 'times':
      return adjusted(p1 + p2 + 1, s1 + s2);
    case 'divide': {
      const scale = Math.max(SCALE_MIN, s1 + p2 + 1);
      return adjusted(p1 - s1 + s2 + scale, scale);
    }
    case 'mod': {
      const scale = Math.max(s1, s2);
      return adjusted(Math.min(p1 - s1, p2 - s2) + scale, scale);
    }
  }
}

/** Type of `a operator b` for numbers; undefined if the operator does not take them. */
export function arithmeticResult(
  operator: ArithmeticOperator,
  a: LogicalType,
  b: LogicalType,
): LogicalType | undefined {
  if (!isNumeric(a) || !isNumeric(b)) return undefined;
  const nullable = a.nullable || b.nullable;
  const bare = (): LogicalType | undefined => {
    if (operator === 'mod') {
      if (!isExactNumeric(a) || !isExactNumeric(b)) return undefined;
      return a.kind === 'DECIMAL' || b.kind === 'DECIMAL' ? decimalResult('mod', asDecimal(a), asDecimal(b)) : b;
    }
    if (isApproximate(a) || isApproximate(b)) return mergeLeastRestrictive(a, b);
    if (a.kind === 'DECIMAL' || b.kind === 'DECIMAL') return decimalResult(operator, asDecimal(a), asDecimal(b));
    return mergeLeastRestrictive(a, b);
  };
  const result = bare();
  return result && withNullable(result, nullable);
}

/** ROUND and TRUNCATE of a decimal to `digits` places. */
export function roundResult(type: DecimalType, digits: number): DecimalType {
  const { precision, scale } = type;
  if (digits >= scale) return { ...types.decimal(precision, scale), nullable: type.nullable };
  const kept = Math.max(digits, 0);
  return {
    ...types.decimal(Math.min(DECIMAL_PRECISION_MAX, 1 + precision - scale + kept), kept),
    nullable: type.nullable,
  };
}

function widerInteger(a: LogicalType, b: LogicalType): LogicalType {
  const rank = (t: LogicalType) => INTEGER_ORDER.indexOf(t.kind as (typeof INTEGER_ORDER)[number]);
  return rank(a) >= rank(b) ? a : b;
}

/** The decimal that holds both sides' integer digits and fractions, as far as 38 digits go. */
function widerDecimal(a: LogicalType, b: LogicalType): DecimalType {
  const x = asDecimal(a);
  const y = asDecimal(b);
  const integerDigits = Math.max(x.precision - x.scale, y.precision - y.scale);
  const scale = Math.min(Math.max(x.scale, y.scale), DECIMAL_PRECISION_MAX - integerDigits);
  return types.decimal(integerDigits + scale, scale);
}

function widerExact(a: LogicalType, b: LogicalType): LogicalType {
  return a.kind === 'DECIMAL' || b.kind === 'DECIMAL' ? widerDecimal(a, b) : widerInteger(a, b);
}

/** Strings of one fixed length keep it; anything else varies in length. */
function widerString(a: StringType, b: StringType): LogicalType {
  const length = Math.max(a.length, b.length);
  const fixed = a.kind === 'CHAR' || a.kind === 'BINARY';
  if (fixed && a.kind === b.kind && a.length === b.length) return a;
  return isCharacter(a) ? types.varchar(length) : types.varbinary(length);
}

type Merge = (a: LogicalType, b: LogicalType) => LogicalType | undefined;

/** Merges constructed types part by part; names of rows come from the first. */
function mergeParts(a: LogicalType, b: LogicalType, merge: Merge): LogicalType | undefined {
  const part = (x: LogicalType, y: LogicalType) => {
    const merged = merge(x, y);
    return merged && withNullable(merged, x.nullable || y.nullable);
  };
  if (a.kind === 'ARRAY' || a.kind === 'MULTISET') {
    if (b.kind !== a.kind) return undefined;
    const element = part(a.element, b.element);
    return element && { ...a, element };
  }
  if (a.kind === 'MAP' && b.kind === 'MAP') {
    const key = part(a.key, b.key);
    const value = part(a.value, b.value);
    return key && value && { ...a, key, value };
  }
  if (a.kind === 'ROW' && b.kind === 'ROW' && a.fields.length === b.fields.length) {
    const fields: Field[] = [];
    for (const [i, field] of a.fields.entries()) {
      const type = part(field.type, (b as RowType).fields[i]!.type);
      if (type === undefined) return undefined;
      fields.push({ name: field.name, type });
    }
    return { ...a, fields };
  }
  return undefined;
}

function mergeSimple(a: LogicalType, b: LogicalType): LogicalType | undefined {
  if (a.kind === 'NULL') return b;
  if (b.kind === 'NULL') return a;
  if (isCharacter(a) && isCharacter(b)) return widerString(a, b);
  if (isBinary(a) && isBinary(b)) return widerString(a, b);
  if (isExactNumeric(a) && isExactNumeric(b)) return widerExact(a, b);
  if (a.kind === 'TIME' && b.kind === 'TIME') return a.precision >= b.precision ? a : b;
  const scalar = ['BOOLEAN', 'DATE', 'VARIANT', 'INTERVAL_DAY_TIME', 'INTERVAL_YEAR_MONTH'];
  return a.kind === b.kind && scalar.includes(a.kind) ? a : undefined;
}

function mergeLeastRestrictive(a: LogicalType, b: LogicalType): LogicalType | undefined {
  if (isNumeric(a) && isNumeric(b) && (isApproximate(a) || isApproximate(b))) {
    if (a.kind === 'DECIMAL' || b.kind === 'DECIMAL') return types.double();
    return isApproximate(a) ? a : b;
  }
  if (isTimestamp(a) && isTimestamp(b)) {
    // Calcite takes the second's kind as soon as the precisions differ, and the greater precision.
    return a.precision === b.precision
      ? materialized(a)
      : { ...materialized(b), precision: Math.max(a.precision, b.precision) };
  }
  return mergeSimple(a, b) ?? mergeParts(a, b, mergeLeastRestrictive);
}

function mergeCommon(a: LogicalType, b: LogicalType): LogicalType | undefined {
  if (isNumeric(a) && isNumeric(b) && (isApproximate(a) || isApproximate(b))) {
    if (isApproximate(a) && isApproximate(b)) return a.kind === 'DOUBLE' ? a : b;
    if (isApproximate(a)) return b.kind === 'DECIMAL' ? types.double() : a;
    return b;
  }
  if (isTimestamp(a) && isTimestamp(b)) {
    const precision = Math.max(a.precision, b.precision);
    return a.kind === b.kind && a.kind === 'TIMESTAMP' ? types.timestamp(precision) : types.timestampLtz(precision);
  }
  for (const [x, y] of [
    [a, b],
    [b, a],
  ] as const) {
    if ((x.kind === 'DATE' || x.kind === 'TIME') && y.kind === 'TIMESTAMP') return x;
  }
  return mergeSimple(a, b) ?? mergeParts(a, b, mergeCommon);
}

function fold(all: readonly LogicalType[], merge: Merge): LogicalType | undefined {
  const [first, ...rest] = all;
  let result = first;
  for (const type of rest) {
    if (result === undefined) return undefined;
    result = merge(result, type);
  }
  if (result === undefined || result.kind === 'NULL') return result;
  const nullable = all.some((t) => t.nullable);
  return withNullable(commonAttribute(all) ?? materialized(result), nullable);
}

/** Time attributes of one kind stay one. */
function commonAttribute(all: readonly LogicalType[]): TimestampType | undefined {
  const [first] = all;
  if (first === undefined || !isTimestamp(first)) return undefined;
  const attribute = timeAttribute(first);
  const same = (t: LogicalType) =>
    isTimestamp(t) && timeAttribute(t) === attribute && t.kind === first.kind && t.precision === first.precision;
  return attribute !== undefined && all.every(same) ? first : undefined;
}

/** Calcite's common type: CASE, set operations, IN, comparisons by =, ARRAY, MAP and VALUES. */
export function leastRestrictive(all: readonly LogicalType[]): LogicalType | undefined {
  return fold(all, mergeLeastRestrictive);
}

/** The common type of Flink's functions: COALESCE, IFNULL, GREATEST, LEAST, ARRAY_CONCAT, MAP_UNION. */
export function commonType(all: readonly LogicalType[]): LogicalType | undefined {
  return fold(all, mergeCommon);
}
