// The logical types of sabot: Flink SQL's types, as data in the form that docs/plan.md gives to native.
//
//   { kind: 'DECIMAL', precision: 13, scale: 4, nullable: true }   prints as   DECIMAL(13, 4)
//
// Types are immutable values; `nullable` is always written out. Fields of a row and columns of a table are `Field`s.

/** What a time attribute carries: event time with a watermark, or processing time. */
export type TimeAttribute = 'rowtime' | 'proctime';

/** A named column of a table or field of a ROW. */
export interface Field {
  readonly name: string;
  readonly type: LogicalType;
}

/** Output columns of a node, in order. */
export type Schema = readonly Field[];

interface Nullable {
  readonly nullable: boolean;
}

export type SimpleKind =
  | 'BOOLEAN'
  | 'TINYINT'
  | 'SMALLINT'
  | 'INTEGER'
  | 'BIGINT'
  | 'FLOAT'
  | 'DOUBLE'
  | 'DATE'
  | 'NULL'
  | 'VARIANT';
export type StringKind = 'CHAR' | 'VARCHAR' | 'BINARY' | 'VARBINARY';
export type TimestampKind = 'TIMESTAMP' | 'TIMESTAMP_LTZ';
export type IntervalKind = 'INTERVAL_YEAR_MONTH' | 'INTERVAL_DAY_TIME';

export interface SimpleType extends Nullable {
  readonly kind: SimpleKind;
}
export interface DecimalType extends Nullable {
  readonly kind: 'DECIMAL';
  readonly precision: number;
  readonly scale: number;
}
export interface StringType extends Nullable {
  readonly kind: StringKind;
  readonly length: number;
}
export interface TimeType extends Nullable {
  readonly kind: 'TIME';
  readonly precision: number;
}
export interface TimestampType extends Nullable {
  readonly kind: TimestampKind;
  readonly precision: number;
  readonly rowtime?: true;
  readonly proctime?: true;
}
export interface IntervalType extends Nullable {
  readonly kind: IntervalKind;
}
export interface ArrayType extends Nullable {
  readonly kind: 'ARRAY';
  readonly element: LogicalType;
}
export interface MultisetType extends Nullable {
  readonly kind: 'MULTISET';
  readonly element: LogicalType;
}
export interface MapType extends Nullable {
  readonly kind: 'MAP';
  readonly key: LogicalType;
  readonly value: LogicalType;
}
export interface RowType extends Nullable {
  readonly kind: 'ROW';
  readonly fields: Schema;
}

export type LogicalType =
  | SimpleType
  | DecimalType
  | StringType
  | TimeType
  | TimestampType
  | IntervalType
  | ArrayType
  | MultisetType
  | MapType
  | RowType;

export type TypeKind = LogicalType['kind'];

/** Length of STRING and BYTES. */
export const LENGTH_MAX = 2147483647;
export const DECIMAL_PRECISION_MAX = 38;

const simple = (kind: SimpleKind) => (): SimpleType => ({ kind, nullable: true });

/** Constructors of types; every one gives a nullable type, `notNull` takes that away. */
export const types = {
  boolean: simple('BOOLEAN'),
  tinyint: simple('TINYINT'),
  smallint: simple('SMALLINT'),
  integer: simple('INTEGER'),
  bigint: simple('BIGINT'),
  float: simple('FLOAT'),
  double: simple('DOUBLE'),
  date: simple('DATE'),
  null: simple('NULL'),
  variant: simple('VARIANT'),
  decimal: (precision: number, scale = 0): DecimalType => ({ kind: 'DECIMAL', precision, scale, nullable: true }),
  char: (length: number): StringType => ({ kind: 'CHAR', length, nullable: true }),
  varchar: (length: number): StringType => ({ kind: 'VARCHAR', length, nullable: true }),
  string: (): StringType => ({ kind: 'VARCHAR', length: LENGTH_MAX, nullable: true }),
  binary: (length: number): StringType => ({ kind: 'BINARY', length, nullable: true }),
  varbinary: (length: number): StringType => ({ kind: 'VARBINARY', length, nullable: true }),
  bytes: (): StringType => ({ kind: 'VARBINARY', length: LENGTH_MAX, nullable: true }),
  time: (precision = 0): TimeType => ({ kind: 'TIME', precision, nullable: true }),
  timestamp: (precision = 6): TimestampType => ({ kind: 'TIMESTAMP', precision, nullable: true }),
  timestampLtz: (precision = 6): TimestampType => ({ kind: 'TIMESTAMP_LTZ', precision, nullable: true }),
  yearMonthInterval: (): IntervalType => ({ kind: 'INTERVAL_YEAR_MONTH', nullable: true }),
  dayTimeInterval: (): IntervalType => ({ kind: 'INTERVAL_DAY_TIME', nullable: true }),
  array: (element: LogicalType): ArrayType => ({ kind: 'ARRAY', element, nullable: true }),
  multiset: (element: LogicalType): MultisetType => ({ kind: 'MULTISET', element, nullable: true }),
  map: (key: LogicalType, value: LogicalType): MapType => ({ kind: 'MAP', key, value, nullable: true }),
  row: (fields: Schema): RowType => ({ kind: 'ROW', fields, nullable: true }),
};

/** The same type with the given nullability. */
export function withNullable<T extends LogicalType>(type: T, nullable: boolean): T {
  return type.nullable === nullable ? type : { ...type, nullable };
}

export function notNull<T extends LogicalType>(type: T): T {
  return withNullable(type, false);
}

export function nullable<T extends LogicalType>(type: T): T {
  return withNullable(type, true);
}

/** The time attribute that a type carries, if any. */
export function timeAttribute(type: LogicalType): TimeAttribute | undefined {
  if (type.kind !== 'TIMESTAMP' && type.kind !== 'TIMESTAMP_LTZ') return undefined;
  return type.rowtime ? 'rowtime' : type.proctime ? 'proctime' : undefined;
}

/** Marks a timestamp type as a time attribute. */
export function asTimeAttribute(type: TimestampType, attribute: TimeAttribute): TimestampType {
  const { kind, precision, nullable } = type;
  return attribute === 'rowtime'
    ? { kind, precision, nullable, rowtime: true }
    : { kind, precision, nullable, proctime: true };
}

/** The plain type behind a time attribute; other types as they are. */
export function materialized<T extends LogicalType>(type: T): T {
  if (timeAttribute(type) === undefined) return type;
  const { rowtime: _rowtime, proctime: _proctime, ...plain } = type as TimestampType;
  return plain as T;
}

const kindsOf = <K extends TypeKind>(...kinds: K[]) => {
  const set = new Set<string>(kinds);
  return (type: LogicalType): type is LogicalType & { readonly kind: K } => set.has(type.kind);
};

export const isExactInteger = kindsOf('TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT');
export const isApproximate = kindsOf('FLOAT', 'DOUBLE');
export const isExactNumeric = kindsOf('TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'DECIMAL');
export const isNumeric = kindsOf('TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'DECIMAL', 'FLOAT', 'DOUBLE');
export const isCharacter = kindsOf('CHAR', 'VARCHAR');
export const isBinary = kindsOf('BINARY', 'VARBINARY');
export const isTimestamp = kindsOf('TIMESTAMP', 'TIMESTAMP_LTZ');
export const isDatetime = kindsOf('DATE', 'TIME', 'TIMESTAMP', 'TIMESTAMP_LTZ');
export const isInterval = kindsOf('INTERVAL_YEAR_MONTH', 'INTERVAL_DAY_TIME');
export const isCollection = kindsOf('ARRAY', 'MAP', 'MULTISET');
export const isConstructed = kindsOf('ARRAY', 'MAP', 'MULTISET', 'ROW');

/** Whether JSON has a form for values of the type. */
export function hasJsonForm(type: LogicalType): boolean {
  switch (type.kind) {
    case 'DATE':
    case 'TIME':
    case 'INTERVAL_YEAR_MONTH':
    case 'INTERVAL_DAY_TIME':
      return false;
    case 'ARRAY':
      return hasJsonForm(type.element);
    case 'MULTISET':
      return isCharacter(type.element);
    case 'MAP':
      return isCharacter(type.key) && hasJsonForm(type.value);
    case 'ROW':
      return type.fields.every((field) => hasJsonForm(field.type));
    default:
      return true;
  }
}

export interface EqualityOptions {
  readonly ignoreNullability?: boolean;
  /** Compare ROWs by position only. */
  readonly ignoreFieldNames?: boolean;
}

/** Whether two types are the same; time attributes count as their plain types. */
export function sameType(a: LogicalType, b: LogicalType, options: EqualityOptions = {}): boolean {
  if (a.kind !== b.kind || (!options.ignoreNullability && a.nullable !== b.nullable)) return false;
  switch (a.kind) {
    case 'DECIMAL':
      return a.precision === (b as DecimalType).precision && a.scale === (b as DecimalType).scale;
    case 'CHAR':
    case 'VARCHAR':
    case 'BINARY':
    case 'VARBINARY':
      return a.length === (b as StringType).length;
    case 'TIME':
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return a.precision === (b as TimestampType | TimeType).precision;
    case 'ARRAY':
    case 'MULTISET':
      return sameType(a.element, (b as ArrayType).element, options);
    case 'MAP':
      return sameType(a.key, (b as MapType).key, options) && sameType(a.value, (b as MapType).value, options);
    case 'ROW': {
      const others = (b as RowType).fields;
      return (
        a.fields.length === others.length &&
        a.fields.every((field, i) => {
          const other = others[i]!;
          return (options.ignoreFieldNames || field.name === other.name) && sameType(field.type, other.type, options);
        })
      );
    }
    default:
      return true;
  }
}

/** A name in backquotes, as Flink prints it. */
export function quoteIdentifier(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** The type as Flink prints it (TYPEOF, DESCRIBE, error messages). */
export function printType(type: LogicalType): string {
  const attribute = timeAttribute(type);
  return (
    printBare(type) +
    (type.nullable || type.kind === 'NULL' ? '' : ' NOT NULL') +
    (attribute === undefined ? '' : ` *${attribute.toUpperCase()}*`)
  );
}

function printBare(type: LogicalType): string {
  switch (type.kind) {
    case 'INTEGER':
      return 'INT';
    case 'DECIMAL':
      return `DECIMAL(${type.precision}, ${type.scale})`;
    case 'VARCHAR':
      return type.length === LENGTH_MAX ? 'STRING' : `VARCHAR(${type.length})`;
    case 'VARBINARY':
      return type.length === LENGTH_MAX ? 'BYTES' : `VARBINARY(${type.length})`;
    case 'CHAR':
    case 'BINARY':
      return `${type.kind}(${type.length})`;
    case 'TIME':
      return `TIME(${type.precision})`;
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return `${type.kind}(${type.precision})`;
    case 'INTERVAL_YEAR_MONTH':
      return 'INTERVAL MONTH';
    case 'INTERVAL_DAY_TIME':
      return 'INTERVAL SECOND(3)';
    case 'ARRAY':
    case 'MULTISET':
      return `${type.kind}<${printType(type.element)}>`;
    case 'MAP':
      return `MAP<${printType(type.key)}, ${printType(type.value)}>`;
    case 'ROW':
      return `ROW<${type.fields.map((f) => `${quoteIdentifier(f.name)} ${printType(f.type)}`).join(', ')}>`;
    default:
      return type.kind;
  }
}

/** Columns as Flink's messages print them: `[id: INT, name: STRING]`. */
export function printSchema(schema: Schema): string {
  return `[${schema.map((f) => `${f.name}: ${printType(f.type)}`).join(', ')}]`;
}
