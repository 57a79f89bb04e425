// GROUPING SETS, ROLLUP and CUBE as plain lists of sets, and the order in which rows are repeated for them.
//
//   GROUP BY a, ROLLUP (b, c)   ->   (a, b, c), (a, b), (a)

import { type Expression, isColumn } from '../../expressions/expression.js';
import type { LogicalNode } from '../../plan/nodes.js';
import type * as ast from '../ast.js';

type Set = readonly ast.Expression[];

/** All grouping sets of a GROUP BY: the product of its items' sets. Without items: one empty set. */
export function groupingSets(items: readonly ast.GroupingElement[]): readonly Set[] {
  return items.reduce<readonly Set[]>(
    (sets, item) => sets.flatMap((set) => setsOf(item).map((more) => [...set, ...more])),
    [[]],
  );
}

function setsOf(item: ast.GroupingElement): readonly Set[] {
  if (item.kind === 'groupingSet') return [item.items];
  switch (item.operator) {
    case 'GROUPING SETS':
      return item.elements.flatMap(setsOf);
    case 'ROLLUP': {
      const parts = item.elements.map((element) => setsOf(element)[0]!);
      return [...parts.keys(), parts.length].reverse().map((length) => parts.slice(0, length).flat());
    }
    case 'CUBE': {
      const parts = item.elements.map((element) => setsOf(element)[0]!);
      return subsets(parts).map((subset) => subset.flat());
    }
  }
}

/** All subsets, the fullest first. */
function subsets(parts: readonly Set[]): readonly (readonly Set[])[] {
  const [first, ...rest] = parts;
  if (first === undefined) return [[]];
  const others = subsets(rest);
  return [...others.map((subset) => [first, ...subset]), ...others];
}

/**
 * The order in which a row is repeated for its sets, as Calcite has it: a set before those within it, others by their first keys. Keys count
 * in the order of the table's columns if nothing is computed below the grouping, else in the order in which they are written.
 */
export function groupingSetOrder(
  sets: readonly (readonly number[])[],
  inputs: readonly Expression[],
  below: LogicalNode,
): readonly number[] {
  const columns = inputs.map((e) => tableColumn(e, below));
  const places = columns.includes(undefined) ? inputs.map((_, i) => i) : (columns as number[]);
  const placed = sets.map((set) => set.map((key) => places[key]!).toSorted((a, b) => a - b));
  return sets.map((_, s) => s).toSorted((a, b) => compareSets(placed[a]!, placed[b]!));
}

function compareSets(a: readonly number[], b: readonly number[]): number {
  const contains = (outer: readonly number[], inner: readonly number[]) => inner.every((key) => outer.includes(key));
  if (contains(a, b)) return contains(b, a) ? 0 : -1;
  if (contains(b, a)) return 1;
  const differs = a.findIndex((key, i) => key !== b[i]);
  return a[differs]! - b[differs]!;
}

/** Where a column stands in the table it comes from, through projections and filters. */
function tableColumn(e: Expression, below: LogicalNode): number | undefined {
  if (!isColumn(e)) return undefined;
  if (below.op === 'filter') return tableColumn(e, below.input);
  return below.op === 'project' ? tableColumn(below.expressions[e.column]!, below.input) : e.column;
}
