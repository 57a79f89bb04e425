// arrow-function: compiles what an arrow function over a row computes to native expressions.
//
//   (b) => b.price > 100n && b.channel !== null   ->   and(greater_than(price, 100), is_not_null(channel))
//
// Only what means exactly the same in JavaScript and in the engine is compiled:
// - number arithmetic is done in DOUBLE, as JavaScript does; bigint arithmetic in 64 bits, checked: a batch that needs more runs in V8;
// - a time plus or minus whole milliseconds is a time again: `f.hour + f.minute * 60_000`;
// - NULL is compared as JavaScript does: less than and greater than take it for 0, === is true only for two NULLs;
// - whatever else a function does (calls, closures, loops) is not compiled, and NotCompiled says what and why.

import {
  isApproximate,
  isCharacter,
  isExactInteger,
  isTimestamp,
  type LogicalType,
  nullable,
  type Schema,
  sameType,
  types,
  withNullable,
} from '../schema/types.js';
import { NotCompiled, type RowParameter } from './arrow-function-body.js';
import { call, column, type Expression, isCall, isLiteral, literal, someExpression } from './expression.js';
import type { AnyNode, FunctionSource } from './function-source.js';
import { asBigint, asDouble, asString, fitsBigint, isPlainText, isWhole } from './operands.js';

const BOOLEAN = withNullable(types.boolean(), false);
const DOUBLE = withNullable(types.double(), false);
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
/** Names of the calls that can fail where JavaScript does not: what holds one is a `compiled_function`. */
const CHECKED: ReadonlySet<string> = new Set(Object.values(ARITHMETIC).map((name) => `checked_${name}`));

/** Whether a batch of this expression may have to run in V8 after all. */
export const canFail = (e: Expression): boolean => someExpression(e, (part) => isCall(part) && CHECKED.has(part.call));

/** Compiles nodes of one function, whose row has this schema. */
export class ExpressionCompiler {
  /** NULL stands for undefined in them: `b.place?.city`. */
  private readonly undefinable = new WeakSet<Expression>();

  constructor(
    private readonly source: FunctionSource,
    private readonly schema: Schema,
    private readonly parameter: RowParameter,
  ) {}

  compile(node: AnyNode): Expression {
    const e = this.loose(node);
    if (this.undefinable.has(e)) this.refuse(node, 'it may be undefined');
    return e;
  }

  /** As compile, but NULL may stand for undefined too. */
  private loose(node: AnyNode): Expression {
    switch (node.type) {
      case 'ParenthesizedExpression':
      case 'ChainExpression':
        return this.loose(node.expression);
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
    if (typeof node.bigint === 'string') {
      const value = BigInt(node.bigint);
      if (!fitsBigint(value)) this.refuse(node, 'it needs more than 64 bits');
      return literal(String(value), types.bigint());
    }
    if (node.value === null && node.raw === 'null') return literal(null, types.null());
    if (typeof node.value === 'number' && Number.isFinite(node.value)) return literal(node.value, types.double());
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
    if (isExactInteger(e.type)) return call('cast', [e], withNullable(types.string(), false));
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
    const object = this.loose(node.object);
    if (object.type.kind !== 'ROW')
      return this.refuse(node, `.${node.property.name} of ${object.type.kind} has no native form`);
    const index = object.type.fields.findIndex((field) => field.name === node.property.name);
    const field = object.type.fields[index];
    if (field === undefined) return this.refuse(node, `there is no field '${node.property.name}'`);
    if (!object.type.nullable) return call('field', [object], field.type, { index });
    if (!node.optional && !this.undefinable.has(object)) this.refuse(node, 'it may be null, which JavaScript refuses');
    const found = call('field', [object], nullable(field.type), { index });
    this.undefinable.add(found);
    return found;
  }

  private unary(node: AnyNode): Expression {
    if (node.operator === '!') return call('not', [this.condition(node.argument)], BOOLEAN);
    if (node.operator !== '-') return this.refuse(node, `${node.operator} has no native form`);
    const e = this.compile(node.argument);
    if (isLiteral(e) && typeof e.literal === 'number') return literal(-e.literal, e.type);
    if (e.type.kind === 'BIGINT') return this.checked(node, 'minus', literal('0', types.bigint()), e);
    return call('negate', [this.number(node.argument, e)], DOUBLE);
  }

  private binary(node: AnyNode): Expression {
    const { operator } = node;
    if (operator === '===' || operator === '!==' || operator === '==' || operator === '!=') return this.equality(node);
    const left = this.compile(node.left);
    const right = this.compile(node.right);
    const comparison = COMPARISONS[operator];
    if (comparison !== undefined) {
      const [a, b] = this.comparable(node, left, right);
      return call(comparison, [this.nullAsZero(node, a), this.nullAsZero(node, b)], BOOLEAN);
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
    if (left.type.kind === 'BIGINT' && right.type.kind === 'BIGINT') return this.checked(node, name, left, right);
    if (left.type.kind === 'BIGINT' || right.type.kind === 'BIGINT')
      return this.refuse(node, 'bigint and number do not mix');
    return call(name, [this.number(node.left, left), this.number(node.right, right)], DOUBLE);
  }

  /** Arithmetic of bigints in 64 bits that notices when they do not suffice. */
  private checked(node: AnyNode, name: string, left: Expression, right: Expression): Expression {
    if (left.type.nullable || right.type.nullable) this.refuse(node, 'it may be null, which bigint arithmetic refuses');
    // The engine would fold it, and fail, before there is a batch.
    if (isLiteral(left) && isLiteral(right)) this.refuse(node, 'it is a constant');
    return call(`checked_${name}`, [left, right], withNullable(types.bigint(), false));
  }

  /** A number as DOUBLE. */
  private number(node: AnyNode, e: Expression): Expression {
    if (e.type.nullable) return this.refuse(node, 'it may be null, which JavaScript counts as 0');
    if (e.type.kind !== 'BIGINT' && (isExactInteger(e.type) || isApproximate(e.type))) return asDouble(e);
    return this.refuse(node, `arithmetic with ${e.type.kind} has no native form`);
  }

  private equality(node: AnyNode): Expression {
    const negated = node.operator.startsWith('!');
    const strict = node.operator.length === 3;
    const left = this.loose(node.left);
    const right = this.loose(node.right);
    // undefined is not null, but it is no other value either.
    const undefinable = this.undefinable.has(left) ? right : this.undefinable.has(right) ? left : undefined;
    if (strict && undefinable?.type.nullable) this.refuse(node, 'it may be undefined');
    if (left.type.kind === 'NULL' || right.type.kind === 'NULL') {
      const tested = left.type.kind === 'NULL' ? right : left;
      return call(negated ? 'is_not_null' : 'is_null', [tested], BOOLEAN);
    }
    if (!strict) this.refuse(node, `use ${node.operator}=`);
    const [a, b] = this.comparable(node, left, right);
    if (a.type.nullable || b.type.nullable) {
      if (isApproximate(a.type)) this.refuse(node, 'it may be null or NaN');
      return call(negated ? 'is_distinct_from' : 'is_not_distinct_from', [a, b], BOOLEAN);
    }
    return call(negated ? 'not_equals' : 'equals', [a, b], BOOLEAN);
  }

  /** Both sides in one type, if JavaScript and the engine compare that type alike. */
  private comparable(node: AnyNode, left: Expression, right: Expression): [Expression, Expression] {
    const ordered = COMPARISONS[node.operator] !== undefined;
    const number = (e: Expression) => (isExactInteger(e.type) && e.type.kind !== 'BIGINT') || isApproximate(e.type);
    if (left.type.kind === 'BIGINT' && right.type.kind === 'BIGINT') return [left, right];
    if (ordered && left.type.kind === 'BIGINT' && isWhole(right)) return [left, asBigint(right)];
    if (ordered && right.type.kind === 'BIGINT' && isWhole(left)) return [asBigint(left), right];
    if (number(left) && number(right)) return [asDouble(left), asDouble(right)];
    if (isTimestamp(left.type) && isTimestamp(right.type) && left.type.kind === right.type.kind) {
      if (Math.max(left.type.precision, right.type.precision) > 6) this.refuse(node, 'a number has no nanoseconds');
      return [left, right];
    }
    if (isTimestamp(left.type) && isLiteral(right) && typeof right.literal === 'number')
      return [left, this.instant(node, right.literal, left.type)];
    if (isTimestamp(right.type) && isLiteral(left) && typeof left.literal === 'number')
      return [this.instant(node, left.literal, right.type), right];
    if (left.type.kind === 'BOOLEAN' && right.type.kind === 'BOOLEAN') return [left, right];
    if (isCharacter(left.type) && isCharacter(right.type)) {
      // UTF-16 and UTF-8 agree on what is equal, and on what comes first unless surrogates are compared with what lies above them.
      if (ordered && !isPlainText(left) && !isPlainText(right))
        this.refuse(node, 'JavaScript orders strings by UTF-16 units');
      return [left, right];
    }
    return this.refuse(node, `${left.type.kind} and ${right.type.kind} are not compared natively`);
  }

  /** What < and > make of a value that may be NULL. */
  private nullAsZero(node: AnyNode, e: Expression): Expression {
    if (!e.type.nullable) return e;
    if (isCharacter(e.type)) this.refuse(node, 'it may be null, which JavaScript compares as a number');
    const zero = e.type.kind === 'BOOLEAN' ? false : e.type.kind === 'DOUBLE' ? 0 : '0';
    return call('coalesce', [e, literal(zero, e.type)], withNullable(e.type, false));
  }

  private instant(node: AnyNode, ms: number, type: LogicalType): Expression {
    const precision = isTimestamp(type) ? type.precision : 3;
    if (!Number.isSafeInteger(ms) || precision > 3) this.refuse(node, 'this time is no whole number of milliseconds');
    return literal(String(ms), type);
  }

  private logical(node: AnyNode): Expression {
    if (node.operator === '??') {
      const left = this.loose(node.left);
      const right = this.compile(node.right);
      if (!left.type.nullable) return left;
      if (left.type.kind === 'NULL') return right;
      const [a, b] = this.unified(node, left, right);
      return call('coalesce', [a, b], withNullable(a.type, b.type.nullable));
    }
    for (const side of [node.left, node.right]) {
      if (this.compile(side).type.nullable) this.refuse(side, 'it may be null, and so may the result');
    }
    return this.condition(node);
  }

  /** A condition that is TRUE or FALSE; truthiness of other values is not compiled. */
  private condition(node: AnyNode): Expression {
    if (node.type === 'ParenthesizedExpression') return this.condition(node.expression);
    if (node.type === 'LogicalExpression' && node.operator !== '??') {
      const sides = [this.condition(node.left), this.condition(node.right)];
      return call(node.operator === '&&' ? 'and' : 'or', sides, BOOLEAN);
    }
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
    const [a, b] = this.unified(node, yes, no);
    return call('if', [test, a, b], withNullable(a.type, a.type.nullable || b.type.nullable));
  }

  /** Two values of which one is taken, in one type that writes both alike. */
  private unified(node: AnyNode, left: Expression, right: Expression): [Expression, Expression] {
    if (sameType(left.type, right.type, { ignoreNullability: true })) return [left, right];
    if (isCharacter(left.type) && isCharacter(right.type)) return [asString(left), asString(right)];
    return this.comparable(node, left, right);
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
    const name = { abs: 'abs', floor: 'floor', ceil: 'ceil', sqrt: 'sqrt' }[method];
    if (name === undefined || args.length !== 1) return this.refuse(node, `Math.${method}() has no exact native form`);
    return call(name, [this.number(node.arguments[0], args[0]!)], DOUBLE);
  }

  private refuse(node: AnyNode, reason: string): never {
    throw new NotCompiled(`in \`${this.source.slice(node)}\`, ${reason}`);
  }
}
