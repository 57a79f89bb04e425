// Which columns an expression reads, and moving expressions between inputs.
//
//   price * 2 > bid   columns {0, 3};   over project [a + b, c]:   column 0 becomes a + b
//
// Pure functions, no state.

import type { Schema } from '../schema/types.js';
import {
  call,
  children,
  column,
  type Expression,
  isCall,
  isColumn,
  isLiteral,
  isSubquery,
  mapExpression,
  someExpression,
} from './expression.js';

/** Positions of the input columns that the expression reads, added to `into`. */
export function columnsOf(e: Expression, into: Set<number> = new Set()): Set<number> {
  if (isColumn(e)) into.add(e.column);
  for (const child of children(e)) columnsOf(child, into);
  return into;
}

/** The same expression over an input whose column `position(i)` is the old column i. */
export function moveColumns(e: Expression, position: (column: number) => number): Expression {
  return mapExpression(e, (part) => {
    if (!isColumn(part)) return part;
    const to = position(part.column);
    return to === part.column ? part : column(to, part.type);
  });
}

/** Puts `expressions[i]` in the place of column i: moves an expression from above a projection to below it. */
export function substitute(e: Expression, expressions: readonly Expression[]): Expression {
  return mapExpression(e, (part) => (isColumn(part) ? (expressions[part.column] ?? fail(part.column)) : part));
}

function fail(position: number): never {
  throw new Error(`column ${position} is not among the projection's expressions`);
}

/** References to every column of a schema, in order. */
export function identity(schema: Schema): Expression[] {
  return schema.map((field, i) => column(i, field.type));
}

/** How often each column is read. */
export function countColumns(expressions: readonly Expression[]): Map<number, number> {
  const counts = new Map<number, number>();
  const visit = (e: Expression): void => {
    if (isColumn(e)) counts.set(e.column, (counts.get(e.column) ?? 0) + 1);
    children(e).forEach(visit);
  };
  expressions.forEach(visit);
  return counts;
}

/** Functions whose value is not fixed by their arguments: never duplicated, merged or moved. */
const VOLATILE = new Set([
  'rand',
  'rand_integer',
  'uuid',
  'proctime',
  'current_watermark',
  'current_row_timestamp',
  'now',
  'current_timestamp',
  'localtime',
  'localtimestamp',
  'current_time',
  'current_date',
  'unix_timestamp',
]);

/** Whether the same arguments always give the same value. */
export function isDeterministic(e: Expression): boolean {
  return !someExpression(
    e,
    (part) => isCall(part) && VOLATILE.has(part.call) && !(part.call === 'unix_timestamp' && part.args.length > 0),
  );
}

/** A column, a literal, or a field of a row column: free to compute twice. */
export function isCheap(e: Expression): boolean {
  return isColumn(e) || isLiteral(e) || (isCall(e, 'field') && isCheap(e.args[0]!));
}

/** Whether the expression holds a subquery. */
export function hasSubquery(e: Expression): boolean {
  return someExpression(e, isSubquery);
}

/** The parts of a conjunction: `a AND (b AND c)` is [a, b, c]. */
export function conjuncts(e: Expression | undefined): Expression[] {
  if (e === undefined || (isLiteral(e) && e.literal === true)) return [];
  return isCall(e, 'and') ? e.args.flatMap((a) => conjuncts(a)) : [e];
}

/** The conjunction of conditions; undefined for none. */
export function conjunction(parts: readonly Expression[]): Expression | undefined {
  if (parts.length <= 1) return parts[0];
  return call('and', parts, { kind: 'BOOLEAN', nullable: parts.some((p) => p.type.nullable) });
}
