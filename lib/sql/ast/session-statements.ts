// Nodes of the syntax tree: statements of the session and the catalog.
//
//   SET, USE, SHOW, DESCRIBE, LOAD MODULE

import type { Alter, AlterFunction } from './alterations.js';
import type {
  CatalogObjectType,
  CreateCatalog,
  CreateConnection,
  CreateDatabase,
  CreateFunction,
  CreateMaterializedTable,
  CreateModel,
  CreateTable,
  CreateView,
  Drop,
} from './definitions.js';
import type { StringLiteral } from './literals.js';
import type { Identifier, PropertyOption, QualifiedName } from './names.js';
import type { Positioned } from './positioned.js';
import type {
  AnalyzeTable,
  BeginStatementSet,
  CallProcedure,
  CompilePlan,
  Delete,
  EndStatementSet,
  Execute,
  ExecutePlan,
  Explain,
  Insert,
  Merge,
  QueryStatement,
  StatementSet,
  TruncateTable,
  Update,
} from './statements.js';
import type { PartitionEntry } from './table-parts.js';

/** `SET 'key' = 'value'`; both null for a bare SET. */
export interface SetOption extends Positioned {
  readonly kind: 'set';
  readonly key: StringLiteral | null;
  readonly value: StringLiteral | null;
}

/** `RESET 'key'`; key null for a bare RESET. */
export interface ResetOption extends Positioned {
  readonly kind: 'reset';
  readonly key: StringLiteral | null;
}

export interface Use extends Positioned {
  readonly kind: 'use';
  readonly object: 'CATALOG' | 'DATABASE';
  readonly name: QualifiedName;
}

/** `USE MODULES a, b`. */
export interface UseModules extends Positioned {
  readonly kind: 'useModules';
  readonly modules: readonly Identifier[];
}

export interface LoadModule extends Positioned {
  readonly kind: 'loadModule';
  readonly name: Identifier;
  readonly options: readonly PropertyOption[];
}

export interface UnloadModule extends Positioned {
  readonly kind: 'unloadModule';
  readonly name: Identifier;
}

export type ShowSubject =
  | 'CATALOGS'
  | 'CURRENT CATALOG'
  | 'DATABASES'
  | 'CURRENT DATABASE'
  | 'TABLES'
  | 'MATERIALIZED TABLES'
  | 'VIEWS'
  | 'COLUMNS'
  | 'PARTITIONS'
  | 'FUNCTIONS'
  | 'USER FUNCTIONS'
  | 'PROCEDURES'
  | 'MODULES'
  | 'FULL MODULES'
  | 'MODELS'
  | 'CONNECTIONS'
  | 'JOBS'
  | 'JARS'
  | 'CREATE TABLE'
  | 'CREATE VIEW'
  | 'CREATE CATALOG'
  | 'CREATE MODEL'
  | 'CREATE MATERIALIZED TABLE'
  | 'CREATE CONNECTION';

export interface Show extends Positioned {
  readonly kind: 'show';
  readonly subject: ShowSubject;
  /** What FROM or IN names, or the object of SHOW CREATE and SHOW PARTITIONS. */
  readonly name: QualifiedName | null;
  readonly partition: readonly PartitionEntry[];
  readonly like: ShowLike | null;
}

export interface ShowLike extends Positioned {
  readonly kind: 'showLike';
  readonly negated: boolean;
  readonly operator: 'LIKE' | 'ILIKE';
  readonly pattern: StringLiteral;
}

/** `DESCRIBE [EXTENDED] t`, and the forms for databases, catalogs, functions, jobs and models. */
export interface Describe extends Positioned {
  readonly kind: 'describe';
  readonly object: CatalogObjectType | 'JOB';
  readonly extended: boolean;
  /** Null for a job. */
  readonly name: QualifiedName | null;
  readonly jobId: StringLiteral | null;
}

export interface StopJob extends Positioned {
  readonly kind: 'stopJob';
  readonly jobId: StringLiteral;
  readonly withSavepoint: boolean;
  readonly withDrain: boolean;
}

/** `ADD JAR 'path'`, `REMOVE JAR 'path'`. */
export interface JarStatement extends Positioned {
  readonly kind: 'jar';
  readonly operation: 'ADD' | 'REMOVE';
  readonly path: StringLiteral;
}

/** Commands of Flink's SQL client, not of its parser: QUIT, EXIT, CLEAR, HELP. */
export interface ClientCommand extends Positioned {
  readonly kind: 'clientCommand';
  readonly command: 'QUIT' | 'EXIT' | 'CLEAR' | 'HELP';
}

export type Statement =
  | QueryStatement
  | Insert
  | StatementSet
  | BeginStatementSet
  | EndStatementSet
  | Execute
  | ExecutePlan
  | CompilePlan
  | Delete
  | Update
  | Merge
  | Explain
  | CallProcedure
  | TruncateTable
  | AnalyzeTable
  | CreateTable
  | CreateView
  | CreateFunction
  | CreateCatalog
  | CreateDatabase
  | CreateModel
  | CreateMaterializedTable
  | CreateConnection
  | Drop
  | Alter
  | AlterFunction
  | SetOption
  | ResetOption
  | Use
  | UseModules
  | LoadModule
  | UnloadModule
  | Show
  | Describe
  | StopJob
  | JarStatement
  | ClientCommand;

/** A statement of a script and where its text lies: `text` has no trailing `;`. */
export interface ScriptStatement extends Positioned {
  readonly kind: 'scriptStatement';
  /** Counts from 1, as in error reports. */
  readonly index: number;
  readonly text: string;
  readonly statement: Statement;
}
