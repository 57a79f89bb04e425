// builders: logical nodes from expressions, as the Stream API makes them. The analyser makes the same nodes from SQL.
//
//   windowAggregate(node, window, keys, calls)   ->   aggregate ( window_table ( project [keys, arguments, time] ( node ) ) )

import type { AggregateCall, SortKey } from '../expressions/aggregate-call.js';
import { type Expression, isColumn } from '../expressions/expression.js';
import { asTimeAttribute, type Field, notNull, type Schema, type TimestampType, types } from '../schema/types.js';
import {
  type AggregateNode,
  columnType,
  type LogicalNode,
  type ProjectNode,
  type StateTtl,
  type WatermarkOptions,
  type WindowSpec,
} from './nodes.js';

export interface NamedExpression {
  readonly name: string;
  readonly expression: Expression;
}

/** An aggregate over an expression, before it has a column. */
export interface NamedAggregate {
  readonly name: string;
  readonly function: string;
  readonly distinct: boolean;
  readonly argument: Expression | undefined;
  /** Only rows for which it is true are taken. */
  readonly filter: Expression | undefined;
  readonly type: AggregateCall['type'];
}

/** A window without its time column. */
export type WindowShape = WindowSpec extends infer W ? (W extends WindowSpec ? Omit<W, 'time'> : never) : never;

export function filterRows(input: LogicalNode, condition: Expression): LogicalNode {
  return { op: 'filter', input, condition, schema: input.schema };
}

export function projectRows(input: LogicalNode, columns: readonly NamedExpression[]): ProjectNode {
  const schema = columns.map(({ name, expression }) => ({ name, type: expression.type }));
  return { op: 'project', input, expressions: columns.map((c) => c.expression), schema };
}

/** Makes `time` the rowtime; rows may be `outOfOrderMs` behind the latest one. */
export function assignWatermarks(
  input: LogicalNode,
  time: number,
  outOfOrderMs: number,
  options: WatermarkOptions = {},
): LogicalNode {
  const type = columnType(input, time) as TimestampType;
  const rowtime = asTimeAttribute(type, 'rowtime');
  const delay = { literal: String(outOfOrderMs), type: notNull(types.dayTimeInterval()) };
  const column = { column: time, type };
  const watermark = outOfOrderMs === 0 ? column : { call: 'minus', args: [column, delay], type };
  const schema = input.schema.map((field, i) => (i === time ? { ...field, type: rowtime } : field));
  return { op: 'watermark', input, time, watermark, options, schema };
}

export function unionAll(inputs: readonly LogicalNode[]): LogicalNode {
  return { op: 'union', inputs, schema: inputs[0]!.schema };
}

/** One row per key, kept up to date, or whenever the trigger fires: keys, then aggregates. */
export function groupRows(
  input: LogicalNode,
  keys: readonly NamedExpression[],
  aggregates: readonly NamedAggregate[],
  { trigger, ttl }: Pick<AggregateNode, 'trigger' | 'ttl'> = {},
): LogicalNode {
  const { node, calls } = withArguments(input, keys, aggregates, []);
  return {
    op: 'aggregate',
    input: node,
    keys: [...keys.keys()],
    aggregates: calls,
    ...(trigger === undefined ? {} : { trigger }),
    ...(ttl === undefined ? {} : { ttl }),
    schema: [...keyFields(keys), ...aggregates.map(({ name, type }) => ({ name, type }))],
  };
}

/**
 * One row per key and window: keys, windowStart, windowEnd, then aggregates. The input's own columns go with the arguments for the
 * sake of late rows; where nobody asks for those they are pruned.
 */
export function groupWindows(
  input: LogicalNode,
  time: number,
  shape: WindowShape,
  keys: readonly NamedExpression[],
  aggregates: readonly NamedAggregate[],
): AggregateNode {
  const own = input.schema.map(({ name, type }, column): NamedExpression => ({ name, expression: { column, type } }));
  const { node, calls } = withArguments(input, keys, aggregates, own);
  const width = node.schema.length;
  const first = width - own.length;
  const edge = notNull(types.timestamp(3));
  const bounds: Field[] = [
    { name: 'windowStart', type: edge },
    { name: 'windowEnd', type: edge },
  ];
  const windows: LogicalNode = {
    op: 'window_table',
    input: node,
    window: { ...shape, time: first + time } as WindowSpec,
    partitionKeys: shape.kind === 'session' ? [...keys.keys()] : [],
    schema: [...node.schema, ...bounds, { name: 'windowTime', type: asTimeAttribute(edge, 'rowtime') }],
  };
  return {
    op: 'aggregate',
    input: windows,
    keys: [...keys.keys(), width, width + 1],
    aggregates: calls,
    late: { wanted: false, columns: own.map((_, i) => first + i) },
    schema: [...keyFields(keys), ...bounds, ...aggregates.map(({ name, type }) => ({ name, type }))],
  };
}

/** Rows of the input of windows that came too late for them. */
export function lateRowsOf(windows: AggregateNode, schema: Schema): LogicalNode {
  windows.late!.wanted = true;
  return { op: 'late_rows', input: windows, schema };
}

const keyFields = (keys: readonly NamedExpression[]): Schema =>
  keys.map(({ name, expression }) => ({ name, type: expression.type }));

/** The first `count` rows of every partition; the keys and the order are columns. */
export function topRows(
  input: LogicalNode,
  partitionKeys: readonly number[],
  orderBy: readonly SortKey[],
  count: number,
  ttl?: StateTtl,
): LogicalNode {
  return {
    op: 'rank',
    input,
    function: 'row_number',
    partitionKeys,
    orderBy,
    rankStart: 1,
    rankEnd: count,
    outputRank: false,
    ...(ttl === undefined ? {} : { ttl }),
    schema: input.schema,
  };
}

/** A projection of keys, then aggregates' arguments and filters, then `others`; and the aggregates over it. */
function withArguments(
  input: LogicalNode,
  keys: readonly NamedExpression[],
  aggregates: readonly NamedAggregate[],
  others: readonly NamedExpression[],
): { node: ProjectNode; calls: AggregateCall[] } {
  const columns: NamedExpression[] = [...keys];
  const add = (name: string, expression: Expression): number => columns.push({ name, expression }) - 1;
  const calls = aggregates.map(({ name, argument, filter, function: called, distinct, type }): AggregateCall => {
    const args = argument === undefined ? [] : [add(name, argument)];
    return {
      function: called,
      args,
      argTypes: argument === undefined ? [] : [argument.type],
      distinct,
      ...(filter === undefined ? {} : { filter: add(`${name}Filter`, filter) }),
      type,
    };
  });
  const node = projectRows(input, [...columns, ...others]);
  return { node, calls };
}

/** The column that an expression is, if it is one. */
export const columnOf = (e: Expression): number | undefined => (isColumn(e) ? e.column : undefined);
