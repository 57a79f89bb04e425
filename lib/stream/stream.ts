// stream: the typed Stream API. Every method makes a node of the logical plan, as SQL does; nothing runs before job.run().
//
//   bids.filter((b) => b.price > 100n).keyBy((b) => b.auction).window(tumble('10s')).aggregate({ bids: count() })
//
// Functions are compiled to native expressions where that is exact, and run in V8 otherwise; the column that a key comes from gives
// it its name.

import type { Sink } from '../connectors/tables.js';
import { broadcastRows } from '../functions/broadcast-nodes.js';
import type { SideOutputs } from '../functions/keyed-process.js';
import { outputRows, type ProcessedRows, withProcessUid } from '../functions/keyed-process-nodes.js';
import {
  assignTime,
  filterRowsBy,
  flatMapRows,
  keyRows,
  mapRows,
  unionOf,
  unkeyed,
  visibleRows,
} from '../functions/stream-nodes.js';
import type { LogicalNode, SinkNode } from '../plan/nodes.js';
import type { ColumnType, Fields, RowColumnType, RowOf } from '../schema/t.js';
import { type Duration, milliseconds, type Window } from '../window.js';
import { BroadcastConnectedStream, BroadcastStream, TimedBroadcastConnectedStream } from './broadcast-stream.js';
import { KeyedStream, TimedKeyedStream, WindowedStream } from './keyed-stream.js';
import type { BroadcastOptions, FunctionOptions, Given, KeyOf, KeyValue, Returns, Row, RowsOf } from './rows.js';

/** What streams need of the job that they belong to. */
export interface StreamOwner {
  addSink(sink: SinkNode): void;
  rows(node: LogicalNode): AsyncIterable<Record<string, unknown>>;
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
