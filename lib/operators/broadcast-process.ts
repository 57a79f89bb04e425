// broadcast_process: rows that a TypeScript function processes with broadcast state at hand, in V8.
//
//   rules { 1: > 5 }, rows 6, 4   ->   fn(6, rules), fn(4, rules)   ->   any number of rows for each
//
// State: the broadcast rows by key, the same in every subtask.

import { BroadcastRun } from '../functions/broadcast-run.js';
import { functionText } from '../functions/function-error.js';
import { errorHandling, rowtimeOf } from '../plan/dead-letters.js';
import { broadcast as broadcastTo, forward, hash } from '../plan/inputs.js';
import type { BroadcastProcessNode } from '../plan/nodes.js';
import { INSERT_ONLY, type OperatorSpec, type PhysicalNode } from '../plan/physical.js';
import { keyFields, rowFields, stateOf } from '../plan/state.js';
import { broadcastTable } from '../plan/state-table.js';

export const broadcastProcessSpec: OperatorSpec = {
  op: 'broadcast_process',
  state: stateOf(keyFields('broadcastKeys', 1), rowFields(1)),
  stateTable: broadcastTable,
  changes: () => INSERT_ONLY,
  needsUpdateBefore: (_, config) => config['upserts'] !== true,
};

/** `upserts`: the key of a broadcast row identifies it, so that the new row of a change says all. */
export function broadcastProcess(
  rows: PhysicalNode,
  broadcast: PhysicalNode,
  { keys, broadcast: map, columns, function: of, schema }: Omit<BroadcastProcessNode, 'op' | 'left' | 'right'>,
  upserts: boolean,
): PhysicalNode {
  const read = of.reads.map((column) => rows.schema[column]!);
  const onError = errorHandling(of.onError, rowtimeOf(rows.schema));
  return {
    spec: broadcastProcessSpec,
    inputs: [keys.length === 0 ? forward(rows) : hash(rows, keys), broadcastTo(broadcast)],
    schema,
    config: {
      columns,
      reads: of.reads,
      broadcastKeys: map.keys,
      ...(map.removes === undefined ? {} : { removes: map.removes }),
      upserts,
      functions: [functionText(of)],
      ...onError.config,
    },
    ...onError.node,
    code: { parts: [of.run], open: () => new BroadcastRun(of, read, map, broadcast.schema) },
  };
}
