// GROUPING SETS, ROLLUP and CUBE as plain lists of sets.
//
//   GROUP BY a, ROLLUP (b, c)   ->   (a, b, c), (a, b), (a)

import type { Expression, GroupingElement } from '../ast.js';

type Set = readonly Expression[];

/** All grouping sets of a GROUP BY: the product of its items' sets. Without items: one empty set. */
export function groupingSets(items: readonly GroupingElement[]): readonly Set[] {
  return items.reduce<readonly Set[]>(
    (sets, item) => sets.flatMap((set) => setsOf(item).map((more) => [...set, ...more])),
    [[]],
  );
}

function setsOf(item: GroupingElement): readonly Set[] {
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
