// prune-appending: the part of prune-columns for operators that hand their input's columns on and append some of their own.
//
//   window_table TUMBLE ( scan a b c d )  of which a and window_start are used   ->   window_table TUMBLE ( scan a d ), d the time
//
// What is appended always stays, but for the rank that nobody reads.

import { columnsOf } from '../../expressions/columns.js';
import type { LogicalNode, OverNode, RankNode, UnnestNode, WindowTableNode } from '../nodes.js';
import { add, appending, move, moveAggregate, type Pruned, readBy } from './pruned.js';

type AppendingNode = WindowTableNode | UnnestNode | OverNode | RankNode;
type PruneInput = (input: LogicalNode, columns: ReadonlySet<number>) => Pruned;

/** The node over what `prune` leaves of its input. */
export function pruneAppending(node: AppendingNode, required: ReadonlySet<number>, prune: PruneInput): Pruned {
  const width = node.input.schema.length;
  const below = new Set([...required].filter((i) => i < width));
  switch (node.op) {
    case 'window_table':
      return windowTable(node, prune(node.input, add(below, [node.window.time, ...node.partitionKeys])));
    case 'unnest': {
      const pruned = prune(node.input, columnsOf(node.collection, below));
      const collection = move(node.collection, pruned.at);
      return appending(node.schema, width, pruned, (input, schema) => ({ ...node, input, collection, schema }));
    }
    case 'over':
      return over(node, prune(node.input, add(below, node.groups.flatMap(columnsOfGroup))));
    case 'rank': {
      const outputRank = node.outputRank && required.has(width);
      const columns = [...node.partitionKeys, ...node.orderBy.map((k) => k.column)];
      return rank(node, outputRank, prune(node.input, add(below, columns)));
    }
  }
}

function windowTable(node: WindowTableNode, pruned: Pruned): Pruned {
  const window = { ...node.window, time: pruned.at.get(node.window.time)! };
  const partitionKeys = node.partitionKeys.map((i) => pruned.at.get(i)!);
  return appending(node.schema, node.input.schema.length, pruned, (input, schema) => ({
    ...node,
    input,
    window,
    partitionKeys,
    schema,
  }));
}

type Group = OverNode['groups'][number];

const columnsOfGroup = (group: Group): number[] => [
  ...group.partitionKeys,
  ...group.orderBy.map((k) => k.column),
  ...group.aggregates.flatMap(readBy),
];

function over(node: OverNode, pruned: Pruned): Pruned {
  const groups = node.groups.map((group) => ({
    ...group,
    ...movedKeys(group, pruned),
    aggregates: group.aggregates.map((a) => moveAggregate(a, pruned.at)),
  }));
  return appending(node.schema, node.input.schema.length, pruned, (input, schema) => ({
    ...node,
    input,
    groups,
    schema,
  }));
}

function rank(node: RankNode, outputRank: boolean, pruned: Pruned): Pruned {
  const { node: input, at } = pruned;
  const moved = { ...node, ...movedKeys(node, pruned), outputRank };
  if (!outputRank) return { node: { ...moved, input, schema: input.schema }, at };
  return appending(node.schema, node.input.schema.length, pruned, (below, schema) => ({
    ...moved,
    input: below,
    schema,
  }));
}

const movedKeys = ({ partitionKeys, orderBy }: Pick<Group, 'partitionKeys' | 'orderBy'>, { at }: Pruned) => ({
  partitionKeys: partitionKeys.map((i) => at.get(i)!),
  orderBy: orderBy.map((k) => ({ ...k, column: at.get(k.column)! })),
});
