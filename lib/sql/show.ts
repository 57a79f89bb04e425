// SHOW and DESCRIBE: what the catalog holds, as rows of text.
//
//   DESCRIBE t   ->   name, type, null, key, extras, watermark

import { functionNames } from '../expressions/functions/catalogue.js';
import { type TableDefinition, tableSchema } from '../plan/table.js';
import { type LogicalType, materialized, printType, quoteIdentifier } from '../schema/types.js';
import { invalid, suggestion, unsupported } from './analyser/errors.js';
import type * as ast from './ast.js';
import type { Catalog, StoredObject } from './catalog.js';

/** Rows of text under names; NULL is null. */
export interface TextTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
}

export function textTable(columns: readonly string[], rows: TextTable['rows']): TextTable {
  return { columns, rows };
}

export function show(node: ast.Show, catalog: Catalog): TextTable {
  const list = (column: string, names: readonly string[]) =>
    textTable(
      [column],
      names.filter((name) => matches(name, node.like)).map((name) => [name]),
    );
  switch (node.subject) {
    case 'CATALOGS':
      return list('catalog name', catalog.catalogNames());
    case 'CURRENT CATALOG':
      return list('current catalog name', [catalog.currentCatalog]);
    case 'DATABASES':
      return list('database name', catalog.databaseNames(node.name?.parts[0]?.name));
    case 'CURRENT DATABASE':
      return list('current database name', [catalog.currentDatabase]);
    case 'TABLES':
    case 'VIEWS': {
      const objects = catalog.objects(...databaseOf(node, catalog));
      const wanted = node.subject === 'TABLES' ? objects : objects.filter((object) => object.kind === 'view');
      return list(node.subject === 'TABLES' ? 'table name' : 'view name', wanted.map(objectName));
    }
    case 'COLUMNS': {
      const described = describeTable(requireObject(node, catalog));
      return textTable(
        described.columns,
        described.rows.filter(([name]) => matches(name!, node.like)),
      );
    }
    case 'FUNCTIONS':
      return list(
        'function name',
        functionNames().map((name) => name.toLowerCase()),
      );
    case 'USER FUNCTIONS':
      return list('function name', []);
    case 'MODULES':
    case 'FULL MODULES':
      return list('module name', ['core']);
    case 'JARS':
      return list('jars', []);
    case 'PROCEDURES':
      return list('procedure name', []);
    case 'CREATE TABLE':
    case 'CREATE VIEW':
      return textTable(['result'], [[createStatement(requireObject(node, catalog))]]);
    default:
      throw unsupported(`SHOW ${node.subject} is not supported`, node.span);
  }
}

function databaseOf(node: ast.Show, catalog: Catalog): readonly [string, string] {
  const parts = node.name?.parts.map((part) => part.name) ?? [];
  if (parts.length === 0) return [catalog.currentCatalog, catalog.currentDatabase];
  return parts.length === 1 ? [catalog.currentCatalog, parts[0]!] : [parts[0]!, parts[1]!];
}

const objectName = (object: StoredObject) => (object.kind === 'table' ? object.table : object.view).identifier[2];

function requireObject(node: ast.Show, catalog: Catalog): StoredObject {
  const path = node.name?.parts.map((part) => part.name) ?? [];
  const found = catalog.find(path);
  if (found !== undefined) return found;
  const name = path.at(-1) ?? '';
  throw invalid(
    'unknown-table',
    name,
    `Object '${name}' not found${suggestion(name, catalog.objectNames())}`,
    node.name?.span ?? node.span,
  );
}

/** SQL's LIKE: `%` any text, `_` one character. */
function matches(name: string, like: ast.ShowLike | null): boolean {
  if (like === null) return true;
  const source = [...like.pattern.value]
    .map((c) => (c === '%' ? '.*' : c === '_' ? '.' : c.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')))
    .join('');
  const flags = like.operator === 'ILIKE' ? 'si' : 's';
  return new RegExp(`^${source}$`, flags).test(name) !== like.negated;
}

export function describeTable(object: StoredObject): TextTable {
  const columns = ['name', 'type', 'null', 'key', 'extras', 'watermark'];
  if (object.kind === 'view') {
    return textTable(
      columns,
      object.view.plan.schema.map(({ name, type }) => row(name, type)),
    );
  }
  const { table } = object;
  const key = table.primaryKey ?? [];
  return textTable(
    columns,
    table.columns.map((column, i) =>
      row(
        column.name,
        column.type,
        key.includes(column.name) ? `PRI(${key.join(', ')})` : null,
        extras(column),
        table.watermark?.column === i ? table.watermark.text : null,
      ),
    ),
  );
}

function row(
  name: string,
  type: LogicalType,
  key: string | null = null,
  extra: string | null = null,
  watermark: string | null = null,
) {
  const bare = printType({ ...type, nullable: true });
  return [name, bare, type.nullable ? 'TRUE' : 'FALSE', key, extra, watermark];
}

function extras(column: TableDefinition['columns'][number]): string | null {
  if (column.kind === 'computed') return `AS ${column.text}`;
  if (column.kind !== 'metadata') return null;
  const from = column.key === column.name ? '' : ` FROM '${column.key}'`;
  return `METADATA${from}${column.virtual ? ' VIRTUAL' : ''}`;
}

function createStatement(object: StoredObject): string {
  if (object.kind === 'view') {
    const { view } = object;
    const names = view.plan.schema.map(({ name }) => quoteIdentifier(name)).join(', ');
    return `CREATE ${view.temporary ? 'TEMPORARY ' : ''}VIEW ${printQuoted(view.identifier)} (${names})\nAS ${view.text}`;
  }
  const { table } = object;
  const lines = table.columns.map((column) => `  ${columnClause(column)}`);
  const { watermark, primaryKey } = table;
  if (watermark !== undefined) {
    lines.push(`  WATERMARK FOR ${quoteIdentifier(tableSchema(table)[watermark.column]!.name)} AS ${watermark.text}`);
  }
  if (primaryKey !== undefined)
    lines.push(`  PRIMARY KEY (${primaryKey.map(quoteIdentifier).join(', ')}) NOT ENFORCED`);
  const options = Object.entries(table.options).map(([key, value]) => `  ${quoteString(key)} = ${quoteString(value)}`);
  return [
    `CREATE ${table.temporary ? 'TEMPORARY ' : ''}TABLE ${printQuoted(table.identifier)} (`,
    lines.join(',\n'),
    table.comment === undefined ? ')' : `) COMMENT ${quoteString(table.comment)}`,
    ...(table.partitionedBy.length === 0
      ? []
      : [`PARTITIONED BY (${table.partitionedBy.map(quoteIdentifier).join(', ')})`]),
    'WITH (',
    options.join(',\n'),
    ')',
  ].join('\n');
}

function columnClause(column: TableDefinition['columns'][number]): string {
  const name = quoteIdentifier(column.name);
  const extra = extras(column);
  const note = column.comment === undefined ? '' : ` COMMENT ${quoteString(column.comment)}`;
  if (column.kind === 'computed') return `${name} ${extra}${note}`;
  const type = printType(materialized(column.type));
  return `${name} ${type}${extra === null ? '' : ` ${extra}`}${note}`;
}

const quoteString = (text: string) => `'${text.replaceAll("'", "''")}'`;
const printQuoted = (identifier: readonly string[]) => identifier.map(quoteIdentifier).join('.');
