// What a connector is: its options, and how a table of it becomes a source or a sink of the physical plan.

import type { Config, OperatorSpec, OwnerCode } from '../plan/physical.js';
import type { TableDefinition } from '../plan/table.js';
import type { LogicalType, Schema } from '../schema/types.js';
import type { FormatConfig } from './formats.js';
import type { OptionSpec, OptionValues } from './options.js';

/** What a connector is asked for: a table, its checked options, and the columns that are read or written. */
export interface ConnectorRequest {
  readonly table: TableDefinition;
  readonly values: OptionValues;
  /** Options as they were given, without defaults. */
  readonly given: Readonly<Record<string, string>>;
  /** Columns in use: physical ones first, then metadata. */
  readonly schema: Schema;
  readonly format: FormatConfig | undefined;
  readonly keyFormat: FormatConfig | undefined;
  /** Whether the format tells updates and deletes. */
  readonly changes: boolean;
  /** What the format asks for while the job runs. */
  readonly code: OwnerCode | undefined;
}

export interface ConnectorPart {
  readonly spec: OperatorSpec;
  readonly config: Config;
  /** The source never ends. */
  readonly unbounded?: boolean;
  /** Number of subtasks, if an option says so. */
  readonly parallelism?: number | undefined;
  /** What its owner should know before it runs. */
  readonly warnings?: readonly string[];
}

/** A metadata column that a source can give. */
export interface MetadataSpec {
  readonly key: string;
  /** What the source gives; it is cast to the column's type. Absent: it reads the column's own type. */
  readonly type?: LogicalType;
  /** What a sink takes, if it can be written. */
  readonly writable?: LogicalType;
  /** With which options that holds; absent: with all. */
  readonly writableWith?: (options: Readonly<Record<string, string>>) => boolean;
}

export interface ConnectorSpec {
  readonly identifier: string;
  readonly options: readonly OptionSpec[];
  /** Options that a connector like it has, and what to say about them here. */
  readonly foreign?: Readonly<Record<string, string>>;
  /** The options that may name the format of its bytes, or of records' values: `format`, `value.format`. Absent: it has none. */
  readonly valueFormat?: readonly string[];
  /** Whether `key.format` names that of records' keys. */
  readonly keyFormat?: 'optional' | 'required';
  readonly metadata?: readonly MetadataSpec[];
  /** What stands before the keys of its value format's metadata: `value.`. Absent: it does not give them. */
  readonly formatMetadata?: string;
  /** Whether its sinks take updates and deletes. */
  readonly updates?: boolean;
  readonly source?: (request: ConnectorRequest) => ConnectorPart;
  readonly sink?: (request: ConnectorRequest) => ConnectorPart;
}
