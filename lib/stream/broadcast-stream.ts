// Streams that every subtask gets as a map, and streams that have one at hand.
//
//   bids.connect(rules.broadcast((r) => r.auction)).process((bid, rules) => …, { returns })   ->   a stream again
//
// No state: every method makes a node of the logical plan.

import { type BroadcastRows, processRows } from '../functions/broadcast-nodes.js';
import type { BroadcastState } from '../functions/broadcast-state.js';
import type { KeyedRows } from '../functions/stream-nodes.js';
import type { Fields, RowColumnType, RowOf } from '../schema/t.js';
import type { AnyRowsOf, Returns, Row } from './rows.js';
import { Stream, type StreamOwner, TimedStream } from './stream.js';

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
