// FOR SYSTEM_TIME AS OF: a stream with a versioned table.
//
//   temporal_join as of o.ot ( orders, rates with PRIMARY KEY and WATERMARK )   ->   temporal_join
//
// A table has versions by its event time and its primary key, a view by the key that it is unique by. What Flink refuses is refused
// in its words.

import { SabotError } from '../../errors.js';
import { isColumn } from '../../expressions/expression.js';
import { keptColumn } from '../../expressions/kept-column.js';
import { temporalJoin } from '../../operators/temporal-join.js';
import type { LogicalNode, TemporalJoinNode } from '../../plan/nodes.js';
import type { PhysicalNode } from '../../plan/physical.js';
import { type EquiPair, splitJoinCondition } from '../../plan/rules/join-conditions.js';
import { uniqueKeys } from '../../plan/rules/unique-keys.js';
import { printType, timeAttribute } from '../../schema/types.js';
import { joinSides } from './joins.js';
import type { Lowering } from './lowering.js';
import { isDeduplication } from './order.js';
import { refuseSubqueries, unsupported } from './unsupported.js';

export function lowerTemporalJoin(node: TemporalJoinNode, lowering: Lowering): PhysicalNode {
  if (node.condition !== undefined) refuseSubqueries([node.condition]);
  if (timeAttribute(node.time.type) === 'proctime')
    throw unsupported('FOR SYSTEM_TIME AS OF', 'Processing-time temporal join');
  if (!isColumn(node.time)) throw new Error('the time of a temporal join is a column');
  const { pairs, rest } = splitJoinCondition(node.condition, node.left.schema.length);
  const rightTime = versionTime(node, pairs);
  const filtered = isFiltered(node.right, lowering);
  const sides = joinSides(node, pairs, rest, lowering.lower(node.left), lowering.lower(node.right));
  // Of an update that passes a filter by half, the old row may be all that comes.
  const times = { leftTime: node.time.column, rightTime, ...(filtered ? ({ rightUpdateBefore: true } as const) : {}) };
  return sides.finish(temporalJoin(sides.left, sides.right, sides.on, times, sides.schema));
}

/** The event time of the right side, if that has versions which the join can find. */
function versionTime(node: TemporalJoinNode, pairs: readonly EquiPair[]): number {
  if (pairs.length === 0) {
    throw refused(
      'join key',
      'Currently the join key in Temporal Table Join can not be empty. Join on equality with the primary key: ON l.k = r.k.',
    );
  }
  const { schema } = node.right;
  const time = schema.findIndex((field) => timeAttribute(field.type) === 'rowtime');
  if (time < 0) {
    const message =
      'Event-Time Temporal Table Join requires both primary key and row time attribute in versioned table, but no row time attribute can be found. ' +
      'Declare WATERMARK FOR the time column of the table, or keep that column in the view.';
    throw refused('row time attribute', message, 'no-time-attribute');
  }
  const [left, right] = [node.time.type, schema[time]!.type];
  if (left.kind !== right.kind) {
    const message = `Event-Time Temporal Table Join requires same rowtime type in left table and versioned table, but the rowtime types are ${printType(left)} and ${printType(right)}.`;
    throw refused('rowtime type', message, 'type-mismatch');
  }
  const columns = new Set(pairs.map((pair) => keptColumn(pair.right)));
  if (!uniqueKeys(node.right).some((key) => key.every((column) => columns.has(column)))) {
    const message =
      'Temporal Table Join requires primary key in versioned table, but no primary key can be found. ' +
      'Declare PRIMARY KEY (...) NOT ENFORCED, or use a view that keeps the last row of a key, and join on equality with all of its columns.';
    throw refused('primary key', message, 'missing-primary-key');
  }
  return time;
}

/** Whether a view of last rows is filtered. Of a table that would hide where versions end; and Top-N has no versions by time. */
function isFiltered(right: LogicalNode, lowering: Lowering): boolean {
  let filtered = false;
  for (let below = right; ; below = below.input) {
    if (below.op === 'rank') {
      if (!isDeduplication(below, lowering))
        throw unsupported('ROW_NUMBER', 'A versioned view by another order than its event time');
      return filtered;
    }
    filtered ||= below.op === 'filter';
    if (below.op === 'filter' || below.op === 'project' || below.op === 'watermark') continue;
    if (!filtered) return false;
    const message =
      'Filter is not allowed for right changelog input of event time temporal join, it will corrupt the versioning of data. Please consider removing the filter before joining.';
    throw new SabotError('SABOT_E_UNSUPPORTED', message, { kind: 'unsupported-join', identifier: 'filter' });
  }
}

function refused(identifier: string, message: string, kind = 'invalid-join'): SabotError {
  return new SabotError('SABOT_E_VALIDATION', message, { kind, identifier });
}
