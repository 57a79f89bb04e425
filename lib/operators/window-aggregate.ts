// window_aggregate: one row per key and window, when event time has passed the window. Sessions: session_window.
//
//   TUMBLE 10 s, COUNT(*):   in  +I 1 s  +I 4 s  watermark 10 s        out  +I (2, 0 s, 10 s)
//
// State: the aggregates of every key and slice. Windows are emitted once and never corrected.

import type { AggregateCall } from '../expressions/aggregate-call.js';
import { type CarriedWindow, carriedConfig, hash, hashWindows } from '../plan/inputs.js';
import type { WindowSpec } from '../plan/nodes.js';
import { INSERT_ONLY, isInsertOnly, type OperatorSpec, type PhysicalNode } from '../plan/physical.js';
import { aggregateFields, keyFields, stateOf, windowFields } from '../plan/state.js';
import { windowTable } from '../plan/state-table.js';
import type { Schema } from '../schema/types.js';

/** Rows that already carry their window in two columns. */
export interface AttachedWindow extends CarriedWindow {
  readonly kind: 'attached';
}

export type WindowColumn = 'window_start' | 'window_end' | 'window_time';

export const windowAggregateSpec: OperatorSpec = {
  op: 'window_aggregate',
  state: stateOf(keyFields('keys'), windowFields, aggregateFields()),
  stateTable: windowTable,
  changes: () => INSERT_ONLY,
  needsUpdateBefore: () => true,
  changelogConfig: ({ inputs }) => (inputs.every(isInsertOnly) ? {} : { inputRetracts: true }),
  eventTime: true,
};

/** Aggregates per key and window; output is keys, aggregates, then `output`'s window columns. */
export function windowAggregate(
  input: PhysicalNode,
  window: Exclude<WindowSpec, { kind: 'session' }> | AttachedWindow,
  keys: readonly number[],
  aggregates: readonly AggregateCall[],
  output: readonly WindowColumn[],
  schema: Schema,
): PhysicalNode {
  return {
    spec: windowAggregateSpec,
    inputs: [window.kind === 'attached' ? hashWindows(input, keys, window) : hash(input, keys)],
    schema,
    config: {
      window: window.kind === 'attached' ? { kind: 'attached', ...carriedConfig(window) } : window,
      keys,
      aggregates,
      output,
    },
  };
}
