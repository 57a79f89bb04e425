// ALTER TABLE as a change of the table's definition.
//
//   ADD (c INT AFTER a)  on  (a INT, b INT)   ->   (a INT, c INT, b INT)

import type { SourceColumn, TableSource } from './analyser/create-table.js';
import { optionsOf, placesOf } from './analyser/create-table.js';
import { invalid, suggestion, unsupported } from './analyser/errors.js';
import type * as ast from './ast.js';

const nameOf = (column: SourceColumn): string => (column.kind === 'resolved' ? column.name : column.name.name);

export function alterTable(source: TableSource, action: ast.AlterAction, script: string): TableSource {
  switch (action.kind) {
    case 'setOptions':
      return {
        ...source,
        options: { ...source.options, ...optionsOf(action.options) },
        optionPlaces: { ...source.optionPlaces, ...placesOf(action.options) },
      };
    case 'resetOptions': {
      const gone = new Set(action.keys.map((key) => key.value));
      return {
        ...source,
        options: Object.fromEntries(Object.entries(source.options).filter(([key]) => !gone.has(key))),
      };
    }
    case 'alterColumns':
      return { ...alterColumns(source, action), script, span: action.span };
    case 'renameColumn': {
      const from = action.from.parts.at(-1)!;
      const to = action.to.parts.at(-1)!;
      requireColumn(source, from);
      const columns = source.columns.map((column) => (nameOf(column) === from.name ? renamed(column, to) : column));
      return { ...source, columns };
    }
    case 'dropParts':
      return dropParts(source, action);
    default:
      throw unsupported(`ALTER TABLE ${action.kind} is not supported`, action.span);
  }
}

function renamed(column: SourceColumn, to: ast.Identifier): SourceColumn {
  return column.kind === 'resolved' ? { ...column, name: to.name } : { ...column, name: to };
}

function requireColumn(source: TableSource, name: ast.Identifier): void {
  const names = source.columns.map(nameOf);
  if (names.includes(name.name)) return;
  const message = `Column '${name.name}' does not exist in the table${suggestion(name.name, names)}`;
  throw invalid('unknown-column', name.name, message, name.span);
}

function alterColumns(source: TableSource, action: ast.AlterColumns): TableSource {
  let columns = [...source.columns];
  for (const { column, position } of action.columns) {
    if (action.operation === 'MODIFY') requireColumn(source, column.name);
    const old = columns.findIndex((c) => nameOf(c) === nameOf(column));
    if (action.operation === 'MODIFY') columns = columns.filter((c) => nameOf(c) !== nameOf(column));
    const after = position?.after?.parts.at(-1);
    if (after !== undefined) requireColumn(source, after);
    const at =
      position === null
        ? action.operation === 'MODIFY'
          ? old
          : columns.length
        : after === undefined
          ? 0
          : columns.findIndex((c) => nameOf(c) === after.name) + 1;
    columns.splice(at, 0, column);
  }
  return {
    ...source,
    columns,
    watermarks: action.watermarks.length > 0 ? action.watermarks : source.watermarks,
    constraints: action.constraints.length > 0 ? action.constraints : source.constraints,
  };
}

function dropParts(source: TableSource, action: ast.AlterDropParts): TableSource {
  switch (action.part) {
    case 'COLUMNS': {
      const names = action.columns.map((column) => column.parts.at(-1)!);
      for (const name of names) requireColumn(source, name);
      const gone = new Set(names.map((name) => name.name));
      return { ...source, columns: source.columns.filter((column) => !gone.has(nameOf(column))) };
    }
    case 'WATERMARK':
      return { ...source, watermarks: [] };
    case 'PRIMARY KEY':
    case 'CONSTRAINT':
      return { ...source, constraints: [] };
    case 'DISTRIBUTION':
      return source;
  }
}
