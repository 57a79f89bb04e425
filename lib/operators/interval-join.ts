// interval_join: rows of two inputs whose event times are near each other.
//
//   0 <= right - left <= 5 s:   left  +I (a, 1 s)   right  +I (a, 4 s)        out  +I (a, 1 s, a, 4 s)
//
// State: the rows of both sides that may still find a partner.

import { INSERT_ONLY, type OperatorSpec, type PhysicalNode } from '../plan/physical.js';
import { keyFields, rowFields, stateOf } from '../plan/state.js';
import { sideTable } from '../plan/state-table.js';
import type { Schema } from '../schema/types.js';
import { type EquiJoin, joinConfig, joinInputs } from './join.js';

export const intervalJoinSpec: OperatorSpec = {
  op: 'interval_join',
  state: stateOf(keyFields('leftKeys'), keyFields('rightKeys', 1), rowFields(), rowFields(1)),
  stateTable: sideTable,
  changes: () => INSERT_ONLY,
  needsUpdateBefore: () => true,
  eventTime: true,
};

/** Event times of the two sides, and how far apart they may be: lowerMs <= right - left <= upperMs. */
export interface TimeBounds {
  readonly leftTime: number;
  readonly rightTime: number;
  readonly lowerMs: number;
  readonly upperMs: number;
}

/** Joins rows with equal keys whose times lie within the bounds. */
export function intervalJoin(
  left: PhysicalNode,
  right: PhysicalNode,
  on: EquiJoin,
  bounds: TimeBounds,
  schema: Schema,
): PhysicalNode {
  const config = { ...joinConfig(on), ...bounds };
  return { spec: intervalJoinSpec, inputs: joinInputs(left, right, on), schema, config };
}
