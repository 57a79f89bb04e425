// changelog_normalize: a changelog by key that tells new rows only, made one that tells old rows too.
//
//   key k:   in  +I (a, 1)  +I (a, 2)  -D (a)        out  +I (a, 1)  -U (a, 1)  +U (a, 2)  -D (a, 2)
//
// A row for which a condition is not TRUE is as none: an update to it is a deletion.
//
// State: the newest row of every key.

import { conjunction, conjuncts } from '../expressions/columns.js';
import type { Expression } from '../expressions/expression.js';
import { hash } from '../plan/inputs.js';
import { ALL_CHANGES, type OperatorSpec, type PhysicalNode } from '../plan/physical.js';
import { keyFields, rowFields, stateOf } from '../plan/state.js';
import { rowTable } from '../plan/state-table.js';

export const changelogNormalizeSpec: OperatorSpec = {
  op: 'changelog_normalize',
  state: stateOf(keyFields('keys'), rowFields()),
  stateTable: rowTable('keys'),
  changes: () => ALL_CHANGES,
  needsUpdateBefore: () => false,
  changelogConfig: ({ emitUpdateBefore }) => ({ emitUpdateBefore }),
  upsertKey: (node) => node.config['keys'] as readonly number[],
  withCondition: (node, condition) => {
    const parts = [node.config['condition'] as Expression | undefined, condition].flatMap(conjuncts);
    return { ...node, config: { ...node.config, condition: conjunction(parts) } };
  },
};

/** Tells what every row of `input` replaces: the row with the same `keys`. */
export function changelogNormalize(input: PhysicalNode, keys: readonly number[]): PhysicalNode {
  return { spec: changelogNormalizeSpec, inputs: [hash(input, keys)], schema: input.schema, config: { keys } };
}
