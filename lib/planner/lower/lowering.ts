// From logical to physical: one function per kind of logical node, in the files beside this one.
//
//   aggregate ( window_table ( scan ) )   ->   window_aggregate ( watermark_assigner ( file_source ) )
//
// State: what was lowered already, so that a node that is referred to twice becomes one operator.

import { placed } from '../../errors.js';
import type { MiniBatch } from '../../operators/group-aggregate.js';
import { inputsOf, type LogicalNode } from '../../plan/nodes.js';
import type { PhysicalNode } from '../../plan/physical.js';
import { lowerAggregate, lowerGroupWindowAggregate, lowerLateRows } from './aggregates.js';
import { lowerFilter, lowerProject } from './current-watermark.js';
import { lowerJoin } from './joins.js';
import { lowerLimit, lowerOver, lowerRank, lowerSort } from './order.js';
import { lowerExpand, lowerUnion, lowerUnnest } from './sets.js';
import type { SinkOptions } from './sink-keys.js';
import { lowerScan, lowerSink, lowerValues, lowerWatermark } from './tables.js';
import { lowerTemporalJoin } from './temporal-joins.js';
import { refuseSubqueries, unsupported } from './unsupported.js';
import {
  lowerBroadcastProcess,
  lowerKeyedBroadcastProcess,
  lowerKeyedProcess,
  lowerUserFunction,
} from './user-functions.js';
import { lowerWindowTable } from './windows.js';

/** What lowering may depend on beside the plan. */
export interface LoweringOptions {
  readonly miniBatch: MiniBatch | undefined;
  /** `table.exec.source.idle-timeout`; undefined: never idle. */
  readonly idleTimeoutMs: number | undefined;
  /** Only the rows at the end of bounded input are asked for. */
  readonly finalResults: boolean;
  /** Operators have several subtasks. */
  readonly spread: boolean;
  /** They come in the order of ORDER BY, whatever that is by. */
  readonly ordered: boolean;
  readonly sinks: SinkOptions;
}

function available(node: PhysicalNode): PhysicalNode {
  const { op, pending } = node.spec;
  if (pending !== undefined) throw unsupported(op, pending);
  return node;
}

export class Lowering {
  private readonly done = new Map<LogicalNode, PhysicalNode>();

  constructor(readonly options: LoweringOptions) {}

  lower(node: LogicalNode): PhysicalNode {
    let lowered = this.done.get(node);
    if (lowered === undefined) {
      lowered = placed(node.span, () => available(this.lowerNode(node)));
      if (node.uid !== undefined) {
        const below = inputsOf(node).map((input) => this.done.get(input));
        lowered = withUid(lowered, node.uid, below);
      }
      this.done.set(node, lowered);
    }
    return lowered;
  }

  private lowerNode(node: LogicalNode): PhysicalNode {
    switch (node.op) {
      case 'scan':
        return lowerScan(node);
      case 'values':
        return lowerValues(node);
      case 'watermark':
        return lowerWatermark(node, this);
      case 'filter':
        refuseSubqueries([node.condition]);
        return lowerFilter(this.lower(node.input), node.condition);
      case 'project':
        refuseSubqueries(node.expressions);
        return lowerProject(this.lower(node.input), node.expressions, node.schema);
      case 'user_function':
        return lowerUserFunction(node, this);
      case 'broadcast_process':
        return lowerBroadcastProcess(node, this);
      case 'keyed_process':
        return lowerKeyedProcess(node, this);
      case 'keyed_broadcast_process':
        return lowerKeyedBroadcastProcess(node, this);
      case 'aggregate':
        return lowerAggregate(node, this);
      case 'late_rows':
        return lowerLateRows(node, this);
      case 'group_window_aggregate':
        return lowerGroupWindowAggregate(node, this);
      case 'window_table':
        return lowerWindowTable(node, this);
      case 'expand':
        return lowerExpand(node, this);
      case 'union':
        return lowerUnion(node, this);
      case 'unnest':
        return lowerUnnest(node, this);
      case 'join':
        if (node.condition !== undefined) refuseSubqueries([node.condition]);
        return lowerJoin(node, this);
      case 'temporal_join':
        return lowerTemporalJoin(node, this);
      case 'sort':
        return lowerSort(node, this);
      case 'limit':
        return lowerLimit(node, this);
      case 'over':
        return lowerOver(node);
      case 'rank':
        return lowerRank(node, this);
      case 'sink':
        return lowerSink(node, this);
      case 'correlate':
        throw unsupported('LATERAL', 'LATERAL (SELECT ...)');
      case 'intersect':
      case 'except':
        throw unsupported(node.op.toUpperCase(), node.op.toUpperCase());
      case 'match_recognize':
        throw unsupported('MATCH_RECOGNIZE', 'MATCH_RECOGNIZE');
    }
  }
}

/** Gives the uid to the operator that keeps the state of a lowered node, if one does; `below` are those of its inputs. */
function withUid(node: PhysicalNode, uid: string, below: readonly (PhysicalNode | undefined)[]): PhysicalNode {
  if (node.spec.state !== undefined) return { ...node, uid };
  const [input] = node.inputs;
  if (node.inputs.length !== 1 || below.includes(input!.node)) return node;
  return { ...node, inputs: [{ ...input!, node: withUid(input!.node, uid, below) }] };
}
