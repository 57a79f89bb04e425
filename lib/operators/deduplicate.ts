// deduplicate: the last row of every key by event time.
//
//   keep last by ts:   in  +I (a, 1)  +I (a, 5)        out  +I (a, 1)  -U (a, 1)  +U (a, 5)
//
// State: the row that is kept, per key.

import { hash } from '../plan/inputs.js';
import type { StateTtl } from '../plan/nodes.js';
import {
  ALL_CHANGES,
  INSERT_ONLY,
  isInsertOnly,
  type OperatorSpec,
  type PhysicalNode,
  UPDATING,
} from '../plan/physical.js';
import { keyFields, rowFields, stateOf } from '../plan/state.js';
import { rowTable } from '../plan/state-table.js';
import type { Schema } from '../schema/types.js';

export interface Deduplication {
  readonly keys: readonly number[];
  /** The time attribute that orders the rows. */
  readonly order: number;
  readonly keep: 'first' | 'last';
  /** Whether the row number, always 1, is the last column of the output. */
  readonly outputRank: boolean;
  /** How long rows are kept; without it `table.exec.state.ttl` says. */
  readonly ttl?: StateTtl;
}

export const deduplicateSpec: OperatorSpec = {
  op: 'deduplicate',
  state: stateOf(keyFields('keys'), rowFields()),
  stateTable: rowTable('keys'),
  changes: (inputs, config) =>
    !inputs.every(isInsertOnly) ? ALL_CHANGES : config['keep'] === 'first' ? INSERT_ONLY : UPDATING,
  needsUpdateBefore: () => true,
  changelogConfig: ({ emitUpdateBefore }) => ({ emitUpdateBefore }),
  upsertKey: (node) => node.config['keys'] as readonly number[],
  eventTime: true,
};

/** Keeps one row per key. */
export function deduplicate(input: PhysicalNode, how: Deduplication, schema: Schema): PhysicalNode {
  return { spec: deduplicateSpec, inputs: [hash(input, how.keys)], schema, config: { ...how } };
}
