// agent: a function over the events of a topic, and what it is given: the face of app.agent(…).
//
//   app.agent(orders, { state: { total: valueState(t.bigint()) } }, async (order, ctx) => { … ctx.send(totals, { … }) })
//
// Types only. An agent with a key is a keyed process function (lib/functions/keyed-process.ts).

import type { TimerKind, Timers } from '../functions/keyed-process.js';
import type { ListState, MapState, StateHandles, States, ValueState } from '../functions/keyed-process-state.js';
import type { EventRecord, HeaderValue } from '../functions/record-columns.js';
import type { OnError } from '../plan/dead-letters.js';
import type { ColumnType } from '../schema/t.js';
import type { Row } from '../stream/rows.js';
import type { AnyTopic, RowOfTopic } from './topic.js';

export interface SendOptions {
  readonly headers?: Readonly<Record<string, HeaderValue>>;
  /** Of the record, in epoch milliseconds. Default: event time; of what a processing-time timer sends, the time of writing. */
  readonly timestamp?: number;
}

/** What every agent has at hand for an event, without a key too. Good until the function has returned, or its promise has settled. */
export interface EventContext<Sends extends AnyTopic = AnyTopic> {
  /** The Kafka record that the event came in. */
  readonly record: EventRecord;
  /** Event time, in epoch milliseconds: that of the topic's `time`, else of the record. */
  readonly timestamp: number;
  /** Writes a row into a topic, in the transaction of the checkpoint that covers this event. */
  send<T extends Sends>(topic: T, row: RowOfTopic<T>, options?: SendOptions): void;
}

/** What an agent has at hand in a timer of a key. */
export interface TimerContext<K, S extends States, Sends extends AnyTopic = AnyTopic>
  extends Omit<EventContext<Sends>, 'record'>,
    TimerKind {
  /** The value, or an object of several. */
  readonly key: K;
  /** What is kept of the key. */
  readonly state: StateHandles<S>;
  readonly timers: Timers;
  /** Epoch milliseconds; -Infinity before there is one. */
  readonly watermark: number;
  /** Epoch milliseconds, by the engine's clock. */
  readonly processingTime: number;
}

/** What an agent with a key has at hand for an event. */
export interface KeyedContext<K, S extends States, Sends extends AnyTopic = AnyTopic>
  extends Omit<TimerContext<K, S, Sends>, 'timerKind'>,
    EventContext<Sends> {}

/** The context of an agent keyed by `K`; undefined: it has no key. */
export type AgentContext<K, S extends States, Sends extends AnyTopic> = [K] extends [undefined]
  ? EventContext<Sends>
  : KeyedContext<K, S, Sends>;

export interface AgentOptions<T extends AnyTopic, K, S extends States, Sends extends AnyTopic> {
  /** Names the agent's state for good. Default: the topic's name. */
  readonly name?: string;
  /** Events with equal keys share state, and come one after the other. Default: the topic's key. */
  readonly keyBy?: (event: Row<RowOfTopic<T>>) => K;
  /** The key's type, where the text of `keyBy` does not tell. */
  readonly keyType?: ColumnType<K>;
  /** What is kept of every key. */
  readonly state?: S;
  /** The topics it sends to. Default: all of the app but those that it reads. */
  readonly sends?: readonly Sends[];
  /** Promises that may be open at a time in every subtask, with a key each of another key. Default: 100. */
  readonly concurrency?: number;
  /** What becomes of an event or timer that the function throws at; nothing that it has done for it counts. Default: 'fail'. */
  readonly onError?: OnError;
  /** Called for every timer, in order of their times. */
  onTimer?(timeMs: number, ctx: TimerContext<PlainKey<K>, S, Sends>): void | Promise<void>;
}

/** Without the names that keys carry in their types. */
export type PlainKey<K> = K extends bigint
  ? bigint
  : K extends number
    ? number
    : K extends string
      ? string
      : K extends boolean
        ? boolean
        : K extends null | undefined
          ? K
          : { readonly [C in keyof K]: PlainKey<K[C]> };

export type AgentFunction<R, C> = (event: R, ctx: C) => void | Promise<void>;

declare const keeps: unique symbol;

/** An agent of an app; `S` is what it keeps of every key `K`. */
export interface Agent<K = unknown, S extends States = States> {
  readonly name: string;
  readonly [keeps]?: readonly [K, S];
}

type Kept<H> =
  H extends MapState<infer K, infer V>
    ? Readonly<Record<K & PropertyKey, V>>
    : H extends ListState<infer V>
      ? readonly V[]
      : H extends ValueState<infer V, unknown>
        ? V
        : never;

/** What `app.state(agent).get(key)` gives, beside the key's columns. */
export type AgentState<S extends States> = { readonly [N in keyof S]: Kept<StateHandles<S>[N]> | null } & {
  readonly event_timers: readonly number[];
  readonly processing_timers: readonly number[];
};
