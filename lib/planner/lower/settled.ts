// settled: the rows of an input at its end, for operators that take no row back.
//
//   top_n ( group_aggregate )   ->   top_n ( materialize_final ( group_aggregate ) )   if only the final rows are asked for
//
// If only the end counts, an operator need not see how its input came to be.

import { settledRows } from '../../operators/materialize-final.js';
import type { LogicalNode } from '../../plan/nodes.js';
import { changesOf, isBounded, isInsertOnly, type PhysicalNode } from '../../plan/physical.js';
import { upsertKey } from '../../plan/rules/infer-changelog.js';
import type { Lowering } from './lowering.js';

/** The node as it is if it only inserts, and settled if that is allowed. */
export function lowerSettled(node: LogicalNode, lowering: Lowering): PhysicalNode {
  const lowered = lowering.lower(node);
  const settles = lowering.options.finalResults && !isInsertOnly(changesOf(lowered)) && isBounded(lowered);
  return settles ? settledRows(lowered, upsertKey(lowered), lowering.options.spread) : lowered;
}
