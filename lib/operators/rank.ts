// rank: the first rows of every partition, kept up to date.
//
//   ROW_NUMBER ... ORDER BY v DESC <= 1:   in  +I 3  +I 5        out  +I 3  -D 3  +I 5
//
// State: the rows that are, or may become, the first ones.

import type { SortKey } from '../expressions/aggregate-call.js';
import { hash } from '../plan/inputs.js';
import type { StateTtl } from '../plan/nodes.js';
import { ALL_CHANGES, isInsertOnly, type OperatorSpec, type PhysicalNode } from '../plan/physical.js';
import { keyFields, rowFields, stateOf } from '../plan/state.js';
import { rowTable } from '../plan/state-table.js';
import type { Schema } from '../schema/types.js';

export const rankSpec: OperatorSpec = {
  op: 'rank',
  state: stateOf(keyFields('partitionKeys'), rowFields()),
  stateTable: rowTable('partitionKeys'),
  changes: () => ALL_CHANGES,
  needsUpdateBefore: () => true,
  changelogConfig: ({ inputs, emitUpdateBefore }) => ({
    inputRetracts: !inputs.every(isInsertOnly),
    emitUpdateBefore,
  }),
};

export type RankFunction = 'row_number' | 'rank' | 'dense_rank';

export interface RankRange {
  readonly function: RankFunction;
  readonly partitionKeys: readonly number[];
  readonly orderBy: readonly SortKey[];
  readonly rankStart: number;
  readonly rankEnd: number;
  /** Whether the rank is the last column of the output. */
  readonly outputRank: boolean;
  /** How long rows are kept; without it `table.exec.state.ttl` says. */
  readonly ttl?: StateTtl;
}

/** Rows whose rank within their partition lies in the range, both ends included. */
export function rank(input: PhysicalNode, range: RankRange, schema: Schema): PhysicalNode {
  return { spec: rankSpec, inputs: [hash(input, range.partitionKeys)], schema, config: { ...range } };
}
