// unnest: one row per element of a collection.
//
//   in  +I (1, [a, b])        out  +I (1, [a, b], a)  +I (1, [a, b], b)
//
// Keeps no state; row kinds pass through.

import { forward } from '../plan/inputs.js';
import { type OperatorSpec, type PhysicalNode, unionOfChanges } from '../plan/physical.js';
import type { Schema } from '../schema/types.js';

export const unnestSpec: OperatorSpec = {
  op: 'unnest',
  changes: unionOfChanges,
  needsUpdateBefore: () => true,
  folds: (output) => output,
};

export interface Unnesting {
  /** The collection's column; it stays in the output. */
  readonly column: number;
  readonly kind: 'ARRAY' | 'MAP' | 'MULTISET';
  /** Rows without elements stay, with NULLs. */
  readonly outer: boolean;
  readonly withOrdinality: boolean;
}

/** Appends the elements of a collection to its row, one row each. */
export function unnest(input: PhysicalNode, how: Unnesting, schema: Schema): PhysicalNode {
  return { spec: unnestSpec, inputs: [forward(input)], schema, config: { ...how } };
}
