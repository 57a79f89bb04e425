// Nodes of the syntax tree: statements: ALTER.
//
//   ALTER TABLE t ADD (c INT)

import type { CatalogObjectType } from './definitions.js';
import type { IntervalLiteral, StringLiteral } from './literals.js';
import type { Identifier, PropertyOption, QualifiedName } from './names.js';
import type { Positioned } from './positioned.js';
import type { Query } from './queries.js';
import type {
  ColumnDefinition,
  Distribution,
  PartitionEntry,
  TableConstraint,
  WatermarkDefinition,
} from './table-parts.js';

/** FIRST, or AFTER a column. */
export interface ColumnPosition extends Positioned {
  readonly kind: 'columnPosition';
  readonly after: QualifiedName | null;
}

export interface PositionedColumn extends Positioned {
  readonly kind: 'positionedColumn';
  readonly column: ColumnDefinition;
  readonly position: ColumnPosition | null;
}

/** One change of ALTER: each says what it does and carries only what that needs. */
export type AlterAction =
  | AlterRename
  | AlterSetOptions
  | AlterResetOptions
  | AlterColumns
  | AlterRenameColumn
  | AlterDropParts
  | AlterPartitions
  | AlterAsQuery
  | AlterComment
  | AlterFreshness
  | AlterRefreshMode
  | AlterSuspend
  | AlterResume
  | AlterRefresh;

export interface AlterRename extends Positioned {
  readonly kind: 'rename';
  readonly to: QualifiedName;
}

export interface AlterSetOptions extends Positioned {
  readonly kind: 'setOptions';
  readonly options: readonly PropertyOption[];
}

export interface AlterResetOptions extends Positioned {
  readonly kind: 'resetOptions';
  readonly keys: readonly StringLiteral[];
}

/** ADD (...) and MODIFY (...); `distribution` comes alone. */
export interface AlterColumns extends Positioned {
  readonly kind: 'alterColumns';
  readonly operation: 'ADD' | 'MODIFY';
  readonly columns: readonly PositionedColumn[];
  readonly watermarks: readonly WatermarkDefinition[];
  readonly constraints: readonly TableConstraint[];
  readonly distribution: Distribution | null;
}

export interface AlterRenameColumn extends Positioned {
  readonly kind: 'renameColumn';
  readonly from: QualifiedName;
  readonly to: QualifiedName;
}

export interface AlterDropParts extends Positioned {
  readonly kind: 'dropParts';
  readonly part: 'COLUMNS' | 'PRIMARY KEY' | 'CONSTRAINT' | 'WATERMARK' | 'DISTRIBUTION';
  readonly columns: readonly QualifiedName[];
  readonly constraint: Identifier | null;
}

export interface AlterPartitions extends Positioned {
  readonly kind: 'alterPartitions';
  readonly operation: 'ADD' | 'DROP';
  /** IF NOT EXISTS of ADD, IF EXISTS of DROP. */
  readonly lenient: boolean;
  readonly partitions: readonly PartitionDefinition[];
}

export interface PartitionDefinition extends Positioned {
  readonly kind: 'partition';
  readonly entries: readonly PartitionEntry[];
  readonly options: readonly PropertyOption[];
}

/** ALTER VIEW v AS query, ALTER MATERIALIZED TABLE t AS query. */
export interface AlterAsQuery extends Positioned {
  readonly kind: 'asQuery';
  readonly query: Query;
}

/** ALTER CATALOG c COMMENT '...'. */
export interface AlterComment extends Positioned {
  readonly kind: 'comment';
  readonly comment: StringLiteral;
}

export interface AlterFreshness extends Positioned {
  readonly kind: 'setFreshness';
  readonly freshness: IntervalLiteral;
}

export interface AlterRefreshMode extends Positioned {
  readonly kind: 'setRefreshMode';
  readonly mode: 'FULL' | 'CONTINUOUS';
}

export interface AlterSuspend extends Positioned {
  readonly kind: 'suspend';
}

export interface AlterResume extends Positioned {
  readonly kind: 'resume';
  readonly options: readonly PropertyOption[];
}

export interface AlterRefresh extends Positioned {
  readonly kind: 'refresh';
  readonly partition: readonly PartitionEntry[];
}

export interface Alter extends Positioned {
  readonly kind: 'alter';
  readonly object: Exclude<CatalogObjectType, 'FUNCTION'>;
  readonly ifExists: boolean;
  readonly name: QualifiedName;
  readonly action: AlterAction;
}

/** ALTER FUNCTION f AS 'class' LANGUAGE JAVA. */
export interface AlterFunction extends Positioned {
  readonly kind: 'alterFunction';
  readonly temporary: boolean;
  readonly system: boolean;
  readonly ifExists: boolean;
  readonly name: QualifiedName;
  readonly className: StringLiteral;
  readonly language: 'JAVA' | 'SCALA' | 'PYTHON' | 'SQL' | 'JAVASCRIPT' | null;
}
