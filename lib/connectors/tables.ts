// tables: sources and sinks of the Stream API. The same connectors, options and checks as in WITH (...) of SQL.
//
//   file({ path: './bids', format: 'json', schema: Bid })   ->   a table with 'connector' = 'filesystem'

import type { DeadLetterTarget, OnError } from '../plan/dead-letters.js';
import type { OnConflict } from '../plan/nodes.js';
import type { TableDefinition } from '../plan/table.js';
import type { Fields, RowColumnType, RowOf } from '../schema/t.js';
import type { Schema } from '../schema/types.js';

declare const row: unique symbol;

/** Something to read rows `T` from. */
export interface Source<T> {
  readonly table: TableDefinition;
  /** Where records go that cannot be read. */
  readonly deadLetters?: DeadLetterTarget;
  /** Only for type inference. */
  readonly [row]?: T;
}

/** Something to write rows to; its columns are those of the stream. */
export interface Sink {
  readonly table: (schema: Schema) => TableDefinition;
  /** Where rows go that cannot be written. */
  readonly deadLetters?: DeadLetterTarget;
  /** What becomes of several rows with one key of the sink. */
  readonly onConflict?: OnConflict;
}

type Options = Readonly<Record<string, string>>;

/** A table of physical columns. */
export function definition(name: string, schema: Schema, options: Options): TableDefinition {
  return {
    identifier: ['default_catalog', 'default_database', name],
    columns: schema.map((field) => ({ kind: 'physical', ...field })),
    partitionedBy: [],
    options,
    temporary: true,
  };
}

/** The table that stands for an iterable in a plan. */
export const iterableTable = (schema: RowColumnType<Fields>): TableDefinition =>
  definition('iterable', fieldsOf(schema), {});

export const fieldsOf = (schema: RowColumnType<Fields>): Schema =>
  schema.type.kind === 'ROW' ? schema.type.fields : [];

export interface FileOptions {
  /** A file, a folder or a glob. */
  readonly path: string;
  readonly format: 'json' | 'csv' | 'raw' | 'avro';
  /** Further options of the format, with Flink's names: `{ 'csv.null-literal': 'NA' }`. */
  readonly options?: Options;
  /** What becomes of a line that cannot be read, or a row that cannot be written. Default: 'fail'. */
  readonly onError?: OnError;
}

const fileOptions = ({ path, format, options = {} }: FileOptions): Options => ({
  connector: 'filesystem',
  path,
  format,
  ...options,
});

/** Where letters go, if they go somewhere. */
export const lettersTo = (onError: OnError | undefined): { readonly deadLetters?: DeadLetterTarget } =>
  typeof onError === 'object' ? { deadLetters: onError.target } : {};

/** The same as options of a table. */
export function onErrorOptions(side: 'scan' | 'sink', onError: OnError | undefined): Options {
  if (onError === undefined) return {};
  return { [`${side}.on-error`]: typeof onError === 'object' ? 'dead-letter' : onError };
}

/** Rows a second, as an option of a table. */
export const rateLimitOptions = (rows: number | undefined): Options =>
  rows === undefined ? {} : { 'scan.rate-limit.rows-per-second': String(rows) };

/**
 * The records of a file or folder.
 *
 * @example job.source(file({ path: './bids', format: 'json', schema: Bid }))
 */
export function file<F extends Fields>(
  options: FileOptions & {
    readonly schema: RowColumnType<F> /** Rows a second, at most. */;
    readonly rateLimit?: number;
  },
): Source<RowOf<F>> {
  const { onError, rateLimit, schema } = options;
  const given = { ...onErrorOptions('scan', onError), ...rateLimitOptions(rateLimit), ...fileOptions(options) };
  return { table: definition('file', fieldsOf(schema), given), ...lettersTo(onError) };
}

/** Writes rows into a folder. */
file.sink = (options: FileOptions): Sink => ({
  table: (schema) =>
    definition('file', schema, { ...onErrorOptions('sink', options.onError), ...fileOptions(options) }),
  ...lettersTo(options.onError),
});

/** Prints changes to standard output, as Flink's print connector does. */
export function print(identifier?: string): Sink {
  const options: Options = {
    connector: 'print',
    ...(identifier === undefined ? {} : { 'print-identifier': identifier }),
  };
  return { table: (schema) => definition('print', schema, options) };
}

/** Takes every row and keeps none. */
export function blackhole(): Sink {
  return { table: (schema) => definition('blackhole', schema, { connector: 'blackhole' }) };
}

/**
 * Rows made up by rule; `options` are Flink's: `{ 'number-of-rows': '100', 'fields.id.min': '0' }`.
 *
 * @example job.source(datagen({ schema: t.row({ id: t.bigint() }), options: { 'number-of-rows': '10' } }))
 */
export function datagen<F extends Fields>(given: {
  readonly schema: RowColumnType<F>;
  readonly options?: Options;
}): Source<RowOf<F>> {
  return { table: definition('datagen', fieldsOf(given.schema), { connector: 'datagen', ...given.options }) };
}
