// window_deduplicate: the first or last row of every key and window by time, emitted once.
//
//   keep last by ts:   in  +I (a, 1 s)  +I (a, 5 s)  watermark 10 s        out  +I (a, 5 s)
//
// State: the row that is kept, per key and window.

import { type CarriedWindow, carriedConfig, hashWindows } from '../plan/inputs.js';
import { INSERT_ONLY, type OperatorSpec, type PhysicalNode } from '../plan/physical.js';
import { keyFields, rowFields, stateOf } from '../plan/state.js';
import { rowTable } from '../plan/state-table.js';
import type { Schema } from '../schema/types.js';
import type { Deduplication } from './deduplicate.js';

export const windowDeduplicateSpec: OperatorSpec = {
  op: 'window_deduplicate',
  state: stateOf(keyFields('keys'), rowFields()),
  stateTable: rowTable('keys'),
  changes: () => INSERT_ONLY,
  needsUpdateBefore: () => true,
  eventTime: true,
};

/** Keeps one row per key and window. */
export function windowDeduplicate(
  input: PhysicalNode,
  how: Deduplication,
  window: CarriedWindow,
  schema: Schema,
): PhysicalNode {
  return {
    spec: windowDeduplicateSpec,
    inputs: [hashWindows(input, how.keys, window)],
    schema,
    config: { ...how, ...carriedConfig(window) },
  };
}
