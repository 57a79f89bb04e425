// CURRENT_WATERMARK(rowtime) as a column that an operator below the filter or projection appends.
//
//   filter ts > CURRENT_WATERMARK(ts) ( t )   ->   columns of t ( filter ts > #w ( current_watermark ( t ) ) )

import { children, column, type Expression, isCall, mapExpression } from '../../expressions/expression.js';
import { currentWatermark } from '../../operators/current-watermark.js';
import { watermarkAssignerSpec } from '../../operators/watermark-assigner.js';
import type { PhysicalNode } from '../../plan/physical.js';
import type { Schema } from '../../schema/types.js';
import { appendColumns, appendFilter, appendProject } from './calc.js';

const isWatermark = (e: Expression) => isCall(e, 'current_watermark');

const findWatermark = (e: Expression): Expression | undefined =>
  isWatermark(e)
    ? e
    : children(e)
        .map(findWatermark)
        .find((found) => found !== undefined);

/** The input with the column, if any of the expressions asks for it, and the expressions with references to it. */
function withWatermark(
  input: PhysicalNode,
  expressions: readonly Expression[],
): { readonly input: PhysicalNode; readonly expressions: readonly Expression[] } {
  const asked = expressions.map(findWatermark).find((found) => found !== undefined);
  if (asked === undefined) return { input, expressions };
  const place = column(input.schema.length, asked.type);
  return {
    input: currentWatermark(tellingEachRow(input), { name: '$watermark', type: asked.type }),
    expressions: expressions.map((e) => mapExpression(e, (part) => (isWatermark(part) ? place : part))),
  };
}

/** The assigner below tells time before the next row, not only before one that has come too late. */
function tellingEachRow(node: PhysicalNode): PhysicalNode {
  if (node.spec === watermarkAssignerSpec) return { ...node, config: { ...node.config, eachRow: true } };
  return { ...node, inputs: node.inputs.map((input) => ({ ...input, node: tellingEachRow(input.node) })) };
}

/** Keeps the rows whose condition is TRUE. */
export function lowerFilter(input: PhysicalNode, condition: Expression): PhysicalNode {
  const timed = withWatermark(input, [condition]);
  const filtered = appendFilter(timed.input, timed.expressions[0]!);
  return timed.input === input ? filtered : appendColumns(filtered, [...input.schema.keys()], input.schema);
}

/** Computes `expressions` of every row. */
export function lowerProject(input: PhysicalNode, expressions: readonly Expression[], schema: Schema): PhysicalNode {
  const timed = withWatermark(input, expressions);
  return appendProject(timed.input, timed.expressions, schema);
}
