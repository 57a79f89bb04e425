// CREATE TABLE and ALTER TABLE: definitions as written -> a table with types.
//
//   (id INT, total AS price * qty, WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) LIKE base
//
// A table keeps its definition as written (`TableSource`): LIKE and ALTER merge definitions and analyse the whole anew.

import { castTo } from '../../expressions/cast.js';
import type { Expression } from '../../expressions/expression.js';
import type {
  ComputedColumn,
  MetadataColumn,
  ObjectIdentifier,
  PhysicalColumn,
  TableColumn,
  TableDefinition,
  TablePlaces,
  Watermark,
} from '../../plan/table.js';
import {
  asTimeAttribute,
  isCharacter,
  isTimestamp,
  type LogicalType,
  notNull,
  printType,
  type Schema,
  timeAttribute,
} from '../../schema/types.js';
import type * as ast from '../ast.js';
import { logicalType } from './data-types.js';
import type { QueryEnvironment } from './environment.js';
import { invalid, spanOver, suggestion, unsupported } from './errors.js';
import { analyseExpression } from './expressions.js';
import { expressionContext } from './query.js';
import { Scope } from './scope.js';

/** A column of the definition: as written, or a query's (CREATE TABLE AS). */
export type SourceColumn =
  | ast.ColumnDefinition
  | { readonly kind: 'resolved'; readonly name: string; readonly type: LogicalType };

export interface TableSource {
  readonly columns: readonly SourceColumn[];
  readonly watermarks: readonly ast.WatermarkDefinition[];
  readonly constraints: readonly ast.TableConstraint[];
  readonly options: Readonly<Record<string, string>>;
  readonly optionPlaces: TablePlaces['options'];
  readonly partitionedBy: readonly ast.Identifier[];
  readonly comment: string | null;
  /** The script that spans point into. */
  readonly script: string;
  /** The statement that made it. */
  readonly span: ast.SourceSpan;
}

const columnName = (column: SourceColumn): string => (column.kind === 'resolved' ? column.name : column.name.name);

export function sourceOf(node: ast.CreateTable, script: string): TableSource {
  const inline = node.columns.flatMap((c) =>
    'constraint' in c && c.constraint !== null ? [withColumn(c.constraint, c.name)] : [],
  );
  return {
    columns: node.columns,
    watermarks: node.watermarks,
    constraints: [...inline, ...node.constraints],
    options: optionsOf(node.options),
    optionPlaces: placesOf(node.options),
    partitionedBy: node.partitionedBy,
    comment: node.comment?.value ?? null,
    script,
    span: node.span,
  };
}

/** `id INT PRIMARY KEY NOT ENFORCED` is a constraint on that column. */
const withColumn = (constraint: ast.TableConstraint, column: ast.Identifier): ast.TableConstraint =>
  constraint.columns.length > 0 ? constraint : { ...constraint, columns: [column] };

export function optionsOf(options: readonly ast.PropertyOption[]): Readonly<Record<string, string>> {
  return Object.fromEntries(options.map(({ key, value }) => [key.value, value.value]));
}

export function placesOf(options: readonly ast.PropertyOption[]): TablePlaces['options'] {
  return Object.fromEntries(options.map(({ key, value }) => [key.value, { key: key.span, value: value.span }]));
}

// ---------------------------------------------------------------------------------------------------------------- LIKE

type Feature = ast.LikeOption['feature'];

/** The base's definition with the new one's on top, as far as the options of LIKE say. */
export function mergeLike(base: TableSource, own: TableSource, clause: ast.LikeClause): TableSource {
  const merging = (feature: Feature) => {
    const stated = clause.options.filter((o) => o.feature === feature || o.feature === 'ALL');
    return (
      (stated.find((o) => o.feature === feature) ?? stated[0])?.merging ??
      (feature === 'OPTIONS' ? 'OVERWRITING' : 'INCLUDING')
    );
  };
  const included = (feature: Feature) => merging(feature) !== 'EXCLUDING';
  const ownNames = new Set(own.columns.map(columnName));
  const inherits = (column: SourceColumn) => {
    const feature: Feature | undefined =
      column.kind === 'computedColumn' ? 'GENERATED' : column.kind === 'metadataColumn' ? 'METADATA' : undefined;
    if (feature === undefined) return true;
    return included(feature) && !(merging(feature) === 'OVERWRITING' && ownNames.has(columnName(column)));
  };
  return {
    columns: [...base.columns.filter(inherits), ...own.columns],
    watermarks: own.watermarks.length > 0 || !included('WATERMARKS') ? own.watermarks : base.watermarks,
    constraints: own.constraints.length > 0 || !included('CONSTRAINTS') ? own.constraints : base.constraints,
    options: included('OPTIONS') ? { ...base.options, ...own.options } : own.options,
    optionPlaces: { ...base.optionPlaces, ...own.optionPlaces },
    partitionedBy: own.partitionedBy.length > 0 || !included('PARTITIONS') ? own.partitionedBy : base.partitionedBy,
    comment: own.comment ?? base.comment,
    script: own.script,
    span: own.span,
  };
}

// ------------------------------------------------------------------------------------------------------------ analysis

export function analyseTable(
  identifier: ObjectIdentifier,
  source: TableSource,
  temporary: boolean,
  environment: QueryEnvironment,
): TableDefinition {
  checkNames(source);
  const primaryKey = primaryKeyOf(source);
  const stored = storedColumns(source.columns, new Set(primaryKey));
  const columns = withComputed(source, stored, environment);
  const { watermark, columns: timed } = withWatermark(source, columns, environment);
  checkPartitions(source, columns);
  return {
    identifier,
    columns: timed,
    ...(watermark === undefined ? {} : { watermark }),
    ...(primaryKey === undefined ? {} : { primaryKey }),
    partitionedBy: source.partitionedBy.map((c) => c.name),
    options: source.options,
    temporary,
    ...(source.comment === null ? {} : { comment: source.comment }),
    places: tablePlaces(source),
  };
}

function tablePlaces({ columns, watermarks, partitionedBy, optionPlaces }: TableSource): TablePlaces {
  const metadata = columns.flatMap((c) =>
    c.kind === 'metadataColumn' ? [[c.from?.value ?? c.name.name, c.span] as const] : [],
  );
  const [watermark] = watermarks;
  return {
    options: optionPlaces,
    metadata: Object.fromEntries(metadata),
    ...(partitionedBy.length === 0 ? {} : { partitionedBy: spanOver(partitionedBy) }),
    ...(watermark === undefined ? {} : { watermark: watermark.expression.span }),
  };
}

function checkNames({ columns, span: statement }: TableSource): void {
  const kinds = new Map<string, string>();
  for (const column of columns) {
    const name = columnName(column);
    const known = kinds.get(name);
    if (known !== undefined) {
      const span = column.kind === 'resolved' ? statement : column.name.span;
      throw invalid('duplicate-column', name, `A ${known} Column named '${name}' already exists in the table.`, span);
    }
    const kind = { computedColumn: 'computed', metadataColumn: 'metadata' }[column.kind as string] ?? 'regular';
    kinds.set(name, kind);
  }
}

function primaryKeyOf({ constraints, columns }: TableSource): readonly string[] | undefined {
  const keys = constraints.filter((c) => c.type === 'PRIMARY KEY');
  const unique = constraints.find((c) => c.type === 'UNIQUE');
  if (unique !== undefined) throw unsupported('UNIQUE constraint is not supported yet', unique.span);
  const [key, second] = keys;
  if (key === undefined) return undefined;
  if (second !== undefined)
    throw invalid('duplicate-object', 'PRIMARY KEY', 'Duplicate primary key definition', second.span);
  if (key.enforced !== false) {
    throw unsupported("Flink doesn't support ENFORCED mode for PRIMARY KEY constraint; write NOT ENFORCED", key.span);
  }
  for (const name of key.columns) {
    const column = columns.find((c) => columnName(c) === name.name);
    if (column === undefined) throw unknownColumn(name, columns.map(columnName));
    if (column.kind === 'computedColumn') {
      throw invalid('type-mismatch', name.name, `Primary key column '${name.name}' is a computed column`, name.span);
    }
  }
  return key.columns.map((c) => c.name);
}

/** How a column that is no time becomes one. */
function timeHint(name: string, type: LogicalType): string {
  if (isCharacter(type)) return `; declare a column event_time AS TO_TIMESTAMP(${name}), and the watermark for that`;
  if (type.kind === 'BIGINT')
    return `; declare a column event_time AS TO_TIMESTAMP_LTZ(${name}, 3) if it counts milliseconds, and the watermark for that`;
  return isTimestamp(type) ? `; declare a column event_time AS CAST(${name} AS TIMESTAMP(3))` : '';
}

function unknownColumn(name: ast.Identifier, names: readonly string[]) {
  const message = `Column '${name.name}' is not defined in the table${suggestion(name.name, names)}`;
  return invalid('unknown-column', name.name, message, name.span);
}

/** Physical and metadata columns: the columns that a source gives. */
function storedColumns(
  columns: readonly SourceColumn[],
  key: ReadonlySet<string>,
): readonly (PhysicalColumn | MetadataColumn)[] {
  const stored = (column: SourceColumn): readonly (PhysicalColumn | MetadataColumn)[] => {
    const name = columnName(column);
    const typed = (type: LogicalType) => (key.has(name) ? notNull(type) : type);
    switch (column.kind) {
      case 'resolved':
        return [{ kind: 'physical', name, type: typed(column.type) }];
      case 'physicalColumn':
        return [{ kind: 'physical', name, type: typed(logicalType(column.type)), ...comment(column.comment) }];
      case 'metadataColumn': {
        const metadataKey = column.from?.value ?? name;
        const type = typed(logicalType(column.type));
        return [
          { kind: 'metadata', name, type, key: metadataKey, virtual: column.virtual, ...comment(column.comment) },
        ];
      }
      case 'computedColumn':
        return [];
      case 'namedColumn':
        throw unsupported('A column without a type is only allowed in CREATE TABLE AS', column.span);
    }
  };
  return columns.flatMap(stored);
}

const comment = (node: ast.StringLiteral | null) => (node === null ? {} : { comment: node.value });

function withComputed(
  source: TableSource,
  stored: readonly (PhysicalColumn | MetadataColumn)[],
  environment: QueryEnvironment,
): readonly TableColumn[] {
  const physical = stored.filter((c) => c.kind === 'physical');
  const metadata = stored.filter((c) => c.kind === 'metadata');
  const scope = tableScope([...physical, ...metadata]);
  const byName = new Map(stored.map((c) => [c.name, c]));
  return source.columns.map((column) => {
    if (column.kind !== 'computedColumn') return byName.get(columnName(column))!;
    const expression = analyseExpression(column.expression, expressionContext(scope, 'computed column', environment));
    const text = textOf(source, column.expression.span);
    return {
      kind: 'computed',
      name: column.name.name,
      type: expression.type,
      expression,
      text,
      ...comment(column.comment),
    } satisfies ComputedColumn;
  });
}

const tableScope = (columns: Schema) =>
  new Scope([{ path: [], offset: 0, schema: columns.map(({ name, type }) => ({ name, type })) }]);

const textOf = ({ script }: TableSource, span: ast.SourceSpan) => script.slice(span.start, span.end);

function withWatermark(source: TableSource, columns: readonly TableColumn[], environment: QueryEnvironment) {
  const [definition, second] = source.watermarks;
  if (definition === undefined) return { watermark: undefined, columns };
  if (second !== undefined) throw unsupported('Multiple WATERMARK definitions are not supported yet', second.span);
  if (definition.column.parts.length > 1)
    throw unsupported('A WATERMARK on a nested field is not supported', definition.column.span);
  const [name] = definition.column.parts as [ast.Identifier];
  const position = columns.findIndex((c) => c.name === name.name);
  if (position < 0)
    throw unknownColumn(
      name,
      columns.map((c) => c.name),
    );
  const { type } = columns[position]!;
  if (!isTimestamp(type) || type.precision > 3) {
    const message = `Invalid data type of time field for watermark definition. The field must be of type TIMESTAMP(p) or TIMESTAMP_LTZ(p), the supported precision 'p' is from 0 to 3, but the time field type is ${printType(type)}${timeHint(name.name, type)}`;
    throw invalid('type-mismatch', name.name, message, name.span);
  }
  if (timeAttribute(type) === 'proctime') {
    throw invalid(
      'type-mismatch',
      name.name,
      'A watermark can not be defined for a processing-time attribute column.',
      name.span,
    );
  }
  const context = expressionContext(tableScope(columns), 'WATERMARK', environment);
  const written = analyseExpression(definition.expression, context);
  if (!isTimestamp(written.type)) {
    const message = `Invalid data type of expression for watermark definition. The expression must be a TIMESTAMP or TIMESTAMP_LTZ, but is ${printType(written.type)}`;
    throw invalid('type-mismatch', name.name, message, definition.expression.span);
  }
  const expression: Expression = castTo(written, type);
  const watermark: Watermark = { column: position, expression, text: textOf(source, definition.expression.span) };
  const timed = columns.map((c, i) => (i === position ? { ...c, type: asTimeAttribute(type, 'rowtime') } : c));
  return { watermark, columns: timed };
}

function checkPartitions(source: TableSource, columns: readonly TableColumn[]): void {
  for (const { name, span } of source.partitionedBy) {
    if (columns.some((c) => c.name === name)) continue;
    const names = columns.map((c) => c.name);
    const message = `Partition column '${name}' is not defined in the table${suggestion(name, names)}`;
    throw invalid('unknown-column', name, message, span);
  }
}
