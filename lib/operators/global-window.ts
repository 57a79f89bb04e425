// global_window: one window per key for all time, which fires at every count-th row.
//
//   count 2, SUM(v):   in  +I (a, 1)  +I (b, 5)  +I (a, 2)        out  +I (a, 3)
//
// State: the rows since the last firing, counted, and the aggregates of every key.

import { SabotError } from '../errors.js';
import type { AggregateCall } from '../expressions/aggregate-call.js';
import { hash } from '../plan/inputs.js';
import type { CountTrigger } from '../plan/nodes.js';
import { changesOf, INSERT_ONLY, isInsertOnly, type OperatorSpec, type PhysicalNode } from '../plan/physical.js';
import { aggregateFields, keyFields, stateOf } from '../plan/state.js';
import { groupTable } from '../plan/state-table.js';
import type { Schema } from '../schema/types.js';

export const globalWindowSpec: OperatorSpec = {
  op: 'global_window',
  state: stateOf(keyFields('keys'), aggregateFields()),
  stateTable: groupTable,
  changes: () => INSERT_ONLY,
  needsUpdateBefore: () => true,
};

/** Aggregates per key whenever the trigger fires; output is keys, then aggregates. */
export function globalWindow(
  input: PhysicalNode,
  trigger: CountTrigger,
  keys: readonly number[],
  aggregates: readonly AggregateCall[],
  schema: Schema,
): PhysicalNode {
  if (!isInsertOnly(changesOf(input))) {
    const message = 'countWindow counts rows as they come; its input must not take rows back.';
    throw new SabotError('SABOT_E_UNSUPPORTED', message, { kind: 'unsupported' });
  }
  return { spec: globalWindowSpec, inputs: [hash(input, keys)], schema, config: { ...trigger, keys, aggregates } };
}
