// The resolved, typed expression tree. Its first three forms are exactly the expression JSON of docs/plan.md.
//
//   price * 2   ->   { call: 'times', args: [{ column: 3, type }, { literal: 2, type }], type }
//
// The remaining forms live only in logical plans: the planner turns them into joins, windows and patterns.

import type { SourceSpan } from '../errors.js';
import { type LogicalType, type Schema, types, withNullable } from '../schema/types.js';
import type { AggregateCall } from './aggregate-call.js';

/** A column of the operator's input, by position. */
export interface ColumnReference {
  readonly column: number;
  readonly type: LogicalType;
}

/** Values in the encoding of docs/plan.md: BIGINT, DECIMAL, timestamps and day-time intervals are strings. */
export type LiteralValue = null | boolean | number | string;

export interface Literal {
  readonly literal: LiteralValue;
  readonly type: LogicalType;
}

export type OptionValue = string | number | boolean | null;

/** A function or operator; `options` holds what is not a value (units, JSON behaviours). */
export interface Call {
  readonly call: string;
  readonly args: readonly Expression[];
  readonly type: LogicalType;
  readonly options?: Readonly<Record<string, OptionValue>>;
}

/** Logical only: a column of an enclosing query; `outer` counts queries outwards from 1. */
export interface OuterReference {
  readonly outer: number;
  readonly column: number;
  readonly type: LogicalType;
}

/** What an expression knows of a subquery's plan; `planOf` in lib/plan/nodes.ts gives the node itself. */
export interface SubqueryPlan {
  readonly op: string;
  readonly schema: Schema;
}

/**
 * Logical only: a subquery. `exists` has no args; `in` has the left side's args, one per column of the plan;
 * `scalar` gives the only column of the only row. Inside `plan`, columns of this query are `OuterReference`s.
 */
export interface Subquery {
  readonly subquery: 'exists' | 'in' | 'scalar' | 'some' | 'all';
  readonly plan: SubqueryPlan;
  readonly args: readonly Expression[];
  /** For `some` and `all`: the comparison's function name. */
  readonly comparison?: string;
  readonly type: LogicalType;
  /** Where the script has it, for errors. */
  readonly span?: SourceSpan;
}

/** Logical only, inside MATCH_RECOGNIZE: a column of the rows that a pattern variable matched ('*': any variable). */
export interface PatternReference {
  readonly variable: string;
  readonly column: number;
  readonly type: LogicalType;
}

/** Logical only, inside MATCH_RECOGNIZE: an aggregate over the rows that a pattern variable matched. */
export interface PatternAggregate {
  readonly aggregate: Omit<AggregateCall, 'args' | 'filter' | 'orderBy'>;
  readonly args: readonly Expression[];
  readonly type: LogicalType;
}

export type Expression =
  | ColumnReference
  | Literal
  | Call
  | OuterReference
  | Subquery
  | PatternReference
  | PatternAggregate;

export const isColumn = (e: Expression): e is ColumnReference => 'column' in e && !('outer' in e) && !('variable' in e);
export const isLiteral = (e: Expression): e is Literal => 'literal' in e;
export const isCall = (e: Expression, name?: string): e is Call =>
  'call' in e && (name === undefined || e.call === name);
export const isOuter = (e: Expression): e is OuterReference => 'outer' in e;
export const isSubquery = (e: Expression): e is Subquery => 'subquery' in e;
export const isPattern = (e: Expression): e is PatternReference => 'variable' in e;
export const isPatternAggregate = (e: Expression): e is PatternAggregate => 'aggregate' in e;

export function column(position: number, type: LogicalType): ColumnReference {
  return { column: position, type };
}

export function literal(value: LiteralValue, type: LogicalType): Literal {
  return { literal: value, type: value === null ? withNullable(type, true) : withNullable(type, false) };
}

export function nullLiteral(type: LogicalType = types.null()): Literal {
  return literal(null, type);
}

export function call(
  name: string,
  args: readonly Expression[],
  type: LogicalType,
  options?: Readonly<Record<string, OptionValue>>,
): Call {
  return options === undefined ? { call: name, args, type } : { call: name, args, type, options };
}

/** The arguments of an expression, whatever its form; a subquery's plan is not among them. */
export function children(e: Expression): readonly Expression[] {
  return 'args' in e ? e.args : [];
}

/** Rebuilds an expression bottom-up; `change` returns its argument to keep it. Subplans are left alone. */
export function mapExpression(e: Expression, change: (e: Expression) => Expression): Expression {
  if (!('args' in e) || e.args.length === 0) return change(e);
  const args = e.args.map((a) => mapExpression(a, change));
  return change(args.every((a, i) => a === e.args[i]) ? e : { ...e, args });
}

/** Whether any part of the expression satisfies `test`. */
export function someExpression(e: Expression, test: (e: Expression) => boolean): boolean {
  return test(e) || children(e).some((a) => someExpression(a, test));
}

/** Structural equality: same columns, literals, calls and types. */
export function sameExpression(a: Expression, b: Expression): boolean {
  return a === b || digest(a) === digest(b);
}

/** A text that is the same for what means the same, wherever in the script it stands. */
export function digest(expressions: unknown): string {
  return JSON.stringify(expressions, (key, value) => (key === 'span' || key === 'places' ? undefined : value));
}
