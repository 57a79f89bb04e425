// upsert_materialize: the current row of every key of a sink, where the changes come by other keys.
//
//   sink key n    in   +I [1, a]  +I [2, a]  -D [2, a]        out  +I [1, a]  +U [2, a]  +U [1, a]
//
// Flink's SinkUpsertMaterializer.
//
// State: all rows of every key of the sink, in order of arrival.

import { hash } from '../plan/inputs.js';
import { ALL_CHANGES, type Config, type OperatorSpec, type PhysicalNode } from '../plan/physical.js';
import { keyFields, rowFields, stateOf } from '../plan/state.js';
import { rowTable } from '../plan/state-table.js';

export const upsertMaterializeSpec: OperatorSpec = {
  op: 'upsert_materialize',
  state: stateOf(keyFields('keys'), rowFields()),
  stateTable: rowTable('keys'),
  changes: () => ALL_CHANGES,
  needsUpdateBefore: (_required, config) => needsOldRows(config),
  upsertKey: (node) => node.config['keys'] as readonly number[],
};

/** Positions of the sink's key, and of what tells the input's rows apart; without the latter a row is taken back by all it holds. */
export interface SinkKeys {
  readonly sink: readonly number[];
  readonly upsert: readonly number[] | undefined;
}

export const sinkKeysConfig = ({ sink, upsert }: SinkKeys): Config => ({
  keys: sink,
  ...(upsert === undefined || upsert.length === 0 ? {} : { upsertKey: upsert }),
});

/** With one key for both, a new row takes the place of the one before by itself. */
export function needsOldRows({ keys, upsertKey = [] }: Config): boolean {
  const [sink, upsert] = [keys as readonly number[], upsertKey as readonly number[]];
  return upsert.length !== sink.length || !upsert.every((column) => sink.includes(column));
}

/** The newest row of every key of the sink that is left. */
export function upsertMaterialize(input: PhysicalNode, keys: SinkKeys): PhysicalNode {
  return {
    spec: upsertMaterializeSpec,
    inputs: [hash(input, keys.sink)],
    schema: input.schema,
    config: sinkKeysConfig(keys),
  };
}
