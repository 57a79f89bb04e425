// arrow-function: compiles a TypeScript arrow function over a row to a native expression.
//
//   (b) => b.price > 100n && b.channel !== null   ->   and(greater_than(price, 100), is_not_null(channel))
//
// Only what means exactly the same in JavaScript and in the engine is compiled:
// - number arithmetic is done in DOUBLE, as JavaScript does; bigint arithmetic in DECIMAL, which does not wrap;
// - a time plus or minus whole milliseconds is a time again: `f.hour + f.minute * 60_000`;
// - a comparison with NULL is false, so that `!` and `||` have two values to work with;
// - whatever else a function does (calls, closures, loops) is not compiled, and the error says what and why.

import { SabotError } from '../errors.js';
import {
  isApproximate,
  isCharacter,
  isExactInteger,
  isTimestamp,
  type LogicalType,
  nullable,
  type Schema,
  types,
  withNullable,
} from '../schema/types.js';
import { type AnyNode, bodyOf, type FunctionBody, NotCompiled } from './arrow-function-body.js';
import { call, column, type Expression, isLiteral, literal } from './expression.js';

/** Named results of a function: one for a value, several for an object. */
export interface CompiledFunction {
  /** Undefined for a single value. */
  readonly fields: readonly { readonly name: string; readonly expression: Expression }[] | undefined;
  /** The single value. */
  readonly value: Expression | undefined;
  /** `auction` for `(b) => b.auction`. */
  readonly name: string | undefined;
}

/** Compiles `fn`, whose argument is a row of `schema`. Throws if a part of it has no exact native form. */
export function compileFunction(fn: (row: never) => unknown, schema: Schema): CompiledFunction {
  const source = fn.toString();
  try {
    const body = bodyOf(source);
    const compiler = new Compiler(source, schema, body.parameter);
    if (body.node.type === 'ObjectExpression')
      return { fields: compiler.fields(body.node), value: undefined, name: undefined };
    const value = compiler.result(body.node);
    return { fields: undefined, value, name: compiler.nameOf(body.node) };
  } catch (error) {
    if (!(error instanceof NotCompiled) && !(error instanceof SyntaxError)) throw error;
    throw new SabotError(
      'SABOT_E_UNSUPPORTED',
      `The function \`${source}\` cannot run natively: ${error.message}. Functions that run in V8 are not supported yet.`,
      { kind: 'unsupported-function', identifier: source },
    );
  }
}

const BOOLEAN = withNullable(types.boolean(), false);
const INTERVAL = withNullable(types.dayTimeInterval(), false);
const COMPARISONS: Readonly<Record<string, string>> = {
  '<': 'less_than',
  '<=': 'less_than_or_equal',
  '>': 'greater_than',
  '>=': 'greater_than_or_equal',
};
const ARITHMETIC: Readonly<Record<string, string>> = {
  '+': 'plus',
  '-': 'minus',
  '*': 'times',
  '/': 'divide',
  '%': 'mod',
};

const DECIMAL_DIGITS_MAX = 38;
const BIGINT_DIGITS = 19;

class Compiler {
  constructor(
    private readonly source: string,
    private readonly schema: Schema,
    private readonly parameter: FunctionBody['parameter'],
  ) {}

  fields(node: AnyNode): { name: string; expression: Expression }[] {
    return node.properties.flatMap((property: AnyNode) => {
      if (property.type === 'SpreadElement') {
        if (property.argument.type !== 'Identifier' || property.argument.name !== this.parameter)
          this.refuse(property, 'only the row can be spread');
        return this.schema.map((field, i) => ({ name: field.name, expression: column(i, field.type) }));
      }
      if (property.computed || property.method || property.kind !== 'init')
        this.refuse(property, 'it is no plain member');
      const name = String(property.key.name ?? property.key.value);
      return [{ name, expression: this.result(property.value) }];
    });
  }

  /** A value as it leaves the function: exact integers become BIGINT again, and fail if they do not fit. */
  result(node: AnyNode): Expression {
    const e = this.compile(node);
    if (e.type.kind !== 'DECIMAL' || !isComputed(e)) return e;
    const text = call('cast', [e], withNullable(types.string(), e.type.nullable));
    return call('cast', [text], withNullable(types.bigint(), e.type.nullable));
  }

  nameOf(node: AnyNode): string | undefined {
    if (node.type === 'TSNonNullExpression') return this.nameOf(node.expression);
    if (node.type === 'MemberExpression' && !node.computed) return node.property.name;
    return node.type === 'Identifier' && typeof this.parameter !== 'string' ? this.parameter.get(node.name) : undefined;
  }

  compile(node: AnyNode): Expression {
    switch (node.type) {
      case 'ParenthesizedExpression':
        return this.compile(node.expression);
      case 'ChainExpression':
        return this.compile(node.expression);
      case 'Literal':
        return this.literal(node);
      case 'TemplateLiteral':
        return this.template(node);
      case 'Identifier':
        return this.identifier(node);
      case 'MemberExpression':
        return this.member(node);
      case 'UnaryExpression':
        return this.unary(node);
      case 'BinaryExpression':
        return this.binary(node);
      case 'LogicalExpression':
        return this.logical(node);
      case 'ConditionalExpression':
        return this.conditional(node);
      case 'CallExpression':
        return this.callOf(node);
      default:
        return this.refuse(node, `${node.type} has no native form`);
    }
  }

  private literal(node: AnyNode): Expression {
    if (typeof node.bigint === 'string') return literal(node.bigint, types.bigint());
    if (node.value === null) return literal(null, types.null());
    if (typeof node.value === 'number') return literal(node.value, types.double());
    if (typeof node.value === 'string') return literal(node.value, types.string());
    if (typeof node.value === 'boolean') return literal(node.value, types.boolean());
    return this.refuse(node, 'this literal has no native form');
  }

  private template(node: AnyNode): Expression {
    const parts: Expression[] = [];
    node.quasis.forEach((quasi: AnyNode, i: number) => {
      parts.push(literal(quasi.value.cooked as string, types.string()));
      if (i < node.expressions.length) parts.push(this.text(node.expressions[i]));
    });
    return parts.reduce((left, right) => call('concat_operator', [left, right], withNullable(types.string(), false)));
  }

  /** What `${x}` gives, where the engine writes it the same way. */
  private text(node: AnyNode): Expression {
    const e = this.compile(node);
    if (e.type.nullable) this.refuse(node, "it may be null, which JavaScript writes 'null'");
    if (isCharacter(e.type)) return e;
    if (isExactInteger(e.type) || (e.type.kind === 'DECIMAL' && isComputed(e)))
      return call('cast', [e], withNullable(types.string(), false));
    return this.refuse(node, `${e.type.kind} is written differently`);
  }

  private identifier(node: AnyNode): Expression {
    if (node.name === 'undefined') return this.refuse(node, 'there is no undefined in a row; use null');
    const named = typeof this.parameter === 'string' ? undefined : this.parameter.get(node.name);
    if (named !== undefined) return this.columnOf(node, named);
    return this.refuse(
      node,
      node.name === this.parameter
        ? 'the row as a whole has no native form'
        : `'${node.name}' comes from outside of the function`,
    );
  }

  private columnOf(node: AnyNode, name: string): Expression {
    const position = this.schema.findIndex((field) => field.name === name);
    if (position < 0) return this.refuse(node, `there is no column '${name}'`);
    return column(position, this.schema[position]!.type);
  }

  private member(node: AnyNode): Expression {
    if (node.computed) return this.refuse(node, 'a computed member has no native form');
    if (node.object.type === 'Identifier' && node.object.name === this.parameter)
      return this.columnOf(node, node.property.name);
    const object = this.compile(node.object);
    if (object.type.kind !== 'ROW')
      return this.refuse(node, `.${node.property.name} of ${object.type.kind} has no native form`);
    const index = object.type.fields.findIndex((field) => field.name === node.property.name);
    const field = object.type.fields[index];
    if (field === undefined) return this.refuse(node, `there is no field '${node.property.name}'`);
    return call('field', [object], object.type.nullable ? nullable(field.type) : field.type, { index });
  }

  private unary(node: AnyNode): Expression {
    const e = this.compile(node.argument);
    if (node.operator === '!') return call('not', [this.condition(node.argument)], BOOLEAN);
    if (node.operator === '-') {
      if (isLiteral(e) && typeof e.literal === 'number') return literal(-e.literal, e.type);
      if (isLiteral(e) && e.type.kind === 'BIGINT') return literal(`-${e.literal}`, e.type);
      const value = this.operand(node.argument, e);
      return call('negate', [value], value.type);
    }
    return this.refuse(node, `${node.operator} has no native form`);
  }

  private binary(node: AnyNode): Expression {
    const { operator } = node;
    if (operator === '===' || operator === '!==' || operator === '==' || operator === '!=') return this.equality(node);
    const left = this.compile(node.left);
    const right = this.compile(node.right);
    const comparison = COMPARISONS[operator];
    if (comparison !== undefined) {
      const [a, b] = this.comparable(node, left, right);
      const compared = call(comparison, [a, b], withNullable(types.boolean(), a.type.nullable || b.type.nullable));
      return compared.type.nullable ? call('is_true', [compared], BOOLEAN) : compared;
    }
    if (operator === '+' && isCharacter(left.type) && isCharacter(right.type)) {
      if (left.type.nullable || right.type.nullable)
        this.refuse(node, "it may be null, which JavaScript writes 'null'");
      return call('concat_operator', [left, right], withNullable(types.string(), false));
    }
    const name = ARITHMETIC[operator];
    if (name === undefined) return this.refuse(node, `${operator} has no native form`);
    return this.movedTime(node, name, left, right) ?? this.arithmetic(node, name, left, right);
  }

  /** A time moved by whole milliseconds; undefined if no side is a time. */
  private movedTime(node: AnyNode, name: string, left: Expression, right: Expression): Expression | undefined {
    const timeFirst = isTimestamp(left.type);
    if (!timeFirst && !(name === 'plus' && isTimestamp(right.type))) return undefined;
    const [time, by] = timeFirst ? [left, node.right] : [right, node.left];
    if (!isTimestamp(time.type) || (name !== 'plus' && name !== 'minus') || time.type.precision > 3)
      return this.refuse(node, 'only milliseconds are added to a TIMESTAMP(3) or subtracted from it');
    if (time.type.nullable) return this.refuse(node, 'it may be null, which JavaScript counts as 0');
    const type = { kind: time.type.kind, precision: 3, nullable: false } as const;
    const whole = time.type.precision === 3 ? time : call('cast', [time], type);
    return call(name, [whole, this.milliseconds(by)], type);
  }

  /** A whole number of milliseconds as an INTERVAL: `5000`, `b.minutes * 60_000`, and sums of such. */
  private milliseconds(node: AnyNode): Expression {
    if (node.type === 'ParenthesizedExpression') return this.milliseconds(node.expression);
    if (node.type === 'BinaryExpression' && node.operator === '+')
      return call('plus', [this.milliseconds(node.left), this.milliseconds(node.right)], INTERVAL);
    const product = node.type === 'BinaryExpression' && node.operator === '*';
    const factors = (product ? [node.left, node.right] : [node]).map((factor) => this.compile(factor));
    const constants = factors.filter((e) => isLiteral(e) && Number.isSafeInteger(e.literal));
    const counts = factors.filter((e) => !isLiteral(e) && isExactInteger(e.type) && e.type.kind !== 'BIGINT');
    const unit = constants.reduce((ms, e) => ms * Number(isLiteral(e) ? e.literal : 1), 1);
    if (constants.length + counts.length < factors.length || counts.length > 1 || !Number.isSafeInteger(unit))
      return this.refuse(node, 'only a whole number of milliseconds is added to a time');
    const [count] = counts;
    if (count?.type.nullable) return this.refuse(node, 'it may be null, which JavaScript counts as 0');
    const interval = literal(String(unit), INTERVAL);
    return count === undefined ? interval : call('times', [interval, count], INTERVAL);
  }

  private arithmetic(node: AnyNode, name: string, left: Expression, right: Expression): Expression {
    const [a, b] = [this.operand(node.left, left), this.operand(node.right, right)];
    if (isApproximate(a.type) && isApproximate(b.type)) return call(name, [a, b], withNullable(types.double(), false));
    if (a.type.kind !== 'DECIMAL' || b.type.kind !== 'DECIMAL')
      return this.refuse(node, 'bigint and number do not mix');
    if (name === 'divide' || name === 'mod')
      return this.refuse(node, 'bigint division is not compiled: it may fail in a way of its own');
    const digits =
      name === 'times' ? a.type.precision + b.type.precision : Math.max(a.type.precision, b.type.precision) + 1;
    if (digits > DECIMAL_DIGITS_MAX)
      return this.refuse(node, `its result may have ${digits} digits, more than ${DECIMAL_DIGITS_MAX}`);
    return call(name, [a, b], withNullable(types.decimal(digits, 0), false));
  }

  /** A number as DOUBLE, a bigint as DECIMAL. */
  private operand(node: AnyNode, e: Expression): Expression {
    if (e.type.nullable) return this.refuse(node, 'it may be null, which JavaScript counts as 0');
    if (e.type.kind === 'BIGINT') return call('cast', [e], withNullable(types.decimal(BIGINT_DIGITS, 0), false));
    if (e.type.kind === 'DECIMAL' && isComputed(e)) return e;
    if (isExactInteger(e.type) || isApproximate(e.type)) return asDouble(e);
    return this.refuse(node, `arithmetic with ${e.type.kind} has no native form`);
  }

  private equality(node: AnyNode): Expression {
    const negated = node.operator.startsWith('!');
    const left = this.compile(node.left);
    const right = this.compile(node.right);
    if (left.type.kind === 'NULL' || right.type.kind === 'NULL') {
      const tested = left.type.kind === 'NULL' ? right : left;
      return call(negated ? 'is_not_null' : 'is_null', [tested], BOOLEAN);
    }
    if (node.operator.length === 2 && (left.type.nullable || right.type.nullable))
      this.refuse(node, `use ${node.operator}=`);
    const [a, b] = this.comparable(node, left, right);
    if (a.type.nullable || b.type.nullable)
      return call(negated ? 'is_distinct_from' : 'is_not_distinct_from', [a, b], BOOLEAN);
    return call(negated ? 'not_equals' : 'equals', [a, b], BOOLEAN);
  }

  /** Both sides in one type, if JavaScript and the engine order that type alike. */
  private comparable(node: AnyNode, left: Expression, right: Expression): [Expression, Expression] {
    const exact = (e: Expression) => e.type.kind === 'BIGINT' || (e.type.kind === 'DECIMAL' && isComputed(e));
    const number = (e: Expression) => (isExactInteger(e.type) && e.type.kind !== 'BIGINT') || isApproximate(e.type);
    if (exact(left) && exact(right)) {
      if (left.type.kind === 'BIGINT' && right.type.kind === 'BIGINT') return [left, right];
      return [asDecimal(left), asDecimal(right)];
    }
    if (number(left) && number(right)) return [asDouble(left), asDouble(right)];
    if (isTimestamp(left.type) && isTimestamp(right.type) && left.type.kind === right.type.kind) return [left, right];
    if (isTimestamp(left.type) && isLiteral(right) && typeof right.literal === 'number')
      return [left, this.instant(node, right.literal, left.type)];
    if (isTimestamp(right.type) && isLiteral(left) && typeof left.literal === 'number')
      return [this.instant(node, left.literal, right.type), right];
    if (left.type.kind === 'BOOLEAN' && right.type.kind === 'BOOLEAN') return [left, right];
    if (isCharacter(left.type) && isCharacter(right.type)) {
      // UTF-16 and UTF-8 agree on what is equal, not on what comes first.
      if (COMPARISONS[node.operator] !== undefined) this.refuse(node, 'JavaScript orders strings by UTF-16 units');
      return [left, right];
    }
    return this.refuse(node, `${left.type.kind} and ${right.type.kind} are not compared natively`);
  }

  private instant(node: AnyNode, ms: number, type: LogicalType): Expression {
    const precision = isTimestamp(type) ? type.precision : 3;
    if (!Number.isSafeInteger(ms) || precision > 3) this.refuse(node, 'this time is no whole number of milliseconds');
    return literal(String(ms), type);
  }

  private logical(node: AnyNode): Expression {
    if (node.operator === '??') {
      const left = this.compile(node.left);
      const right = this.compile(node.right);
      if (!left.type.nullable) return left;
      const [a, b] = left.type.kind === right.type.kind ? [left, right] : this.comparable(node, left, right);
      return call('coalesce', [a, b], withNullable(a.type, b.type.nullable));
    }
    const parts = [this.condition(node.left), this.condition(node.right)];
    return call(node.operator === '&&' ? 'and' : 'or', parts, BOOLEAN);
  }

  /** A condition that is TRUE or FALSE; truthiness of other values is not compiled. */
  private condition(node: AnyNode): Expression {
    const e = this.compile(node);
    if (e.type.kind !== 'BOOLEAN') this.refuse(node, 'it is no boolean; compare it with something');
    return e.type.nullable ? call('is_true', [e], BOOLEAN) : e;
  }

  private conditional(node: AnyNode): Expression {
    const test = this.condition(node.test);
    const yes = this.compile(node.consequent);
    const no = this.compile(node.alternate);
    if (yes.type.kind === 'NULL') return call('if', [test, literal(null, no.type), no], nullable(no.type));
    if (no.type.kind === 'NULL') return call('if', [test, yes, literal(null, yes.type)], nullable(yes.type));
    const [a, b] = yes.type.kind === no.type.kind ? [yes, no] : this.comparable(node, yes, no);
    return call('if', [test, a, b], withNullable(a.type, a.type.nullable || b.type.nullable));
  }

  private callOf(node: AnyNode): Expression {
    const { callee } = node;
    if (callee.type !== 'MemberExpression' || callee.computed)
      return this.refuse(node, 'a call of this function has no native form');
    const args = node.arguments.map((argument: AnyNode) => this.compile(argument)) as Expression[];
    const method = callee.property.name as string;
    if (callee.object.type === 'Identifier' && callee.object.name === 'Math') return this.math(node, method, args);
    const object = this.compile(callee.object);
    if (
      !isCharacter(object.type) ||
      object.type.nullable ||
      args.length !== 1 ||
      !isCharacter(args[0]!.type) ||
      args[0]!.type.nullable
    ) {
      return this.refuse(node, `.${method}() has no exact native form here`);
    }
    if (method === 'startsWith' || method === 'endsWith')
      return call(method.toLowerCase(), [object, args[0]!], BOOLEAN);
    if (method !== 'includes') return this.refuse(node, `.${method}() has no exact native form`);
    const position = call('position', [args[0]!, object], withNullable(types.integer(), false));
    return call('greater_than', [position, literal(0, types.integer())], BOOLEAN);
  }

  private math(node: AnyNode, method: string, args: readonly Expression[]): Expression {
    const numbers = args.map((e, i) => this.operand(node.arguments[i], e));
    const name = { abs: 'abs', floor: 'floor', ceil: 'ceil', sqrt: 'sqrt' }[method];
    if (name === undefined || numbers.length !== 1 || !isApproximate(numbers[0]!.type))
      return this.refuse(node, `Math.${method}() has no exact native form`);
    return call(name, numbers, withNullable(types.double(), false));
  }

  private refuse(node: AnyNode, reason: string): never {
    throw new NotCompiled(`in \`${this.source.slice(node.start, node.end)}\`, ${reason}`);
  }
}

/** DECIMAL columns are strings in JavaScript; a DECIMAL that we computed is a bigint. */
const isComputed = (e: Expression): boolean => 'call' in e;

const asDouble = (e: Expression): Expression =>
  e.type.kind === 'DOUBLE' ? e : call('cast', [e], withNullable(types.double(), e.type.nullable));

const asDecimal = (e: Expression): Expression =>
  e.type.kind === 'DECIMAL' ? e : call('cast', [e], withNullable(types.decimal(BIGINT_DIGITS, 0), e.type.nullable));
