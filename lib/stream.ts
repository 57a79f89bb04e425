// stream: the typed Stream API. Every method makes a node of the logical plan, as SQL does; nothing runs before job.run().
//
//   bids.filter((b) => b.price > 100n).keyBy((b) => b.auction).window(tumble('10s')).aggregate({ bids: count() })
//
// Functions are compiled to native expressions; the column that a key comes from gives it its name.

import { parseDuration } from './connectors/options.js';
import type { Sink } from './connectors/tables.js';
import { SabotError } from './errors.js';
import type { SortKey } from './expressions/aggregate-call.js';
import { type Aggregated, type Aggregator, resolveAggregator } from './expressions/aggregators.js';
import { compileFunction } from './expressions/arrow-function.js';
import type { Expression } from './expressions/expression.js';
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
} from './plan/builders.js';
import type { LogicalNode, SinkNode } from './plan/nodes.js';
import { sameType, timeAttribute } from './schema/types.js';

/** What streams need of the job that they belong to. */
export interface StreamOwner {
  addSink(sink: SinkNode): void;
  rows(node: LogicalNode): AsyncIterable<Record<string, unknown>>;
}

declare const columnName: unique symbol;

/** A value that is a column: it remembers the column's name in its type. */
type Column<N extends PropertyKey, V> = V extends null | undefined ? V : V & { readonly [columnName]?: N };

/** A row as functions see it. */
export type Row<T> = { readonly [K in keyof T]: Column<K, T[K]> };

type PlainValue<V> = V extends bigint
  ? bigint
  : V extends number
    ? number
    : V extends string
      ? string
      : V extends boolean
        ? boolean
        : V;
type ColumnNameOf<V> = NonNullable<V> extends { readonly [columnName]?: infer N extends PropertyKey } ? N : 'key';
/** The key's columns: those of an object, or the one column under its own name. */
export type KeyOf<V> = V extends bigint | number | string | boolean | null
  ? { readonly [K in ColumnNameOf<V>]: PlainValue<V> }
  : { readonly [K in keyof V]: PlainValue<V[K]> };

export interface WindowBounds {
  /** Epoch milliseconds. */
  readonly windowStart: number;
  readonly windowEnd: number;
}

/** Merges an intersection into one object type, so that editors show its members. */
type Flat<T> = { readonly [K in keyof T]: T[K] };

/** A duration such as '5 minutes' or milliseconds. */
export type Duration = string | number;

function milliseconds(duration: Duration): number {
  const ms = typeof duration === 'number' ? duration : parseDuration(duration);
  if (ms !== undefined && Number.isSafeInteger(ms) && ms >= 0) return ms;
  throw new SabotError('SABOT_E_OPTION', `'${duration}' is no duration; write '10s', '5 minutes' or milliseconds.`, {
    kind: 'invalid-option',
    identifier: String(duration),
  });
}

// ------------------------------------------------------------------------------------------------------------- windows

/** How rows are put into windows. */
export interface Window {
  readonly shape: WindowShape;
}

/** Windows of one size that follow each other. */
export function tumble(size: Duration, { offset = 0 }: { readonly offset?: Duration } = {}): Window {
  return { shape: { kind: 'tumble', sizeMs: milliseconds(size), offsetMs: milliseconds(offset) } };
}

/** Windows of one size, a new one every `slide`. */
export function hop(size: Duration, slide: Duration, { offset = 0 }: { readonly offset?: Duration } = {}): Window {
  return {
    shape: { kind: 'hop', sizeMs: milliseconds(size), slideMs: milliseconds(slide), offsetMs: milliseconds(offset) },
  };
}

/** Windows that grow by `step` up to `size`, then begin anew. */
export function cumulate(size: Duration, step: Duration, { offset = 0 }: { readonly offset?: Duration } = {}): Window {
  return {
    shape: { kind: 'cumulate', sizeMs: milliseconds(size), stepMs: milliseconds(step), offsetMs: milliseconds(offset) },
  };
}

/** Windows that end when a key has been silent for `gap`. */
export function session(gap: Duration): Window {
  return { shape: { kind: 'session', gapMs: milliseconds(gap) } };
}

// --------------------------------------------------------------------------------------------------------------- order

/** One column to order rows by. */
export interface Order<R> {
  readonly of: (row: R) => unknown;
  readonly descending: boolean;
}

/** Smallest first, NULL before everything. Text is ordered by its UTF-8 bytes. */
export const ascending = <R>(of: (row: R) => unknown): Order<R> => ({ of, descending: false });
/** Greatest first, NULL after everything. */
export const descending = <R>(of: (row: R) => unknown): Order<R> => ({ of, descending: true });

// ------------------------------------------------------------------------------------------------------------- streams

/** Rows of type `T`. */
export class Stream<T> implements AsyncIterable<T> {
  /** @internal */
  constructor(
    protected readonly owner: StreamOwner,
    /** @internal */
    readonly node: LogicalNode,
  ) {}

  /** Keeps the rows for which `condition` is true. */
  filter(condition: (row: Row<T>) => boolean): Stream<T> {
    return new Stream(this.owner, filterRows(this.node, conditionOf(condition, this.node)));
  }

  /** Computes a new row from every row. */
  map<U extends Record<string, unknown>>(
    to: (row: Row<T>) => U,
  ): Stream<{ readonly [K in keyof U]: PlainValue<U[K]> }> {
    return new Stream(this.owner, projectRows(this.node, columnsOf(to, this.node)));
  }

  /** Says which column is the event time, and how late rows may come. */
  watermark(
    time: (row: Row<T>) => number,
    { maxOutOfOrder = 0 }: { readonly maxOutOfOrder?: Duration } = {},
  ): TimedStream<T> {
    const column = timeColumn(time, this.node);
    return new TimedStream(this.owner, assignWatermarks(this.node, column, milliseconds(maxOutOfOrder)));
  }

  /** The rows of this stream and of others, as they come. */
  union(...others: readonly Stream<T>[]): Stream<T> {
    return new Stream(this.owner, unionOf([this.node, ...others.map((other) => other.node)]));
  }

  /** Groups rows by a value, or by several: `(r) => ({ a: r.a, b: r.b })`. */
  keyBy<K>(key: (row: Row<T>) => K): KeyedStream<T, KeyOf<K>> {
    return new KeyedStream(this.owner, this.node, columnsOf(key, this.node));
  }

  /** Writes the rows to a sink when the job runs. */
  to(sink: Sink): void {
    const { schema } = this.node;
    const table = sink.table(schema);
    this.owner.addSink({ op: 'sink', input: this.node, table, options: table.options, overwrite: false, schema });
  }

  /** Runs the job for these rows alone; an updating stream gives its final rows. */
  [Symbol.asyncIterator](): AsyncIterator<T> {
    return this.owner.rows(this.node)[Symbol.asyncIterator]() as AsyncIterator<T>;
  }
}

/** A stream with event time: it can be put into windows. */
export class TimedStream<T> extends Stream<T> {
  /** {@inheritDoc Stream.filter} */
  override filter(condition: (row: Row<T>) => boolean): TimedStream<T> {
    return new TimedStream(this.owner, filterRows(this.node, conditionOf(condition, this.node)));
  }

  /** {@inheritDoc Stream.keyBy} */
  override keyBy<K>(key: (row: Row<T>) => K): TimedKeyedStream<T, KeyOf<K>> {
    return new TimedKeyedStream(this.owner, this.node, columnsOf(key, this.node));
  }

  /** Windows over all rows together. */
  window(window: Window): WindowedStream<T, unknown> {
    return new WindowedStream(this.owner, this.node, [], window);
  }
}

/** Rows grouped by key `K`. */
export class KeyedStream<T, K> {
  /** @internal */
  constructor(
    protected readonly owner: StreamOwner,
    protected readonly node: LogicalNode,
    protected readonly keys: readonly NamedExpression[],
  ) {}

  /** One row per key, updated with every row: the key's columns, then the aggregates. */
  aggregate<A extends Readonly<Record<string, Aggregator<Row<T>, unknown>>>>(
    aggregates: A,
  ): Stream<Flat<K & Aggregated<A>>> {
    return new Stream(this.owner, groupRows(this.node, this.keys, aggregatesOf(aggregates, this.node)));
  }

  /**
   * The first `count` rows of every key. Keyed by `windowStart` and `windowEnd` it emits when the window has passed; otherwise it
   * takes rows back when better ones come. Keys and order must be columns.
   *
   * @example counts.keyBy(({ windowStart, windowEnd }) => ({ windowStart, windowEnd })).top(3, descending((r) => r.bids))
   */
  top(count: number, ...order: readonly [Order<Row<T>>, ...Order<Row<T>>[]]): Stream<T> {
    if (!Number.isSafeInteger(count) || count < 1) throw refused(`top() takes a whole number from 1, not ${count}.`);
    if (order.length === 0) throw refused('top() needs an order: descending((row) => row.column).');
    const keys = this.keys.map(({ name, expression }) => requireColumn(expression, `the key '${name}'`));
    return new Stream(this.owner, topRows(this.node, keys, sortKeys(order, this.node), count));
  }
}

/** Rows with event time, grouped by key. */
export class TimedKeyedStream<T, K> extends KeyedStream<T, K> {
  /** Puts every key's rows into windows. */
  window(window: Window): WindowedStream<T, K> {
    return new WindowedStream(this.owner, this.node, this.keys, window);
  }
}

/** Rows grouped by key and window. */
export class WindowedStream<T, K> {
  /** @internal */
  constructor(
    private readonly owner: StreamOwner,
    private readonly node: LogicalNode,
    private readonly keys: readonly NamedExpression[],
    private readonly of: Window,
  ) {}

  /** One row per key and window when time has passed it: key, windowStart, windowEnd, then the aggregates. */
  aggregate<A extends Readonly<Record<string, Aggregator<Row<T>, unknown>>>>(
    aggregates: A,
  ): Stream<Flat<K & WindowBounds & Aggregated<A>>> {
    const time = this.node.schema.findIndex((field) => timeAttribute(field.type) === 'rowtime');
    const calls = aggregatesOf(aggregates, this.node);
    return new Stream(this.owner, groupWindows(this.node, time, this.of.shape, this.keys, calls));
  }
}

// ------------------------------------------------------------------------------------------------- functions to columns

function refused(message: string): SabotError {
  return new SabotError('SABOT_E_VALIDATION', message, { kind: 'type-mismatch' });
}

function conditionOf(fn: (row: never) => unknown, node: LogicalNode): Expression {
  const { value } = compileFunction(fn, node.schema);
  if (value?.type.kind !== 'BOOLEAN') throw refused('A filter must give true or false.');
  return value;
}

function columnsOf(fn: (row: never) => unknown, node: LogicalNode): NamedExpression[] {
  const { fields, value, name } = compileFunction(fn, node.schema);
  return fields === undefined ? [{ name: name ?? 'key', expression: value! }] : [...fields];
}

function timeColumn(fn: (row: never) => unknown, node: LogicalNode): number {
  const { value } = compileFunction(fn, node.schema);
  const column = value === undefined ? undefined : columnOf(value);
  if (
    value === undefined ||
    column === undefined ||
    (value.type.kind !== 'TIMESTAMP' && value.type.kind !== 'TIMESTAMP_LTZ')
  ) {
    throw refused('A watermark needs a timestamp column: (row) => row.time.');
  }
  return column;
}

function requireColumn(expression: Expression | undefined, what: string): number {
  const column = expression === undefined ? undefined : columnOf(expression);
  if (column === undefined)
    throw refused(`top() needs columns, but ${what} is computed: compute it with map() before.`);
  return column;
}

function sortKeys(order: readonly Order<never>[], node: LogicalNode): SortKey[] {
  return order.map(({ of, descending }) => ({
    column: requireColumn(compileFunction(of, node.schema).value, `\`${of}\``),
    descending,
    nullsFirst: !descending,
  }));
}

function unionOf(nodes: readonly LogicalNode[]): LogicalNode {
  const [first, ...others] = nodes;
  for (const other of others) {
    const same =
      other.schema.length === first!.schema.length &&
      other.schema.every((f, i) => sameType(f.type, first!.schema[i]!.type, { ignoreNullability: true }));
    if (!same) throw refused('Streams of a union must have the same columns in the same order.');
  }
  return unionAll(nodes);
}

function aggregatesOf(
  aggregates: Readonly<Record<string, Aggregator<never, unknown>>>,
  node: LogicalNode,
): NamedAggregate[] {
  return Object.entries(aggregates).map(([name, { function: called, distinct, argument, filter }]) => {
    const value = argument === undefined ? undefined : compileFunction(argument, node.schema).value;
    if (argument !== undefined && value === undefined) throw refused(`The argument of '${name}' must be one value.`);
    const resolved = resolveAggregator(called, value === undefined ? [] : [value.type]);
    if (resolved === undefined)
      throw refused(`${called} does not take ${value?.type.kind ?? 'no argument'} ('${name}').`);
    const condition = filter === undefined ? undefined : conditionOf(filter, node);
    return { name, function: resolved.call, distinct, argument: value, filter: condition, type: resolved.type };
  });
}
