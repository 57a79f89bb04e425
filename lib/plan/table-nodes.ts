// Nodes of the logical plan that are the ends of a job: tables that are read, with the event time of their rows, and written.
//
//   INSERT INTO out SELECT … FROM t   ->   sink out ( … ( watermark ( scan t ) ) )
//
// Data only; `nodes.ts` has the others.

import type { Expression } from '../expressions/expression.js';
import type { DeadLetterTarget } from './dead-letters.js';
import type { LogicalNode, Node } from './nodes.js';
import type { TableDefinition, TablePlaces } from './table.js';

/** Reads a table's physical and metadata columns (`scanSchema`); computed columns are a `project` above. */
export interface ScanNode extends Node {
  readonly op: 'scan';
  readonly table: TableDefinition;
  /** The table's options with those of an OPTIONS hint on top. */
  readonly options: Readonly<Record<string, string>>;
  readonly places?: TablePlaces;
  /** Where records go that cannot be read, if the options say that they go somewhere. */
  readonly deadLetters?: DeadLetterTarget | undefined;
  /** The rows themselves, if they come from JavaScript. */
  readonly rows?: IterableRows;
  /** The same as Arrow IPC messages that hold these columns. */
  readonly messages?: (columns: readonly string[]) => AsyncIterable<Uint8Array>;
}

/** Rows one after the other, or what makes them anew for every run. */
export type IterableOrMaker<R> = AsyncIterable<R> | Iterable<R> | (() => AsyncIterable<R> | Iterable<R>);

/** Rows that JavaScript hands over. */
export interface IterableRows {
  readonly rows: IterableOrMaker<unknown>;
  readonly unbounded: boolean;
}

/** Assigns watermarks to the rowtime column `time`; `watermark` is over the input's columns. */
export interface WatermarkNode extends Node {
  readonly op: 'watermark';
  readonly input: LogicalNode;
  readonly time: number;
  readonly watermark: Expression;
  /** Absent: the table's options say. */
  readonly options?: WatermarkOptions;
}

/** How event time is told beyond the watermark expression; see Flink's table options `scan.watermark.…`. */
export interface WatermarkOptions {
  /** How long a split may be silent before it holds time back no longer; absent: for ever. */
  readonly idleTimeoutMs?: number | undefined;
  /** Time is told after every row, not when it has moved by `pipeline.auto-watermark-interval` and at the ends of batches. */
  readonly onEvent?: boolean | undefined;
  /** Sources of a group wait while they are further ahead than the slowest of them by `maxDriftMs`. */
  readonly alignment?: WatermarkAlignment | undefined;
}

export interface WatermarkAlignment {
  readonly group: string;
  readonly maxDriftMs: number;
  readonly updateIntervalMs: number;
}

/** Writes to a table: the input's columns are `sinkSchema(table)`, casts written out. */
export interface SinkNode extends Node {
  readonly op: 'sink';
  readonly input: LogicalNode;
  readonly table: TableDefinition;
  readonly options: Readonly<Record<string, string>>;
  readonly places?: TablePlaces;
  /** Where rows go that cannot be written, if the options say that they go somewhere. */
  readonly deadLetters?: DeadLetterTarget | undefined;
  readonly overwrite: boolean;
  /** What becomes of rows with other keys of the query's and the same PRIMARY KEY of the table; absent: nobody said. */
  readonly onConflict?: OnConflict;
}

/** ON CONFLICT DO … of an INSERT. */
export type OnConflict = 'ERROR' | 'NOTHING' | 'DEDUPLICATE';
