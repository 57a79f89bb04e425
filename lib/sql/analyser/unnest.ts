// UNNEST: one row per element of a collection, beside the row that holds it.
//
//   FROM docs CROSS JOIN UNNEST(items) AS u (sku, n)   ->   unnest items ( scan docs ): docs' columns, sku, n

import type { JoinNode, UnnestNode } from '../../plan/nodes.js';
import { type Field, type LogicalType, nullable, types, withNullable } from '../../schema/types.js';
import type * as ast from '../ast.js';
import type { QueryEnvironment } from './environment.js';
import { invalid, unsupported } from './errors.js';
import { analyseCondition, analyseExpression } from './expressions.js';
import { expressionContext, ONE_ROW } from './query.js';
import { Scope } from './scope.js';
import { type From, isTrue } from './tables.js';

export function joinUnnest(
  node: ast.Join,
  right: ast.UnnestTable,
  left: From,
  joinType: JoinNode['joinType'],
  environment: QueryEnvironment,
): From {
  if (joinType !== 'inner' && joinType !== 'left')
    throw unsupported(`${node.type} JOIN UNNEST is not supported`, node.operatorSpan);
  const { node: unnested, scope } = unnest(right, environment, left, joinType === 'left');
  if (node.condition === null) return { node: unnested, scope };
  const condition = analyseCondition(node.condition, expressionContext(scope, 'ON', environment));
  if (isTrue(condition)) return { node: unnested, scope };
  if (joinType === 'left') throw unsupported('LEFT JOIN UNNEST takes ON TRUE', node.condition.span);
  return { node: { op: 'filter', input: unnested, condition, schema: unnested.schema }, scope };
}

export function unnest(
  reference: ast.UnnestTable,
  environment: QueryEnvironment,
  left: From | undefined,
  outer: boolean,
): From {
  const [operand, ...others] = reference.operands;
  if (operand === undefined || others.length > 0) throw unsupported('UNNEST takes one collection', reference.span);
  const input = left?.node ?? ONE_ROW;
  const scope = left?.scope ?? new Scope([], environment.outer);
  const collection = analyseExpression(operand, expressionContext(scope, 'UNNEST', environment));
  const columns = unnestedColumns(collection.type, reference);
  const named = nameUnnested(columns, reference).map(({ name, type }) => ({
    name,
    type: outer ? nullable(type) : type,
  }));
  const schema = [...input.schema, ...named];
  const { withOrdinality } = reference;
  const node: UnnestNode = { op: 'unnest', input, collection, outer, withOrdinality, schema, span: reference.span };
  const path = reference.alias === null ? [] : [reference.alias.name.name];
  const relations = [...scope.relations, { path, offset: input.schema.length, schema: named }];
  return { node, scope: new Scope(relations, environment.outer, scope.merged) };
}

function unnestedColumns(type: LogicalType, reference: ast.UnnestTable): readonly Field[] {
  const ordinality: Field[] = reference.withOrdinality
    ? [{ name: 'ORDINALITY', type: withNullable(types.integer(), false) }]
    : [];
  switch (type.kind) {
    case 'ARRAY':
    case 'MULTISET': {
      const { element } = type;
      if (element.kind !== 'ROW')
        return [{ name: reference.alias?.name.name ?? 'EXPR$0', type: element }, ...ordinality];
      const fields = element.fields.map(({ name, type: inner }) => ({
        name,
        type: withNullable(inner, inner.nullable || element.nullable),
      }));
      return [...fields, ...ordinality];
    }
    case 'MAP':
      return [{ name: 'KEY', type: type.key }, { name: 'VALUE', type: type.value }, ...ordinality];
    default:
      throw invalid(
        'type-mismatch',
        'UNNEST',
        `Cannot apply 'UNNEST' to ${type.kind}: it takes an ARRAY, MAP or MULTISET`,
        reference.operands[0]!.span,
      );
  }
}

function nameUnnested(columns: readonly Field[], { alias }: ast.UnnestTable): readonly Field[] {
  if (alias === null || alias.columns.length === 0) return columns;
  if (alias.columns.length !== columns.length) {
    const names = columns.map((field) => `'${field.name}'`).join(', ');
    const message = `List of column aliases must have same degree as table; table has ${columns.length} columns (${names}), whereas alias list has ${alias.columns.length} columns`;
    throw invalid('wrong-alias-count', alias.name.name, message, alias.span);
  }
  return columns.map(({ type }, i) => ({ name: alias.columns[i]!.name, type }));
}
