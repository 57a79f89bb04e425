// window_table: says of every row which windows it belongs to.
//
//   HOP 5 s, 10 s:   in  +I (7 s)        out  +I (7 s, 0 s, 10 s)  +I (7 s, 5 s, 15 s)
//
// Keeps no state.

import { forward } from '../plan/inputs.js';
import type { WindowSpec } from '../plan/nodes.js';
import { type OperatorSpec, type PhysicalNode, unionOfChanges } from '../plan/physical.js';
import type { Schema } from '../schema/types.js';

export const windowTableSpec: OperatorSpec = {
  op: 'window_table',
  changes: unionOfChanges,
  needsUpdateBefore: () => true,
  eventTime: true,
};

/** Appends window_start, window_end and window_time; not of sessions, which depend on the rows around. */
export function windowTable(input: PhysicalNode, window: WindowSpec, schema: Schema): PhysicalNode {
  return { spec: windowTableSpec, inputs: [forward(input)], schema, config: { window } };
}
