// recognise-rank: a filter on ROW_NUMBER() becomes a Top-N.
//
//   filter rn <= 3 AND x ( over row_number PARTITION BY k ORDER BY v )   ->   filter x ( rank k, v, 1..3 )
//
// Runs after push-filters, so that the filter stands right above `over`.

import { columnsOf, conjunction, conjuncts } from '../../expressions/columns.js';
import { type Expression, isCall, isColumn, isLiteral } from '../../expressions/expression.js';
import { inputsOf, type LogicalNode, type OverNode, type RankNode, withInputs } from '../nodes.js';

const RANKS = new Set(['row_number', 'rank', 'dense_rank']);

/** Turns every filter over a ranking function that bounds the rank from above into a `rank` node. */
export function recogniseRank(node: LogicalNode): LogicalNode {
  const changed = withInputs(node, inputsOf(node).map(recogniseRank));
  if (changed.op !== 'filter' || changed.input.op !== 'over' || !ranks(changed.input)) return changed;
  const over = changed.input;
  const position = over.schema.length - 1;
  const parts = conjuncts(changed.condition);
  let start = 1;
  let end = Number.POSITIVE_INFINITY;
  const rest: Expression[] = [];
  for (const part of parts) {
    const bound = rankBound(part, position);
    if (bound === undefined) rest.push(part);
    else {
      start = Math.max(start, bound.start);
      end = Math.min(end, bound.end);
    }
  }
  if (!Number.isFinite(end)) return changed;
  const { partitionKeys, orderBy, aggregates } = over.groups[0]!;
  const rank: RankNode = {
    op: 'rank',
    input: over.input,
    function: aggregates[0]!.function as RankNode['function'],
    partitionKeys,
    orderBy,
    rankStart: start,
    rankEnd: end,
    outputRank: true,
    schema: over.schema,
    ...(over.ttl === undefined ? {} : { ttl: over.ttl }),
    ...(over.span === undefined ? {} : { span: over.span }),
  };
  const condition = conjunction(rest);
  return condition === undefined ? rank : { op: 'filter', input: rank, condition, schema: rank.schema };
}

const ranks = (over: OverNode): boolean =>
  over.groups.length === 1 &&
  over.groups[0]!.aggregates.length === 1 &&
  RANKS.has(over.groups[0]!.aggregates[0]!.function);

interface Bound {
  readonly start: number;
  readonly end: number;
}

const MIRRORED: Readonly<Record<string, string>> = {
  less_than: 'greater_than',
  less_than_or_equal: 'greater_than_or_equal',
  greater_than: 'less_than',
  greater_than_or_equal: 'less_than_or_equal',
  equals: 'equals',
};

/** The ranks that `part` lets through, if it compares the rank with a constant. */
function rankBound(part: Expression, rank: number): Bound | undefined {
  if (!isCall(part) || MIRRORED[part.call] === undefined || part.args.length !== 2) return undefined;
  const [left, right] = part.args.map(withoutCast) as [Expression, Expression];
  const mirrored = isColumn(right) && right.column === rank;
  const name = mirrored ? MIRRORED[part.call]! : part.call;
  const [side, constant] = mirrored ? [right, left] : [left, right];
  if (!isColumn(side) || side.column !== rank || columnsOf(constant).size > 0 || !isLiteral(constant)) return undefined;
  const n = Number(constant.literal);
  if (constant.literal === null || !Number.isFinite(n)) return undefined;
  switch (name) {
    case 'less_than':
      return { start: 1, end: Math.ceil(n) - 1 };
    case 'less_than_or_equal':
      return { start: 1, end: Math.floor(n) };
    case 'greater_than':
      return { start: Math.floor(n) + 1, end: Number.POSITIVE_INFINITY };
    case 'greater_than_or_equal':
      return { start: Math.ceil(n), end: Number.POSITIVE_INFINITY };
    default:
      return Number.isInteger(n) ? { start: n, end: n } : { start: 1, end: 0 };
  }
}

/** Integers are widened to compare them; the value is the same. */
function withoutCast(e: Expression): Expression {
  return isCall(e, 'cast') && (isColumn(e.args[0]!) || isLiteral(e.args[0]!)) ? e.args[0] : e;
}
