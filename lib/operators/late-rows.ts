// late_rows: the rows that came too late for a window operator, as they were before it.
//
//   window_aggregate  -- late rows -->   late_rows [columns]   ->   +I rows
//
// Not its input's output: native sends the operator's late rows here, so both agree on what is late.
//
// No state.

import { INSERT_ONLY, type OperatorSpec, type PhysicalNode } from '../plan/physical.js';
import type { Schema } from '../schema/types.js';

export const lateRowsSpec: OperatorSpec = {
  op: 'late_rows',
  changes: () => INSERT_ONLY,
  needsUpdateBefore: () => true,
};

/** `columns` are positions in the input of `of`, the operator that rows came too late for. */
export function lateRows(of: PhysicalNode, columns: readonly number[], schema: Schema): PhysicalNode {
  return {
    spec: lateRowsSpec,
    inputs: [{ node: of, exchange: 'forward', keys: [], late: 0 }],
    schema,
    config: { columns },
  };
}
