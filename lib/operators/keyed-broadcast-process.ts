// keyed_broadcast_process: rows and timers that a TypeScript function processes with the state of their keys and with broadcast state.
//
//   rules { 1: > 5 }, rows a 6, a 9   ->   process(a 6, state of a, rules), process(a 9, …)   ->   any number of rows
//   rule { 1: > 7 }                   ->   processBroadcast(rule 1)                           ->   any number of rows, and changes of keys
//
// State: that of keyed_process, and the broadcast rows by key, the same in every subtask.

import { KeyedBroadcastRun } from '../functions/keyed-broadcast-run.js';
import { broadcast as broadcastTo, hash } from '../plan/inputs.js';
import type { KeyedBroadcastProcessNode } from '../plan/nodes.js';
import { INSERT_ONLY, type OperatorSpec, type PhysicalNode } from '../plan/physical.js';
import { keyFields, processStateFields, rowFields, stateOf } from '../plan/state.js';
import { processTable } from '../plan/state-table.js';
import { processMembers } from './keyed-process.js';

export const keyedBroadcastProcessSpec: OperatorSpec = {
  op: 'keyed_broadcast_process',
  state: stateOf(keyFields('keys'), processStateFields, keyFields('broadcastKeys', 1), rowFields(1)),
  stateTable: processTable,
  meantByCode: true,
  changes: () => INSERT_ONLY,
  needsUpdateBefore: (_, config) => config['upserts'] !== true,
  eventTime: true,
};

/** `upserts`: as of broadcast_process. */
export function keyedBroadcastProcess(
  rows: PhysicalNode,
  broadcast: PhysicalNode,
  { schema, broadcast: map, ...node }: Omit<KeyedBroadcastProcessNode, 'op' | 'left' | 'right'>,
  upserts: boolean,
): PhysicalNode {
  const members = processMembers(
    node,
    rows,
    (shape) => new KeyedBroadcastRun(node.code, shape, { map, schema: broadcast.schema }),
  );
  return {
    spec: keyedBroadcastProcessSpec,
    inputs: [hash(rows, node.keys), broadcastTo(broadcast)],
    schema,
    ...members,
    config: {
      ...members.config,
      broadcastKeys: map.keys,
      ...(map.removes === undefined ? {} : { removes: map.removes }),
      upserts,
    },
  };
}
