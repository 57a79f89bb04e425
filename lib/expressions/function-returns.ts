// What a function gives back, as its text shows it: one value, or an object with these members.
//
//   (b) => ({ ...b, tag: f(b.url) })            ->   every column of the row, then `tag`
//   (b) => { if (b.x) return 1; return 2; }     ->   one value, DOUBLE
//
// Undefined where the text does not show it: other objects are spread, or a variable is returned whose value is not seen.

import type { LogicalType, Schema } from '../schema/types.js';
import { type AnyNode, childrenOf, type FunctionSource, isFunction, nameOfKey } from './function-source.js';
import { commonType, FunctionTypes } from './function-types.js';

export interface ReturnedField {
  readonly name: string;
  /** Undefined: the text does not tell. */
  readonly type: LogicalType | undefined;
  /** Its expression, if there is only one. */
  readonly node: AnyNode | undefined;
  /** A column of the row that is spread. */
  readonly column?: number;
}

export interface Returned {
  readonly gives: 'value' | 'object';
  readonly fields: readonly ReturnedField[];
}

/** What `source` gives for rows of `schema`. */
export function returnedBy({ tree }: FunctionSource, schema: Schema): Returned | undefined {
  if (tree === undefined || tree.generator) return undefined;
  const nodes = tree.body.type === 'BlockStatement' ? returnsIn(tree.body) : [tree.body];
  const known = new FunctionTypes(tree, schema);
  const all = nodes.map((node) => returnedOne(unparenthesised(node), known, schema, tree.params[0]));
  return all.length === 0 ? undefined : all.reduce(either);
}

function returnedOne(node: AnyNode, known: FunctionTypes, schema: Schema, row: AnyNode): Returned | undefined {
  if (node.type !== 'ObjectExpression')
    return { gives: 'value', fields: [{ name: columnName(node, row) ?? VALUE, type: known.typeOf(node), node }] };
  const fields = new Map<string, ReturnedField>();
  for (const property of node.properties) {
    if (property.type === 'SpreadElement') {
      if (property.argument.type !== 'Identifier' || property.argument.name !== row?.name) return undefined;
      for (const [column, { name, type }] of schema.entries())
        fields.set(name, { name, type, node: undefined, column });
      continue;
    }
    if (property.computed || property.method || property.kind !== 'init') return undefined;
    const name = nameOfKey(property.key);
    fields.set(name, { name, type: known.typeOf(property.value), node: property.value });
  }
  return { gives: 'object', fields: [...fields.values()] };
}

/** What a value is called that is no column. */
export const VALUE = 'key';

/** The column that an expression is: `b.auction`, or `auction` where the pattern names it. */
function columnName(node: AnyNode, row: AnyNode): string | undefined {
  if (row?.type === 'Identifier') {
    const ofRow = node.type === 'MemberExpression' && !node.computed && node.object.name === row.name;
    return ofRow ? node.property.name : undefined;
  }
  if (row?.type !== 'ObjectPattern' || node.type !== 'Identifier') return undefined;
  const property = row.properties.find((p: AnyNode) => p.type === 'Property' && p.value.name === node.name);
  return property && nameOfKey(property.key);
}

/** What two returns have in common: the same members, in the order of the first. */
function either(a: Returned | undefined, b: Returned | undefined): Returned | undefined {
  if (a === undefined || b === undefined || a.gives !== b.gives || a.fields.length !== b.fields.length)
    return undefined;
  const fields = a.fields.map((field, i): ReturnedField | undefined => {
    const other = a.gives === 'value' ? b.fields[i] : b.fields.find(({ name }) => name === field.name);
    return other && { name: field.name, type: commonType(field.type, other.type), node: undefined };
  });
  return fields.includes(undefined) ? undefined : { gives: a.gives, fields: fields as ReturnedField[] };
}

function returnsIn(node: AnyNode): AnyNode[] {
  if (node.type === 'ReturnStatement') return node.argument === null ? [] : [node.argument];
  return childrenOf(node).flatMap((child) => (isFunction(child) ? [] : returnsIn(child)));
}

const unparenthesised = (node: AnyNode): AnyNode =>
  node.type === 'ParenthesizedExpression' ? unparenthesised(node.expression) : node;
