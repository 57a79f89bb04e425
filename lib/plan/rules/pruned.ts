// pruned: nodes with fewer columns, and how positions move with them. The parts of prune-columns that know no operator.

import type { AggregateCall } from '../../expressions/aggregate-call.js';
import { columnsOf, moveColumns } from '../../expressions/columns.js';
import { column, type Expression } from '../../expressions/expression.js';
import type { Schema } from '../../schema/types.js';
import type { LogicalNode } from '../nodes.js';

/** A pruned node, and where the old columns are in it (absent: gone). */
export interface Pruned {
  readonly node: LogicalNode;
  readonly at: ReadonlyMap<number, number>;
}

export const all = (schema: Schema): Set<number> => new Set(schema.keys());
export const sorted = (columns: ReadonlySet<number>): number[] => [...columns].sort((a, b) => a - b);
export const move = (e: Expression, at: ReadonlyMap<number, number>): Expression => moveColumns(e, (i) => at.get(i)!);
export const readBy = (a: AggregateCall): number[] => [
  ...a.args,
  ...(a.filter === undefined ? [] : [a.filter]),
  ...(a.orderBy ?? []).map((k) => k.column),
];

export function add(to: Set<number>, columns: Iterable<number>): Set<number> {
  for (const c of columns) to.add(c);
  return to;
}

export function usedBy(expressions: readonly Expression[]): Set<number> {
  const used = new Set<number>();
  for (const e of expressions) columnsOf(e, used);
  return used;
}

export function moveAggregate(a: AggregateCall, at: ReadonlyMap<number, number>): AggregateCall {
  const filter = a.filter === undefined ? {} : { filter: at.get(a.filter)! };
  const orderBy =
    a.orderBy === undefined ? {} : { orderBy: a.orderBy.map((k) => ({ ...k, column: at.get(k.column)! })) };
  return { ...a, args: a.args.map((i) => at.get(i)!), ...filter, ...orderBy };
}

export function keepColumns(
  node: LogicalNode,
  kept: readonly number[],
  make: (kept: readonly number[]) => LogicalNode,
): Pruned {
  const schema = kept.map((i) => node.schema[i]!);
  return { node: { ...make(kept), schema }, at: new Map(kept.map((i, to) => [i, to])) };
}

/** The pruned input's columns with the types that the node above gives them (rowtime). */
export function retyped(schema: Schema, input: Pruned): Schema {
  const from = new Map([...input.at].map(([old, to]) => [to, old]));
  return input.node.schema.map((field, i) => schema[from.get(i) ?? -1] ?? field);
}

/** Nodes that append columns to their input's: those always stay. */
export function appending(
  old: Schema,
  width: number,
  input: Pruned,
  make: (input: LogicalNode, schema: Schema) => LogicalNode,
): Pruned {
  const shift = input.node.schema.length;
  const appended = old.slice(width);
  const at = new Map(input.at);
  for (const i of appended.keys()) at.set(width + i, shift + i);
  return { node: make(input.node, [...input.node.schema, ...appended]), at };
}

/** Puts columns into the given places; nothing if they are there already. */
export function arrange(node: LogicalNode, schema: Schema, places: readonly number[]): LogicalNode {
  if (places.length === node.schema.length && places.every((from, to) => from === to)) return node;
  const expressions = places.map((from) => column(from, node.schema[from]!.type));
  return { op: 'project', input: node, expressions, schema };
}
