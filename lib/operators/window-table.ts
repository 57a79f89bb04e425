// window_table: says of every row which windows it belongs to.
//
//   HOP 5 s, 10 s:   in  +I (7 s)        out  +I (7 s, 0 s, 10 s)  +I (7 s, 5 s, 15 s)
//
// Keeps no state, save for sessions, whose rows wait until the session has ended.

import { forward, hash } from '../plan/inputs.js';
import type { WindowSpec } from '../plan/nodes.js';
import { type OperatorSpec, type PhysicalNode, unionOfChanges } from '../plan/physical.js';
import type { Schema } from '../schema/types.js';

export const windowTableSpec: OperatorSpec = {
  op: 'window_table',
  changes: unionOfChanges,
  needsUpdateBefore: () => true,
  eventTime: true,
};

/** Appends window_start, window_end and window_time; `partitionKeys` belong to sessions. */
export function windowTable(
  input: PhysicalNode,
  window: WindowSpec,
  partitionKeys: readonly number[],
  schema: Schema,
): PhysicalNode {
  const session = window.kind === 'session';
  return {
    spec: windowTableSpec,
    inputs: [session ? hash(input, partitionKeys) : forward(input)],
    schema,
    config: session ? { window, partitionKeys } : { window },
  };
}
