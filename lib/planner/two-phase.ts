// two-phase: aggregates first where the rows are, then across the exchange.
//
//   group_aggregate <- hash(k) source x2   ->   global_group_aggregate <- hash(k) local_group_aggregate <- source x2
//
// Only where changes of a key may be folded anyway (mini-batch, or only final rows count), several subtasks send rows, and merging gives
// exactly what adding row by row gives. It takes an exchange's rows down to one per key and batch.

import type { AggregateCall } from '../expressions/aggregate-call.js';
import { globalGroupAggregate } from '../operators/global-group-aggregate.js';
import { groupAggregateSpec } from '../operators/group-aggregate.js';
import { localGroupAggregate } from '../operators/local-group-aggregate.js';
import { subtasks } from '../plan/encode.js';
import { forward } from '../plan/inputs.js';
import { type PhysicalNode, rewrite, topological } from '../plan/physical.js';
import { isApproximate } from '../schema/types.js';

const MERGED_EXACTLY = new Set(['count', 'sum', 'sum0', 'avg', 'min', 'max']);

/** Splits group aggregates into two phases where that pays. */
export function splitAggregates(sinks: readonly PhysicalNode[], parallelism: number): PhysicalNode[] {
  const spread = subtasks(topological(sinks), parallelism);
  return rewrite(sinks, (node, old) => {
    const source = old.inputs[0];
    if (node.spec !== groupAggregateSpec || source === undefined || spread.get(source.node)! < 2 || !mayFold(node))
      return node;
    const aggregates = node.config['aggregates'] as readonly AggregateCall[];
    if (!aggregates.every(mergesExactly)) return node;
    const keys = node.config['keys'] as readonly number[];
    const local = localGroupAggregate(forward(node.inputs[0]!.node), keys, aggregates);
    const global = globalGroupAggregate(local, aggregates, node.config['emitUpdateBefore'] === true, node.schema);
    const { ttl } = node.config;
    return {
      ...global,
      ...(ttl === undefined ? {} : { config: { ...global.config, ttl } }),
      ...(node.uid === undefined ? {} : { uid: node.uid }),
      ...(node.changelog === undefined ? {} : { changelog: node.changelog }),
    };
  });
}

const mayFold = ({ config }: PhysicalNode): boolean =>
  config['inputRetracts'] === false && config['miniBatch'] !== undefined;

const mergesExactly = (call: AggregateCall): boolean =>
  MERGED_EXACTLY.has(call.function) && !call.distinct && !call.argTypes.some(isApproximate);
