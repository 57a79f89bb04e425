// Walks syntax trees without naming every kind of node.

import { findFunction } from '../../expressions/functions/catalogue.js';
import type * as ast from '../ast.js';

interface AnyNode {
  readonly kind: string;
}

const isNode = (value: unknown): value is AnyNode =>
  typeof value === 'object' && value !== null && typeof (value as { kind?: unknown }).kind === 'string';

/** Whether a node inside the tree, not counting subqueries, satisfies `test`; `enter` false skips a node's inside. */
export function someNode(node: unknown, test: (node: AnyNode) => boolean): boolean {
  if (Array.isArray(node)) return node.some((item) => someNode(item, test));
  if (!isNode(node) || node.kind === 'query') return false;
  return test(node) || Object.values(node).some((value) => typeof value === 'object' && someNode(value, test));
}

const isCallNode = (node: AnyNode): node is ast.FunctionCall => node.kind === 'call';

/** An aggregate call that is no OVER function. */
export function isAggregateCall(node: AnyNode): boolean {
  if (node.kind === 'jsonObjectAggregate' || node.kind === 'jsonArrayAggregate') return true;
  if (!isCallNode(node) || node.over !== null) return false;
  const name = node.name.parts.at(-1)!.name.toUpperCase();
  return findFunction(name)?.kind === 'aggregate' || GROUP_FUNCTIONS.includes(name);
}

/** Functions that say something about the group: they make a query grouped as aggregates do. */
const GROUP_FUNCTIONS: readonly string[] = ['GROUPING', 'GROUPING_ID', 'GROUP_ID'];

export const containsAggregate = (node: unknown) => someNode(node, isAggregateCall);
export const containsOver = (node: unknown) => someNode(node, (n) => isCallNode(n) && n.over !== null);
