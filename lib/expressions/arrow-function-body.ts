// arrow-function-body: the parts of an arrow function: what its row is called, and the expression that it returns.
//
//   ({ price: p }) => p > 1n     ->     parameter { p: price }, node p > 1n

import { type AnyNode, type FunctionSource, nameOfKey } from './function-source.js';

/** Why a function, or a part of it, has no native form. */
export class NotCompiled extends Error {}

/** The row's name, or the columns that its pattern names. */
export type RowParameter = string | ReadonlyMap<string, string>;

export interface FunctionBody {
  readonly node: AnyNode;
  readonly parameter: RowParameter;
}

/** The one expression that an arrow function over a row returns; throws NotCompiled if it does more. */
export function bodyOf({ tree }: FunctionSource): FunctionBody {
  if (tree === undefined) throw new NotCompiled('its text cannot be seen');
  if (tree.type !== 'ArrowFunctionExpression') throw new NotCompiled('it is no arrow function');
  if (tree.params.length > 1) throw new NotCompiled('it takes more than the row');
  const statements = tree.body.type === 'BlockStatement' ? tree.body.body : undefined;
  if (statements !== undefined && (statements.length !== 1 || statements[0].type !== 'ReturnStatement')) {
    throw new NotCompiled('its body is more than one return');
  }
  const node = statements?.[0].argument ?? tree.body;
  return { node: unwrapped(node), parameter: parameterOf(tree.params[0]) };
}

/** A node without the parentheses around it. */
export const unwrapped = (node: AnyNode): AnyNode =>
  node.type === 'ParenthesizedExpression' ? unwrapped(node.expression) : node;

function parameterOf(pattern: AnyNode): RowParameter {
  if (pattern === undefined) return new Map();
  if (pattern.type === 'Identifier') return pattern.name;
  if (pattern.type !== 'ObjectPattern') throw new NotCompiled('its parameter is no plain name');
  const names = new Map<string, string>();
  for (const property of pattern.properties) {
    if (property.type !== 'Property' || property.computed || property.value.type !== 'Identifier') {
      throw new NotCompiled('its parameter is no plain pattern');
    }
    names.set(property.value.name, nameOfKey(property.key));
  }
  return names;
}
