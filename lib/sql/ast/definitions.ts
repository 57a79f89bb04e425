// Nodes of the syntax tree: statements: CREATE and DROP.
//
//   CREATE TABLE t (...) WITH (...)

import type { DateTimeLiteral, IntervalLiteral, StringLiteral } from './literals.js';
import type { Identifier, PropertyOption, QualifiedName } from './names.js';
import type { Positioned } from './positioned.js';
import type { Query } from './queries.js';
import type {
  ColumnDefinition,
  Distribution,
  LikeClause,
  TableConstraint,
  WatermarkDefinition,
} from './table-parts.js';

export interface CreateTable extends Positioned {
  readonly kind: 'createTable';
  readonly orReplace: boolean;
  /** REPLACE TABLE ... AS, without CREATE. */
  readonly replaceOnly: boolean;
  readonly temporary: boolean;
  readonly system: boolean;
  readonly ifNotExists: boolean;
  readonly name: QualifiedName;
  readonly columns: readonly ColumnDefinition[];
  readonly watermarks: readonly WatermarkDefinition[];
  /** Table constraints only; those after a column's type stand at the column. */
  readonly constraints: readonly TableConstraint[];
  readonly comment: StringLiteral | null;
  readonly distribution: Distribution | null;
  readonly partitionedBy: readonly Identifier[];
  readonly options: readonly PropertyOption[];
  readonly like: LikeClause | null;
  readonly as: Query | null;
}

export interface CreateView extends Positioned {
  readonly kind: 'createView';
  readonly orReplace: boolean;
  readonly temporary: boolean;
  readonly ifNotExists: boolean;
  readonly name: QualifiedName;
  readonly columns: readonly Identifier[];
  readonly comment: StringLiteral | null;
  readonly query: Query;
}

export interface CreateFunction extends Positioned {
  readonly kind: 'createFunction';
  readonly temporary: boolean;
  readonly system: boolean;
  readonly ifNotExists: boolean;
  readonly name: QualifiedName;
  readonly className: StringLiteral;
  /** Null: JAVA, as in Flink. JAVASCRIPT is sabot's own. */
  readonly language: 'JAVA' | 'SCALA' | 'PYTHON' | 'SQL' | 'JAVASCRIPT' | null;
  readonly resources: readonly FunctionResource[];
  readonly options: readonly PropertyOption[];
}

export interface FunctionResource extends Positioned {
  readonly kind: 'functionResource';
  readonly type: 'JAR' | 'ARTIFACT';
  readonly path: StringLiteral;
}

export interface CreateCatalog extends Positioned {
  readonly kind: 'createCatalog';
  readonly ifNotExists: boolean;
  readonly name: Identifier;
  readonly comment: StringLiteral | null;
  readonly options: readonly PropertyOption[];
}

export interface CreateDatabase extends Positioned {
  readonly kind: 'createDatabase';
  readonly ifNotExists: boolean;
  readonly name: QualifiedName;
  readonly comment: StringLiteral | null;
  readonly options: readonly PropertyOption[];
}

export interface CreateModel extends Positioned {
  readonly kind: 'createModel';
  readonly orReplace: boolean;
  readonly temporary: boolean;
  readonly ifNotExists: boolean;
  readonly name: QualifiedName;
  readonly input: readonly ColumnDefinition[];
  readonly output: readonly ColumnDefinition[];
  readonly comment: StringLiteral | null;
  readonly options: readonly PropertyOption[];
  readonly as: Query | null;
}

export interface CreateMaterializedTable extends Positioned {
  readonly kind: 'createMaterializedTable';
  readonly orAlter: boolean;
  readonly name: QualifiedName;
  readonly columns: readonly ColumnDefinition[];
  readonly watermarks: readonly WatermarkDefinition[];
  readonly constraints: readonly TableConstraint[];
  readonly comment: StringLiteral | null;
  readonly distribution: Distribution | null;
  readonly partitionedBy: readonly Identifier[];
  readonly options: readonly PropertyOption[];
  readonly startMode: StartMode | null;
  readonly freshness: IntervalLiteral | null;
  readonly refreshMode: 'FULL' | 'CONTINUOUS' | null;
  readonly query: Query;
}

/** `START_MODE = FROM_NOW(INTERVAL '1' DAY)`; `argument` is that interval, or the timestamp of FROM_TIMESTAMP. */
export interface StartMode extends Positioned {
  readonly kind: 'startMode';
  readonly mode:
    | 'FROM_BEGINNING'
    | 'FROM_NOW'
    | 'FROM_TIMESTAMP'
    | 'RESUME_OR_FROM_BEGINNING'
    | 'RESUME_OR_FROM_NOW'
    | 'RESUME_OR_FROM_TIMESTAMP';
  readonly argument: IntervalLiteral | DateTimeLiteral | null;
}

/** `CREATE CONNECTION name WITH (...)`. */
export interface CreateConnection extends Positioned {
  readonly kind: 'createConnection';
  readonly temporary: boolean;
  readonly system: boolean;
  readonly ifNotExists: boolean;
  readonly name: QualifiedName;
  readonly comment: StringLiteral | null;
  readonly options: readonly PropertyOption[];
}

export type CatalogObjectType =
  | 'TABLE'
  | 'VIEW'
  | 'FUNCTION'
  | 'CATALOG'
  | 'DATABASE'
  | 'MODEL'
  | 'MATERIALIZED TABLE'
  | 'CONNECTION';

export interface Drop extends Positioned {
  readonly kind: 'drop';
  readonly object: CatalogObjectType;
  readonly temporary: boolean;
  readonly system: boolean;
  readonly ifExists: boolean;
  readonly name: QualifiedName;
  /** DROP DATABASE ... CASCADE. */
  readonly cascade: boolean;
}
