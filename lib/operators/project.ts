// project: computes a row from every row.
//
//   [a + b, a]:   in  +I (1, 2)        out  +I (3, 1)
//
// Keeps no state; row kinds pass through.

import type { Expression } from '../expressions/expression.js';
import { keptColumn } from '../expressions/kept-column.js';
import { forward } from '../plan/inputs.js';
import { type OperatorSpec, type PhysicalNode, unionOfChanges } from '../plan/physical.js';
import type { Schema } from '../schema/types.js';

export const projectSpec: OperatorSpec = {
  op: 'project',
  changes: unionOfChanges,
  needsUpdateBefore: (required) => required,
  folds: (output) => output,
  keepsRows: true,
  origin: (node, column) => (node.config['expressions'] as readonly Expression[])[column]!,
  upsertKey: (node, [key]) => projectKey(node.config['expressions'] as readonly Expression[], key),
};

/** Computes `expressions` over every row of `input`; `schema` names their results. */
export function project(input: PhysicalNode, expressions: readonly Expression[], schema: Schema): PhysicalNode {
  return { spec: projectSpec, inputs: [forward(input)], schema, config: { expressions } };
}

/** Where a key's columns are after a projection; undefined if one of them is gone. */
export function projectKey(
  expressions: readonly Expression[],
  key: readonly number[] | undefined,
): number[] | undefined {
  const moved = key?.map((column) => expressions.findIndex((e) => keptColumn(e) === column));
  return moved === undefined || moved.includes(-1) ? undefined : moved;
}
