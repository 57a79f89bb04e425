// filter: keeps the rows whose condition is TRUE.
//
//   x > 2:   in  +I 1   +I 3        out  +I 3
//
// Keeps no state. An update of which only one half passes leaves that half alone, so it needs its input's -U rows.

import { forward } from './inputs.js';
import type { Expression } from '../expressions/expression.js';
import { unionOfChanges, type OperatorSpec, type PhysicalNode } from '../plan/physical.js';

export const filterSpec: OperatorSpec = {
  op: 'filter',
  changes: unionOfChanges,
  needsUpdateBefore: () => true,
  folds: (output) => output,
};

/** Keeps the rows of `input` whose `condition` is TRUE. */
export function filter(input: PhysicalNode, condition: Expression): PhysicalNode {
  return { spec: filterSpec, inputs: [forward(input)], schema: input.schema, config: { condition } };
}
