// join, interval_join, window_join, temporal_join: rows of two inputs that belong together.
//
//   l.k = r.k:   left  +I (a, 1)   right  +I (a, 9)        out  +I (a, 1, a, 9)
//
// State: the rows of both sides, for ever (join), as long as event time allows (interval), or until the window ends.

import { hash } from './inputs.js';
import type { Expression } from '../expressions/expression.js';
import type { JoinType } from '../plan/nodes.js';
import {
  ALL_CHANGES,
  INSERT_ONLY,
  isInsertOnly,
  unionOfChanges,
  type Config,
  type OperatorSpec,
  type PhysicalNode,
} from '../plan/physical.js';
import type { Schema } from '../schema/types.js';

export const joinSpec: OperatorSpec = {
  op: 'join',
  changes: (inputs, config) => (config['joinType'] === 'inner' || config['joinType'] === 'semi' ? unionOfChanges(inputs) : ALL_CHANGES),
  needsUpdateBefore: () => true,
  changelogConfig: ({ inputs }) => ({ leftRetracts: !isInsertOnly(inputs[0]!), rightRetracts: !isInsertOnly(inputs[1]!) }),
};

const timed = (op: string): OperatorSpec => ({
  op,
  changes: () => INSERT_ONLY,
  needsUpdateBefore: () => true,
  eventTime: true,
});

export const intervalJoinSpec = timed('interval_join');
export const windowJoinSpec = timed('window_join');
export const temporalJoinSpec: OperatorSpec = { ...timed('temporal_join'), changes: (inputs) => inputs[0]! };

export interface EquiJoin {
  readonly joinType: JoinType;
  readonly leftKeys: readonly number[];
  readonly rightKeys: readonly number[];
  /** What must hold beside equal keys, over left ++ right. */
  readonly condition: Expression | undefined;
}

const config = ({ condition, ...rest }: EquiJoin): Config => ({ ...rest, ...(condition === undefined ? {} : { condition }) });
const inputs = (left: PhysicalNode, right: PhysicalNode, on: EquiJoin) => [hash(left, on.leftKeys), hash(right, on.rightKeys)];

/** A regular join; both sides are kept for ever. */
export function join(left: PhysicalNode, right: PhysicalNode, on: EquiJoin, schema: Schema): PhysicalNode {
  return { spec: joinSpec, inputs: inputs(left, right, on), schema, config: config(on) };
}

/** Event times of the two sides, and how far apart they may be: lowerMs <= right - left <= upperMs. */
export interface TimeBounds {
  readonly leftTime: number;
  readonly rightTime: number;
  readonly lowerMs: number;
  readonly upperMs: number;
}

export function intervalJoin(
  left: PhysicalNode,
  right: PhysicalNode,
  on: EquiJoin,
  bounds: TimeBounds,
  schema: Schema,
): PhysicalNode {
  return { spec: intervalJoinSpec, inputs: inputs(left, right, on), schema, config: { ...config(on), ...bounds } };
}

/** Where the two sides carry their windows. */
export interface JoinedWindows {
  readonly leftWindowStart: number;
  readonly leftWindowEnd: number;
  readonly rightWindowStart: number;
  readonly rightWindowEnd: number;
}

/** Joins rows of the same window; the windows' columns are not among the keys. */
export function windowJoin(
  left: PhysicalNode,
  right: PhysicalNode,
  on: EquiJoin,
  windows: JoinedWindows,
  schema: Schema,
): PhysicalNode {
  return { spec: windowJoinSpec, inputs: inputs(left, right, on), schema, config: { ...config(on), ...windows } };
}

/** Joins every left row with the version of the right row at the left's `time`. */
export function temporalJoin(
  left: PhysicalNode,
  right: PhysicalNode,
  on: EquiJoin,
  leftTime: number,
  rightTime: number,
  schema: Schema,
): PhysicalNode {
  return {
    spec: temporalJoinSpec,
    inputs: inputs(left, right, on),
    schema,
    config: { ...config(on), leftTime, rightTime },
  };
}
