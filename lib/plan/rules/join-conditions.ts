// join-conditions: takes a join's condition apart.
//
//   l.k = r.k AND l.t >= r.t - 5 s AND l.t <= r.t AND l.x > r.y
//   ->  keys (k, k);  time bounds of (t, t): 0 .. 5 s;  rest: l.x > r.y
//
// Columns are those of left ++ right, `width` of them on the left.

import { columnsOf, conjuncts, moveColumns } from '../../expressions/columns.js';
import { type Expression, isCall, isColumn, isLiteral } from '../../expressions/expression.js';
import { isTimestamp, type Schema, timeAttribute } from '../../schema/types.js';

export interface EquiPair {
  /** Over the left input alone, and over the right alone. */
  readonly left: Expression;
  readonly right: Expression;
}

export interface JoinCondition {
  readonly pairs: readonly EquiPair[];
  readonly rest: readonly Expression[];
}

type Side = 'left' | 'right' | 'none' | 'both';

function sideOf(e: Expression, width: number): Side {
  const columns = [...columnsOf(e)];
  const left = columns.some((c) => c < width);
  const right = columns.some((c) => c >= width);
  return left && right ? 'both' : left ? 'left' : right ? 'right' : 'none';
}

/** Equalities between the sides (save those for which `apart` says so), and everything else. */
export function splitJoinCondition(
  condition: Expression | undefined,
  width: number,
  apart: (equality: Expression) => boolean = () => false,
): JoinCondition {
  const pairs: EquiPair[] = [];
  const rest: Expression[] = [];
  for (const part of conjuncts(condition)) {
    const sides = isCall(part, 'equals') && !apart(part) ? part.args.map((a) => sideOf(a, width)).join() : '';
    const toRight = (e: Expression) => moveColumns(e, (i) => i - width);
    if (sides === 'left,right') pairs.push({ left: args(part)[0], right: toRight(args(part)[1]) });
    else if (sides === 'right,left') pairs.push({ left: args(part)[1], right: toRight(args(part)[0]) });
    else rest.push(part);
  }
  return { pairs, rest };
}

const args = (e: Expression): [Expression, Expression] => (isCall(e) ? [e.args[0]!, e.args[1]!] : fail());
const fail = (): never => {
  throw new Error('a comparison has two arguments');
};

export interface TimeBoundedCondition {
  readonly leftTime: number;
  /** Position in the right input. */
  readonly rightTime: number;
  readonly lowerMs: number;
  readonly upperMs: number;
  /** What is left of the conditions. */
  readonly rest: readonly Expression[];
}

/** A time attribute and a constant distance from it. */
interface TimeTerm {
  readonly column: number;
  readonly offsetMs: number;
}

/** Bounds on right time - left time, if `conditions` bound it from both sides. */
export function recogniseTimeBounds(
  conditions: readonly Expression[],
  left: Schema,
  right: Schema,
): TimeBoundedCondition | undefined {
  const schema = [...left, ...right];
  const bounds = new Map<string, { lower: number; upper: number; parts: Expression[] }>();
  for (const part of conditions) {
    const bound = timeBound(part, schema, left.length);
    if (bound === undefined) continue;
    const known = bounds.get(bound.pair) ?? {
      lower: Number.NEGATIVE_INFINITY,
      upper: Number.POSITIVE_INFINITY,
      parts: [],
    };
    known.lower = Math.max(known.lower, bound.lower);
    known.upper = Math.min(known.upper, bound.upper);
    known.parts.push(part);
    bounds.set(bound.pair, known);
  }
  for (const [pair, { lower, upper, parts }] of bounds) {
    if (!Number.isFinite(lower) || !Number.isFinite(upper)) continue;
    const [leftTime, rightTime] = pair.split(',').map(Number) as [number, number];
    return {
      leftTime,
      rightTime: rightTime - left.length,
      lowerMs: lower,
      upperMs: upper,
      rest: conditions.filter((c) => !parts.includes(c)),
    };
  }
  return undefined;
}

function timeBound(
  part: Expression,
  schema: Schema,
  width: number,
): { pair: string; lower: number; upper: number } | undefined {
  if (!isCall(part) || part.args.length !== 2) return undefined;
  const a = timeTerm(part.args[0]!, schema);
  const b = timeTerm(part.args[1]!, schema);
  if (a === undefined || b === undefined || a.column < width === b.column < width) return undefined;
  if (timeAttribute(schema[a.column]!.type) !== timeAttribute(schema[b.column]!.type)) return undefined;
  const flipped = a.column >= width;
  const [l, r] = flipped ? [b, a] : [a, b];
  // l.column + l.offset OP r.column + r.offset   <=>   right - left (OP reversed) l.offset - r.offset
  const distance = l.offsetMs - r.offsetMs;
  const operator = flipped ? FLIPPED[part.call] : part.call;
  const pair = `${l.column},${r.column}`;
  const none = { pair, lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY };
  switch (operator) {
    case 'greater_than_or_equal':
      return { ...none, upper: distance };
    case 'greater_than':
      return { ...none, upper: distance - 1 };
    case 'less_than_or_equal':
      return { ...none, lower: distance };
    case 'less_than':
      return { ...none, lower: distance + 1 };
    case 'equals':
      return { pair, lower: distance, upper: distance };
    default:
      return undefined;
  }
}

const FLIPPED: Readonly<Record<string, string>> = {
  greater_than_or_equal: 'less_than_or_equal',
  greater_than: 'less_than',
  less_than_or_equal: 'greater_than_or_equal',
  less_than: 'greater_than',
  equals: 'equals',
};

/** Whether a comparison is between two times, which may bound an interval. */
export function comparesTimes(comparison: Expression, schema: Schema): boolean {
  return args(comparison).every((side) => timeTerm(side, schema) !== undefined);
}

/** A rowtime or proctime column with intervals added to it or taken from it. */
export function timeTerm(e: Expression, schema: Schema): TimeTerm | undefined {
  if (isColumn(e))
    return timeAttribute(schema[e.column]!.type) === undefined ? undefined : { column: e.column, offsetMs: 0 };
  if (isCall(e, 'cast') && isTimestamp(e.type) && e.type.precision >= 3 && e.args[0]!.type.kind === e.type.kind) {
    return timeTerm(e.args[0]!, schema);
  }
  if (!isCall(e, 'plus') && !isCall(e, 'minus')) return undefined;
  const [first, second] = e.args as [Expression, Expression];
  const term = timeTerm(first, schema) ?? (e.call === 'plus' ? timeTerm(second, schema) : undefined);
  const interval = term === undefined ? undefined : intervalMs(timeTerm(first, schema) === undefined ? first : second);
  if (term === undefined || interval === undefined) return undefined;
  return { column: term.column, offsetMs: term.offsetMs + (e.call === 'plus' ? interval : -interval) };
}

/** The milliseconds of a constant day-time interval. */
export function intervalMs(e: Expression): number | undefined {
  if (isLiteral(e)) return e.type.kind === 'INTERVAL_DAY_TIME' && e.literal !== null ? Number(e.literal) : undefined;
  if (isCall(e, 'negate')) return negate(intervalMs(e.args[0]!));
  if (!isCall(e, 'plus') && !isCall(e, 'minus')) return undefined;
  const [a, b] = e.args.map(intervalMs);
  if (a === undefined || b === undefined) return undefined;
  return e.call === 'plus' ? a + b : a - b;
}

const negate = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : -ms);
