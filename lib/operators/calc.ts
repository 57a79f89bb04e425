// calc: filter, then project, in one pass.
//
//   x > 2, [x * 10]:   in  +I 1   +I 3        out  +I 30
//
// Keeps no state. Needs -U rows as filter does.

import { forward } from './inputs.js';
import { filter } from './filter.js';
import { project, projectKey } from './project.js';
import type { Expression } from '../expressions/expression.js';
import { unionOfChanges, type OperatorSpec, type PhysicalNode } from '../plan/physical.js';
import type { Schema } from '../schema/types.js';

export const calcSpec: OperatorSpec = {
  op: 'calc',
  changes: unionOfChanges,
  needsUpdateBefore: () => true,
  folds: (output) => output,
  upsertKey: (node, [key]) => projectKey(node.config['expressions'] as readonly Expression[], key),
};

/** The smallest operator that filters by `condition` (if any) and computes `expressions` (if any). */
export function calc(
  input: PhysicalNode,
  condition: Expression | undefined,
  expressions: readonly Expression[] | undefined,
  schema: Schema,
): PhysicalNode {
  if (condition === undefined) return expressions === undefined ? input : project(input, expressions, schema);
  if (expressions === undefined) return filter(input, condition);
  return { spec: calcSpec, inputs: [forward(input)], schema, config: { condition, expressions } };
}
