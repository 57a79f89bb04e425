// What streams say of rows, keys and functions: a column keeps its name in its type, a key is a value or an object of several.
//
//   keyBy((b) => b.auction)   ->   KeyOf { auction: bigint }, KeyValue bigint
//
// Types, and the orders that `top` takes. No state.

import type { PlainValue } from '../expressions/aggregators.js';
import type { OnError } from '../plan/dead-letters.js';
import type { ColumnType } from '../schema/t.js';

declare const columnName: unique symbol;

/** A value that is a column: it remembers the column's name in its type. */
type Column<N extends PropertyKey, V> = V extends null | undefined ? V : V & { readonly [columnName]?: N };

/** A row as functions see it. */
export type Row<T> = { readonly [K in keyof T]: Column<K, T[K]> };

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
export type Flat<T> = { readonly [K in keyof T]: T[K] };

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

// ----------------------------------------------------------------------------------------------------------- functions

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
export type Given<U> = { readonly [K in keyof U]: PlainValue<U[K]> };
export type RowsOf<U> = Iterable<U> | AsyncIterable<U> | Promise<Iterable<U>>;
export type AnyRowsOf<U> = U | undefined | Iterable<U> | AsyncIterable<U> | Promise<U | undefined | Iterable<U>>;
/** A key as a value: that of `keyBy((r) => r.k)`, or an object of several. */
export type KeyValue<V> = V extends bigint | number | string | boolean | null
  ? PlainValue<V>
  : { readonly [K in keyof V]: PlainValue<V[K]> };

export type None = Readonly<Record<never, never>>;

/** How rows of a broadcast stream are kept. */
export interface BroadcastOptions<T, K> extends Partial<Returns<ColumnType<K>>> {
  /** Rows for which it is true take their key away. */
  readonly removes?: (row: Row<T>) => boolean;
}
