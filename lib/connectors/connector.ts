// What a connector is: its options, and how a table of it becomes a source or a sink of the physical plan.

import type { Config, OperatorSpec, OwnerCode } from '../plan/physical.js';
import type { TableDefinition } from '../plan/table.js';
import type { Schema } from '../schema/types.js';
import type { FormatConfig } from './formats.js';
import type { OptionSpec, OptionValues } from './options.js';

/** What a connector is asked for: a table, its checked options, and the columns that are read or written. */
export interface ConnectorRequest {
  readonly table: TableDefinition;
  readonly values: OptionValues;
  /** Columns in use: physical ones first, then metadata. */
  readonly schema: Schema;
  readonly format: FormatConfig | undefined;
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
}

export interface ConnectorSpec {
  readonly identifier: string;
  readonly options: readonly OptionSpec[];
  /** Whether `format` names how its bytes are to be read. */
  readonly formatted: boolean;
  /** Metadata columns that sources can give: key to what it is. */
  readonly metadata?: readonly string[];
  /** Whether its sinks take updates and deletes. */
  readonly updates?: boolean;
  readonly source?: (request: ConnectorRequest) => ConnectorPart;
  readonly sink?: (request: ConnectorRequest) => ConnectorPart;
}
