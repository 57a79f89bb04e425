// t: column types as TypeScript writes them, and the TypeScript type of a value of each.
//
//   t.row({ auction: t.bigint(), at: t.timestamp(3) })   ->   Infer: { auction: bigint; at: number }
//
// BIGINT is bigint; DECIMAL is its digits as a string; TIMESTAMP and TIMESTAMP_LTZ are epoch milliseconds; DATE and TIME are ISO text;
// BYTES is lower-case hex. Columns are NOT NULL unless `.nullable()` says otherwise.

import { type LogicalType, notNull, nullable, types } from './types.js';

declare const value: unique symbol;

/** A column type whose values are `V` in TypeScript. */
export interface ColumnType<V> {
  readonly type: LogicalType;
  /** Only for type inference. */
  readonly [value]?: V;
  /** The same type with NULL. */
  nullable(): ColumnType<V | null>;
}

/** A ROW whose fields are known by name: what sources are given as their schema. */
export interface RowColumnType<F extends Fields> extends ColumnType<RowOf<F>> {
  readonly fields: F;
}

export type Fields = Readonly<Record<string, ColumnType<unknown>>>;

/** The TypeScript type of a column type's values. */
export type Infer<C> = C extends ColumnType<infer V> ? V : never;

export type RowOf<F extends Fields> = { readonly [K in keyof F]: Infer<F[K]> };

function columnType<V>(type: LogicalType): ColumnType<V> {
  return { type: notNull(type), nullable: () => ({ ...columnType<V | null>(type), type: nullable(type) }) };
}

/**
 * Column types.
 *
 * @example const Bid = t.row({ auction: t.bigint(), price: t.bigint().nullable(), dateTime: t.timestamp(3) });
 */
export const t = {
  boolean: () => columnType<boolean>(types.boolean()),
  tinyint: () => columnType<number>(types.tinyint()),
  smallint: () => columnType<number>(types.smallint()),
  int: () => columnType<number>(types.integer()),
  bigint: () => columnType<bigint>(types.bigint()),
  float: () => columnType<number>(types.float()),
  double: () => columnType<number>(types.double()),
  decimal: (precision: number, scale = 0) => columnType<string>(types.decimal(precision, scale)),
  string: () => columnType<string>(types.string()),
  bytes: () => columnType<string>(types.bytes()),
  date: () => columnType<string>(types.date()),
  time: (precision = 0) => columnType<string>(types.time(precision)),
  timestamp: (precision = 3) => columnType<number>(types.timestamp(precision)),
  timestampLtz: (precision = 3) => columnType<number>(types.timestampLtz(precision)),
  array: <V>(element: ColumnType<V>) => columnType<readonly V[]>(types.array(element.type)),
  map: <V>(element: ColumnType<V>) =>
    columnType<Readonly<Record<string, V>>>(types.map(notNull(types.string()), element.type)),
  row: <const F extends Fields>(fields: F): RowColumnType<F> => ({
    ...columnType<RowOf<F>>(types.row(Object.entries(fields).map(([name, column]) => ({ name, type: column.type })))),
    fields,
  }),
};
