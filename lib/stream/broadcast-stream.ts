// Streams that every subtask gets as a map, and streams that have one at hand.
//
//   bids.connect(rules.broadcast((r) => r.auction)).process((bid, rules) => …, { returns })   ->   a stream again
//
// No state: every method makes a node of the logical plan.

import { type BroadcastRows, processRows } from '../functions/broadcast-nodes.js';
import type { BroadcastState } from '../functions/broadcast-state.js';
import type {
  KeyedBroadcastContext,
  KeyedBroadcastProcess,
  TimedKeyedBroadcastContext,
} from '../functions/keyed-broadcast-process.js';
import type { SideOutputs } from '../functions/keyed-process.js';
import { processKeysWith } from '../functions/keyed-process-nodes.js';
import type { States } from '../functions/keyed-process-state.js';
import type { KeyedRows } from '../functions/stream-nodes.js';
import type { Fields, RowColumnType, RowOf } from '../schema/t.js';
import type { AnyRowsOf, None, Returns, Row } from './rows.js';
import { ProcessedStream, Stream, type StreamOwner, TimedProcessedStream, TimedStream } from './stream.js';

declare const keptAs: unique symbol;

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

type RowsToAny<T, R, K, F extends Fields> = (row: Row<T>, state: BroadcastState<K, R>) => AnyRowsOf<RowOf<F>>;

/** Rows of type `T`, grouped by key, with a broadcast stream at hand: a key's value is `V`. */
export class KeyedBroadcastConnectedStream<T, R, K, V> extends BroadcastConnectedStream<T, R, K> {
  /** {@inheritDoc BroadcastConnectedStream.process} */
  override process<F extends Fields>(to: RowsToAny<T, R, K, F>, options: Returns<RowColumnType<F>>): Stream<RowOf<F>>;
  /**
   * Computes rows with a function that keeps state and sets timers for every key and reads the broadcast state, as Flink's
   * KeyedBroadcastProcessFunction: {@link KeyedStream.process} with `ctx.broadcast`. It may process the rows of the broadcast stream, too.
   *
   * @example
   * payments.keyBy((p) => p.card).connect(limits.broadcast((l) => l.country)).process({
   *   state: { spent: valueState(t.bigint(), { initial: 0n }) },
   *   output: t.row({ card: t.string(), spent: t.bigint() }),
   *   process(p, ctx) {
   *     const spent = ctx.state.spent.value + p.cents;
   *     ctx.state.spent.set(spent);
   *     if (spent > (ctx.broadcast.get(p.country)?.cents ?? 0n)) ctx.emit({ card: ctx.key, spent });
   *   },
   * })
   */
  override process<O extends Fields, S extends States = None, SO extends SideOutputs = None>(
    definition: KeyedBroadcastProcess<Row<T>, K, R, S, O, SO, KeyedBroadcastContext<V, K, R, S, O, SO>>,
  ): ProcessedStream<RowOf<O>, SO>;
  override process(given: object, options?: Returns<RowColumnType<Fields>>): Stream<unknown> {
    if (typeof given === 'function') return super.process(given as never, options!);
    return new ProcessedStream(this.owner, processKeysWith(this.rows, this.broadcast.rows, given as never));
  }
}

/** The same where rows have event time, so that there are timers of event time, too. */
export class TimedKeyedBroadcastConnectedStream<T, R, K, V> extends TimedBroadcastConnectedStream<T, R, K> {
  /** {@inheritDoc BroadcastConnectedStream.process} */
  override process<F extends Fields>(
    to: RowsToAny<T, R, K, F>,
    options: Returns<RowColumnType<F>>,
  ): TimedStream<RowOf<F>>;
  /** {@inheritDoc KeyedBroadcastConnectedStream.process} */
  override process<O extends Fields, S extends States = None, SO extends SideOutputs = None>(
    definition: KeyedBroadcastProcess<Row<T>, K, R, S, O, SO, TimedKeyedBroadcastContext<V, K, R, S, O, SO>>,
  ): TimedProcessedStream<RowOf<O>, SO>;
  override process(given: object, options?: Returns<RowColumnType<Fields>>): TimedStream<unknown> {
    if (typeof given === 'function') return super.process(given as never, options!);
    return new TimedProcessedStream(this.owner, processKeysWith(this.rows, this.broadcast.rows, given as never));
  }
}
