// Streams whose rows are grouped by key, and by key and window.
//
//   bids.keyBy((b) => b.auction).top(3, descending((b) => b.price))   ->   a stream again
//
// No state: every method makes a node of the logical plan.

import type { Aggregated, Aggregator } from '../expressions/aggregators.js';
import type { KeyedProcess, ProcessContext, SideOutputs, TimedProcessContext } from '../functions/keyed-process.js';
import { processKeys } from '../functions/keyed-process-nodes.js';
import type { States } from '../functions/keyed-process-state.js';
import { aggregateRows, aggregateWindows, type KeyedRows, topOfKeys } from '../functions/stream-nodes.js';
import type { CountTrigger } from '../plan/nodes.js';
import type { Fields, RowOf } from '../schema/t.js';
import { type RowTtl, stateTtl, type Ttl } from '../state-ttl.js';
import { countTrigger, type Window } from '../window.js';
import {
  type BroadcastStream,
  KeyedBroadcastConnectedStream,
  TimedKeyedBroadcastConnectedStream,
} from './broadcast-stream.js';
import type { Flat, None, Order, Row, WindowBounds } from './rows.js';
import { ProcessedStream, Stream, type StreamOwner, TimedProcessedStream } from './stream.js';

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
  connect<R, B>(broadcast: BroadcastStream<R, B>): KeyedBroadcastConnectedStream<T, R, B, V> {
    return new KeyedBroadcastConnectedStream(this.owner, this.rows, broadcast);
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
  override connect<R, B>(broadcast: BroadcastStream<R, B>): TimedKeyedBroadcastConnectedStream<T, R, B, V> {
    return new TimedKeyedBroadcastConnectedStream(this.owner, this.rows, broadcast);
  }

  /** Puts every key's rows into windows. */
  window(window: Window): WindowedStream<T, K> {
    return new WindowedStream(this.owner, this.rows, window);
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
