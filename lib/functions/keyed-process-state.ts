// State of keyed process functions as these see it: what is declared is given under the same name.
//
//   { last: valueState(t.double()), seen: listState(t.string()) }   ->   ctx.state.last.value, ctx.state.seen.add('x')
//
// Types only. The engine keeps the state, by key; values are read-only.

import type { ProcessState } from '../plan/user-function.js';

/** One value of a key; `A` is what it is as long as none is set. */
export interface ValueState<V, A = undefined> {
  /** Undefined, or the declared `initial` one, until one is set. */
  readonly value: V | A;
  set(value: V): void;
  /** Forgets the value. */
  clear(): void;
}

/** Any number of values of a key, in the order in which they were added. */
export interface ListState<V> extends Iterable<V> {
  readonly length: number;
  add(value: V): void;
  /** Has these values in place of all others. */
  set(values: Iterable<V>): void;
  clear(): void;
}

/** Values of a key by keys of their own, in the order in which these were first set, as in a `Map`. */
export interface MapState<K, V> extends Iterable<readonly [K, V]> {
  readonly size: number;
  get(key: K): V | undefined;
  has(key: K): boolean;
  set(key: K, value: V): void;
  /** Whether it was there. */
  delete(key: K): boolean;
  clear(): void;
  keys(): IterableIterator<K>;
  values(): IterableIterator<V>;
  entries(): IterableIterator<readonly [K, V]>;
}

declare const handle: unique symbol;

/** What `valueState`, `listState` and `mapState` give: a state that a function asks for, seen by it as `H`. */
export interface StateDeclaration<H> extends ProcessState {
  /** Only for type inference. */
  readonly [handle]?: H;
}

export type States = Readonly<Record<string, StateDeclaration<unknown>>>;

/** The states as a function sees them. */
export type StateHandles<S extends States> = {
  readonly [N in keyof S]: S[N] extends StateDeclaration<infer H> ? H : never;
};
