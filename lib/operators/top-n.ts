// top_n: the first rows by some order, kept up to date, in one subtask.
//
//   v DESC, fetch 2:   in  +I 1  +I 5  +I 3        out  +I 1  +I 5  -D 1  +I 3
//
// State: the rows that are, or may become, the first ones.

import type { SortKey } from '../expressions/aggregate-call.js';
import { singleton } from '../plan/inputs.js';
import { ALL_CHANGES, isInsertOnly, type OperatorSpec, type PhysicalNode } from '../plan/physical.js';
import { rowFields } from '../plan/state.js';
import { rowTable } from '../plan/state-table.js';
import type { RowRange } from './limit.js';

export const topNSpec: OperatorSpec = {
  op: 'top_n',
  state: rowFields(),
  stateTable: rowTable(),
  changes: () => ALL_CHANGES,
  needsUpdateBefore: () => true,
  changelogConfig: ({ inputs, emitUpdateBefore }) => ({ inputRetracts: !inputs.every(isInsertOnly), emitUpdateBefore }),
  single: true,
};

/** Rows `offset` to `offset + fetch` of the sorted rows. */
export function topN(input: PhysicalNode, orderBy: readonly SortKey[], range: RowRange): PhysicalNode {
  return { spec: topNSpec, inputs: [singleton(input)], schema: input.schema, config: { orderBy, ...range } };
}
