// UNION ALL, UNNEST and the rows of GROUPING SETS.

import { identity } from '../../expressions/columns.js';
import { isColumn } from '../../expressions/expression.js';
import { expand } from '../../operators/expand.js';
import { union } from '../../operators/union.js';
import { type Unnesting, unnest } from '../../operators/unnest.js';
import type { ExpandNode, UnionNode, UnnestNode } from '../../plan/nodes.js';
import type { PhysicalNode } from '../../plan/physical.js';
import { appendColumns, appendProject } from './calc.js';
import type { Lowering } from './lowering.js';

export function lowerUnion(node: UnionNode, lowering: Lowering): PhysicalNode {
  const inputs = node.inputs.map((input) => lowering.lower(input));
  return inputs.length === 1 ? inputs[0]! : union(inputs, node.schema);
}

export function lowerExpand(node: ExpandNode, lowering: Lowering): PhysicalNode {
  return expand(lowering.lower(node.input), node.projections, node.schema);
}

export function lowerUnnest(node: UnnestNode, lowering: Lowering): PhysicalNode {
  const input = lowering.lower(node.input);
  const kind = node.collection.type.kind as Unnesting['kind'];
  const how = { kind, outer: node.outer, withOrdinality: node.withOrdinality };
  const width = node.input.schema.length;
  if (isColumn(node.collection)) return unnest(input, { column: node.collection.column, ...how }, node.schema);
  // A computed collection becomes a column for the operator, and goes again after it.
  const field = { name: '$collection', type: node.collection.type };
  const computed = appendProject(
    input,
    [...identity(node.input.schema), node.collection],
    [...node.input.schema, field],
  );
  const elements = node.schema.slice(width);
  const unnested = unnest(computed, { column: width, ...how }, [...node.input.schema, field, ...elements]);
  const kept = [...Array(width).keys(), ...elements.map((_, i) => width + 1 + i)];
  return appendColumns(unnested, kept, node.schema);
}
