// reuse-subplans: what is written twice is computed once.
//
//   join ( f ( scan t ), g ( scan t ) )   ->   one `scan t` that f and g both read
//
// Two nodes are one if operator, config, schema and inputs are equal and their values do not depend on chance.

import { isDeterministic } from '../../expressions/columns.js';
import type { Expression } from '../../expressions/expression.js';
import { type PhysicalNode, rewrite } from '../physical.js';

/** Merges equal nodes, bottom-up; sinks stay apart. */
export function reuseSubplans(sinks: readonly PhysicalNode[]): PhysicalNode[] {
  const known = new Map<string, PhysicalNode>();
  const ids = new Map<object, number>();
  const isSink = new Set(sinks);
  const idOf = (thing: object): number => {
    const id = ids.get(thing) ?? ids.size;
    ids.set(thing, id);
    return id;
  };
  return rewrite(sinks, (node, old) => {
    if (isSink.has(old) || !Object.values(node.config).flat(2).every(isRepeatable)) return node;
    const inputs = node.inputs.map((input) => [idOf(input.node), input.exchange, input.keys, input.late]);
    const digest = JSON.stringify([
      node.spec.op,
      node.uid,
      node.parallelism,
      node.label,
      node.config,
      node.schema,
      node.code?.parts.map(idOf),
      node.deadLetters && idOf(node.deadLetters),
      inputs,
    ]);
    const same = known.get(digest);
    if (same !== undefined) return same;
    known.set(digest, node);
    return node;
  });
}

function isRepeatable(member: unknown): boolean {
  if (typeof member !== 'object' || member === null || !('call' in member)) return true;
  return isDeterministic(member as Expression);
}
