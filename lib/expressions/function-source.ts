// A function's own text as a syntax tree, and what it does with its row.
//
//   (b) => b.price > limit          ->   reads price, and is done with the row when it returns
//   ({ price, ...rest }) => rest    ->   takes the row as a whole
//
// Analysis only. What cannot be seen through (bound and native functions, eval, shadowed names) counts as reading and keeping everything.

import { type Node, parseExpressionAt } from 'acorn';

/** Trees are read by their `type`; members are checked where they are used. */
// biome-ignore lint/suspicious/noExplicitAny: acorn's union of all nodes would need a cast at every member.
export type AnyNode = any;

export interface FunctionSource {
  readonly text: string;
  /** The function's node; undefined if its text is no JavaScript (a bound function). */
  readonly tree: AnyNode | undefined;
  /** The text of a node. */
  readonly slice: (node: AnyNode) => string;
}

/** Parses what `fn.toString()` gives: arrow functions, functions and methods. */
export function sourceOf(fn: (row: never) => unknown): FunctionSource {
  const text = fn.toString();
  for (const [before, after] of [
    ['(', ')'],
    ['({', '})'],
  ] as const) {
    try {
      const parsed: AnyNode = parseExpressionAt(before + text + after, 0, { ecmaVersion: 'latest' });
      const tree = before === '(' ? parsed : parsed.properties[0].value;
      if (!isFunction(tree)) continue;
      return { text, tree, slice: (node) => text.slice(node.start - before.length, node.end - before.length) };
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  return { text, tree: undefined, slice: () => text };
}

const FUNCTIONS = new Set(['ArrowFunctionExpression', 'FunctionExpression', 'FunctionDeclaration']);

export const isFunction = (node: AnyNode): boolean => FUNCTIONS.has(node.type);

/** How a function uses its row. */
export interface RowUse {
  /** Names that it reads of the row, in order of appearance; undefined: it takes the row as a whole. */
  readonly names: readonly string[] | undefined;
  /** It may hold on to the row after it has returned, or change it: it needs an object of its own. */
  readonly keeps: boolean;
}

const EVERYTHING: RowUse = { names: undefined, keeps: true };

/** What a function reads of its row. */
export function rowUse({ tree }: FunctionSource): RowUse {
  if (tree === undefined || seesAllArguments(tree)) return EVERYTHING;
  const [first] = tree.params;
  if (first === undefined) return { names: [], keeps: false };
  const pattern = first.type === 'AssignmentPattern' ? first.left : first;
  if (pattern.type === 'Identifier') return identifierUse(tree, pattern);
  return { names: namesIn(pattern), keeps: false };
}

/** Names that a function reads or calls of the parameter at `place`; undefined: it may hand it on. */
export function membersUsed({ tree }: FunctionSource, place: number): readonly string[] | undefined {
  if (tree === undefined || seesAllArguments(tree)) return undefined;
  const before = tree.params.slice(0, place + 1);
  if (before.some(({ type }: AnyNode) => type === 'RestElement')) return undefined;
  const parameter = before[place];
  if (parameter === undefined) return [];
  if (parameter.type !== 'Identifier') return namesIn(parameter);
  let names: string[] | undefined = [];
  const visit = (node: AnyNode, parent: AnyNode): void => {
    if (
      node.type === 'Identifier' &&
      node.name === parameter.name &&
      node !== parameter &&
      !isOnlyAName(node, parent)
    ) {
      const read = memberOf(node, parent);
      names = read && names && [...names, ...read];
    }
    for (const child of childrenOf(node)) visit(child, node);
  };
  visit(tree, undefined);
  return names;
}

function memberOf(node: AnyNode, parent: AnyNode): readonly string[] | undefined {
  if (parent.type === 'MemberExpression' && parent.object === node && !parent.computed) return [parent.property.name];
  return parent.type === 'VariableDeclarator' && parent.init === node ? namesIn(parent.id) : undefined;
}

/** The names that a pattern takes out of a row; undefined if it takes what it does not name. */
function namesIn(pattern: AnyNode): string[] | undefined {
  if (pattern.type !== 'ObjectPattern') return undefined;
  const plain = pattern.properties.every((property: AnyNode) => property.type === 'Property' && !property.computed);
  return plain ? pattern.properties.map((property: AnyNode) => nameOfKey(property.key)) : undefined;
}

function identifierUse(tree: AnyNode, row: AnyNode): RowUse {
  const names: string[] = [];
  let whole = false;
  let keeps = false;
  const visit = (node: AnyNode, parent: AnyNode, inside: boolean): void => {
    if (node.type === 'Identifier' && node.name === row.name && node !== row && !isOnlyAName(node, parent)) {
      const read = readsOf(tree, node, parent);
      if (read === undefined) whole = true;
      else names.push(...read);
      // A function within may run when the row has moved on.
      keeps ||= inside;
    }
    const within = inside || (node !== tree && isFunction(node));
    for (const child of childrenOf(node)) visit(child, node, within);
  };
  visit(tree, undefined, false);
  return whole ? EVERYTHING : { names, keeps };
}

/** What one mention of the row reads of it: `row.x`, or `const { x, y } = row`. */
function readsOf(tree: AnyNode, node: AnyNode, parent: AnyNode): readonly string[] | undefined {
  if (parent.type === 'MemberExpression' && parent.object === node && !parent.computed)
    return changes(tree, parent) ? undefined : [parent.property.name];
  return parent.type === 'VariableDeclarator' && parent.init === node ? namesIn(parent.id) : undefined;
}

/** Whether an identifier is the name of a member, not a value. */
function isOnlyAName(node: AnyNode, parent: AnyNode): boolean {
  if (parent.type === 'MemberExpression') return parent.property === node && !parent.computed;
  if (parent.type === 'Property' || parent.type === 'MethodDefinition' || parent.type === 'PropertyDefinition')
    return parent.key === node && !parent.computed && !parent.shorthand;
  return parent.type === 'LabeledStatement' || parent.type === 'BreakStatement' || parent.type === 'ContinueStatement';
}

/** `row.x = 1`, `row.x++`, `delete row.x`: an object of its own is wanted. Calls with the row as `this` too. */
function changes(tree: AnyNode, member: AnyNode): boolean {
  let found = false;
  walk(tree, (node) => {
    found ||=
      (node.type === 'AssignmentExpression' && contains(node.left, member)) ||
      (node.type === 'UpdateExpression' && node.argument === member) ||
      (node.type === 'UnaryExpression' && node.operator === 'delete' && contains(node.argument, member)) ||
      ((node.type === 'ForInStatement' || node.type === 'ForOfStatement') && contains(node.left, member)) ||
      (node.type === 'CallExpression' && node.callee === member);
  });
  return found;
}

function contains(tree: AnyNode, wanted: AnyNode): boolean {
  let found = false;
  walk(tree, (node) => {
    found ||= node === wanted;
  });
  return found;
}

/** Whether the function assigns, deletes or increments anything. */
export function changesSomething({ tree }: FunctionSource): boolean {
  let found = false;
  walk(tree, (node) => {
    found ||=
      node.type === 'AssignmentExpression' ||
      node.type === 'UpdateExpression' ||
      (node.type === 'UnaryExpression' && node.operator === 'delete');
  });
  return found;
}

function seesAllArguments(tree: AnyNode): boolean {
  let found = false;
  walk(tree, (node) => {
    found ||= node.type === 'Identifier' && (node.name === 'arguments' || node.name === 'eval');
  });
  return found;
}

export const nameOfKey = (key: AnyNode): string => String(key.name ?? key.value);

/** Visits a node and everything in it. */
export function walk(node: AnyNode, visit: (node: AnyNode) => void): void {
  visit(node);
  for (const child of childrenOf(node)) walk(child, visit);
}

export function childrenOf(node: Node): AnyNode[] {
  return Object.values(node)
    .flat()
    .filter((member) => typeof member === 'object' && member !== null && typeof (member as AnyNode).type === 'string');
}
