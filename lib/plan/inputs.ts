// How an operator reads its inputs: the exchanges as functions.
//
//   hash(node, [0])  ->  { node, exchange: 'hash', keys: [0] };   no keys: everything goes to one subtask

import type { Config, PhysicalInput, PhysicalNode } from './physical.js';

export function forward(node: PhysicalNode): PhysicalInput {
  return { node, exchange: 'forward', keys: [] };
}

/** By key group; without keys all rows go to one subtask. */
export function hash(node: PhysicalNode, keys: readonly number[]): PhysicalInput {
  return keys.length === 0 ? { node, exchange: 'singleton', keys: [] } : { node, exchange: 'hash', keys };
}

/** All rows to every subtask. */
export function broadcast(node: PhysicalNode): PhysicalInput {
  return { node, exchange: 'broadcast', keys: [] };
}

export function singleton(node: PhysicalNode): PhysicalInput {
  return { node, exchange: 'singleton', keys: [] };
}

/** Where rows carry their window; `local`: its bounds are local times of the session's zone. */
export interface CarriedWindow {
  readonly windowStart: number;
  readonly windowEnd: number;
  readonly local: boolean;
}

/** What native is told of it. */
export const carriedConfig = ({ windowStart, windowEnd, local }: CarriedWindow): Config =>
  local ? { windowStart, windowEnd, localWindow: true } : { windowStart, windowEnd };

/** By key group of the keys, or of the window's columns if there are no keys: windows do not depend on each other. */
export function hashWindows(node: PhysicalNode, keys: readonly number[], window: CarriedWindow): PhysicalInput {
  return hash(node, keys.length === 0 ? [window.windowStart, window.windowEnd] : keys);
}
