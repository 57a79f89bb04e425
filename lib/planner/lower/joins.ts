// Joins: which kind one is follows from its condition and its inputs.
//
//   both sides windowed, window_start = window_start AND window_end = window_end   ->   window_join
//   both rowtimes bound each other from both sides                                 ->   interval_join
//   anything else                                                                  ->   join
//

import { SabotError } from '../../errors.js';
import { conjunction, identity, moveColumns } from '../../expressions/columns.js';
import { type Expression, isColumn } from '../../expressions/expression.js';
import { intervalJoin } from '../../operators/interval-join.js';
import { type EquiJoin, join } from '../../operators/join.js';
import { windowJoin } from '../../operators/window-join.js';
import type { JoinNode, TemporalJoinNode } from '../../plan/nodes.js';
import { changesOf, isInsertOnly, type PhysicalNode } from '../../plan/physical.js';
import {
  comparesTimes,
  type EquiPair,
  recogniseTimeBounds,
  splitJoinCondition,
} from '../../plan/rules/join-conditions.js';
import { windowProperties } from '../../plan/rules/window-properties.js';
import type { Schema } from '../../schema/types.js';
import { appendColumns, appendProject } from './calc.js';
import type { Lowering } from './lowering.js';
import { lowerSettled } from './settled.js';

export function lowerJoin(node: JoinNode, lowering: Lowering): PhysicalNode {
  const { pairs, rest } = splitJoinCondition(node.condition, node.left.schema.length);
  return (
    windowJoinOf(node, pairs, rest, lowering) ??
    intervalJoinOf(node, lowering) ??
    regularJoinOf(node, pairs, rest, lowering)
  );
}

function windowJoinOf(
  node: JoinNode,
  pairs: readonly EquiPair[],
  rest: readonly Expression[],
  lowering: Lowering,
): PhysicalNode | undefined {
  const left = windowProperties(node.left);
  const right = windowProperties(node.right);
  if (left === undefined || right === undefined) return undefined;
  const among = (e: Expression, columns: readonly number[]) => isColumn(e) && columns.includes(e.column);
  const starts = pairs.find((p) => among(p.left, left.start) && among(p.right, right.start));
  const ends = pairs.find((p) => among(p.left, left.end) && among(p.right, right.end));
  if (starts === undefined || ends === undefined) return undefined;
  const at = (e: Expression) => (isColumn(e) ? e.column : -1);
  const windows = {
    leftWindowStart: at(starts.left),
    leftWindowEnd: at(ends.left),
    rightWindowStart: at(starts.right),
    rightWindowEnd: at(ends.right),
    local: left.local,
  };
  requireInner(node, 'window joins');
  const others = pairs.filter((p) => p !== starts && p !== ends);
  const inputs = [lowering.lower(node.left), lowering.lower(node.right)] as const;
  if (!inputs.every((side) => isInsertOnly(changesOf(side)))) {
    throw unsupportedJoin(node, 'Only window joins of insert-only streams', 'window join of updating streams');
  }
  const sides = joinSides(node, others, rest, ...inputs);
  return sides.finish(windowJoin(sides.left, sides.right, sides.on, windows, sides.schema));
}

function intervalJoinOf(node: JoinNode, lowering: Lowering): PhysicalNode | undefined {
  const left = lowering.lower(node.left);
  const right = lowering.lower(node.right);
  if (!isInsertOnly(changesOf(left)) || !isInsertOnly(changesOf(right))) return undefined;
  const schema = [...node.left.schema, ...node.right.schema];
  // Equal times are bounds too: 0 ms apart.
  const { pairs, rest } = splitJoinCondition(node.condition, node.left.schema.length, (e) => comparesTimes(e, schema));
  const times = recogniseTimeBounds(rest, node.left.schema, node.right.schema);
  if (times === undefined) return undefined;
  requireInner(node, 'interval joins');
  const { rest: residual, ...bounds } = times;
  const sides = joinSides(node, pairs, residual, left, right);
  return sides.finish(intervalJoin(sides.left, sides.right, sides.on, bounds, sides.schema));
}

function regularJoinOf(
  node: JoinNode,
  pairs: readonly EquiPair[],
  rest: readonly Expression[],
  lowering: Lowering,
): PhysicalNode {
  const left = lowerSettled(node.left, lowering);
  const right = lowerSettled(node.right, lowering);
  requireInner(node, 'joins of insert-only streams');
  if (![left, right].every((side) => isInsertOnly(changesOf(side)))) {
    throw unsupportedJoin(node, 'Only inner joins of insert-only streams', 'join of updating streams');
  }
  const sides = joinSides(node, pairs, rest, left, right);
  return sides.finish(join(sides.left, sides.right, sides.on, sides.schema, node));
}

function requireInner(node: JoinNode, what: string): void {
  if (node.joinType !== 'inner') throw unsupportedJoin(node, `Only inner ${what}`, `${node.joinType} join`);
}

function unsupportedJoin({ joinType }: JoinNode, supported: string, found: string): SabotError {
  const message = `${supported} are supported as yet, this is a ${found}.`;
  return new SabotError('SABOT_E_UNSUPPORTED', message, { kind: 'unsupported-join', identifier: joinType });
}

interface JoinSides {
  readonly left: PhysicalNode;
  readonly right: PhysicalNode;
  readonly on: EquiJoin;
  readonly schema: Schema;
  /** Takes computed keys away again. */
  readonly finish: (joined: PhysicalNode) => PhysicalNode;
}

/** Computes keys that are no plain columns below the join, and moves the rest of the condition accordingly. */
export function joinSides(
  node: JoinNode | TemporalJoinNode,
  pairs: readonly EquiPair[],
  rest: readonly Expression[],
  leftInput: PhysicalNode,
  rightInput: PhysicalNode,
): JoinSides {
  const [left, leftKeys] = withKeys(
    leftInput,
    pairs.map((p) => p.left),
  );
  const [right, rightKeys] = withKeys(
    rightInput,
    pairs.map((p) => p.right),
  );
  const width = node.left.schema.length;
  const extra = left.schema.length - width;
  const place = (i: number) => (i < width ? i : i + extra);
  const condition = conjunction(rest.map((e) => moveColumns(e, place)));
  const half = node.joinType === 'semi' || node.joinType === 'anti';
  const fields = node.schema;
  const schema = half
    ? left.schema
    : [
        ...fields.slice(0, width),
        ...left.schema.slice(width),
        ...fields.slice(width),
        ...right.schema.slice(node.right.schema.length),
      ];
  return {
    left,
    right,
    on: { joinType: node.joinType, leftKeys, rightKeys, condition },
    schema,
    finish: (joined) =>
      appendColumns(
        joined,
        fields.map((_, i) => place(i)),
        fields,
      ),
  };
}

function withKeys(input: PhysicalNode, keys: readonly Expression[]): [node: PhysicalNode, keys: number[]] {
  const computed = keys.filter((e) => !isColumn(e));
  const width = input.schema.length;
  const fields = computed.map((e, i) => ({ name: `$key${i}`, type: e.type }));
  const node =
    computed.length === 0
      ? input
      : appendProject(input, [...identity(input.schema), ...computed], [...input.schema, ...fields]);
  return [node, keys.map((e) => (isColumn(e) ? e.column : width + computed.indexOf(e)))];
}
