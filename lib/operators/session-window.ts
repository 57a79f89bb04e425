// session_window: one row per key and session, when event time has passed its gap.
//
//   gap 5 s, COUNT(*):   in  +I 1 s  +I 4 s  +I 20 s  watermark 9 s        out  +I (2, 1 s, 9 s)
//
// State: the open sessions of every key, merged as rows connect them, with their aggregates.

import type { AggregateCall } from '../expressions/aggregate-call.js';
import { hash } from '../plan/inputs.js';
import type { WindowSpec } from '../plan/nodes.js';
import { INSERT_ONLY, isInsertOnly, type OperatorSpec, type PhysicalNode } from '../plan/physical.js';
import { aggregateFields, keyFields, stateOf, windowFields } from '../plan/state.js';
import { windowTable } from '../plan/state-table.js';
import type { Schema } from '../schema/types.js';
import type { WindowColumn } from './window-aggregate.js';

export const sessionWindowSpec: OperatorSpec = {
  op: 'session_window',
  state: stateOf(keyFields('keys'), windowFields, aggregateFields()),
  stateTable: windowTable,
  changes: () => INSERT_ONLY,
  needsUpdateBefore: () => true,
  changelogConfig: ({ inputs }) => (inputs.every(isInsertOnly) ? {} : { inputRetracts: true }),
  eventTime: true,
};

/** Aggregates per key and session; output is keys, aggregates, then `output`'s window columns. */
export function sessionWindow(
  input: PhysicalNode,
  window: Extract<WindowSpec, { kind: 'session' }>,
  keys: readonly number[],
  aggregates: readonly AggregateCall[],
  output: readonly WindowColumn[],
  schema: Schema,
): PhysicalNode {
  return {
    spec: sessionWindowSpec,
    inputs: [hash(input, keys)],
    schema,
    config: { window, keys, aggregates, output },
  };
}
