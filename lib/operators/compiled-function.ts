// compiled_function: columns of TypeScript functions whose native form can fail where JavaScript does not.
//
//   a * b:   in  +I (2, 3)        out  +I (2, 3, 6)        a batch with (2^40, 2^40) runs in V8
//
// Keeps no state; row kinds pass through.

import { functionText } from '../functions/function-error.js';
import { batchRun } from '../functions/lenient-run.js';
import { errorHandling, rowtimeOf } from '../plan/dead-letters.js';
import { forward } from '../plan/inputs.js';
import { type OperatorSpec, type PhysicalNode, unionOfChanges } from '../plan/physical.js';
import type { UserFunction } from '../plan/user-function.js';
import type { Schema } from '../schema/types.js';
import { readsOf } from './user-function.js';

export const compiledFunctionSpec: OperatorSpec = {
  op: 'compiled_function',
  changes: unionOfChanges,
  needsUpdateBefore: (required) => required,
  folds: (output) => output,
  upsertKey: (_node, [key]) => key,
};

/** The input's columns, then the results of compiled `functions`. */
export function compiledFunction(
  input: PhysicalNode,
  functions: readonly UserFunction[],
  schema: Schema,
): PhysicalNode {
  const reads = readsOf(functions);
  const rows = reads.map((column) => input.schema[column]!);
  const onError = errorHandling(functions[0]!.onError, rowtimeOf(input.schema));
  return {
    spec: compiledFunctionSpec,
    inputs: [forward(input)],
    schema,
    config: {
      reads,
      expressions: functions.flatMap((of) => of.native ?? []),
      functions: functions.map(functionText),
      ...onError.config,
    },
    ...onError.node,
    code: { parts: functions.map((of) => of.run), open: () => batchRun(functions, rows) },
  };
}
