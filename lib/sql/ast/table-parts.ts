// Nodes of the syntax tree: parts of CREATE TABLE and ALTER TABLE.
//
//   id INT, WATERMARK FOR ts AS ts, PRIMARY KEY (id)

import type { DataType } from './data-types.js';
import type { Expression } from './expressions.js';
import type { StringLiteral } from './literals.js';
import type { Identifier, QualifiedName } from './names.js';
import type { Positioned } from './positioned.js';

/** `name type [PRIMARY KEY NOT ENFORCED] [COMMENT '...']`. */
export interface PhysicalColumn extends Positioned {
  readonly kind: 'physicalColumn';
  readonly name: Identifier;
  readonly type: DataType;
  /** From PRIMARY KEY or UNIQUE after the type. */
  readonly constraint: TableConstraint | null;
  readonly comment: StringLiteral | null;
}

/** `name AS expression`. */
export interface ComputedColumn extends Positioned {
  readonly kind: 'computedColumn';
  readonly name: Identifier;
  readonly expression: Expression;
  readonly comment: StringLiteral | null;
}

/** `name type METADATA [FROM 'key'] [VIRTUAL]`. */
export interface MetadataColumn extends Positioned {
  readonly kind: 'metadataColumn';
  readonly name: Identifier;
  readonly type: DataType;
  readonly constraint: TableConstraint | null;
  /** Null: the column's own name is the key. */
  readonly from: StringLiteral | null;
  readonly virtual: boolean;
  readonly comment: StringLiteral | null;
}

/** Nothing but a name: in CREATE TABLE t (a, b) AS SELECT, which reorders the query's columns. */
export interface NamedColumn extends Positioned {
  readonly kind: 'namedColumn';
  readonly name: Identifier;
}

export type ColumnDefinition = PhysicalColumn | ComputedColumn | MetadataColumn | NamedColumn;

/** `WATERMARK FOR r.ts AS expression`. */
export interface WatermarkDefinition extends Positioned {
  readonly kind: 'watermark';
  readonly column: QualifiedName;
  readonly expression: Expression;
}

/** `[CONSTRAINT pk] PRIMARY KEY (a, b) NOT ENFORCED`. */
export interface TableConstraint extends Positioned {
  readonly kind: 'constraint';
  readonly name: Identifier | null;
  readonly type: 'PRIMARY KEY' | 'UNIQUE';
  readonly columns: readonly Identifier[];
  /** Null if neither ENFORCED nor NOT ENFORCED was written (Flink's planner then refuses a primary key). */
  readonly enforced: boolean | null;
}

/** `DISTRIBUTED BY HASH(k) INTO 6 BUCKETS`. */
export interface Distribution extends Positioned {
  readonly kind: 'distribution';
  readonly method: 'HASH' | 'RANGE' | null;
  readonly columns: readonly Identifier[];
  readonly buckets: number | null;
}

/** `LIKE t (EXCLUDING ALL INCLUDING OPTIONS)`. */
export interface LikeClause extends Positioned {
  readonly kind: 'likeClause';
  readonly table: QualifiedName;
  readonly options: readonly LikeOption[];
}

export interface LikeOption extends Positioned {
  readonly kind: 'likeOption';
  readonly merging: 'INCLUDING' | 'EXCLUDING' | 'OVERWRITING';
  readonly feature:
    | 'ALL'
    | 'CONSTRAINTS'
    | 'DISTRIBUTION'
    | 'GENERATED'
    | 'METADATA'
    | 'OPTIONS'
    | 'PARTITIONS'
    | 'WATERMARKS';
}

/** `key = literal` of PARTITION (...); value null in ANALYZE TABLE ... PARTITION (ds). */
export interface PartitionEntry extends Positioned {
  readonly kind: 'partitionEntry';
  readonly key: Identifier;
  readonly value: Expression | null;
}
