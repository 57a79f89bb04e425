// GROUP BY: plain groups, or windows where the keys say so.
//
//   keys k, window_start, window_end   ->   window_aggregate, its columns put into the order of the keys
//   keys k                             ->   group_aggregate
//

import type { AggregateCall } from '../../expressions/aggregate-call.js';
import { globalWindow } from '../../operators/global-window.js';
import { groupAggregate } from '../../operators/group-aggregate.js';
import { lateRows } from '../../operators/late-rows.js';
import { sessionWindow, sessionWindowSpec } from '../../operators/session-window.js';
import {
  type AttachedWindow,
  type WindowColumn,
  windowAggregate,
  windowAggregateSpec,
} from '../../operators/window-aggregate.js';
import type { AggregateNode, GroupWindowAggregateNode, LateRowsNode, WindowSpec } from '../../plan/nodes.js';
import type { PhysicalNode } from '../../plan/physical.js';
import { type RecognisedWindow, recogniseWindowAggregate } from '../../plan/rules/recognise-window-aggregate.js';
import { asTimeAttribute, type Field, type Schema, types } from '../../schema/types.js';
import { appendColumns, appendProject } from './calc.js';
import type { Lowering } from './lowering.js';
import { requireTimeAttribute } from './windows.js';

export function lowerAggregate(node: AggregateNode, lowering: Lowering): PhysicalNode {
  const window = recogniseWindowAggregate(node);
  if (window !== undefined) return lowerWindowAggregate(node, window, lowering);
  const input = lowering.lower(node.input);
  if (node.trigger !== undefined) return globalWindow(input, node.trigger, node.keys, node.aggregates, node.schema);
  return groupAggregate(input, node.keys, node.aggregates, node.schema, lowering.options.miniBatch, node.ttl);
}

function lowerWindowAggregate(node: AggregateNode, found: RecognisedWindow, lowering: Lowering): PhysicalNode {
  const { direct, roles } = found;
  if (direct !== undefined) requireTimeAttribute(direct.input.schema[direct.window.time]!.type);
  const input = lowering.lower(direct?.input ?? node.input);
  const at = (column: number) => direct?.at.get(column) ?? column;
  const window =
    direct?.window ??
    ({ kind: 'attached', windowStart: found.windowStart, windowEnd: found.windowEnd, local: found.local } as const);

  const keyPlaces = node.keys.flatMap((_, i) => (roles[i] === 'key' ? [i] : []));
  const output = (['window_start', 'window_end', 'window_time'] as const).filter((w) => roles.includes(w));
  const fieldOf = (role: WindowColumn): Field => node.schema[roles.indexOf(role)]!;
  const keyCount = node.keys.length;
  const aggregateFields = node.schema.slice(keyCount);
  const schema: Schema = [...keyPlaces.map((i) => node.schema[i]!), ...aggregateFields, ...output.map(fieldOf)];
  const aggregate = aggregateWindow(
    input,
    window,
    keyPlaces.map((i) => at(node.keys[i]!)),
    node.aggregates.map((call) => moveCall(call, at)),
    output,
    schema,
  );
  const windowPlace = (role: WindowColumn) => keyPlaces.length + aggregateFields.length + output.indexOf(role);
  const columns = roles.map((role, i) => (role === 'key' ? keyPlaces.indexOf(i) : windowPlace(role)));
  return appendColumns(aggregate, [...columns, ...aggregateFields.map((_, i) => keyPlaces.length + i)], node.schema);
}

/** What came too late for the windows of an aggregate, from the operator that computes them. */
export function lowerLateRows(node: LateRowsNode, lowering: Lowering): PhysicalNode {
  const direct = recogniseWindowAggregate(node.input)?.direct;
  let windows = lowering.lower(node.input);
  while (windows.spec !== windowAggregateSpec && windows.spec !== sessionWindowSpec) windows = windows.inputs[0]!.node;
  const columns = node.input.late!.columns.map((c) => direct?.at.get(c) ?? c);
  return lateRows(windows, columns, node.schema);
}

/** Legacy GROUP BY TUMBLE(...): the same operators, the properties asked for behind the aggregates. */
export function lowerGroupWindowAggregate(node: GroupWindowAggregateNode, lowering: Lowering): PhysicalNode {
  requireTimeAttribute(node.input.schema[node.window.time]!.type);
  const input = lowering.lower(node.input);
  const columnOf = {
    window_start: 'window_start',
    window_end: 'window_end',
    window_rowtime: 'window_time',
    window_proctime: 'window_time',
  } as const;
  const output = [...new Set(node.properties.map((p) => columnOf[p]))];
  const width = node.keys.length + node.aggregates.length;
  const fields = output.map((column): Field => {
    const place = node.properties.findIndex((p) => columnOf[p] === column);
    return node.schema[width + place] ?? { name: column, type: asTimeAttribute(types.timestamp(3), 'rowtime') };
  });
  const aggregate = aggregateWindow(input, node.window, node.keys, node.aggregates, output, [
    ...node.schema.slice(0, width),
    ...fields,
  ]);
  const places = [...Array(width).keys(), ...node.properties.map((p) => width + output.indexOf(columnOf[p]))];
  return appendProject(
    aggregate,
    places.map((c, i) => ({ column: c, type: node.schema[i]!.type })),
    node.schema,
  );
}

function aggregateWindow(
  input: PhysicalNode,
  window: WindowSpec | AttachedWindow,
  keys: readonly number[],
  aggregates: readonly AggregateCall[],
  output: readonly WindowColumn[],
  schema: Schema,
): PhysicalNode {
  return window.kind === 'session'
    ? sessionWindow(input, window, keys, aggregates, output, schema)
    : windowAggregate(input, window, keys, aggregates, output, schema);
}

function moveCall(call: AggregateCall, at: (column: number) => number): AggregateCall {
  const filter = call.filter === undefined ? {} : { filter: at(call.filter) };
  const orderBy =
    call.orderBy === undefined ? {} : { orderBy: call.orderBy.map((k) => ({ ...k, column: at(k.column) })) };
  return { ...call, args: call.args.map(at), ...filter, ...orderBy };
}
