// How an operator reads its inputs: the four exchanges as functions.
//
//   hash(node, [0])  ->  { node, exchange: 'hash', keys: [0] };   no keys: everything goes to one subtask

import type { PhysicalInput, PhysicalNode } from './physical.js';

export function forward(node: PhysicalNode): PhysicalInput {
  return { node, exchange: 'forward', keys: [] };
}

/** By key group; without keys all rows go to one subtask. */
export function hash(node: PhysicalNode, keys: readonly number[]): PhysicalInput {
  return keys.length === 0 ? { node, exchange: 'singleton', keys: [] } : { node, exchange: 'hash', keys };
}

export function singleton(node: PhysicalNode): PhysicalInput {
  return { node, exchange: 'singleton', keys: [] };
}

/** By key group of the keys, or of the window's columns if there are no keys: windows do not depend on each other. */
export function hashWindows(node: PhysicalNode, keys: readonly number[], window: readonly number[]): PhysicalInput {
  return hash(node, keys.length === 0 ? window : keys);
}
