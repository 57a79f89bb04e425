// join: rows of two inputs that belong together, for ever.
//
//   l.k = r.k:   left  +I (a, 1)   right  +I (a, 9)        out  +I (a, 1, a, 9)
//
// State: the rows of both sides. A NULL key equals nothing.

import type { Expression } from '../expressions/expression.js';
import { hash } from '../plan/inputs.js';
import type { JoinType, StateTtl } from '../plan/nodes.js';
import {
  ALL_CHANGES,
  type Config,
  isInsertOnly,
  type OperatorSpec,
  type PhysicalInput,
  type PhysicalNode,
  unionOfChanges,
} from '../plan/physical.js';
import { keyFields, rowFields, stateOf } from '../plan/state.js';
import { sideTable } from '../plan/state-table.js';
import type { Schema } from '../schema/types.js';

export const joinSpec: OperatorSpec = {
  op: 'join',
  state: stateOf(keyFields('leftKeys'), keyFields('rightKeys', 1), rowFields(), rowFields(1)),
  stateTable: sideTable,
  changes: (inputs, config) => (config['joinType'] === 'inner' ? unionOfChanges(inputs) : ALL_CHANGES),
  needsUpdateBefore: () => true,
  folds: (output) => output,
  changelogConfig: ({ inputs }) => ({
    leftRetracts: !isInsertOnly(inputs[0]!),
    rightRetracts: !isInsertOnly(inputs[1]!),
  }),
};

export interface EquiJoin {
  readonly joinType: JoinType;
  readonly leftKeys: readonly number[];
  readonly rightKeys: readonly number[];
  /** What must hold beside equal keys, over left ++ right. */
  readonly condition: Expression | undefined;
}

/** How long rows of a side are kept; without it `table.exec.state.ttl` says. */
export interface JoinTtl {
  readonly leftTtl?: StateTtl | undefined;
  readonly rightTtl?: StateTtl | undefined;
}

/** The members of config that all joins have. */
export function joinConfig({ condition, ...rest }: EquiJoin): Config {
  return condition === undefined ? rest : { ...rest, condition };
}

/** Both sides by their keys; without keys everything meets in one subtask. */
export function joinInputs(left: PhysicalNode, right: PhysicalNode, on: EquiJoin): PhysicalInput[] {
  return [hash(left, on.leftKeys), hash(right, on.rightKeys)];
}

/** Joins rows with equal keys, whenever they come. */
export function join(
  left: PhysicalNode,
  right: PhysicalNode,
  on: EquiJoin,
  schema: Schema,
  { leftTtl, rightTtl }: JoinTtl = {},
): PhysicalNode {
  const ttl = {
    ...(leftTtl === undefined ? {} : { leftTtl }),
    ...(rightTtl === undefined ? {} : { rightTtl }),
  };
  return { spec: joinSpec, inputs: joinInputs(left, right, on), schema, config: { ...joinConfig(on), ...ttl } };
}
