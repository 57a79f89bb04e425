// stream: the typed Stream API. Every method makes a node of the logical plan, as SQL does; nothing runs before job.run().
//
//   bids.filter((b) => b.price > 100n).keyBy((b) => b.auction).window(tumble('10s')).aggregate({ bids: count() })
//
// Functions are compiled to native expressions where that is exact, and run in V8 otherwise; the column that a key comes from gives
// it its name.

import type { Sink } from './connectors/tables.js';
import type { Aggregated, Aggregator } from './expressions/aggregators.js';
import { type BroadcastRows, broadcastRows, processRows } from './functions/broadcast-nodes.js';
import type { BroadcastState } from './functions/broadcast-state.js';
import type { KeyedProcess, ProcessContext, SideOutputs, TimedProcessContext } from './functions/keyed-process.js';
import { outputRows, type ProcessedRows, processKeys, withProcessUid } from './functions/keyed-process-nodes.js';
import type { States } from './functions/keyed-process-state.js';
import {
  aggregateRows,
  aggregateWindows,
  assignTime,
  filterRowsBy,
  flatMapRows,
  type KeyedRows,
  keyRows,
  mapRows,
  topOfKeys,
  unionOf,
  unkeyed,
  visibleRows,
} from './functions/stream-nodes.js';
import type { OnError } from './plan/dead-letters.js';
import type { CountTrigger, LogicalNode, SinkNode } from './plan/nodes.js';
import type { ColumnType, Fields, RowColumnType, RowOf } from './schema/t.js';
import { type RowTtl, stateTtl, type Ttl } from './state-ttl.js';
import { countTrigger, type Duration, milliseconds, type Window } from './window.js';

/** What streams need of the job that they belong to. */
export interface StreamOwner {
  addSink(sink: SinkNode): void;
  rows(node: LogicalNode): AsyncIterable<Record<string, unknown>>;
}

declare const columnName: unique symbol;
declare const keptAs: unique symbol;

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

/** How functions in V8 run. */
export interface FunctionOptions {
  /** Promises that an async function may have open at a time, in every subtask. */
  readonly concurrency?: number;
  /** What becomes of a row that the function throws at. Default: 'fail'. */
  readonly onError?: OnError;
}

/** The type of what a function gives, where its text does not tell. */
export interface Returns<C> extends FunctionOptions {
  readonly returns: C;
}

/** The rows of an object that a function gives. */
type Given<U> = { readonly [K in keyof U]: PlainValue<U[K]> };
type RowsOf<U> = Iterable<U> | AsyncIterable<U> | Promise<Iterable<U>>;
type AnyRowsOf<U> = U | undefined | Iterable<U> | AsyncIterable<U> | Promise<U | undefined | Iterable<U>>;
/** A key as a value: that of `keyBy((r) => r.k)`, or an object of several. */
type KeyValue<V> = V extends bigint | number | string | boolean | null
  ? PlainValue<V>
  : { readonly [K in keyof V]: PlainValue<V[K]> };

type None = Readonly<Record<never, never>>;

/** How rows of a broadcast stream are kept. */
export interface BroadcastOptions<T, K> extends Partial<Returns<ColumnType<K>>> {
  /** Rows for which it is true take their key away. */
  readonly removes?: (row: Row<T>) => boolean;
}

/** Rows of type `T`. */
export class Stream<T> implements AsyncIterable<T> {
  /** @internal */
  constructor(
    protected readonly owner: StreamOwner,
    /** @internal */
    readonly node: LogicalNode,
  ) {}

  /** @internal */
  isOf(owner: StreamOwner): boolean {
    return this.owner === owner;
  }

  /** Keeps the rows for which `condition` is true. */
  filter(condition: (row: Row<T>) => boolean | Promise<boolean>, options: FunctionOptions = {}): Stream<T> {
    return new Stream(this.owner, filterRowsBy(this.node, condition, options));
  }

  /** Computes a new row from every row. */
  map<U extends Record<string, unknown>>(
    to: (row: Row<T>) => U | Promise<U>,
    options?: FunctionOptions,
  ): Stream<Given<U>>;
  map<F extends Fields>(
    to: (row: Row<T>) => RowOf<F> | Promise<RowOf<F>>,
    options: Returns<RowColumnType<F>>,
  ): Stream<RowOf<F>>;
  map(to: (row: Row<T>) => unknown, options: Partial<Returns<ColumnType<unknown>>> = {}): Stream<unknown> {
    return new Stream(this.owner, mapRows(this.node, to, options));
  }

  /**
   * Computes any number of rows from every row.
   *
   * @example posts.flatMap((p) => p.text.split(' ').map((word) => ({ word })), { returns: t.row({ word: t.string() }) })
   */
  flatMap<F extends Fields>(
    to: (row: Row<T>) => RowsOf<RowOf<F>>,
    options: Returns<RowColumnType<F>>,
  ): Stream<RowOf<F>> {
    return new Stream(this.owner, flatMapRows(this.node, to, options));
  }

  /** Says what the event time of a row is, in milliseconds since 1970, and how late rows may come. */
  watermark(
    time: (row: Row<T>) => number,
    { maxOutOfOrder = 0 }: { readonly maxOutOfOrder?: Duration } = {},
  ): TimedStream<T> {
    return new TimedStream(this.owner, assignTime(this.node, time, milliseconds(maxOutOfOrder)));
  }

  /** The rows of this stream and of others, as they come. */
  union(...others: readonly Stream<T>[]): Stream<T> {
    return new Stream(this.owner, unionOf([this.node, ...others.map((other) => other.node)]));
  }

  /** Groups rows by a value, or by several: `(r) => ({ a: r.a, b: r.b })`. */
  keyBy<K>(
    key: (row: Row<T>) => K,
    options: Partial<Returns<ColumnType<K>>> = {},
  ): KeyedStream<T, KeyOf<K>, KeyValue<K>> {
    return new KeyedStream(this.owner, keyRows(this.node, key, options));
  }

  /**
   * Sends all rows to every subtask of another stream that is connected to it, as a map: the newest row of every key. A row that an
   * updating stream deletes goes.
   *
   * @example rules.broadcast((rule) => rule.auction, { removes: (rule) => rule.off })
   */
  broadcast<K>(key: (row: Row<T>) => K, options: BroadcastOptions<T, K> = {}): BroadcastStream<T, KeyValue<K>> {
    return new BroadcastStream(broadcastRows(this.node, key, options));
  }

  /** Has a broadcast stream at hand when rows are processed. */
  connect<R, K>(broadcast: BroadcastStream<R, K>): BroadcastConnectedStream<T, R, K> {
    return new BroadcastConnectedStream(this.owner, unkeyed(this.node), broadcast);
  }

  /**
   * Names the state of the operator that gives these rows: checkpoints know it by that, whatever else of the job changes, and
   * `job.state` reads it.
   *
   * @example bids.keyBy((b) => b.auction).aggregate({ bids: count() }).uid('counts')
   */
  uid(uid: string): Stream<T> {
    return new Stream(this.owner, { ...this.node, uid });
  }

  /** Writes the rows to a sink when the job runs. */
  to(sink: Sink): void {
    const input = visibleRows(this.node);
    const table = sink.table(input.schema);
    const { deadLetters, onConflict } = sink;
    this.owner.addSink({
      op: 'sink',
      input,
      table,
      options: table.options,
      ...(deadLetters === undefined ? {} : { deadLetters }),
      ...(onConflict === undefined ? {} : { onConflict }),
      overwrite: false,
      schema: input.schema,
    });
  }

  /**
   * Runs the job for these rows. Loops (and `run()`) of one job that begin in the same turn of the event loop share one run. The job
   * waits for who is slow; leaving the loop ends it. An updating stream gives its final rows, when its input has ended.
   */
  [Symbol.asyncIterator](): AsyncIterator<T> {
    return this.owner.rows(visibleRows(this.node))[Symbol.asyncIterator]() as AsyncIterator<T>;
  }
}

/** A stream with event time: it can be put into windows. */
export class TimedStream<T> extends Stream<T> {
  /** {@inheritDoc Stream.filter} */
  override filter(
    condition: (row: Row<T>) => boolean | Promise<boolean>,
    options: FunctionOptions = {},
  ): TimedStream<T> {
    return new TimedStream(this.owner, filterRowsBy(this.node, condition, options));
  }

  /** Computes a new row from every row; its event time stays. */
  override map<U extends Record<string, unknown>>(
    to: (row: Row<T>) => U | Promise<U>,
    options?: FunctionOptions,
  ): TimedStream<Given<U>>;
  override map<F extends Fields>(
    to: (row: Row<T>) => RowOf<F> | Promise<RowOf<F>>,
    options: Returns<RowColumnType<F>>,
  ): TimedStream<RowOf<F>>;
  override map(
    to: (row: Row<T>) => unknown,
    options: Partial<Returns<ColumnType<unknown>>> = {},
  ): TimedStream<unknown> {
    return new TimedStream(this.owner, mapRows(this.node, to, options));
  }

  /** Computes any number of rows from every row, with its event time. */
  override flatMap<F extends Fields>(
    to: (row: Row<T>) => RowsOf<RowOf<F>>,
    options: Returns<RowColumnType<F>>,
  ): TimedStream<RowOf<F>> {
    return new TimedStream(this.owner, flatMapRows(this.node, to, options));
  }

  /** {@inheritDoc Stream.keyBy} */
  override keyBy<K>(
    key: (row: Row<T>) => K,
    options: Partial<Returns<ColumnType<K>>> = {},
  ): TimedKeyedStream<T, KeyOf<K>, KeyValue<K>> {
    return new TimedKeyedStream(this.owner, keyRows(this.node, key, options));
  }

  /** {@inheritDoc Stream.connect} */
  override connect<R, K>(broadcast: BroadcastStream<R, K>): TimedBroadcastConnectedStream<T, R, K> {
    return new TimedBroadcastConnectedStream(this.owner, unkeyed(this.node), broadcast);
  }

  /** Windows over all rows together. */
  window(window: Window): WindowedStream<T, unknown> {
    return new WindowedStream(this.owner, unkeyed(this.node), window);
  }
}

/** How `top` keeps its rows. */
export interface TopOptions {
  readonly ttl?: RowTtl;
}

/** What `top` takes: at least one order, options last. */
export type OrdersAndOptions<R> = readonly [Order<R>, ...Order<R>[]] | readonly [Order<R>, ...Order<R>[], TopOptions];

/** Rows grouped by key: its columns are `K`, its value is `V`. */
export class KeyedStream<T, K, V = unknown> {
  /** @internal */
  constructor(
    protected readonly owner: StreamOwner,
    protected readonly rows: KeyedRows,
  ) {}

  /**
   * One row per key, updated with every row: the key's columns, then the aggregates. With a `ttl` a key that was not used for that
   * long is forgotten.
   *
   * @example bids.keyBy((b) => b.auction).aggregate({ bids: count() }, { ttl: { duration: '1 h' } })
   */
  aggregate<A extends Readonly<Record<string, Aggregator<Row<T>, unknown>>>>(
    aggregates: A,
    { ttl }: { readonly ttl?: Ttl } = {},
  ): Stream<Flat<K & Aggregated<A>>> {
    return new Stream(
      this.owner,
      aggregateRows(this.rows, aggregates, ttl === undefined ? {} : { ttl: stateTtl(ttl) }),
    );
  }

  /** Has a broadcast stream at hand when rows are processed; rows of a key are processed in their order. */
  connect<R, B>(broadcast: BroadcastStream<R, B>): BroadcastConnectedStream<T, R, B> {
    return new BroadcastConnectedStream(this.owner, this.rows, broadcast);
  }

  /**
   * Puts every `count` rows of a key into a window of their own, without regard to time; rows that are not enough for one are never
   * emitted. With `purge: false` a window goes on after it has fired, and has all rows of the key so far.
   *
   * @example bids.keyBy((b) => b.auction).countWindow(100).aggregate({ mean: avg((b) => b.price) })
   */
  countWindow(count: number, { purge = true }: { readonly purge?: boolean } = {}): CountWindowedStream<T, K> {
    return new CountWindowedStream(this.owner, this.rows, countTrigger(count, purge));
  }

  /**
   * Computes rows with a function that keeps state and sets timers for every key, as Flink's KeyedProcessFunction. Rows of a key come to
   * it in their order; states, timers and rows that it emits count together, when it has returned or its promise has settled.
   *
   * @example
   * payments.keyBy((p) => p.card).process({
   *   state: { total: valueState(t.bigint(), { initial: 0n }) },
   *   output: t.row({ card: t.string(), total: t.bigint() }),
   *   process(p, ctx) {
   *     ctx.state.total.set(ctx.state.total.value + p.cents);
   *     ctx.emit({ card: p.card, total: ctx.state.total.value });
   *   },
   * })
   */
  process<O extends Fields, S extends States = None, SO extends SideOutputs = None>(
    definition: KeyedProcess<Row<T>, S, O, SO, ProcessContext<V, S, O, SO>>,
  ): ProcessedStream<RowOf<O>, SO> {
    return new ProcessedStream(this.owner, processKeys(this.rows, definition));
  }

  /**
   * The first `count` rows of every key. Keyed by `windowStart` and `windowEnd` it emits when the window has passed; otherwise it
   * takes rows back when better ones come. With a `ttl` rows that came longer ago make room for others, without being taken back;
   * in windows it says nothing.
   *
   * @example counts.keyBy(({ windowStart, windowEnd }) => ({ windowStart, windowEnd })).top(3, descending((r) => r.bids))
   * @example bids.keyBy((b) => b.auction).top(3, descending((b) => b.price), { ttl: { duration: '1 h' } })
   */
  top(count: number, ...how: OrdersAndOptions<Row<T>>): Stream<T> {
    const given: readonly (Order<Row<T>> | TopOptions)[] = how;
    const order = given.filter((each): each is Order<Row<T>> => 'of' in each);
    const ttl = given.flatMap((each) => ('ttl' in each ? [each.ttl] : [])).at(-1);
    return new Stream(this.owner, topOfKeys(this.rows, count, order, ttl && stateTtl(ttl)));
  }
}

/** Rows with event time, grouped by key. */
export class TimedKeyedStream<T, K, V = unknown> extends KeyedStream<T, K, V> {
  /**
   * {@inheritDoc KeyedStream.process}
   *
   * Rows have event time here, so that there are timers of event time, too.
   */
  override process<O extends Fields, S extends States = None, SO extends SideOutputs = None>(
    definition: KeyedProcess<Row<T>, S, O, SO, TimedProcessContext<V, S, O, SO>>,
  ): TimedProcessedStream<RowOf<O>, SO> {
    return new TimedProcessedStream(this.owner, processKeys(this.rows, definition));
  }

  /** {@inheritDoc KeyedStream.connect} */
  override connect<R, B>(broadcast: BroadcastStream<R, B>): TimedBroadcastConnectedStream<T, R, B> {
    return new TimedBroadcastConnectedStream(this.owner, this.rows, broadcast);
  }

  /** Puts every key's rows into windows. */
  window(window: Window): WindowedStream<T, K> {
    return new WindowedStream(this.owner, this.rows, window);
  }
}

/** What a keyed process function emits, and beside it what goes to its side outputs `SO`. */
export class ProcessedStream<T, SO extends SideOutputs> extends Stream<T> {
  /** @internal */
  constructor(
    owner: StreamOwner,
    /** @internal */
    readonly processed: ProcessedRows,
  ) {
    super(owner, outputRows(processed, ''));
  }

  sideOutput<N extends keyof SO & string>(name: N): Stream<RowOf<SO[N]['fields']>> {
    return new Stream(this.owner, outputRows(this.processed, name));
  }

  /** {@inheritDoc Stream.uid} */
  override uid(uid: string): ProcessedStream<T, SO> {
    return new ProcessedStream(this.owner, withProcessUid(this.processed, uid));
  }
}

/** The same where rows have event time: that of the row or timer that they were emitted for. */
export class TimedProcessedStream<T, SO extends SideOutputs> extends TimedStream<T> {
  /** @internal */
  constructor(
    owner: StreamOwner,
    /** @internal */
    readonly processed: ProcessedRows,
  ) {
    super(owner, outputRows(processed, ''));
  }

  sideOutput<N extends keyof SO & string>(name: N): TimedStream<RowOf<SO[N]['fields']>> {
    return new TimedStream(this.owner, outputRows(this.processed, name));
  }

  /** {@inheritDoc Stream.uid} */
  override uid(uid: string): TimedProcessedStream<T, SO> {
    return new TimedProcessedStream(this.owner, withProcessUid(this.processed, uid));
  }
}

/** Rows of type `R` that every subtask gets, kept by key `K`. */
export class BroadcastStream<R, K> {
  declare readonly [keptAs]?: readonly [R, K];
  /** @internal */
  constructor(readonly rows: BroadcastRows) {}
}

/** Rows of type `T` with a broadcast stream at hand. */
export class BroadcastConnectedStream<T, R, K> {
  /** @internal */
  constructor(
    protected readonly owner: StreamOwner,
    protected readonly rows: KeyedRows,
    protected readonly broadcast: BroadcastStream<R, K>,
  ) {}

  /**
   * Computes rows from every row and the broadcast state: one, none (`undefined`), or any number. The function sees what of the
   * broadcast stream has come before; the order between the two streams is not defined.
   *
   * @example
   * bids.connect(rules.broadcast((r) => r.auction)).process(
   *   (bid, rules) => (bid.price > (rules.get(bid.auction)?.limit ?? 0n) ? { auction: bid.auction } : undefined),
   *   { returns: t.row({ auction: t.bigint() }) },
   * )
   */
  process<F extends Fields>(
    to: (row: Row<T>, state: BroadcastState<K, R>) => AnyRowsOf<RowOf<F>>,
    options: Returns<RowColumnType<F>>,
  ): Stream<RowOf<F>> {
    return new Stream(this.owner, processRows(this.rows, this.broadcast.rows, to, options));
  }
}

/** The same where rows have event time; that of the broadcast stream does not count. */
export class TimedBroadcastConnectedStream<T, R, K> extends BroadcastConnectedStream<T, R, K> {
  /** {@inheritDoc BroadcastConnectedStream.process} */
  override process<F extends Fields>(
    to: (row: Row<T>, state: BroadcastState<K, R>) => AnyRowsOf<RowOf<F>>,
    options: Returns<RowColumnType<F>>,
  ): TimedStream<RowOf<F>> {
    return new TimedStream(this.owner, processRows(this.rows, this.broadcast.rows, to, options));
  }
}

/** Rows grouped by key, in windows that a count of rows fires. */
export class CountWindowedStream<T, K> {
  /** @internal */
  constructor(
    private readonly owner: StreamOwner,
    private readonly rows: KeyedRows,
    private readonly trigger: CountTrigger,
  ) {}

  /** One row per firing: key, then the aggregates. */
  aggregate<A extends Readonly<Record<string, Aggregator<Row<T>, unknown>>>>(
    aggregates: A,
  ): Stream<Flat<K & Aggregated<A>>> {
    return new Stream(this.owner, aggregateRows(this.rows, aggregates, { trigger: this.trigger }));
  }
}

/** Rows grouped by key and window. */
export class WindowedStream<T, K> {
  /** @internal */
  constructor(
    private readonly owner: StreamOwner,
    private readonly rows: KeyedRows,
    private readonly of: Window,
  ) {}

  /** One row per key and window when time has passed it: key, windowStart, windowEnd, then the aggregates. */
  aggregate<A extends Readonly<Record<string, Aggregator<Row<T>, unknown>>>>(
    aggregates: A,
  ): Stream<Flat<K & WindowBounds & Aggregated<A>>> {
    return new Stream(this.owner, aggregateWindows(this.rows, this.of.shape, aggregates));
  }
}
