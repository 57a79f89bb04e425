// Keyed process functions with broadcast state at hand: Flink's KeyedBroadcastProcessFunction.
//
//   payments.keyBy((p) => p.card).connect(limits).process({ state, output, process(p, ctx) { ctx.broadcast.get(…) … } })
//
// Types only.

import type { Fields, RowOf } from '../schema/t.js';
import type { BroadcastState } from './broadcast-state.js';
import type { KeyedProcess, ProcessContext, SideOutputs, TimedProcessContext } from './keyed-process.js';
import type { States } from './keyed-process-state.js';

/** What a function has at hand for a row or timer of a key, where there is broadcast state: rows `R` by `B`. */
export interface KeyedBroadcastContext<K, B, R, S extends States, O extends Fields, SO extends SideOutputs>
  extends ProcessContext<K, S, O, SO> {
  /** The newest row of every key of the broadcast stream, as far as it has come. */
  readonly broadcast: BroadcastState<B, R>;
}

/** The same where rows have event time. */
export interface TimedKeyedBroadcastContext<K, B, R, S extends States, O extends Fields, SO extends SideOutputs>
  extends TimedProcessContext<K, S, O, SO> {
  readonly broadcast: BroadcastState<B, R>;
}

/** What a function has at hand for a row of the broadcast stream. It belongs to no key. */
export interface BroadcastRowContext<C, B, R, S extends States, O extends Fields, SO extends SideOutputs> {
  /** With this row in it, or without its key. */
  readonly broadcast: BroadcastState<B, R>;
  /** The row that its key had before; undefined: there was none. */
  readonly previous: R | undefined;
  /** The row has taken its key away. */
  readonly removed: boolean;
  /** Epoch milliseconds, by the engine's clock. */
  readonly processingTime: number;
  emit(row: RowOf<O>): void;
  sideOutput<N extends keyof SO & string>(name: N, row: RowOf<SO[N]['fields']>): void;
  /**
   * Calls a function for every key of this subtask for which the state `name` is set: Flink's applyToKeyedState. It is called when
   * `processBroadcast` has returned, before the next row of either stream.
   */
  forEachKey(name: keyof S & string, to: (ctx: C) => void | Promise<void>): void;
}

/** A function over the rows of every key and, if it wants, over those of the broadcast stream. */
export interface KeyedBroadcastProcess<T, B, R, S extends States, O extends Fields, SO extends SideOutputs, C>
  extends KeyedProcess<T, S, O, SO, C> {
  /** Called for every row of the broadcast stream, in every subtask, one after the other. What it throws fails the job. */
  processBroadcast?(row: R, ctx: BroadcastRowContext<C, B, R, S, O, SO>): void | Promise<void>;
}
