// filter: keeps the rows whose condition is TRUE, and of those the columns that go on.
//
//   x > 2:   in  +I 1   +I 3        out  +I 3
//
// Keeps no state. An update of which only one half passes leaves that half alone, so it needs its input's -U rows.

import type { Expression } from '../expressions/expression.js';
import { forward } from '../plan/inputs.js';
import { type OperatorSpec, type PhysicalNode, unionOfChanges } from '../plan/physical.js';

export const filterSpec: OperatorSpec = {
  op: 'filter',
  changes: unionOfChanges,
  needsUpdateBefore: () => true,
  folds: (output) => output,
  upsertKey: (node, [key]) => keptKey(node.config['columns'] as readonly number[] | undefined, key),
  origin: (node, column) => (node.config['columns'] as readonly number[] | undefined)?.[column] ?? column,
};

/** Where a key's columns are among those that go on; an update that only the old row passes leaves -U alone, a deletion. */
function keptKey(columns: readonly number[] | undefined, key: readonly number[] | undefined): number[] | undefined {
  const kept = key?.map((column) => columns?.indexOf(column) ?? column);
  return kept === undefined || kept.includes(-1) ? undefined : kept;
}

/** Keeps the rows of `input` whose `condition` is TRUE, and its `columns` (ascending positions; default: all). */
export function filter(input: PhysicalNode, condition: Expression, columns?: readonly number[]): PhysicalNode {
  const all = columns === undefined || columns.length === input.schema.length;
  return {
    spec: filterSpec,
    inputs: [forward(input)],
    schema: all ? input.schema : columns.map((c) => input.schema[c]!),
    config: all ? { condition } : { condition, columns },
  };
}
