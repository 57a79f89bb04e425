// What a query is analysed in: the catalog, the session, common tables that are in sight, the enclosing query.

import type { LogicalNode } from '../../plan/nodes.js';
import type { ObjectIdentifier, TableDefinition } from '../../plan/table.js';
import type { SessionValues } from './expressions.js';
import type { Scope } from './scope.js';
import type { StateTables } from './state-tables.js';
import type { StateTtlHints } from './state-ttl-hints.js';

/** A view is kept as its plan: it was analysed when it was created. */
export interface ViewDefinition {
  readonly identifier: ObjectIdentifier;
  readonly plan: LogicalNode;
  /** The query as written. */
  readonly text: string;
  readonly temporary: boolean;
  readonly comment?: string;
}

export type CatalogObject =
  | { readonly kind: 'table'; readonly table: TableDefinition }
  | { readonly kind: 'view'; readonly view: ViewDefinition };

/** The part of the catalog that analysis reads. */
export interface CatalogReader {
  /** Looks up `t`, `db.t` or `cat.db.t`; undefined if there is no such object. */
  find(path: readonly string[]): CatalogObject | undefined;
  /** The part of a path that there is not: catalog, database or object. */
  missingPart(path: readonly string[]): string;
  /** Names of tables and views in the current database, for suggestions. */
  objectNames(): readonly string[];
}

/** Connectors and formats that there are. */
export interface ConnectorNames {
  readonly connectors: readonly string[];
  readonly formats: readonly string[];
}

export interface QueryEnvironment {
  readonly catalog: CatalogReader;
  readonly session: SessionValues;
  readonly connectorNames: ConnectorNames;
  readonly commonTables: ReadonlyMap<string, LogicalNode>;
  /** What state('uid') reads. */
  readonly states: StateTables | undefined;
  /** Of the SELECT at hand. */
  readonly stateTtls?: StateTtlHints;
  /** The row that an enclosing query, or the left side of LATERAL, is at. */
  readonly outer: Scope | null;
}
