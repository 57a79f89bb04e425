// A table as the catalog knows it: resolved columns, watermark, key and options. Scans and sinks carry it.

import type { SourceSpan } from '../errors.js';
import type { Expression } from '../expressions/expression.js';
import type { LogicalType, Schema } from '../schema/types.js';

/** Catalog, database, object. */
export type ObjectIdentifier = readonly [catalog: string, database: string, object: string];

export interface PhysicalColumn {
  readonly kind: 'physical';
  readonly name: string;
  readonly type: LogicalType;
  readonly comment?: string;
}

/** Read from the connector or format, not from the data; a `virtual` one is not written by sinks. */
export interface MetadataColumn {
  readonly kind: 'metadata';
  readonly name: string;
  readonly type: LogicalType;
  readonly key: string;
  readonly virtual: boolean;
  readonly comment?: string;
}

/** `expression` is over the table's physical and metadata columns in the order of `scanSchema`. */
export interface ComputedColumn {
  readonly kind: 'computed';
  readonly name: string;
  readonly type: LogicalType;
  readonly expression: Expression;
  /** As written, for SHOW CREATE TABLE. */
  readonly text: string;
  readonly comment?: string;
}

export type TableColumn = PhysicalColumn | MetadataColumn | ComputedColumn;

/** `expression` is over all of the table's columns, in order. */
export interface Watermark {
  readonly column: number;
  readonly expression: Expression;
  readonly text: string;
}

/** Where the parts of a definition were written, for errors. */
export interface TablePlaces {
  readonly options: Readonly<Record<string, OptionPlace>>;
  /** Metadata columns, by their keys. */
  readonly metadata: Readonly<Record<string, SourceSpan>>;
  readonly partitionedBy?: SourceSpan;
  readonly watermark?: SourceSpan;
}

/** Of a table that no script has. */
export const NO_PLACES: TablePlaces = { options: {}, metadata: {} };

export interface OptionPlace {
  readonly key: SourceSpan;
  readonly value: SourceSpan;
}

export interface TableDefinition {
  readonly identifier: ObjectIdentifier;
  readonly columns: readonly TableColumn[];
  readonly watermark?: Watermark;
  /** Names of the key's columns. */
  readonly primaryKey?: readonly string[];
  readonly partitionedBy: readonly string[];
  readonly options: Readonly<Record<string, string>>;
  readonly temporary: boolean;
  readonly comment?: string;
  /** Absent in the Stream API. */
  readonly places?: TablePlaces;
}

/** All columns with their types, in the order of the declaration. */
export function tableSchema(table: TableDefinition): Schema {
  return table.columns.map(({ name, type }) => ({ name, type }));
}

/** What a source produces: physical columns, then metadata columns. */
export function scanSchema(table: TableDefinition): Schema {
  return [...physicalColumns(table), ...metadataColumns(table)].map(({ name, type }) => ({ name, type }));
}

/** What a sink is given: physical columns and metadata columns that are not virtual, in the order of the declaration. */
export function sinkSchema(table: TableDefinition): Schema {
  return table.columns
    .filter((c) => c.kind === 'physical' || (c.kind === 'metadata' && !c.virtual))
    .map(({ name, type }) => ({ name, type }));
}

export function physicalColumns(table: TableDefinition): readonly PhysicalColumn[] {
  return table.columns.filter((c) => c.kind === 'physical');
}

export function metadataColumns(table: TableDefinition): readonly MetadataColumn[] {
  return table.columns.filter((c) => c.kind === 'metadata');
}

/** `t`, or `catalog.database.t` if it lies elsewhere than a script without USE puts it. */
export function printIdentifier(identifier: ObjectIdentifier): string {
  const [catalog, database, name] = identifier;
  return catalog === 'default_catalog' && database === 'default_database' ? name : identifier.join('.');
}
