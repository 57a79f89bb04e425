// window_join: rows of two inputs that belong to the same window, emitted when it ends.
//
//   l.k = r.k:   left  +I (a, 0 s..10 s)   right  +I (a, 0 s..10 s)   watermark 10 s        out  +I (a, …, a, …)
//
// State: the rows of both sides, per window.

import { hashWindows } from '../plan/inputs.js';
import { INSERT_ONLY, type OperatorSpec, type PhysicalNode } from '../plan/physical.js';
import { keyFields, rowFields, stateOf } from '../plan/state.js';
import { sideTable } from '../plan/state-table.js';
import type { Schema } from '../schema/types.js';
import { type EquiJoin, joinConfig } from './join.js';

export const windowJoinSpec: OperatorSpec = {
  op: 'window_join',
  state: stateOf(keyFields('leftKeys'), keyFields('rightKeys', 1), rowFields(), rowFields(1)),
  stateTable: sideTable,
  changes: () => INSERT_ONLY,
  needsUpdateBefore: () => true,
  eventTime: true,
};

/** Where the two sides carry their windows. */
export interface JoinedWindows {
  readonly leftWindowStart: number;
  readonly leftWindowEnd: number;
  readonly rightWindowStart: number;
  readonly rightWindowEnd: number;
  /** Whether those are local times of the session's zone. */
  readonly local: boolean;
}

/** Joins rows of the same window; the windows' columns are not among the keys. */
export function windowJoin(
  left: PhysicalNode,
  right: PhysicalNode,
  on: EquiJoin,
  windows: JoinedWindows,
  schema: Schema,
): PhysicalNode {
  const { local, ...columns } = windows;
  const side = (windowStart: number, windowEnd: number) => ({ windowStart, windowEnd, local });
  return {
    spec: windowJoinSpec,
    inputs: [
      hashWindows(left, on.leftKeys, side(columns.leftWindowStart, columns.leftWindowEnd)),
      hashWindows(right, on.rightKeys, side(columns.rightWindowStart, columns.rightWindowEnd)),
    ],
    schema,
    config: { ...joinConfig(on), ...columns, ...(local ? { localWindow: true } : {}) },
  };
}
