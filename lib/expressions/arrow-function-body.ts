// arrow-function-body: the parts of an arrow function's source: what its row is called, and the expression that it returns.
//
//   ({ price: p }) => p > 1n     ->     parameter { p: price }, node p > 1n

import { parseExpressionAt } from 'acorn';

/** Why a function, or a part of it, has no native form. */
export class NotCompiled extends Error {}

export interface FunctionBody {
  readonly node: AnyNode;
  /** The parameter's name, or the columns that its pattern names. */
  readonly parameter: string | ReadonlyMap<string, string>;
}

/** Trees are read by their `type`; members are checked where they are used. */
// biome-ignore lint/suspicious/noExplicitAny: acorn's union of all nodes would need a cast at every member.
export type AnyNode = any;

/** The one expression that an arrow function over a row returns. */
export function bodyOf(source: string): FunctionBody {
  const fn: AnyNode = parseExpressionAt(source, 0, { ecmaVersion: 2022 });
  if (fn.type !== 'ArrowFunctionExpression') throw new NotCompiled('it is no arrow function');
  if (fn.async) throw new NotCompiled('it is async');
  if (fn.params.length > 1) throw new NotCompiled('it takes more than the row');
  const statements = fn.body.type === 'BlockStatement' ? fn.body.body : undefined;
  if (statements !== undefined && (statements.length !== 1 || statements[0].type !== 'ReturnStatement')) {
    throw new NotCompiled('its body is more than one return');
  }
  return { node: statements?.[0].argument ?? fn.body, parameter: parameterOf(fn.params[0]) };
}

function parameterOf(pattern: AnyNode): FunctionBody['parameter'] {
  if (pattern === undefined) return new Map();
  if (pattern.type === 'Identifier') return pattern.name;
  if (pattern.type !== 'ObjectPattern') throw new NotCompiled('its parameter is no plain name');
  const names = new Map<string, string>();
  for (const property of pattern.properties) {
    if (property.type !== 'Property' || property.computed || property.value.type !== 'Identifier') {
      throw new NotCompiled('its parameter is no plain pattern');
    }
    names.set(property.value.name, property.key.name);
  }
  return names;
}
