// infer-changelog: what kinds of change every stream carries, and who must send the old row with the new one.
//
//   blackhole ( group_aggregate ( source ) )   ->   group_aggregate [I,UA]:  nobody needs -U, so it sends none
//
// Bottom-up: kinds of change. Top-down: whether -U rows are needed, and whether only net changes count. What operators do
// about it stands in their spec.

import { type ChangelogFindings, changesOf, type PhysicalNode, rewrite, topological } from '../physical.js';

/** Completes the config of every operator with what is known of its changelogs. */
export function inferChangelog(sinks: readonly PhysicalNode[]): PhysicalNode[] {
  const order = topological(sinks);
  const needed = new Map<PhysicalNode, boolean>();
  const fold = new Map<PhysicalNode, boolean>();
  for (const node of [...order].reverse()) {
    const required = needed.get(node) ?? false;
    const folded = fold.get(node) ?? false;
    const mayFold = node.spec.folds?.(folded, node) ?? false;
    for (const [i, input] of node.inputs.entries()) {
      const ask = node.spec.needsUpdateBefore(required, node.config, i);
      needed.set(input.node, (needed.get(input.node) ?? false) || ask);
      fold.set(input.node, (fold.get(input.node) ?? true) && mayFold);
    }
  }
  const sends = new Map<PhysicalNode, boolean>();
  for (const node of order) sends.set(node, changesOf(node).updates && (needed.get(node) ?? false));
  return rewrite(sinks, (node, old) => {
    const findings: ChangelogFindings = {
      inputs: old.inputs.map((input) => changesOf(input.node)),
      inputsUpdateBefore: old.inputs.map((input) => sends.get(input.node)!),
      emitUpdateBefore: sends.get(old)!,
      fold: fold.get(old) ?? false,
    };
    return {
      ...node,
      config: { ...node.spec.changelogConfig?.(findings), ...node.config },
      changelog: { changes: changesOf(old), updateBefore: findings.emitUpdateBefore },
    };
  });
}

/** Positions that identify a row of the node's current result, if they are known. */
export function upsertKey(node: PhysicalNode): readonly number[] | undefined {
  return keyOf(node, () => undefined);
}

/** The same, if what tables say of their PRIMARY KEY is true: nobody enforces it. */
export function declaredUpsertKey(node: PhysicalNode): readonly number[] | undefined {
  return keyOf(node, (source) => source.primaryKey);
}

function keyOf(
  node: PhysicalNode,
  ofSource: (source: PhysicalNode) => readonly number[] | undefined,
): readonly number[] | undefined {
  const { spec, inputs } = node;
  if (inputs.length === 0) return ofSource(node);
  return spec.upsertKey?.(
    node,
    inputs.map((input) => keyOf(input.node, ofSource)),
  );
}
