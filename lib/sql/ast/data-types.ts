// Nodes of the syntax tree: data types.
//
//   DECIMAL(10, 2) NOT NULL   ->   { kind: 'decimalType', ... }

import type { IntervalQualifier, StringLiteral } from './literals.js';
import type { Identifier, QualifiedName } from './names.js';
import type { Positioned } from './positioned.js';

/** Scalar types under one spelling: CHARACTER VARYING is VARCHAR, DEC is DECIMAL, INT is INTEGER, DOUBLE PRECISION is DOUBLE. */
export type ScalarTypeName =
  | 'BOOLEAN'
  | 'TINYINT'
  | 'SMALLINT'
  | 'INTEGER'
  | 'BIGINT'
  | 'FLOAT'
  | 'REAL'
  | 'DOUBLE'
  | 'DECIMAL'
  | 'CHAR'
  | 'VARCHAR'
  | 'STRING'
  | 'BINARY'
  | 'VARBINARY'
  | 'BYTES'
  | 'DATE'
  | 'TIME'
  | 'TIMESTAMP'
  | 'TIMESTAMP_LTZ'
  | 'TIMESTAMP_TZ'
  | 'VARIANT'
  | 'BITMAP'
  | 'NULL'
  | 'ANY'
  | 'GEOMETRY';

interface TypeNode extends Positioned {
  /** False only after NOT NULL. */
  readonly nullable: boolean;
}

/** `precision` is the length of CHAR, VARCHAR, BINARY and VARBINARY, and the digits of the others. */
export interface ScalarType extends TypeNode {
  readonly kind: 'scalarType';
  readonly name: ScalarTypeName;
  readonly precision: number | null;
  readonly scale: number | null;
}

/** `INTERVAL DAY(2) TO SECOND(3)` as the target of a cast or the type of a column. */
export interface IntervalType extends TypeNode {
  readonly kind: 'intervalType';
  readonly qualifier: IntervalQualifier;
}

export interface ArrayType extends TypeNode {
  readonly kind: 'arrayType';
  readonly element: DataType;
}

export interface MultisetType extends TypeNode {
  readonly kind: 'multisetType';
  readonly element: DataType;
}

export interface MapType extends TypeNode {
  readonly kind: 'mapType';
  readonly key: DataType;
  readonly value: DataType;
}

export interface RowType extends TypeNode {
  readonly kind: 'rowType';
  readonly fields: readonly RowTypeField[];
}

export interface RowTypeField extends Positioned {
  readonly kind: 'rowTypeField';
  readonly name: Identifier;
  readonly type: DataType;
  readonly comment: StringLiteral | null;
}

/** `RAW('class', 'serializer snapshot')`. */
export interface RawType extends TypeNode {
  readonly kind: 'rawType';
  readonly className: StringLiteral;
  readonly serializer: StringLiteral;
}

/** `STRUCTURED<'class', a INT, b STRING>`. */
export interface StructuredType extends TypeNode {
  readonly kind: 'structuredType';
  readonly className: StringLiteral;
  readonly fields: readonly RowTypeField[];
}

/** A type known only by its name: the parser accepts any, the analyser looks it up. */
export interface NamedType extends TypeNode {
  readonly kind: 'namedType';
  readonly name: QualifiedName;
}

export type DataType =
  | ScalarType
  | IntervalType
  | ArrayType
  | MultisetType
  | MapType
  | RowType
  | RawType
  | StructuredType
  | NamedType;
