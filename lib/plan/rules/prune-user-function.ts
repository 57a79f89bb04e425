// prune-user-function: functions in TypeScript compute and carry only what somebody reads.
//
//   user_function [a, b, f(c), g(d)], read: a, f   ->   user_function [a, f(c), g] ( a, c, d )
//
// A compiled function that nobody reads goes. One in V8 is called all the same, for what it does beside. Part of prune-columns.

import { keepsLetters } from '../dead-letters.js';
import type { LogicalNode, UserFunctionNode } from '../nodes.js';
import type { UserFunction } from '../user-function.js';
import { add, move, type Pruned, sorted } from './pruned.js';

/** The node with its `required` columns; `prune` does the same for its input. */
export function pruneUserFunction(
  node: UserFunctionNode,
  required: ReadonlySet<number>,
  prune: (input: LogicalNode, required: ReadonlySet<number>) => Pruned,
): Pruned {
  const compiled = node.functions.every((of) => of.native !== undefined);
  const width = node.columns.length;
  const kept = sorted(required).filter((i) => i < width);
  const functions = functionsRead(node, required, compiled);
  const reads = new Set([...kept.map((i) => node.columns[i]!), ...functions.flatMap(({ of }) => of.reads)]);
  // A letter has the whole row.
  if (functions.some(({ of }) => keepsLetters(of.onError))) add(reads, node.input.schema.keys());
  const input = prune(node.input, add(new Set(), reads));
  const from = (i: number) => input.at.get(node.columns[i]!)!;
  if (functions.length === 0) return { node: input.node, at: new Map(kept.map((i) => [i, from(i)])) };

  // Compiled functions append to all of their input.
  const columns = compiled ? [...input.node.schema.keys()] : kept.map(from);
  const at = new Map(kept.map((i, to) => [i, compiled ? from(i) : to]));
  const places = functions.flatMap((each) => each.places);
  places.forEach((place, i) => {
    at.set(place, columns.length + i);
  });
  const pruned = functions.map(
    ({ of, results }): UserFunction => ({
      ...of,
      reads: of.reads.map((i) => input.at.get(i)!),
      results: results.map((i) => of.results[i]!),
      native: of.native && results.map((i) => move(of.native![i]!, input.at)),
    }),
  );
  const schema = [...columns.map((i) => input.node.schema[i]!), ...places.map((place) => node.schema[place]!)];
  return { node: { ...node, input: input.node, columns, functions: pruned, schema }, at };
}

interface FunctionRead {
  readonly of: UserFunction;
  /** Which of its results are read, and where they stand in the node's output. */
  readonly results: readonly number[];
  readonly places: readonly number[];
}

function functionsRead(node: UserFunctionNode, required: ReadonlySet<number>, compiled: boolean): FunctionRead[] {
  let first = node.columns.length;
  const all = node.functions.map((of): FunctionRead => {
    const start = first;
    first += of.results.length;
    const results = [...of.results.keys()].filter((i) => required.has(start + i));
    return { of, results, places: results.map((i) => start + i) };
  });
  if (compiled) return all.filter(({ results }) => results.length > 0);
  // Native wants at least one result back.
  const some = all.some(({ results }) => results.length > 0);
  return some ? all : all.map((each, k) => (k === 0 ? { ...each, results: [0], places: [node.columns.length] } : each));
}
