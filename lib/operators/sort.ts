// sort, limit, top_n, temporal_sort: order and number of rows, always in one subtask.
//
//   top_n v DESC, fetch 2:   in  +I 1  +I 5  +I 3        out  +I 1  +I 5  -D 1  +I 3
//   temporal_sort by ts:     in  ts = 9 s  4 s  watermark 9 s        out  ts = 4 s  9 s
//
// State: the rows in question. `sort` and `limit` know the end of bounded input; `top_n` emits changes as it goes.

import { singleton } from './inputs.js';
import type { SortKey } from '../expressions/aggregate-call.js';
import { ALL_CHANGES, INSERT_ONLY, isInsertOnly, unionOfChanges, type OperatorSpec, type PhysicalNode } from '../plan/physical.js';

export const sortSpec: OperatorSpec = { op: 'sort', changes: () => INSERT_ONLY, needsUpdateBefore: () => true, single: true };
export const limitSpec: OperatorSpec = {
  op: 'limit',
  changes: (inputs) => (inputs.every(isInsertOnly) ? INSERT_ONLY : unionOfChanges(inputs)),
  needsUpdateBefore: () => true,
  single: true,
};
export const topNSpec: OperatorSpec = {
  op: 'top_n',
  changes: () => ALL_CHANGES,
  needsUpdateBefore: () => true,
  changelogConfig: ({ inputs, emitUpdateBefore }) => ({ inputRetracts: !inputs.every(isInsertOnly), emitUpdateBefore }),
  single: true,
};
export const temporalSortSpec: OperatorSpec = {
  op: 'temporal_sort',
  changes: unionOfChanges,
  needsUpdateBefore: (required) => required,
  single: true,
  eventTime: true,
};

export interface RowRange {
  readonly offset: number;
  /** Null: no limit. */
  readonly fetch: number | null;
}

const node = (spec: OperatorSpec, input: PhysicalNode, config: Record<string, unknown>): PhysicalNode => ({
  spec,
  inputs: [singleton(input)],
  schema: input.schema,
  config,
});

/** All rows in order, at the end of bounded input. */
export function sort(input: PhysicalNode, orderBy: readonly SortKey[]): PhysicalNode {
  return node(sortSpec, input, { orderBy });
}

/** Rows `offset` to `offset + fetch` in order of arrival. */
export function limit(input: PhysicalNode, range: RowRange): PhysicalNode {
  return node(limitSpec, input, { ...range });
}

/** Rows `offset` to `offset + fetch` of the sorted rows, kept up to date. */
export function topN(input: PhysicalNode, orderBy: readonly SortKey[], range: RowRange): PhysicalNode {
  return node(topNSpec, input, { orderBy, ...range });
}

/** Rows in order of event time, each emitted when the watermark has passed it. */
export function temporalSort(input: PhysicalNode, orderBy: readonly SortKey[]): PhysicalNode {
  return node(temporalSortSpec, input, { orderBy });
}
