// user_function: columns that TypeScript functions compute in V8, beside columns of the input.
//
//   up(k):   in  +I (a, 1)        out  +I (a, 1, A)        flattened:   in  +I [x, y]        out  +I x  +I y
//
// Keeps no state. Row kinds pass through: of a row that is taken back, the function must say the same as when it came.

import { FlatRun } from '../functions/flat-run.js';
import { functionText } from '../functions/function-error.js';
import { batchRun } from '../functions/lenient-run.js';
import { errorHandling, rowtimeOf } from '../plan/dead-letters.js';
import { forward } from '../plan/inputs.js';
import { type OperatorSpec, type PhysicalNode, unionOfChanges } from '../plan/physical.js';
import type { UserFunction } from '../plan/user-function.js';
import type { Schema } from '../schema/types.js';

export const userFunctionSpec: OperatorSpec = {
  op: 'user_function',
  changes: unionOfChanges,
  needsUpdateBefore: (required) => required,
  folds: (output) => output,
  upsertKey: (node, [key]) => {
    if (node.config['flattens'] === true) return undefined;
    const moved = key?.map((column) => (node.config['columns'] as readonly number[]).indexOf(column));
    return moved?.includes(-1) ? undefined : moved;
  },
};

/** `columns` of the input, then the results of `functions`; a function that `flattens` is alone and gives any number of rows. */
export function userFunction(
  input: PhysicalNode,
  columns: readonly number[],
  functions: readonly UserFunction[],
  flattens: boolean,
  schema: Schema,
): PhysicalNode {
  const reads = readsOf(functions);
  const rows = reads.map((column) => input.schema[column]!);
  const onError = errorHandling(functions[0]!.onError, rowtimeOf(input.schema));
  return {
    spec: userFunctionSpec,
    inputs: [forward(input)],
    schema,
    config: { columns, reads, flattens, functions: functions.map(functionText), ...onError.config },
    ...onError.node,
    code: {
      parts: functions.map((of) => of.run),
      open: () => (flattens ? new FlatRun(functions[0]!, rows) : batchRun(functions, rows)),
    },
  };
}

/** Every column that one of the functions reads, ascending. */
export const readsOf = (functions: readonly UserFunction[]): number[] =>
  [...new Set(functions.flatMap((of) => of.reads))].sort((a, b) => a - b);
