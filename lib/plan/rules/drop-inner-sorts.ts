// drop-inner-sorts: an ORDER BY without LIMIT means nothing below another operator.
//
//   aggregate ( sort by v ( t ) )   ->   aggregate ( t )
//
// At the top, under a sink, and under projections of those, it stays.

import { inputsOf, type LogicalNode, withInputs } from '../nodes.js';

/** Removes sorts without a limit wherever their order is lost anyway. */
export function dropInnerSorts(node: LogicalNode, visible = true): LogicalNode {
  if (node.op === 'sort' && !visible && node.offset === undefined && node.fetch === undefined) {
    return dropInnerSorts(node.input, false);
  }
  const through = visible && (node.op === 'sink' || node.op === 'project');
  return withInputs(
    node,
    inputsOf(node).map((input) => dropInnerSorts(input, through)),
  );
}
