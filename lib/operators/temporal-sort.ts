// temporal_sort: rows in order of event time, in one subtask.
//
//   by ts:   in  ts = 9 s  4 s  watermark 9 s        out  ts = 4 s  9 s
//
// State: the rows that the watermark has not reached.

import type { SortKey } from '../expressions/aggregate-call.js';
import { singleton } from '../plan/inputs.js';
import { type OperatorSpec, type PhysicalNode, unionOfChanges } from '../plan/physical.js';
import { rowFields } from '../plan/state.js';
import { rowTable } from '../plan/state-table.js';

export const temporalSortSpec: OperatorSpec = {
  op: 'temporal_sort',
  state: rowFields(),
  stateTable: rowTable(),
  changes: unionOfChanges,
  needsUpdateBefore: (required) => required,
  single: true,
  eventTime: true,
};

/** Emits every row when the watermark has passed its time; `orderBy` begins with the rowtime column. */
export function temporalSort(input: PhysicalNode, orderBy: readonly SortKey[]): PhysicalNode {
  return { spec: temporalSortSpec, inputs: [singleton(input)], schema: input.schema, config: { orderBy } };
}
