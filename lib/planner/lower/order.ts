// ORDER BY, LIMIT, Top-N, deduplication and OVER.
//
//   ROW_NUMBER() ... <= 1 by a time attribute   ->   deduplicate;  per window: window_deduplicate
//   other ranks                                 ->   rank;         per window: window_rank
//   ORDER BY rowtime                            ->   temporal_sort
//   ORDER BY ... LIMIT                          ->   top_n
//

import { SabotError } from '../../errors.js';
import { deduplicate } from '../../operators/deduplicate.js';
import { limit } from '../../operators/limit.js';
import { materializeFinal } from '../../operators/materialize-final.js';
import { rank } from '../../operators/rank.js';
import { temporalSort } from '../../operators/temporal-sort.js';
import { topN } from '../../operators/top-n.js';
import { windowDeduplicate } from '../../operators/window-deduplicate.js';
import { windowRank } from '../../operators/window-rank.js';
import type { LimitNode, LogicalNode, OverNode, RankNode, SortNode } from '../../plan/nodes.js';
import { changesOf, isInsertOnly, type PhysicalNode } from '../../plan/physical.js';
import { windowProperties } from '../../plan/rules/window-properties.js';
import { timeAttribute } from '../../schema/types.js';
import type { Lowering } from './lowering.js';
import { lowerSettled } from './settled.js';
import { unsupported } from './unsupported.js';

export function lowerSort(node: SortNode, lowering: Lowering): PhysicalNode {
  if (node.fetch !== undefined || node.offset !== undefined) {
    const settled = insertOnly(lowerSettled(node.input, lowering), 'rank', 'ORDER BY');
    const first = topN(settled, node.orderBy, { offset: node.offset ?? 0, fetch: node.fetch ?? null });
    return lowering.options.ordered ? materializeFinal(first, undefined, false, node.orderBy) : first;
  }
  const input = lowering.lower(node.input);
  if (lowering.options.ordered) return materializeFinal(input, undefined, false, node.orderBy);
  const first = node.orderBy[0];
  if (first === undefined) return input;
  if (timeAttribute(node.input.schema[first.column]!.type) === undefined || first.descending) {
    throw new SabotError(
      'SABOT_E_UNSUPPORTED',
      first.descending && timeAttribute(node.input.schema[first.column]!.type) !== undefined
        ? 'Primary sort field of a streaming query must be ascending on time. Add LIMIT.'
        : 'Sort on a non-time-attribute field is not supported. Add LIMIT, or order by the rowtime column first.',
      { kind: 'unsupported-sort', identifier: 'non-time-attribute' },
    );
  }
  return temporalSort(insertOnly(input, 'sort', 'ORDER BY'), node.orderBy);
}

export function lowerLimit(node: LimitNode, lowering: Lowering): PhysicalNode {
  const input = insertOnly(lowerSettled(node.input, lowering), 'limit', 'LIMIT');
  return limit(input, { offset: node.offset ?? 0, fetch: node.fetch ?? null });
}

/** Rows that are taken back are not taken into account yet. */
function insertOnly(input: PhysicalNode, what: 'rank' | 'limit' | 'sort', identifier: string): PhysicalNode {
  if (isInsertOnly(changesOf(input))) return input;
  const message = `${{ rank: 'Top-N', limit: 'LIMIT', sort: 'A sort by time' }[what]} over an updating query is not supported yet, save for the final rows of bounded input.`;
  throw new SabotError('SABOT_E_UNSUPPORTED', message, { kind: `unsupported-${what}`, identifier });
}

export function lowerRank(node: RankNode, lowering: Lowering): PhysicalNode {
  const input = insertOnly(lowerSettled(node.input, lowering), 'rank', node.function.toUpperCase());
  const { partitionKeys, orderBy, rankStart, rankEnd, outputRank } = node;
  const ttl = node.ttl === undefined ? {} : { ttl: node.ttl };
  const properties = windowProperties(node.input);
  const windowStart = partitionKeys.find((key) => properties?.start.includes(key));
  const windowEnd = partitionKeys.find((key) => properties?.end.includes(key));
  const window =
    properties !== undefined && windowStart !== undefined && windowEnd !== undefined
      ? { windowStart, windowEnd, local: properties.local }
      : undefined;
  const isWindow = (key: number) =>
    properties !== undefined &&
    [properties.start, properties.end, properties.time].some((columns) => columns.includes(key));
  const keys = window !== undefined ? partitionKeys.filter((key) => !isWindow(key)) : partitionKeys;

  if (isDeduplication(node, lowering)) {
    const order = orderBy[0]!;
    const keep = order.descending ? ('last' as const) : ('first' as const);
    const how = { keys, order: order.column, keep, outputRank };
    if (window !== undefined) return windowDeduplicate(input, how, window, node.schema);
    if (keep === 'first') throw unsupported('ROW_NUMBER', 'Keeping the first row of a key by time');
    if (timeAttribute(node.input.schema[order.column]!.type) === 'proctime')
      throw unsupported('ROW_NUMBER', 'Keeping the last row of a key by processing time');
    return deduplicate(input, { ...how, ...ttl }, node.schema);
  }
  if (window !== undefined && node.function !== 'row_number') {
    const name = node.function.toUpperCase();
    const message = `${name}() function is not supported on Window TopN currently, only ROW_NUMBER() is supported.`;
    throw new SabotError('SABOT_E_UNSUPPORTED', message, { kind: 'unsupported-function', identifier: name });
  }
  if (node.function !== 'row_number') {
    const name = node.function.toUpperCase();
    const message = `${name}() is not supported on a stream, as in Flink: only ROW_NUMBER() is.`;
    throw new SabotError('SABOT_E_UNSUPPORTED', message, { kind: 'unsupported-function', identifier: name });
  }
  const range = { function: node.function, partitionKeys: keys, orderBy, rankStart, rankEnd, outputRank };
  return window !== undefined
    ? windowRank(input, range, window, node.schema)
    : rank(input, { ...range, ...ttl }, node.schema);
}

/** The first or last row of a key by time. */
export function isDeduplication(node: RankNode, lowering: Lowering): boolean {
  const [order, ...others] = node.orderBy;
  if (order === undefined || others.length > 0) return false;
  const { function: name, rankStart, rankEnd, input } = node;
  if (name !== 'row_number' || rankStart !== 1 || rankEnd !== 1) return false;
  return timeAttribute(input.schema[order.column]!.type) !== undefined && keepsEventTime(input, lowering);
}

/** Whether times of rows are still told by watermarks: behind a regular join they are values as others, as in Flink. */
function keepsEventTime(node: LogicalNode, lowering: Lowering): boolean {
  let below = node;
  while (below.op === 'project' || below.op === 'filter') below = below.input;
  if (below.op !== 'join') return true;
  let joined = lowering.lower(below);
  while (joined.spec.keepsRows === true) joined = joined.inputs[0]!.node;
  return joined.spec.eventTime === true;
}

const RANKS = new Set(['row_number', 'rank', 'dense_rank', 'ntile', 'percent_rank', 'cume_dist']);

export function lowerOver(node: OverNode): PhysicalNode {
  const [group, ...others] = node.groups;
  if (others.length > 0) {
    throw new SabotError(
      'SABOT_E_UNSUPPORTED',
      'Over Agg: Unsupported use of OVER windows. All aggregates must be computed on the same window. please re-check the over window statement.',
      { kind: 'unsupported-over', identifier: 'Over Agg' },
    );
  }
  for (const { function: name } of group!.aggregates) {
    if (name === 'lead') {
      throw new SabotError('SABOT_E_UNSUPPORTED', 'LEAD Function is not supported in stream mode.', {
        kind: 'unsupported-function',
        identifier: 'LEAD',
      });
    }
    if (RANKS.has(name)) {
      throw new SabotError(
        'SABOT_E_UNSUPPORTED',
        `${name.toUpperCase()}() over a stream needs a bound: filter on it (WHERE rn <= 10) in an outer query.`,
        { kind: 'unsupported-over', identifier: name.toUpperCase() },
      );
    }
  }
  const order = group!.orderBy[0];
  const time = order === undefined ? undefined : timeAttribute(node.input.schema[order.column]!.type);
  if (time === undefined) {
    throw new SabotError('SABOT_E_UNSUPPORTED', 'Non-time attribute sort is not supported for bounded OVER window.', {
      kind: 'no-time-attribute',
      identifier: 'time attribute',
    });
  }
  throw unsupported('OVER', 'Aggregates over an OVER window');
}
