// Subqueries in expressions: EXISTS, IN, comparisons with SOME and ALL, and scalar subqueries.
//
//   WHERE k IN (SELECT y.k FROM y WHERE y.t = x.t)
//     ->  { subquery: 'in', args: [column k], plan: filter(equals(column t, outer 1 column t)) ... }

import { castTo } from '../../expressions/cast.js';
import { column, type Expression } from '../../expressions/expression.js';
import type { LogicalNode } from '../../plan/nodes.js';
import { canCast } from '../../schema/casts.js';
import { leastRestrictive } from '../../schema/result-types.js';
import { isCharacter, type LogicalType, nullable, sameType, types, withNullable } from '../../schema/types.js';
import type * as ast from '../ast.js';
import { invalid, unsupported } from './errors.js';
import { analyseExpression, type ExpressionContext } from './expressions.js';
import { not } from './operators.js';

const COMPARISON_NAMES: Readonly<Record<ast.ComparisonOperator, string>> = {
  '=': 'equals',
  '<>': 'not_equals',
  '<': 'less_than',
  '<=': 'less_than_or_equal',
  '>': 'greater_than',
  '>=': 'greater_than_or_equal',
};

export function existsSubquery(operand: ast.Expression, context: ExpressionContext): Expression {
  if (operand.kind !== 'subquery') throw unsupported('EXISTS takes a subquery', operand.span);
  const plan = context.query(operand.query, context.scope);
  return { subquery: 'exists', plan, args: [], type: withNullable(types.boolean(), false), span: operand.span };
}

export function scalarSubquery(node: ast.ScalarSubquery, context: ExpressionContext): Expression {
  const plan = context.query(node.query, context.scope);
  const [only, ...others] = plan.schema;
  if (only === undefined || others.length > 0) {
    const message = `A scalar subquery must have one column, but has ${plan.schema.length}`;
    throw invalid('type-mismatch', '$SCALAR_QUERY', message, node.span);
  }
  return { subquery: 'scalar', plan, args: [], type: nullable(only.type), span: node.span };
}

export function inSubquery(
  operand: ast.Expression,
  query: ast.Query,
  negated: boolean,
  span: ast.SourceSpan,
  context: ExpressionContext,
): Expression {
  const items = operand.kind === 'row' ? operand.items : [operand];
  const left = items.map((item) => analyseExpression(item, context));
  const { plan, args, type } = matched(left, context.query(query, context.scope), 'IN', span);
  const found: Expression = { subquery: 'in', plan, args, type, span: query.span };
  return negated ? not(found, span) : found;
}

export function quantifiedSubquery(
  node: ast.QuantifiedExpression,
  query: ast.Query,
  context: ExpressionContext,
): Expression {
  const all = node.quantifier === 'ALL';
  if (!all && node.operator === '=') return inSubquery(node.operand, query, false, node.span, context);
  if (all && node.operator === '<>') return inSubquery(node.operand, query, true, node.span, context);
  const left = [analyseExpression(node.operand, context)];
  const { plan, args, type } = matched(left, context.query(query, context.scope), node.operator, node.span);
  const comparison = COMPARISON_NAMES[node.operator];
  return { subquery: all ? 'all' : 'some', plan, args, comparison, type, span: query.span };
}

/** Both sides cast to their common types. */
function matched(left: readonly Expression[], plan: LogicalNode, operator: string, span: ast.SourceSpan) {
  if (left.length !== plan.schema.length) {
    const message = `Values passed to ${operator} operator must have compatible types: ${left.length} and ${plan.schema.length} columns`;
    throw invalid('type-mismatch', operator, message, span);
  }
  const common = left.map((e, i) => commonColumn(e.type, plan.schema[i]!.type));
  if (common.some((type) => type === undefined)) {
    throw invalid('type-mismatch', operator, `Values passed to ${operator} operator must have compatible types`, span);
  }
  const targets = common as LogicalType[];
  const mayBeNull = left.some((e) => e.type.nullable) || plan.schema.some((f) => f.type.nullable);
  return {
    args: left.map((e, i) => castTo(e, targets[i]!)),
    plan: castColumns(plan, targets),
    type: withNullable(types.boolean(), mayBeNull),
  };
}

function commonColumn(a: LogicalType, b: LogicalType): LogicalType | undefined {
  const common = leastRestrictive([a, b]);
  if (common !== undefined) return common;
  if (isCharacter(b) && canCast(b, a)) return a;
  return isCharacter(a) && canCast(a, b) ? b : undefined;
}

/** A projection that casts columns to the given types, if any differs. */
export function castColumns(node: LogicalNode, targets: readonly LogicalType[]): LogicalNode {
  const expressions = node.schema.map((field, i) => castTo(column(i, field.type), targets[i]!));
  const schema = node.schema.map(({ name, type }, i) => ({ name, type: withNullable(targets[i]!, type.nullable) }));
  if (node.schema.every((field, i) => sameType(field.type, targets[i]!, { ignoreNullability: true }))) return node;
  return { op: 'project', input: node, expressions, schema };
}
