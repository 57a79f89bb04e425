// Operators: their types, and the casts that bring both sides to what Flink computes in.
//
//   INT + DECIMAL(10, 2)     both exact: the left becomes DECIMAL(10, 0), the result is DECIMAL(13, 2)
//   INT = VARCHAR            refused;   INT > VARCHAR   both become BIGINT;   DATE = VARCHAR   the text becomes a DATE
//
// `=` and the other comparisons differ because Flink's planner leaves `=` to the code generator.

import { castTo } from '../../expressions/cast.js';
import { call, type Expression, isLiteral, type Literal, literal } from '../../expressions/expression.js';
import { type ArithmeticOperator, arithmeticResult, asDecimal, leastRestrictive } from '../../schema/result-types.js';
import {
  isApproximate,
  isBinary,
  isCharacter,
  isDatetime,
  isExactInteger,
  isInterval,
  isNumeric,
  LENGTH_MAX,
  type LogicalType,
  materialized,
  nullable,
  printType,
  type StringType,
  types,
  withNullable,
} from '../../schema/types.js';
import type { SourceSpan } from '../ast.js';
import { invalid } from './errors.js';

const CALLS: Readonly<Record<string, ArithmeticOperator>> = {
  '+': 'plus',
  '-': 'minus',
  '*': 'times',
  '/': 'divide',
  '%': 'mod',
};

const COMPARISONS: Readonly<Record<string, string>> = {
  '=': 'equals',
  '<>': 'not_equals',
  '<': 'less_than',
  '<=': 'less_than_or_equal',
  '>': 'greater_than',
  '>=': 'greater_than_or_equal',
};

/** A type in messages about operators: without nullability. */
const shown = (type: LogicalType) => `<${printType(nullable(materialized(type)))}>`;

/** `<INT> + <STRING>` for symbols and logic, `EXTRACT(<STRING>)` for words. */
function cannotApply(operator: string, args: readonly Expression[], span: SourceSpan) {
  const list = args.map((a) => shown(a.type));
  const infix = list.length === 2 && (/^\W/.test(operator) || ['AND', 'OR', 'IS DISTINCT FROM'].includes(operator));
  const written = infix ? list.join(` ${operator} `) : `${operator}(${list.join(', ')})`;
  const message = `Cannot apply '${operator}' to arguments of type '${written}'${operatorHint(operator, args)}`;
  return invalid('type-mismatch', operator, message, span);
}

/** What to write instead, if the types tell. */
function operatorHint(operator: string, args: readonly Expression[]): string {
  const [a, b = a] = args.map((e) => e.type);
  if (a === undefined || b === undefined) return '';
  const either = (is: (type: LogicalType) => boolean) => is(a) || is(b);
  if (operator === 'ITEM') return '; only ARRAY, MAP and ROW have elements';
  if (operator === '||') return '; CAST the other side to STRING';
  if (operator === '+' && isCharacter(a) && isCharacter(b)) return '; texts are joined by ||';
  if (operator === '-' && isDatetime(a) && isDatetime(b)) return '; write TIMESTAMPDIFF(SECOND, earlier, later)';
  if ('+-'.includes(operator) && either(isDatetime) && either(isNumeric))
    return "; a duration is an interval: INTERVAL '5' SECOND";
  if (operator in CALLS && either(isCharacter)) return '; CAST the text to a number';
  if (operator === 'LIKE') return '; CAST both sides to STRING';
  return operator in COMPARISONS ? '; CAST one side to the type of the other' : '';
}

/** An untyped NULL has no place among the operands. */
export function rejectNull(args: readonly Expression[], span: SourceSpan): void {
  if (args.some((a) => a.type.kind === 'NULL')) {
    throw invalid('type-mismatch', 'NULL', "Illegal use of 'NULL'; write CAST(NULL AS type)", span);
  }
}

// ---------------------------------------------------------------------------------------------------------- arithmetic

export function arithmetic(operator: string, left: Expression, right: Expression, span: SourceSpan): Expression {
  rejectNull([left, right], span);
  const name = CALLS[operator]!;
  const result = arithmeticResult(name, left.type, right.type);
  if (result !== undefined) return numeric(name, left, right, result);
  const temporal = temporalArithmetic(name, left, right);
  if (temporal === undefined) throw cannotApply(operator, [left, right], span);
  return temporal;
}

/** Operands in the type of the computation: exact decimals keep their own digits, everything else becomes the result's. */
export function numeric(
  name: ArithmeticOperator,
  left: Expression,
  right: Expression,
  result: LogicalType,
): Expression {
  if (result.kind === 'DECIMAL') return call(name, [exactly(left), exactly(right)], result);
  if (name === 'mod') {
    // The remainder is as wide as the divisor, but is computed in the wider of both.
    const wide = leastRestrictive([left.type, right.type])!;
    return castTo(call('mod', [castTo(left, wide), castTo(right, wide)], wide), result);
  }
  return call(name, [castTo(left, result), castTo(right, result)], result);
}

function exactly(e: Expression): Expression {
  return castTo(e, asDecimal(e.type));
}

function temporalArithmetic(name: string, left: Expression, right: Expression): Expression | undefined {
  const [a, b] = [left.type, right.type];
  const either = a.nullable || b.nullable;
  if (name === 'plus' && isInterval(a) && isDatetime(b)) return temporalArithmetic(name, right, left);
  if ((name === 'plus' || name === 'minus') && isInterval(b)) {
    if (isDatetime(a) || a.kind === b.kind) return call(name, [left, right], withNullable(materialized(a), either));
  }
  if (name === 'times' && isNumeric(a) && isInterval(b)) return temporalArithmetic(name, right, left);
  if ((name === 'times' || name === 'divide') && isInterval(a) && isNumeric(b)) {
    return scaledInterval(name, left, right, withNullable(a, either));
  }
  return undefined;
}

function scaledInterval(name: string, interval: Expression, factor: Expression, type: LogicalType): Expression {
  const known = (e: Expression): e is Literal => isLiteral(e) && e.literal !== null;
  if (name === 'times' && known(interval) && known(factor) && isExactInteger(factor.type)) {
    const product = BigInt(interval.literal as string | number) * BigInt(factor.literal as string | number);
    return literal(type.kind === 'INTERVAL_DAY_TIME' ? String(product) : Number(product), type);
  }
  return call(name, [interval, factor], type);
}

export function concatenation(left: Expression, right: Expression, span: SourceSpan): Expression {
  rejectNull([left, right], span);
  const type = concatenated(left.type, right.type);
  if (type === undefined) throw cannotApply('||', [left, right], span);
  return call('concat_operator', [left, right], withNullable(type, left.type.nullable || right.type.nullable));
}

function concatenated(a: LogicalType, b: LogicalType): LogicalType | undefined {
  const length = () => Math.min(LENGTH_MAX, (a as StringType).length + (b as StringType).length);
  if (isCharacter(a) && isCharacter(b)) {
    return a.kind === 'CHAR' && b.kind === 'CHAR' ? types.char(length()) : types.varchar(length());
  }
  if (isBinary(a) && isBinary(b)) {
    return a.kind === 'BINARY' && b.kind === 'BINARY' ? types.binary(length()) : types.varbinary(length());
  }
  return a.kind === 'ARRAY' && b.kind === 'ARRAY' ? leastRestrictive([a, b]) : undefined;
}

// --------------------------------------------------------------------------------------------------------- comparisons

/** Both sides of a comparison in one type. */
type Pair = readonly [Expression, Expression];

export function comparison(operator: string, left: Expression, right: Expression, span: SourceSpan): Expression {
  const equality = operator === '=' || operator === '<>';
  if (equality && mixesBooleanAndText(left, right)) return incomparable(operator, left, right);
  const pair = equality ? equalPair(left, right, span) : orderedPair(left, right);
  if (pair === undefined) throw cannotApply(operator, [left, right], span);
  const result = withNullable(types.boolean(), left.type.nullable || right.type.nullable);
  return call(COMPARISONS[operator]!, pair, result);
}

function mixesBooleanAndText(left: Expression, right: Expression): boolean {
  const mixed = (a: LogicalType, b: LogicalType) => a.kind === 'BOOLEAN' && isCharacter(b);
  return mixed(left.type, right.type) || mixed(right.type, left.type);
}

/** Flink accepts `TRUE = 'true'` and finds them different, whatever the text says. */
function incomparable(operator: string, left: Expression, right: Expression): Expression {
  const bool = withNullable(types.boolean(), false);
  const answer = literal(operator === '<>', bool);
  const known = [left, right].filter((e) => e.type.nullable).map((e) => call('is_not_null', [e], bool));
  if (known.length === 0) return answer;
  const type = withNullable(bool, true);
  return call('case', [known.length === 1 ? known[0]! : call('and', known, bool), answer, literal(null, type)], type);
}

export function distinctFrom(negated: boolean, left: Expression, right: Expression, span: SourceSpan): Expression {
  const pair = equalPair(left, right, span);
  if (pair === undefined) throw cannotApply('IS DISTINCT FROM', [left, right], span);
  const name = negated ? 'is_not_distinct_from' : 'is_distinct_from';
  return call(name, pair, withNullable(types.boolean(), false));
}

export function equalPair(left: Expression, right: Expression, span: SourceSpan): Pair | undefined {
  const [a, b] = [left.type, right.type];
  const mixesText = (x: LogicalType, y: LogicalType) => isCharacter(x) && isNumeric(y);
  if (mixesText(a, b) || mixesText(b, a)) {
    const identifier = `${a.kind} and ${b.kind}`;
    const message = `implicit type conversion between ${identifier} is not supported now; write a CAST`;
    throw invalid('type-mismatch', identifier, message, span);
  }
  return textPair(left, right) ?? commonPair(left, right, leastRestrictive([a, b]));
}

export function orderedPair(left: Expression, right: Expression): Pair | undefined {
  const [a, b] = [left.type, right.type];
  if (isApproximate(a) && isApproximate(b) && a.kind !== b.kind) return commonPair(left, right, types.double());
  return textPair(left, right) ?? commonPair(left, right, leastRestrictive([a, b]));
}

function commonPair(left: Expression, right: Expression, type: LogicalType | undefined): Pair | undefined {
  if (type === undefined) return undefined;
  if (type.kind === 'NULL') return [castTo(left, types.boolean()), castTo(right, types.boolean())];
  return [castTo(left, type), castTo(right, type)];
}

/** Text against something else takes the other's type; against exact numbers both become at least BIGINT. */
function textPair(left: Expression, right: Expression): Pair | undefined {
  const target = textTarget(left.type, right.type) ?? textTarget(right.type, left.type);
  return target && [castTo(left, target), castTo(right, target)];
}

function textTarget(text: LogicalType, other: LogicalType): LogicalType | undefined {
  if (!isCharacter(text)) return undefined;
  if (isExactInteger(other)) return types.bigint();
  if (other.kind === 'DECIMAL') return leastRestrictive([other, types.bigint()]);
  const takesText = isApproximate(other) || isDatetime(other) || isInterval(other) || other.kind === 'BOOLEAN';
  return takesText ? materialized(other) : undefined;
}

// -------------------------------------------------------------------------------------------------------------- logic

/** Flattens `a AND b AND c` into one n-ary form. */
export function logical(name: 'and' | 'or', parts: readonly Expression[], span: SourceSpan): Expression {
  const bools = parts.map((part) => asBoolean(part));
  if (bools.some((part) => part.type.kind !== 'BOOLEAN')) throw cannotApply(name.toUpperCase(), parts, span);
  const args = bools.flatMap((part) => ('call' in part && part.call === name ? part.args : [part]));
  return call(
    name,
    args,
    withNullable(
      types.boolean(),
      args.some((a) => a.type.nullable),
    ),
  );
}

/** An untyped NULL as a condition is UNKNOWN. */
export function asBoolean(e: Expression): Expression {
  return e.type.kind === 'NULL' ? castTo(e, types.boolean()) : e;
}

export function not(operand: Expression, span: SourceSpan): Expression {
  const e = asBoolean(operand);
  if (e.type.kind !== 'BOOLEAN') throw cannotApply('NOT', [e], span);
  return call('not', [e], e.type);
}

/** `a = 1 AND b = 2` for rows, `a = 1` for anything else. */
export function equalTuples(left: readonly Expression[], right: readonly Expression[], span: SourceSpan): Expression {
  const pairs = left.map((l, i) => comparison('=', l, right[i]!, span));
  return pairs.length === 1 ? pairs[0]! : logical('and', pairs, span);
}

export { cannotApply };
