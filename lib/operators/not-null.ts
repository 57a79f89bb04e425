// not_null: rows for a table some of whose columns must not be NULL.
//
//   column k    in   +I [a, 1]  +I [NULL, 2]        out  +I [a, 1]   and the job fails; or it goes on without the other one
//
// Flink's ConstraintEnforcer. Keeps no state.

import { forward } from '../plan/inputs.js';
import { type OperatorSpec, type PhysicalNode, unionOfChanges } from '../plan/physical.js';
import { withNullable } from '../schema/types.js';

export const notNullSpec: OperatorSpec = {
  op: 'not_null',
  changes: unionOfChanges,
  needsUpdateBefore: (required) => required,
  upsertKey: (_node, [key]) => key,
  origin: (_node, column) => column,
};

/** Fails on a row that has NULL in one of the `columns`, or drops it. */
export function notNull(input: PhysicalNode, columns: readonly number[], drops: boolean): PhysicalNode {
  const schema = input.schema.map(({ name, type }, at) => ({
    name,
    type: columns.includes(at) ? withNullable(type, false) : type,
  }));
  return { spec: notNullSpec, inputs: [forward(input)], schema, config: { required: columns, drops } };
}
