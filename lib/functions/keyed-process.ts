// Keyed process functions as jobs write them, and what they are given: Flink's KeyedProcessFunction.
//
//   keyBy((t) => t.card).process({ state, output, process(row, ctx) { … }, onTimer(time, ctx) { … } })
//
// Types only.

import type { OnError } from '../plan/dead-letters.js';
import type { Fields, RowColumnType, RowOf } from '../schema/t.js';
import type { StateHandles, States } from './keyed-process-state.js';

/** Rows of other types that a function gives beside its output, by name. */
export type SideOutputs = Readonly<Record<string, RowColumnType<Fields>>>;

/** Timers of processing time of the key. They are part of the state: those that were due while the job stood still fire when it goes on. */
export interface ProcessingTimers {
  /** Calls `onTimer` when processing time, in epoch milliseconds, is reached. A time is there once, however often it is set. */
  processingTime(timeMs: number): void;
  deleteProcessingTime(timeMs: number): void;
}

/** Timers of event time, too. */
export interface Timers extends ProcessingTimers {
  /** Calls `onTimer` when the watermark reaches that time, in epoch milliseconds; at the latest when all input has ended. */
  eventTime(timeMs: number): void;
  deleteEventTime(timeMs: number): void;
}

/** What a function has at hand for a row. Good until the function has returned, or its promise has settled. */
export interface ProcessContext<K, S extends States, O extends Fields, SO extends SideOutputs> {
  /** What `keyBy` gave: a value, or an object of several. */
  readonly key: K;
  /** The states of the key. */
  readonly state: StateHandles<S>;
  readonly timers: ProcessingTimers;
  /** Epoch milliseconds, by the engine's clock. */
  readonly processingTime: number;
  emit(row: RowOf<O>): void;
  sideOutput<N extends keyof SO & string>(name: N, row: RowOf<SO[N]['fields']>): void;
}

/** The same where rows have event time. */
export interface TimedProcessContext<K, S extends States, O extends Fields, SO extends SideOutputs>
  extends ProcessContext<K, S, O, SO> {
  readonly timers: Timers;
  /** Event time of the row, or of the timer, in epoch milliseconds; what is emitted has it too. */
  readonly timestamp: number;
  /** Epoch milliseconds; -Infinity before there is one, Infinity when all input has ended. */
  readonly watermark: number;
}

/** What `onTimer` has at hand beside that. */
export interface TimerKind {
  readonly timerKind: 'eventTime' | 'processingTime';
}

/** A function over the rows of every key, with state and timers. */
export interface KeyedProcess<R, S extends States, O extends Fields, SO extends SideOutputs, C> {
  /** What it keeps of every key. */
  readonly state?: S;
  /** The rows that it emits. */
  readonly output: RowColumnType<O>;
  readonly sideOutputs?: SO;
  /** Promises that may be open at a time in every subtask, each of another key. Default: 100. */
  readonly concurrency?: number;
  /** What becomes of a row or timer that the function throws at: nothing that it has changed for it counts. Default: 'fail'. */
  readonly onError?: OnError;
  /** Called for every row, of one key in their order. A promise is waited for before the next row of its key. */
  process(row: R, ctx: C): void | Promise<void>;
  /** Called for every timer, in order of their times. */
  onTimer?(timeMs: number, ctx: C & TimerKind): void | Promise<void>;
}

/** Of whatever types. */
export interface AnyKeyedProcess {
  readonly state?: States;
  readonly output: RowColumnType<Fields>;
  readonly sideOutputs?: SideOutputs;
  readonly concurrency?: number;
  readonly onError?: OnError;
  process(row: never, ctx: never): unknown;
  onTimer?(timeMs: number, ctx: never): unknown;
  processBroadcast?(row: never, ctx: never): unknown;
}
