// aggregators: the aggregate functions of the Stream API.
//
//   { bids: count(), mean: avg((b) => b.price) }   ->   rows { bids: bigint, mean: bigint }
//   { late: count({ filter: (b) => b.delay > 15 }) }   counts only those rows
//
// Results are Flink's: SUM and AVG keep the argument's type (AVG of a bigint is a bigint, truncated). NULLs are skipped.

import type { ColumnType } from '../schema/t.js';
import type { LogicalType } from '../schema/types.js';
import { findFunction } from './functions/catalogue.js';

declare const result: unique symbol;

/** An aggregate function over rows `R` with results `V`. */
export interface Aggregator<R, V> {
  readonly function: string;
  readonly distinct: boolean;
  readonly argument: ((row: R) => unknown) | undefined;
  /** Only rows for which it is true are taken. */
  readonly filter: ((row: R) => boolean) | undefined;
  /** What the function gives, where its text does not tell. */
  readonly returns: ColumnType<unknown> | undefined;
  /** Only for type inference. */
  readonly [result]?: V;
}

/** The results of named aggregators. */
export type Aggregated<A> = { readonly [K in keyof A]: A[K] extends Aggregator<never, infer V> ? V : never };

/** A value without what its type remembers: of a literal, or of its column. */
export type PlainValue<V> = V extends bigint
  ? bigint
  : V extends number
    ? number
    : V extends string
      ? string
      : V extends boolean
        ? boolean
        : V;

export interface AggregateOptions<R> {
  /** Only rows for which it is true are taken. */
  readonly filter?: (row: R) => boolean;
  /** What the function gives, where its text does not tell: `sum((b) => rate(b), { returns: t.double() })`. */
  readonly returns?: ColumnType<unknown>;
}

const aggregator = <R, V>(
  name: string,
  argument: ((row: R) => unknown) | undefined,
  { filter, returns }: AggregateOptions<R> = {},
  distinct = false,
): Aggregator<R, V> => ({
  function: name,
  distinct,
  argument,
  filter,
  returns,
});

/**
 * Number of rows; with a function: of rows where it is not null.
 *
 * @example count()   count((b) => b.note)   count({ filter: (b) => b.price > 100n })
 */
export const count = <R>(
  of?: ((row: R) => unknown) | AggregateOptions<R>,
  options?: AggregateOptions<R>,
): Aggregator<R, bigint> =>
  typeof of === 'function' ? aggregator('COUNT', of, options) : aggregator('COUNT', undefined, of);
/** Number of different values that are not null. */
export const countDistinct = <R>(of: (row: R) => unknown, options?: AggregateOptions<R>): Aggregator<R, bigint> =>
  aggregator('COUNT', of, options, true);
/** Sum, in the argument's own type. */
export const sum = <R, V extends number | bigint | null>(
  of: (row: R) => V,
  options?: AggregateOptions<R>,
): Aggregator<R, PlainValue<V>> => aggregator('SUM', of, options);
/** Mean, in the argument's own type. */
export const avg = <R, V extends number | bigint | null>(
  of: (row: R) => V,
  options?: AggregateOptions<R>,
): Aggregator<R, PlainValue<V>> => aggregator('AVG', of, options);
/** Least value. */
export const min = <R, V>(of: (row: R) => V, options?: AggregateOptions<R>): Aggregator<R, PlainValue<V>> =>
  aggregator('MIN', of, options);
/** Greatest value. */
export const max = <R, V>(of: (row: R) => V, options?: AggregateOptions<R>): Aggregator<R, PlainValue<V>> =>
  aggregator('MAX', of, options);
/** First value that is not null, in order of arrival. */
export const firstValue = <R, V>(of: (row: R) => V, options?: AggregateOptions<R>): Aggregator<R, PlainValue<V>> =>
  aggregator('FIRST_VALUE', of, options);
/** Last value that is not null, in order of arrival. */
export const lastValue = <R, V>(of: (row: R) => V, options?: AggregateOptions<R>): Aggregator<R, PlainValue<V>> =>
  aggregator('LAST_VALUE', of, options);

/** The function as plans name it, and its result type over an argument; undefined if it does not take such an argument. */
export function resolveAggregator(
  name: string,
  args: readonly LogicalType[],
): { call: string; type: LogicalType } | undefined {
  const definition = findFunction(name);
  const type = definition?.result(
    args.map((argument) => ({ type: argument })),
    { emptyGroups: false },
  );
  return definition === undefined || type === undefined ? undefined : { call: definition.call, type };
}
