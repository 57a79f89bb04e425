// materialize_final: what remains of a changelog at the end of bounded input.
//
//   in  +I 1  -U 1  +U 2  end        out  +I 2
//
// State: the current rows, as a multiset, or by key if the input says its keys. Each subtask has those of its key groups, so that it
// finds them again when it is restored at another parallelism.

import type { SortKey } from '../expressions/aggregate-call.js';
import { forward, hash, singleton } from '../plan/inputs.js';
import { INSERT_ONLY, type OperatorSpec, type PhysicalNode } from '../plan/physical.js';
import { rowFields } from '../plan/state.js';
import { rowTable } from '../plan/state-table.js';

export const materializeFinalSpec: OperatorSpec = {
  op: 'materialize_final',
  state: rowFields(),
  stateTable: rowTable(),
  changes: () => INSERT_ONLY,
  needsUpdateBefore: (_required, config) => config['keys'] === undefined,
  folds: () => true,
};

/** The final rows for an operator that keeps them itself: it must not be given them again when the end of the input is restored. */
export function settledRows(input: PhysicalNode, keys: readonly number[] | undefined, spread: boolean): PhysicalNode {
  const node = materializeFinal(input, keys, spread);
  return { ...node, config: { ...node.config, once: true } };
}

/**
 * Emits the final rows once, in order of arrival or as `orderBy` says; with `keys` an update replaces the row of its key, and no -U rows
 * are needed. `spread`: by many subtasks, unless they are to come in order.
 */
export function materializeFinal(
  input: PhysicalNode,
  keys: readonly number[] | undefined,
  spread: boolean,
  orderBy?: readonly SortKey[],
): PhysicalNode {
  const columns = keys ?? input.schema.map((_, i) => i);
  const exchanged = spread ? hash(input, columns) : forward(input);
  return {
    spec: materializeFinalSpec,
    inputs: [orderBy === undefined ? exchanged : singleton(input)],
    schema: input.schema,
    config: { ...(keys === undefined ? {} : { keys }), ...(orderBy === undefined ? {} : { orderBy }) },
  };
}
