// expand: several rows from every row, one per projection (GROUPING SETS).
//
//   [[a, 0], [NULL, 1]]:   in  +I 7        out  +I (7, 0)  +I (NULL, 1)
//
// Keeps no state; row kinds pass through.

import type { Expression } from '../expressions/expression.js';
import { forward } from '../plan/inputs.js';
import { type OperatorSpec, type PhysicalNode, unionOfChanges } from '../plan/physical.js';
import type { Schema } from '../schema/types.js';

export const expandSpec: OperatorSpec = {
  op: 'expand',
  changes: unionOfChanges,
  needsUpdateBefore: () => true,
  folds: (output) => output,
};

/** Emits every row once per projection. */
export function expand(
  input: PhysicalNode,
  projections: readonly (readonly Expression[])[],
  schema: Schema,
): PhysicalNode {
  return { spec: expandSpec, inputs: [forward(input)], schema, config: { projections } };
}
