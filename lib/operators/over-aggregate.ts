// over_aggregate: appends to every row the aggregates of the rows around it.
//
//   SUM(v) ROWS 1 PRECEDING:   in  +I 1  +I 5  +I 3        out  (1, 1)  (5, 6)  (3, 8)
//
// State: the rows of the frame, per partition.

import { hash } from './inputs.js';
import type { OverGroup } from '../plan/nodes.js';
import { INSERT_ONLY, type OperatorSpec, type PhysicalNode } from '../plan/physical.js';
import type { Schema } from '../schema/types.js';

export const overAggregateSpec: OperatorSpec = {
  op: 'over_aggregate',
  changes: () => INSERT_ONLY,
  needsUpdateBefore: () => true,
  eventTime: true,
};

/** Appends `group`'s aggregates to every row. */
export function overAggregate(input: PhysicalNode, group: OverGroup, schema: Schema): PhysicalNode {
  return { spec: overAggregateSpec, inputs: [hash(input, group.partitionKeys)], schema, config: { ...group } };
}
