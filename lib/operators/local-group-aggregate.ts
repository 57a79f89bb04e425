// local_group_aggregate: the first of two phases: a batch's rows folded to one partial result per key, before the exchange.
//
//   COUNT(*) by k:   in  +I a  +I b  +I a        out  +I (a, partial of 2 rows)  +I (b, partial of 1)
//
// Keeps no state between batches.

import type { AggregateCall } from '../expressions/aggregate-call.js';
import { INSERT_ONLY, type OperatorSpec, type PhysicalInput, type PhysicalNode } from '../plan/physical.js';
import { type Field, notNull, types } from '../schema/types.js';

export const localGroupAggregateSpec: OperatorSpec = {
  op: 'local_group_aggregate',
  changes: () => INSERT_ONLY,
  needsUpdateBefore: () => true,
};

/** Partial results of `aggregates` per key: output is the keys, then one column that global_group_aggregate reads. */
export function localGroupAggregate(
  input: PhysicalInput,
  keys: readonly number[],
  aggregates: readonly AggregateCall[],
): PhysicalNode {
  const partial: Field = { name: '$partial', type: notNull(types.bytes()) };
  return {
    spec: localGroupAggregateSpec,
    inputs: [input],
    schema: [...keys.map((key) => input.node.schema[key]!), partial],
    config: { keys, aggregates, inputRetracts: false },
  };
}
