// group_aggregate: one row per key, updated with every row.
//
//   COUNT(*) by k:   in  +I a  +I a        out  +I (a, 1)  -U (a, 1)  +U (a, 2)
//
// State: the aggregates of every key. Without keys there is one group, which appears with the first row.

import type { AggregateCall } from '../expressions/aggregate-call.js';
import { hash } from '../plan/inputs.js';
import type { StateTtl } from '../plan/nodes.js';
import { ALL_CHANGES, isInsertOnly, type OperatorSpec, type PhysicalNode, UPDATING } from '../plan/physical.js';
import { aggregateFields, keyFields, stateOf } from '../plan/state.js';
import { groupTable } from '../plan/state-table.js';
import { isApproximate, type Schema } from '../schema/types.js';

/** How rows are collected before they are aggregated (`table.exec.mini-batch.*`); present, changes of a key are folded. */
export interface MiniBatch {
  readonly size: number;
  readonly latencyMs: number;
}

/** Folds what comes in one batch and waits for nothing. */
const WITHIN_BATCHES: MiniBatch = { size: 0, latencyMs: 0 };

export const groupAggregateSpec: OperatorSpec = {
  op: 'group_aggregate',
  state: stateOf(keyFields('keys'), aggregateFields()),
  stateTable: groupTable,
  changes: (inputs) => (inputs.every(isInsertOnly) ? UPDATING : ALL_CHANGES),
  needsUpdateBefore: () => true,
  folds: (output, node) => output && (node.config['aggregates'] as readonly AggregateCall[]).every(ignoresOrder),
  changelogConfig: ({ inputs, emitUpdateBefore, fold }) => ({
    inputRetracts: !inputs.every(isInsertOnly),
    emitUpdateBefore,
    ...(fold ? { miniBatch: WITHIN_BATCHES } : {}),
  }),
  upsertKey: (node) => (node.config['keys'] as readonly number[]).map((_, i) => i),
};

const EXACT = new Set(['count', 'sum', 'sum0', 'avg', 'min', 'max']);

/** Whether the same rows in another order, or less those that cancel out, give exactly the same value. */
function ignoresOrder(aggregate: AggregateCall): boolean {
  return EXACT.has(aggregate.function) && !aggregate.argTypes.some(isApproximate);
}

/** Groups by `keys`; output is the keys, then the aggregates. */
export function groupAggregate(
  input: PhysicalNode,
  keys: readonly number[],
  aggregates: readonly AggregateCall[],
  schema: Schema,
  miniBatch?: MiniBatch,
  ttl?: StateTtl,
): PhysicalNode {
  return {
    spec: groupAggregateSpec,
    inputs: [hash(input, keys)],
    schema,
    config: {
      keys,
      aggregates,
      ...(miniBatch === undefined ? {} : { miniBatch }),
      ...(ttl === undefined ? {} : { ttl }),
    },
  };
}
