// global_group_aggregate: the second of two phases: merges partial results, one net change per key and batch.
//
//   in  +I (a, partial of 2 rows)  +I (a, partial of 1)        out  +I (a, 3)
//
// State: as group_aggregate's.

import type { AggregateCall } from '../expressions/aggregate-call.js';
import { hash } from '../plan/inputs.js';
import { type OperatorSpec, type PhysicalNode, UPDATING } from '../plan/physical.js';
import { aggregateFields, leadingKeyFields, stateOf } from '../plan/state.js';
import { mergedGroupTable } from '../plan/state-table.js';
import type { Schema } from '../schema/types.js';

export const globalGroupAggregateSpec: OperatorSpec = {
  op: 'global_group_aggregate',
  inPlaceOf: 'group_aggregate',
  state: stateOf(leadingKeyFields, aggregateFields({ below: true })),
  stateTable: mergedGroupTable,
  changes: () => UPDATING,
  needsUpdateBefore: () => true,
  upsertKey: (node) =>
    [...node.schema.keys()].slice(0, node.schema.length - (node.config['aggregates'] as unknown[]).length),
};

/** Merges what local_group_aggregate emitted; `aggregates` are the local operator's. */
export function globalGroupAggregate(
  local: PhysicalNode,
  aggregates: readonly AggregateCall[],
  emitUpdateBefore: boolean,
  schema: Schema,
): PhysicalNode {
  const keys = [...local.schema.keys()].slice(0, -1);
  return {
    spec: globalGroupAggregateSpec,
    inputs: [hash(local, keys)],
    schema,
    config: { aggregates, inputRetracts: false, emitUpdateBefore },
  };
}
