// Functions in TypeScript: compiled ones beside the native operators, the others in V8.

import { SabotError } from '../../errors.js';
import { broadcastProcess } from '../../operators/broadcast-process.js';
import { compiledFunction } from '../../operators/compiled-function.js';
import { keyedBroadcastProcess } from '../../operators/keyed-broadcast-process.js';
import { keyedProcess } from '../../operators/keyed-process.js';
import { userFunction } from '../../operators/user-function.js';
import type {
  BroadcastMap,
  BroadcastProcessNode,
  KeyedBroadcastProcessNode,
  KeyedProcessNode,
  LogicalNode,
  UserFunctionNode,
} from '../../plan/nodes.js';
import { changesOf, isInsertOnly, type PhysicalNode } from '../../plan/physical.js';
import { upsertKey } from '../../plan/rules/infer-changelog.js';
import type { Lowering } from './lowering.js';

export function lowerUserFunction(node: UserFunctionNode, lowering: Lowering): PhysicalNode {
  const input = lowering.lower(node.input);
  const compiled = node.functions.every((of) => of.native !== undefined);
  return compiled
    ? compiledFunction(input, node.functions, node.schema)
    : userFunction(input, node.columns, node.functions, node.flattens, node.schema);
}

export function lowerBroadcastProcess(node: BroadcastProcessNode, lowering: Lowering): PhysicalNode {
  const rows = lowering.lower(node.left);
  if (!isInsertOnly(changesOf(rows))) {
    const message =
      'process() with broadcast state takes rows that are not updated: of a row that is taken back it could not say the same as when it came. The broadcast stream may be updated.';
    throw new SabotError('SABOT_E_UNSUPPORTED', message, { kind: 'unsupported-broadcast' });
  }
  const broadcast = lowering.lower(node.right);
  return broadcastProcess(rows, broadcast, node, upserts(broadcast, node.broadcast));
}

/** Whether a new row always has the key of the one that it replaces. */
function upserts(broadcast: PhysicalNode, { keys }: BroadcastMap): boolean {
  const identifies = upsertKey(broadcast);
  return identifies?.length === keys.length && identifies.every((key) => keys.includes(key));
}

export function lowerKeyedProcess(node: KeyedProcessNode, lowering: Lowering): PhysicalNode {
  return keyedProcess(lowerProcessed(node.input, lowering), node);
}

export function lowerKeyedBroadcastProcess(node: KeyedBroadcastProcessNode, lowering: Lowering): PhysicalNode {
  const rows = lowerProcessed(node.left, lowering);
  const broadcast = lowering.lower(node.right);
  return keyedBroadcastProcess(rows, broadcast, node, upserts(broadcast, node.broadcast));
}

function lowerProcessed(node: LogicalNode, lowering: Lowering): PhysicalNode {
  const rows = lowering.lower(node);
  if (!isInsertOnly(changesOf(rows))) {
    const message =
      'process() of a keyed stream takes rows that are not updated: what it has made of a row it could not take back. Put windows or a filter that keeps the last change before it.';
    throw new SabotError('SABOT_E_UNSUPPORTED', message, { kind: 'unsupported-process' });
  }
  return rows;
}
