// temporal_join: rows of a stream with the version of their key that was valid at their event time.
//
//   as of l.t:   right  +I (a, 2 s, x)  +I (a, 5 s, y)   left  +I (a, 4 s)        out  +I (a, 4 s, a, 2 s, x)
//
// State: the left rows that event time has not reached, and the versions that rows to come can meet. NULL is a key as any other.

import { type OperatorSpec, type PhysicalNode, unionOfChanges } from '../plan/physical.js';
import { keyFields, rowFields, stateOf } from '../plan/state.js';
import { sideTable } from '../plan/state-table.js';
import type { Schema } from '../schema/types.js';
import { type EquiJoin, joinConfig, joinInputs } from './join.js';

export const temporalJoinSpec: OperatorSpec = {
  op: 'temporal_join',
  state: stateOf(keyFields('leftKeys'), keyFields('rightKeys', 1), rowFields(), rowFields(1)),
  stateTable: sideTable,
  // Every left row becomes at most one row, of its own kind, whatever becomes of the version later.
  changes: ([left]) => unionOfChanges([left!]),
  // An update of which only one half finds a version must take back what the other half gave. The old row of a version is no
  // news: that one ends where the next begins.
  needsUpdateBefore: (required, config, input) => input === 0 && (required || config['joinType'] === 'inner'),
  upsertKey: (_node, [left]) => left,
  eventTime: true,
};

/** The event times of both sides. */
export interface VersionTimes {
  readonly leftTime: number;
  readonly rightTime: number;
  /** Whether a -U row ends the version that began at its time, as a deletion does; absent: no. */
  readonly rightUpdateBefore?: true;
}

/** Joins each row with the last version of its key at its time. */
export function temporalJoin(
  left: PhysicalNode,
  right: PhysicalNode,
  on: EquiJoin,
  times: VersionTimes,
  schema: Schema,
): PhysicalNode {
  const config = { ...joinConfig(on), ...times };
  return { spec: temporalJoinSpec, inputs: joinInputs(left, right, on), schema, config };
}
