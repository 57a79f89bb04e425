// parallelism: how many subtasks an operator has, and may have.
//
//   { 'parallelism.default': '4', 'pipeline.max-parallelism': '2' }   ->   refused, as in Flink
//
// State is cut into as many key groups as native/batch/key_encoding.h says, whatever the settings: their least number only is theirs.

import { SabotError } from '../errors.js';
import type { PhysicalNode } from '../plan/physical.js';
import { count, type Settings } from './settings.js';

/** Key groups; a subtask without one would have nothing to do. */
export const MAX_PARALLELISM = 128;

/** Parallelism as the script sets it; Flink's -1 means "not set". */
export function parallelismOf(settings: Settings): number | undefined {
  const key = 'table.exec.resource.default-parallelism';
  if (settings[key]?.trim() === '-1') return count(settings, 'parallelism.default');
  return count(settings, key) ?? count(settings, 'parallelism.default');
}

function maxParallelismOf(settings: Settings): number {
  const key = 'pipeline.max-parallelism';
  if (settings[key]?.trim() === '-1') return MAX_PARALLELISM;
  return Math.min(count(settings, key) ?? MAX_PARALLELISM, MAX_PARALLELISM);
}

/** Throws if the job, or an operator that has its own parallelism, would have more subtasks than there may be. */
export function checkParallelism(settings: Settings, parallelism: number, nodes: readonly PhysicalNode[]): void {
  const most = maxParallelismOf(settings);
  const refuse = (who: string, asked: number): void => {
    if (asked <= most) return;
    const remedy = most < MAX_PARALLELISM ? "lower it, or raise 'pipeline.max-parallelism'" : 'lower it';
    const message = `The parallelism of ${who} (${asked}) is higher than the max parallelism (${most}): ${remedy}.`;
    throw new SabotError('SABOT_E_OPTION', message, { kind: 'invalid-option', identifier: 'parallelism' });
  };
  refuse('the job', parallelism);
  for (const node of nodes) refuse(node.label ?? node.spec.op, node.parallelism ?? 1);
}
