// Predicates: BETWEEN, IN, LIKE, IS, OVERLAPS, and comparisons with SOME and ALL of a list.
//
//   v BETWEEN 1 AND 5     ->   and(greater_than_or_equal(v, 1), less_than_or_equal(v, 5))
//   k IN ('a', 'b')       ->   in(k, 'a', 'b')

import { castTo } from '../../expressions/cast.js';
import { call, type Expression, isLiteral } from '../../expressions/expression.js';
import { canCast } from '../../schema/casts.js';
import { leastRestrictive } from '../../schema/result-types.js';
import { isDatetime, isInterval, materialized, nullable, printType, types, withNullable } from '../../schema/types.js';
import type * as ast from '../ast.js';
import { invalid, unsupported } from './errors.js';
import { type Analyse, analyseExpression, type ExpressionContext, typedExpression } from './expressions.js';
import { jsonExpression } from './json.js';
import { arithmetic, cannotApply, comparison, equalTuples, logical, not, rejectNull } from './operators.js';
import { inSubquery, quantifiedSubquery } from './subqueries.js';

const BOOLEAN = types.boolean();
const NOT_NULL_BOOLEAN = withNullable(BOOLEAN, false);

/** `(begin, end) OVERLAPS (begin, end)`, where an end may be an interval after its begin. */
export function overlaps(node: ast.BinaryExpression, analyse: (inner: ast.Expression) => Expression): Expression {
  const { left, right, span } = node;
  if (left.kind !== 'row' || right.kind !== 'row' || left.items.length !== 2 || right.items.length !== 2) {
    throw unsupported('OVERLAPS takes two periods of a begin and an end each', node.operatorSpan);
  }
  const ends = [left, right].flatMap(({ items }) => {
    const [begin, end] = items.map(analyse) as [Expression, Expression];
    return [begin, isInterval(end.type) ? arithmetic('+', begin, end, span) : end];
  });
  const type = leastRestrictive(ends.map((e) => e.type));
  if (type === undefined || !ends.every((e) => isDatetime(e.type))) throw cannotApply('OVERLAPS', ends, span);
  const args = ends.map((e) => castTo(e, withNullable(materialized(type), e.type.nullable)));
  return call(
    'temporal_overlaps',
    args,
    withNullable(
      types.boolean(),
      ends.some((e) => e.type.nullable),
    ),
  );
}

export function isTest(node: ast.IsExpression, context: ExpressionContext): Expression {
  const { test, negated, span } = node;
  if (test.startsWith('JSON')) return jsonExpression(node, context);
  if (test === 'NULL') {
    const operand = analyseExpression(node.operand, context);
    return call(negated ? 'is_not_null' : 'is_null', [operand], NOT_NULL_BOOLEAN);
  }
  const e = typedExpression(node.operand, context);
  if (test === 'A SET' || test === 'EMPTY') throw unsupported(`IS ${test} is not supported`, span);
  if (e.type.kind !== 'BOOLEAN') throw cannotApply(`IS ${negated ? 'NOT ' : ''}${test}`, [e], span);
  if (test === 'UNKNOWN') return call(negated ? 'is_not_null' : 'is_null', [e], NOT_NULL_BOOLEAN);
  return call(`is_${negated ? 'not_' : ''}${test.toLowerCase()}`, [e], NOT_NULL_BOOLEAN);
}

export function between(node: ast.BetweenExpression, analyse: Analyse): Expression {
  const { negated, symmetric, span } = node;
  const [value, low, high] = [analyse(node.operand), analyse(node.low), analyse(node.high)];
  const inside = (from: Expression, to: Expression) =>
    logical('and', [comparison('>=', value, from, span), comparison('<=', value, to, span)], span);
  if (symmetric) {
    const either = logical('or', [inside(low, high), inside(high, low)], span);
    return negated ? not(either, span) : either;
  }
  if (!negated) return inside(low, high);
  return logical('or', [comparison('<', value, low, span), comparison('>', value, high, span)], span);
}

export function inExpression(node: ast.InExpression, context: ExpressionContext): Expression {
  if (node.query !== null) return inSubquery(node.operand, node.query, node.negated, node.span, context);
  const analyse = (inner: ast.Expression) => analyseExpression(inner, context);
  const members = node.list!;
  const found =
    node.operand.kind === 'row' && members.every((member) => member.kind === 'row')
      ? tupleIn(node.operand.items.map(analyse), members, analyse, node.span)
      : valueIn(analyse(node.operand), members.map(analyse), node.span);
  return node.negated ? not(found, node.span) : found;
}

function tupleIn(
  tuple: readonly Expression[],
  members: readonly ast.RowConstructor[],
  analyse: Analyse,
  span: ast.SourceSpan,
): Expression {
  const equal = members.map((member) => equalTuples(tuple, member.items.map(analyse), span));
  return equal.length === 1 ? equal[0]! : logical('or', equal, span);
}

/** Members are cast to the value's type, as Flink does: `i IN (1, 2.5)` compares with 1 and 2. */
function valueIn(value: Expression, members: readonly Expression[], span: ast.SourceSpan): Expression {
  const common = leastRestrictive(members.map((member) => member.type));
  const type = materialized(value.type);
  if (common === undefined || !(common.kind === 'NULL' || canCast(common, type))) {
    const given = [value, ...members].map((e) => printType(nullable(e.type)));
    const message = `Values in expression list must have compatible types: ${[...new Set(given)].join(', ')}`;
    throw invalid('type-mismatch', 'IN', message, span);
  }
  const args = [value, ...members.map((member) => castTo(member, type))];
  return call(
    'in',
    args,
    withNullable(
      BOOLEAN,
      args.some((a) => a.type.nullable),
    ),
  );
}

export function like(node: ast.LikeExpression, analyse: Analyse): Expression {
  const { operator, negated, span } = node;
  const names = { LIKE: 'like', 'SIMILAR TO': 'similar', ILIKE: '', RLIKE: '' } as const;
  const name = names[operator];
  if (name === '') throw unsupported(`${operator} is not supported`, span, 'unsupported-function', operator);
  const [value, pattern] = [analyse(node.operand), analyse(node.pattern)];
  const escaped = node.escape === null ? undefined : analyse(node.escape);
  const args = escaped === undefined ? [value, pattern] : [value, pattern, escaped];
  if (args.some((a) => a.type.kind !== 'CHAR' && a.type.kind !== 'VARCHAR' && a.type.kind !== 'NULL')) {
    throw cannotApply(operator, args, span);
  }
  rejectNull(args, span);
  const type = withNullable(
    BOOLEAN,
    args.some((a) => a.type.nullable),
  );
  const options = escaped === undefined ? undefined : { escape: escapeCharacter(escaped, node.escape!.span) };
  const matched = call(name, [value, pattern], type, options);
  return negated ? not(matched, span) : matched;
}

function escapeCharacter(e: Expression, span: ast.SourceSpan): string {
  if (isLiteral(e) && typeof e.literal === 'string') return e.literal;
  throw unsupported('ESCAPE takes a literal', span);
}

export function quantified(node: ast.QuantifiedExpression, context: ExpressionContext): Expression {
  const all = node.quantifier === 'ALL';
  if (node.query !== null) return quantifiedSubquery(node, node.query, context);
  const value = analyseExpression(node.operand, context);
  const members = node.list!.map((member) => analyseExpression(member, context));
  if (!all && node.operator === '=') return valueIn(value, members, node.span);
  const tests = members.map((member) => comparison(node.operator, value, member, node.span));
  return tests.length === 1 ? tests[0]! : logical(all ? 'and' : 'or', tests, node.span);
}
