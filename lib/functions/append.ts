// Functions over the rows of a node, as logical nodes.
//
//   t, [ b.price (native), classify(b.url) (V8) ]   ->   user_function [all of t, classify] ( t ), columns [price, #n]
//
// Compiled functions and those in V8 are nodes of their own; functions in V8 over the same rows cross to it together. No state beside
// which functions a node stands for, for explain().

import { column } from '../expressions/expression.js';
import type { NamedExpression } from '../plan/builders.js';
import { inputsOf, type LogicalNode, type UserFunctionNode } from '../plan/nodes.js';
import type { UserFunction } from '../plan/user-function.js';
import type { ResolvedFunction } from './resolve.js';

export interface Appended {
  /** The rows with what had to be computed behind their columns. */
  readonly node: LogicalNode;
  /** What each function gives, over the columns of `node`. */
  readonly given: readonly (readonly NamedExpression[])[];
}

/** Computes what `functions` give for every row of `input`. */
export function appendFunctions(input: LogicalNode, functions: readonly ResolvedFunction[]): Appended {
  const places = new Map<UserFunction, number>();
  let node = input;
  for (const compiled of [true, false]) {
    const users = functions.flatMap(({ user }) =>
      user !== undefined && (user.native !== undefined) === compiled ? [user] : [],
    );
    if (users.length > 0) node = append(node, users, compiled, places);
  }
  const given = functions.map(({ columns, user }) =>
    columns.map(({ name, type, from }): NamedExpression => {
      if (typeof from !== 'number') return { name, expression: from };
      return { name, expression: column(places.get(user!)! + from, type) };
    }),
  );
  return { node, given };
}

function append(
  input: LogicalNode,
  users: readonly UserFunction[],
  compiled: boolean,
  places: Map<UserFunction, number>,
): UserFunctionNode {
  let place = input.schema.length;
  for (const user of users) {
    places.set(user, place);
    place += user.results.length;
  }
  const schema = [...input.schema, ...users.flatMap(({ results }) => results)];
  if (together(input, users, compiled)) {
    const wider = { ...input, functions: [...input.functions, ...users], schema };
    return withNote(wider, functionsAt.get(input) ?? []);
  }
  return {
    op: 'user_function',
    input,
    columns: [...input.schema.keys()],
    functions: users,
    flattens: false,
    schema,
  };
}

/** Whether the functions can cross together with those right below, whose results they do not read. */
function together(below: LogicalNode, users: readonly UserFunction[], compiled: boolean): below is UserFunctionNode {
  return (
    below.op === 'user_function' &&
    !below.flattens &&
    below.functions.every((of) => (of.native !== undefined) === compiled) &&
    users.every(({ onError }) => onError === below.functions[0]!.onError) &&
    users.every((user) => user.reads.every((i) => i < below.columns.length))
  );
}

/** `columns` of the input, repeated for every row that the function gives for it, then what it gives. */
export function flattenRows(input: LogicalNode, columns: readonly number[], user: UserFunction): LogicalNode {
  const schema = [...columns.map((i) => input.schema[i]!), ...user.results];
  return { op: 'user_function', input, columns, functions: [user], flattens: true, schema };
}

const functionsAt = new WeakMap<LogicalNode, readonly ResolvedFunction[]>();

/** The same node, remembered as what these functions became. */
export function withNote<N extends LogicalNode>(node: N, functions: readonly ResolvedFunction[]): N {
  functionsAt.set(node, [...(functionsAt.get(node) ?? []), ...functions]);
  return node;
}

/** The functions in these plans, in the order in which rows meet them. */
export function functionsIn(plans: readonly LogicalNode[]): ResolvedFunction[] {
  const found = new Set<ResolvedFunction>();
  const seen = new Set<LogicalNode>();
  const visit = (node: LogicalNode): void => {
    if (seen.has(node)) return;
    seen.add(node);
    inputsOf(node).forEach(visit);
    for (const each of functionsAt.get(node) ?? []) found.add(each);
  };
  plans.forEach(visit);
  return [...found];
}
