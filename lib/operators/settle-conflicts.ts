// settle_conflicts: the row of every key of a sink, where no two rows may have the same one.
//
//   sink key n    in   +I [1, a]  +I [2, a]  W(5)        DO ERROR: fails        DO NOTHING: +I [1, a]  W(5)
//
// Changes wait for the watermark, and what takes a row back for the row. Flink's WatermarkCompactingSinkMaterializer.
//
// State: the row of every key, and the changes that wait.

import { hash } from '../plan/inputs.js';
import { ALL_CHANGES, type OperatorSpec, type PhysicalNode } from '../plan/physical.js';
import { keyFields, rowFields, stateOf } from '../plan/state.js';
import { rowTable } from '../plan/state-table.js';
import { needsOldRows, type SinkKeys, sinkKeysConfig } from './upsert-materialize.js';

export const settleConflictsSpec: OperatorSpec = {
  op: 'settle_conflicts',
  state: stateOf(keyFields('keys'), rowFields()),
  stateTable: rowTable('keys'),
  changes: () => ALL_CHANGES,
  needsUpdateBefore: (_required, config) => needsOldRows(config),
  upsertKey: (node) => node.config['keys'] as readonly number[],
  eventTime: true,
};

/** The only row of every key of the sink; where there are several the job fails, or the first one stays. */
export function settleConflicts(input: PhysicalNode, keys: SinkKeys, onConflict: 'error' | 'nothing'): PhysicalNode {
  return {
    spec: settleConflictsSpec,
    inputs: [hash(input, keys.sink)],
    schema: input.schema,
    config: { ...sinkKeysConfig(keys), onConflict },
  };
}
