// The column types of what a function gives back, as far as its text tells them.
//
//   (b) => ({ tag: classify(b).toUpperCase(), big: b.price > limit, x: other(b) })   ->   tag STRING, big BOOLEAN, x unknown
//
// TypeScript's own types are gone when the program runs. What this says holds, or the value is refused when it is written: a number
// is DOUBLE, a bigint BIGINT, text STRING; a column keeps its type. State: the functions' local constants.

import {
  isApproximate,
  isCharacter,
  isExactInteger,
  isTimestamp,
  type LogicalType,
  notNull,
  nullable,
  type Schema,
  sameType,
  types,
  withNullable,
} from '../schema/types.js';
import { type AnyNode, childrenOf, isFunction, nameOfKey } from './function-source.js';

const BOOLEAN = notNull(types.boolean());
const NUMBER = notNull(types.double());
const COUNT = notNull(types.integer());
const BIGINT = notNull(types.bigint());
const TEXT = notNull(types.string());

type Known = LogicalType | undefined;

const BY_OPERATOR: Readonly<Record<string, LogicalType>> = Object.fromEntries(
  ['==', '!=', '===', '!==', '<', '<=', '>', '>=', 'in', 'instanceof'].map((operator) => [operator, BOOLEAN]),
);
const GLOBAL_CALLS: Readonly<Record<string, LogicalType>> = {
  String: TEXT,
  Number: NUMBER,
  parseFloat: NUMBER,
  parseInt: NUMBER,
  BigInt: BIGINT,
  Boolean: BOOLEAN,
  'Date.now': NUMBER,
  'Date.parse': NUMBER,
  'Date.UTC': NUMBER,
  'JSON.stringify': TEXT,
  'Number.isInteger': BOOLEAN,
  'Number.isFinite': BOOLEAN,
  'Number.isNaN': BOOLEAN,
  'Array.isArray': BOOLEAN,
};
/** Methods whose result is of one type whatever they are called on. */
const METHODS: Readonly<Record<string, LogicalType>> = {
  ...Object.fromEntries(
    [
      'toString toUpperCase toLowerCase toLocaleUpperCase toLocaleLowerCase trim trimStart trimEnd padStart padEnd',
      'repeat replace replaceAll substring substr charAt normalize join toFixed toPrecision toExponential',
      'toISOString toLocaleString toDateString toJSON',
    ].flatMap((names) => names.split(' ').map((name) => [name, TEXT])),
  ),
  ...Object.fromEntries('startsWith endsWith includes test has some every'.split(' ').map((name) => [name, BOOLEAN])),
  ...Object.fromEntries('indexOf lastIndexOf search findIndex localeCompare'.split(' ').map((name) => [name, COUNT])),
  ...Object.fromEntries(
    'getTime charCodeAt getUTCHours getUTCMinutes getUTCDay'.split(' ').map((name) => [name, NUMBER]),
  ),
};

/** The type of both values, where TypeScript has one type for them too; undefined if there is none or it is not known. */
export function commonType(a: Known, b: Known): Known {
  if (a === undefined || b === undefined) return undefined;
  if (a.kind === 'NULL') return nullable(b);
  if (b.kind === 'NULL') return nullable(a);
  const either = a.nullable || b.nullable;
  if (sameType(a, b, { ignoreNullability: true })) return withNullable(a, either);
  if (isText(a) && isText(b)) return withNullable(types.string(), either);
  if (isNumber(a) && isNumber(b)) return withNullable(types.double(), either);
  return undefined;
}

const isNumber = (type: LogicalType): boolean =>
  (isExactInteger(type) && type.kind !== 'BIGINT') || isApproximate(type);
/** What is a string in TypeScript. */
const isText = (type: LogicalType): boolean =>
  isCharacter(type) || ['DECIMAL', 'DATE', 'TIME', 'BINARY', 'VARBINARY'].includes(type.kind);

export class FunctionTypes {
  /** Types of names: the row's columns that its pattern names, and constants. Undefined: several, or changed later. */
  private readonly names = new Map<string, { readonly init?: AnyNode; readonly type?: Known } | undefined>();
  private readonly row: string | undefined;
  private readonly asked = new Set<AnyNode>();

  constructor(
    tree: AnyNode,
    private readonly schema: Schema,
  ) {
    const first = tree.params[0]?.type === 'AssignmentPattern' ? tree.params[0].left : tree.params[0];
    this.row = first?.type === 'Identifier' ? first.name : undefined;
    if (first?.type === 'ObjectPattern') this.addColumns(first);
    this.addConstants(tree.body);
  }

  /** The type of an expression's value; undefined if the text does not tell. */
  typeOf(node: AnyNode): Known {
    switch (node.type) {
      case 'ParenthesizedExpression':
      case 'ChainExpression':
      case 'AwaitExpression':
        return this.typeOf(node.expression ?? node.argument);
      case 'Literal':
        return literalType(node);
      case 'TemplateLiteral':
        return TEXT;
      case 'Identifier':
        return this.nameType(node);
      case 'MemberExpression':
        return this.memberType(node);
      case 'UnaryExpression':
        return this.unaryType(node);
      case 'BinaryExpression':
        return BY_OPERATOR[node.operator] ?? this.arithmeticType(node);
      case 'LogicalExpression': {
        const left = this.typeOf(node.left);
        return commonType(node.operator === '??' && left !== undefined ? notNull(left) : left, this.typeOf(node.right));
      }
      case 'ConditionalExpression':
        return commonType(this.typeOf(node.consequent), this.typeOf(node.alternate));
      case 'CallExpression':
        return this.callType(node);
      case 'ArrayExpression': {
        const element = node.elements.map((e: AnyNode) => (e === null ? undefined : this.typeOf(e))).reduce(commonType);
        return element === undefined ? undefined : notNull(types.array(element));
      }
      case 'ObjectExpression':
        return this.rowType(node);
      default:
        return undefined;
    }
  }

  private nameType(node: AnyNode): Known {
    if (node.name === 'NaN' || node.name === 'Infinity') return NUMBER;
    const known = this.names.get(node.name);
    if (known?.init === undefined) return known?.type;
    if (this.asked.has(known.init)) return undefined;
    this.asked.add(known.init);
    const type = this.typeOf(known.init);
    this.asked.delete(known.init);
    return type;
  }

  private memberType(node: AnyNode): Known {
    if (node.object.type === 'Identifier' && node.object.name === this.row && !this.names.has(this.row!))
      return node.computed ? undefined : this.columnType(node.property.name);
    const object = this.typeOf(node.object);
    if (node.computed) return object?.kind === 'ARRAY' ? nullable(object.element) : undefined;
    if (object?.kind === 'ROW') {
      const field = object.fields.find((f) => f.name === node.property.name)?.type;
      return field !== undefined && object.nullable ? nullable(field) : field;
    }
    return node.property.name === 'length' || node.property.name === 'size' ? COUNT : undefined;
  }

  private columnType(name: string): Known {
    return this.schema.find((field) => field.name === name)?.type;
  }

  private unaryType(node: AnyNode): Known {
    switch (node.operator) {
      case '!':
        return BOOLEAN;
      case 'typeof':
        return TEXT;
      case '+':
        return NUMBER;
      case '-':
      case '~':
        return this.typeOf(node.argument)?.kind === 'BIGINT'
          ? BIGINT
          : this.isNumeric(node.argument)
            ? NUMBER
            : undefined;
      default:
        return undefined;
    }
  }

  /** One side that is known decides: bigint and number do not mix, and text makes text of a sum. */
  private arithmeticType({ operator, left, right }: AnyNode): Known {
    const sides = [this.typeOf(left), this.typeOf(right)];
    if (operator === '+') {
      if (sides.some((side) => side !== undefined && isText(side))) return TEXT;
      if (sides.every((side) => side?.kind === 'BIGINT')) return BIGINT;
      return this.isNumeric(left) && this.isNumeric(right) ? NUMBER : undefined;
    }
    if (sides.some((side) => side?.kind === 'BIGINT')) return BIGINT;
    return this.isNumeric(left) || this.isNumeric(right) ? NUMBER : undefined;
  }

  private isNumeric(node: AnyNode): boolean {
    const type = this.typeOf(node);
    return type !== undefined && (isNumber(type) || isTimestamp(type));
  }

  private callType(node: AnyNode): Known {
    const { callee } = node;
    if (callee.type === 'Identifier') return this.names.has(callee.name) ? undefined : GLOBAL_CALLS[callee.name];
    if (callee.type !== 'MemberExpression' || callee.computed) return undefined;
    const method = callee.property.name as string;
    if (callee.object.type === 'Identifier') {
      const global = GLOBAL_CALLS[`${callee.object.name}.${method}`];
      if (global !== undefined) return global;
      if (callee.object.name === 'Math') return NUMBER;
    }
    const object = this.typeOf(callee.object);
    if (method === 'slice' || method === 'concat') return object === undefined ? undefined : notNull(object);
    if (method === 'split' && object !== undefined && isText(object)) return notNull(types.array(TEXT));
    if (object !== undefined && callee.optional && object.nullable) return undefined;
    return METHODS[method];
  }

  private rowType(node: AnyNode): Known {
    const fields: { name: string; type: LogicalType }[] = [];
    for (const property of node.properties) {
      const type = property.type === 'Property' && !property.computed ? this.typeOf(property.value) : undefined;
      if (type === undefined) return undefined;
      fields.push({ name: nameOfKey(property.key), type });
    }
    return notNull(types.row(fields));
  }

  private addColumns(pattern: AnyNode): void {
    for (const property of pattern.properties) {
      if (property.type !== 'Property' || property.computed) continue;
      const { value } = property;
      const type = this.columnType(nameOfKey(property.key));
      if (value.type === 'Identifier') this.add(value.name, { type });
      else if (value.type === 'AssignmentPattern' && value.left.type === 'Identifier')
        this.add(value.left.name, { type });
    }
  }

  private addConstants(node: AnyNode): void {
    if (node.type === 'VariableDeclarator' && node.init !== null) {
      if (node.id.type === 'Identifier') this.add(node.id.name, { init: node.init });
      else if (node.id.type === 'ObjectPattern' && node.init.type === 'Identifier' && node.init.name === this.row)
        this.addColumns(node.id);
    } else if (node.type === 'AssignmentExpression' && node.left.type === 'Identifier') {
      this.names.set(node.left.name, undefined);
    }
    for (const child of childrenOf(node)) if (!isFunction(child)) this.addConstants(child);
  }

  private add(name: string, known: { readonly init?: AnyNode; readonly type?: Known }): void {
    this.names.set(name, this.names.has(name) ? undefined : known);
  }
}

function literalType(node: AnyNode): Known {
  if (typeof node.bigint === 'string') return BIGINT;
  if (node.value === null) return node.raw === 'null' ? types.null() : undefined;
  const byType: Readonly<Record<string, LogicalType>> = { number: NUMBER, string: TEXT, boolean: BOOLEAN };
  return byType[typeof node.value];
}
