// union: the rows of several inputs, as they come.
//
//   left  +I 1   right  +I 2        out  +I 2  +I 1
//
// Keeps no state; its watermark is the least of its inputs'.

import { forward } from '../plan/inputs.js';
import { type OperatorSpec, type PhysicalNode, unionOfChanges } from '../plan/physical.js';
import type { Schema } from '../schema/types.js';

export const unionSpec: OperatorSpec = {
  op: 'union',
  changes: unionOfChanges,
  needsUpdateBefore: (required) => required,
  folds: (output) => output,
};

/** UNION ALL of inputs whose columns have the same types. */
export function union(inputs: readonly PhysicalNode[], schema: Schema): PhysicalNode {
  return { spec: unionSpec, inputs: inputs.map(forward), schema, config: {} };
}
