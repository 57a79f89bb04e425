// window_rank: the first rows of every partition and window, emitted once.
//
//   ROW_NUMBER ... ORDER BY v DESC <= 1:   in  +I (3, 0 s..10 s)  +I (5, 0 s..10 s)  watermark 10 s        out  +I 5
//
// State: the rows that may be the first ones, per window.

import { type CarriedWindow, carriedConfig, hashWindows } from '../plan/inputs.js';
import { INSERT_ONLY, type OperatorSpec, type PhysicalNode } from '../plan/physical.js';
import { keyFields, rowFields, stateOf } from '../plan/state.js';
import { rowTable } from '../plan/state-table.js';
import type { Schema } from '../schema/types.js';
import type { RankRange } from './rank.js';

export const windowRankSpec: OperatorSpec = {
  op: 'window_rank',
  state: stateOf(keyFields('partitionKeys'), rowFields()),
  stateTable: rowTable('partitionKeys'),
  changes: () => INSERT_ONLY,
  needsUpdateBefore: () => true,
  eventTime: true,
};

/** As `rank`, per window: the window's columns are not among `partitionKeys`. */
export function windowRank(input: PhysicalNode, range: RankRange, window: CarriedWindow, schema: Schema): PhysicalNode {
  return {
    spec: windowRankSpec,
    inputs: [hashWindows(input, range.partitionKeys, window)],
    schema,
    config: { ...range, ...carriedConfig(window) },
  };
}
