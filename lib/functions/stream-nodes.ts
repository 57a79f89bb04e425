// What the methods of streams make of functions: logical nodes.
//
//   filterRowsBy(node, (b) => b.price > 100n)   ->   filter price > 100 ( node )
//
// A time that is computed is a column behind those of the rows, under a name that no row shows. No state.

import { SabotError } from '../errors.js';
import type { SortKey } from '../expressions/aggregate-call.js';
import { type Aggregator, resolveAggregator } from '../expressions/aggregators.js';
import { identity } from '../expressions/columns.js';
import type { Expression } from '../expressions/expression.js';
import {
  assignWatermarks,
  columnOf,
  filterRows,
  groupRows,
  groupWindows,
  type NamedAggregate,
  type NamedExpression,
  projectRows,
  topRows,
  unionAll,
  type WindowShape,
} from '../plan/builders.js';
import type { AggregateNode, LogicalNode, StateTtl, WatermarkOptions } from '../plan/nodes.js';
import type { ColumnType } from '../schema/t.js';
import {
  isTimestamp,
  type LogicalType,
  notNull,
  type Schema,
  sameType,
  timeAttribute,
  types,
} from '../schema/types.js';
import { appendFunctions, flattenRows, withNote } from './append.js';
import { RECORD_COLUMNS } from './record-columns.js';
import { columnGivenBy, type ResolvedFunction, resolveFunction } from './resolve.js';

type RowFunction = (row: never) => unknown;

/** Options of functions whose results the text may not tell. */
export interface Returning {
  readonly returns?: ColumnType<unknown> | undefined;
  readonly concurrency?: number | undefined;
}

/** The rowtime of rows that have no column for it. */
export const HIDDEN_TIME = '$rowtime';

const HIDDEN: ReadonlySet<string> = new Set([HIDDEN_TIME, ...Object.keys(RECORD_COLUMNS.fields)]);

/** The columns that rows show. */
export const visible = (schema: Schema): Schema => schema.filter(({ name }) => !HIDDEN.has(name));

/** The rows without what they do not show. */
export function visibleRows(node: LogicalNode): LogicalNode {
  const shown = visible(node.schema);
  return shown.length === node.schema.length ? node : firstColumns(node, shown.length);
}

/** References to the columns, under their names. */
export const named = (schema: Schema): NamedExpression[] =>
  identity(schema).map((expression, i) => ({ name: schema[i]!.name, expression }));

function firstColumns(node: LogicalNode, count: number): LogicalNode {
  return count === node.schema.length ? node : projectRows(node, named(node.schema).slice(0, count));
}

export const timeColumn = (schema: Schema): number => schema.findIndex(({ type }) => timeAttribute(type) === 'rowtime');

export function refused(message: string): SabotError {
  return new SabotError('SABOT_E_VALIDATION', message, { kind: 'type-mismatch' });
}

export function filterRowsBy(node: LogicalNode, condition: RowFunction, { concurrency }: Returning = {}): LogicalNode {
  const of = conditionOf(condition, node, 'filter', concurrency);
  const { node: computed, given } = appendFunctions(node, [of]);
  const kept = filterRows(computed, given[0]![0]!.expression);
  return withNote(firstColumns(kept, node.schema.length), [of]);
}

export function conditionOf(fn: RowFunction, node: LogicalNode, use: string, concurrency?: number): ResolvedFunction {
  return resolveFunction(fn, visible(node.schema), {
    use,
    gives: 'value',
    returns: types.boolean(),
    example: 'it must give true or false',
    concurrency,
  });
}

export function mapRows(node: LogicalNode, to: RowFunction, { returns, concurrency }: Returning): LogicalNode {
  const of = resolveFunction(to, visible(node.schema), {
    use: 'map',
    gives: 'object',
    returns: returns?.type,
    example: 'map(fn, { returns: t.row({ … }) })',
    concurrency,
  });
  const { node: computed, given } = appendFunctions(node, [of]);
  return withNote(projectRows(computed, withTime(given[0]!, node)), [of]);
}

export function flatMapRows(node: LogicalNode, to: RowFunction, { returns, concurrency }: Returning): LogicalNode {
  const of = resolveFunction(to, visible(node.schema), {
    use: 'flatMap',
    gives: 'object',
    returns: returns?.type,
    example: 'flatMap(fn, { returns: t.row({ … }) })',
    flattens: true,
    concurrency,
  });
  const time = timeColumn(node.schema);
  const flat = flattenRows(node, time < 0 ? [] : [time], of.user!);
  if (time < 0) return withNote(flat, [of]);
  const [first, ...shown] = named(flat.schema);
  return withNote(projectRows(flat, [...shown, { ...first!, name: HIDDEN_TIME }]), [of]);
}

/** The columns, and the rows' time behind them unless it is among them. */
function withTime(columns: readonly NamedExpression[], node: LogicalNode): readonly NamedExpression[] {
  const time = timeColumn(node.schema);
  if (time < 0 || columns.some(({ expression }) => columnOf(expression) === time)) return columns;
  return [...columns, { name: HIDDEN_TIME, expression: identity(node.schema)[time]! }];
}

/** Event time from a column, or computed. */
export function assignTime(node: LogicalNode, time: RowFunction, outOfOrderMs: number): LogicalNode {
  return assignTimeTo(visibleRows(node), time, outOfOrderMs);
}

/** The same for rows without event time; columns that they do not show stay. */
export function assignTimeTo(
  rows: LogicalNode,
  time: RowFunction,
  outOfOrderMs: number,
  options: WatermarkOptions = {},
): LogicalNode {
  const place = columnGivenBy(time, rows.schema);
  if (place !== undefined && isTimestamp(rows.schema[place]!.type))
    return assignWatermarks(rows, place, outOfOrderMs, options);
  const of = valueOf(time, rows, 'watermark', 'it must give milliseconds since 1970', notNull(types.timestamp(3)));
  const { node: computed, given } = appendFunctions(rows, [of]);
  const timed = projectRows(computed, [
    ...named(rows.schema),
    { name: HIDDEN_TIME, expression: given[0]![0]!.expression },
  ]);
  return withNote(assignWatermarks(timed, rows.schema.length, outOfOrderMs, options), [of]);
}

function valueOf(
  fn: RowFunction,
  node: LogicalNode,
  use: string,
  example: string,
  returns: LogicalType | undefined,
): ResolvedFunction {
  return resolveFunction(fn, visible(node.schema), { use, gives: 'value', returns, example });
}

/** Rows with their keys computed, and what is needed to go on from them. */
export interface KeyedRows {
  readonly node: LogicalNode;
  readonly keys: readonly NamedExpression[];
  /** How many of the node's columns are those of the rows. */
  readonly width: number;
  readonly functions: readonly ResolvedFunction[];
}

/** No key: all rows together. */
export const unkeyed = (node: LogicalNode): KeyedRows => ({ node, keys: [], width: node.schema.length, functions: [] });

export function keyRows(node: LogicalNode, key: RowFunction, { returns }: Returning, use = 'keyBy'): KeyedRows {
  const of = resolveFunction(key, visible(node.schema), {
    use,
    gives: 'any',
    returns: returns?.type,
    example: `${use}(fn, { returns: t.string() })`,
  });
  const { node: computed, given } = appendFunctions(node, [of]);
  return { node: computed, keys: given[0]!, width: node.schema.length, functions: [of] };
}

/** Keys as columns, behind the rows' own. */
export function withKeyColumns({ node, keys }: KeyedRows): { node: LogicalNode; keys: number[] } {
  const columns = named(node.schema);
  const places = keys.map((key) => columnOf(key.expression) ?? columns.push(key) - 1);
  return { node: columns.length === node.schema.length ? node : projectRows(node, columns), keys: places };
}

type Aggregates = Readonly<Record<string, Aggregator<never, unknown>>>;

/** One row per key, kept up to date, or whenever the trigger fires. */
export function aggregateRows(
  rows: KeyedRows,
  aggregates: Aggregates,
  how: Pick<AggregateNode, 'trigger' | 'ttl'> = {},
): LogicalNode {
  const { node, calls, functions } = computeAggregates(rows, aggregates);
  return withNote(groupRows(node, rows.keys, calls, how), functions);
}

/** One row per key and window. */
export function aggregateWindows(rows: KeyedRows, shape: WindowShape, aggregates: Aggregates): LogicalNode {
  const { node, calls, functions } = computeAggregates(rows, aggregates);
  return withNote(groupWindows(node, timeColumn(node.schema), shape, rows.keys, calls), functions);
}

/** Arguments and filters of all aggregates as columns of one node. */
function computeAggregates(
  rows: KeyedRows,
  aggregates: Aggregates,
): { node: LogicalNode; calls: NamedAggregate[]; functions: readonly ResolvedFunction[] } {
  const resolved = Object.entries(aggregates).map(([name, { argument, filter, returns, function: called }]) => {
    const use = `${called.toLowerCase()} '${name}'`;
    const of = { ...rows.node, schema: rows.node.schema.slice(0, rows.width) };
    return {
      argument: argument && valueOf(argument, of, use, `${called.toLowerCase()}(fn, { returns: t.… })`, returns?.type),
      filter: filter && conditionOf(filter, of, `filter of '${name}'`),
    };
  });
  const functions = resolved.flatMap(({ argument, filter }) => [argument, filter].filter((of) => of !== undefined));
  const { node, given } = appendFunctions(rows.node, functions);
  const expressionOf = (of: ResolvedFunction | undefined): Expression | undefined =>
    of && given[functions.indexOf(of)]![0]!.expression;
  const calls = Object.entries(aggregates).map(([name, { function: called, distinct }], i): NamedAggregate => {
    const argument = expressionOf(resolved[i]!.argument);
    const found = resolveAggregator(called, argument === undefined ? [] : [argument.type]);
    if (found === undefined)
      throw refused(`${called} does not take ${argument?.type.kind ?? 'no argument'} ('${name}').`);
    return {
      name,
      function: found.call,
      distinct,
      argument,
      filter: expressionOf(resolved[i]!.filter),
      type: found.type,
    };
  });
  return { node, calls, functions: [...rows.functions, ...functions] };
}

/** What rows are ordered by. */
export interface OrderBy {
  readonly of: RowFunction;
  readonly descending: boolean;
}

/** The first `count` rows of every key. */
export function topOfKeys(rows: KeyedRows, count: number, order: readonly OrderBy[], ttl?: StateTtl): LogicalNode {
  if (!Number.isSafeInteger(count) || count < 1) throw refused(`top() takes a whole number from 1, not ${count}.`);
  if (order.length === 0) throw refused('top() needs an order: descending((row) => row.column).');
  const shown = { ...rows.node, schema: rows.node.schema.slice(0, rows.width) };
  const functions = order.map(({ of }) => valueOf(of, shown, 'top', 'compute it with map() before', undefined));
  const { node, given } = appendFunctions(rows.node, functions);
  const columns = named(node.schema);
  const place = (expression: Expression): number =>
    columnOf(expression) ?? columns.push({ name: 'order', expression }) - 1;
  const keys = rows.keys.map(({ expression }) => place(expression));
  const by = order.map(({ descending }, i): SortKey => {
    return { column: place(given[i]![0]!.expression), descending, nullsFirst: !descending };
  });
  const computed = columns.length === node.schema.length ? node : projectRows(node, columns);
  return withNote(firstColumns(topRows(computed, keys, by, count, ttl), rows.width), [...rows.functions, ...functions]);
}

/** The rows of several nodes with the same columns. */
export function unionOf(nodes: readonly LogicalNode[]): LogicalNode {
  const [first, ...others] = nodes.map(visibleRows);
  for (const other of others) {
    const same =
      other.schema.length === first!.schema.length &&
      other.schema.every((f, i) => sameType(f.type, first!.schema[i]!.type, { ignoreNullability: true }));
    if (!same) throw refused('Streams of a union must have the same columns in the same order.');
  }
  return unionAll([first!, ...others]);
}
