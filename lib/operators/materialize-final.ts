// materialize_final: what remains of a changelog at the end of bounded input.
//
//   in  +I 1  -U 1  +U 2  end        out  +I 2
//
// State: the current rows, as a multiset, or by key if the input says its keys. Each subtask has those of its key groups, so that it
// finds them again when it is restored at another parallelism.

import { forward, hash } from '../plan/inputs.js';
import { INSERT_ONLY, type OperatorSpec, type PhysicalNode } from '../plan/physical.js';
import { rowFields } from '../plan/state.js';

export const materializeFinalSpec: OperatorSpec = {
  op: 'materialize_final',
  state: rowFields(),
  changes: () => INSERT_ONLY,
  needsUpdateBefore: (_required, config) => config['keys'] === undefined,
  folds: () => true,
};

/** Emits the final rows once; with `keys` an update replaces the row of its key, and no -U rows are needed. `spread`: by many subtasks. */
export function materializeFinal(
  input: PhysicalNode,
  keys: readonly number[] | undefined,
  spread: boolean,
): PhysicalNode {
  const columns = keys ?? input.schema.map((_, i) => i);
  return {
    spec: materializeFinalSpec,
    inputs: [spread ? hash(input, columns) : forward(input)],
    schema: input.schema,
    config: keys === undefined ? {} : { keys },
  };
}
