// replaced-rows: tables whose rows replace those with the same key, such as upsert-kafka's.
//
//   scan v of t (PRIMARY KEY k)   ->   project [v] ( changelog_normalize by k ( source v, k ) )
//
// A sink by the same key needs no more than the new rows.
//
// Event time is told before: of every record, whether or not it changes something.

import { column, type Expression, isColumn } from '../../expressions/expression.js';
import { changelogNormalize, changelogNormalizeSpec } from '../../operators/changelog-normalize.js';
import { project, projectSpec } from '../../operators/project.js';
import type { PhysicalNode } from '../../plan/physical.js';
import { physicalColumns, type TableDefinition } from '../../plan/table.js';
import type { Schema } from '../../schema/types.js';
import { appendColumns } from './calc.js';

/** The columns of a table's current rows; `read` gives columns of its source. */
export function newestRows(
  { primaryKey = [], ...table }: TableDefinition,
  schema: Schema,
  read: (columns: Schema) => PhysicalNode,
): PhysicalNode {
  const missing = primaryKey.filter((name) => !schema.some((field) => field.name === name));
  const added = physicalColumns(table)
    .filter(({ name }) => missing.includes(name))
    .map(({ name, type }) => ({ name, type }));
  const columns = [...schema, ...added];
  const keys = primaryKey.map((name) => columns.findIndex((field) => field.name === name));
  return firstColumns(changelogNormalize(read(columns), keys), schema);
}

/** The rows before changelog_normalize, computed as far as they are behind it, and with its keys. */
export interface ReplacedRows {
  readonly rows: PhysicalNode;
  readonly keys: readonly number[];
  /** The last ones here: no columns behind it, keys among them. */
  readonly added: Schema;
}

/** What a projection of changelog_normalize's output is made of; undefined if `input` is something else. */
export function replacedRows(input: PhysicalNode): ReplacedRows | undefined {
  const { spec, config, inputs, schema } = input;
  if (spec === changelogNormalizeSpec && config['condition'] === undefined) {
    return { rows: inputs[0]!.node, keys: config['keys'] as readonly number[], added: [] };
  }
  const below = spec === projectSpec ? replacedRows(inputs[0]!.node) : undefined;
  if (below === undefined) return undefined;
  const expressions = [...(config['expressions'] as readonly Expression[])];
  if (expressions.every((e, i) => isColumn(e) && e.column === i)) {
    return { ...below, added: below.rows.schema.slice(schema.length) };
  }
  const added: Schema[number][] = [];
  const keys = below.keys.map((key) => {
    const at = expressions.findIndex((e) => isColumn(e) && e.column === key);
    if (at >= 0) return at;
    const field = below.rows.schema[key]!;
    added.push(field);
    return expressions.push(column(key, field.type)) - 1;
  });
  return { rows: project(below.rows, expressions, [...schema, ...added]), keys, added };
}

/** The same rows with an operator before changelog_normalize; `schema`: its columns, without those that were added. */
export function withBefore(
  { rows, keys, added }: ReplacedRows,
  schema: Schema,
  operator: (rows: PhysicalNode, added: Schema) => PhysicalNode,
): PhysicalNode {
  return firstColumns(changelogNormalize(operator(rows, added), keys), schema);
}

/** The columns of `schema`, which come first. */
function firstColumns(node: PhysicalNode, schema: Schema): PhysicalNode {
  if (node.schema.length === schema.length) return node;
  const columns = [...schema.keys()];
  return appendColumns(node, columns, schema);
}

/**
 * The rows for a sink by key, which takes what came as it came, as in Flink: new rows and deleted keys, unless something is computed
 * of them in between or their key is another one.
 */
export function uncheckedRows({ primaryKey = [] }: TableDefinition, input: PhysicalNode): PhysicalNode {
  const replaced = onlyMoves(input) ? replacedRows(input) : undefined;
  if (replaced === undefined) return input;
  const names = replaced.keys.map((key) => input.schema[key]?.name);
  const same = names.length === primaryKey.length && primaryKey.every((name) => names.includes(name));
  return same ? replaced.rows : input;
}

/** Columns are moved and renamed, no more. */
function onlyMoves({ spec, config, inputs }: PhysicalNode): boolean {
  if (spec !== projectSpec) return true;
  return (config['expressions'] as readonly Expression[]).every(isColumn) && onlyMoves(inputs[0]!.node);
}
