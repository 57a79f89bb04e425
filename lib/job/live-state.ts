// live-state: what can be read of a running job's state.
//
//   plan: group_aggregate x 2, metrics: 4096 bytes each   ->   { uid: 'group_aggregate', subtasks: 2, bytes: 8192, table, … }

import { type EncodedPlan, encodePlanBytes } from '../plan/encode.js';
import type { PhysicalPlan } from '../plan/physical.js';
import type { StateField } from '../plan/state.js';
import type { JobMetrics } from './metrics.js';
import type { StateDescription, StateOperator } from './state.js';

export function liveDescription(plan: PhysicalPlan, metrics: JobMetrics): StateDescription {
  // Types as native has them.
  const { nodes } = JSON.parse(new TextDecoder().decode(encodePlanBytes(plan))) as EncodedPlan;
  const operators = nodes.flatMap(({ uid, op, stateTable, config }): StateOperator[] => {
    if (stateTable === undefined) return [];
    const subtasks = metrics.operators.filter((each) => each.uid === uid);
    const bytes = subtasks.reduce((sum, { stateBytes }) => sum + stateBytes, 0);
    const fields = (config['state'] ?? []) as readonly StateField[];
    return [{ uid, operator: op, subtasks: subtasks.length, bytes, fields, table: stateTable }];
  });
  return { job: plan.job, kind: 'live', operators };
}
