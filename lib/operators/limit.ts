// limit: so many rows in order of arrival, in one subtask.
//
//   offset 1, fetch 1:   in  +I 5  +I 3  +I 4        out  +I 3
//
// State: how many rows have passed.

import { singleton } from '../plan/inputs.js';
import { INSERT_ONLY, isInsertOnly, type OperatorSpec, type PhysicalNode, unionOfChanges } from '../plan/physical.js';

export const limitSpec: OperatorSpec = {
  op: 'limit',
  state: () => [],
  changes: (inputs) => (inputs.every(isInsertOnly) ? INSERT_ONLY : unionOfChanges(inputs)),
  needsUpdateBefore: () => true,
  single: true,
};

export interface RowRange {
  readonly offset: number;
  /** Null: no limit. */
  readonly fetch: number | null;
}

/** Rows `offset` to `offset + fetch`. */
export function limit(input: PhysicalNode, range: RowRange): PhysicalNode {
  return { spec: limitSpec, inputs: [singleton(input)], schema: input.schema, config: { ...range } };
}
