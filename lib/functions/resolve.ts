// A TypeScript function over rows, resolved against their schema: what it gives, natively where that is exact, else from V8.
//
//   (b) => ({ ...b, tag: classify(b.url) })   ->   the columns as they are, and `tag` from a user function that reads url
//
// No state; errors say what to write instead.

import { nearest } from '../connectors/options.js';
import { SabotError } from '../errors.js';
import { canFail, ExpressionCompiler } from '../expressions/arrow-function.js';
import { bodyOf, NotCompiled } from '../expressions/arrow-function-body.js';
import { column, type Expression } from '../expressions/expression.js';
import { type Returned, type ReturnedField, returnedBy, VALUE } from '../expressions/function-returns.js';
import { changesSomething, type FunctionSource, rowUse, sourceOf } from '../expressions/function-source.js';
import type { OnError } from '../plan/dead-letters.js';
import type { UserFunction } from '../plan/user-function.js';
import { type LogicalType, materialized, printType, type Schema, sameType } from '../schema/types.js';
import { functionText } from './function-error.js';

/** One column that a function gives: an expression over the row, or the result of the user function at this place. */
export interface GivenColumn {
  readonly name: string;
  readonly type: LogicalType;
  readonly from: Expression | number;
}

export interface ResolvedFunction {
  readonly gives: 'value' | 'object';
  readonly columns: readonly GivenColumn[];
  /** What has to run: in V8, or compiled with V8 behind it. Undefined: everything is native. */
  readonly user: UserFunction | undefined;
  readonly use: string;
  readonly text: string;
}

export interface FunctionRequest {
  /** Where the function stands, for people. */
  readonly use: string;
  /** One value, an object, or either. */
  readonly gives: 'value' | 'object' | 'any';
  /** The type that it is said to give. */
  readonly returns?: LogicalType | undefined;
  /** How to say it, where the text does not tell. */
  readonly example: string;
  /** Its rows come one by one from what it gives. */
  readonly flattens?: boolean;
  readonly concurrency?: number | undefined;
  readonly onError?: OnError | undefined;
}

/** Promises that an async function may have open at a time, per subtask. */
export const CONCURRENCY_DEFAULT = 100;

/** The column that a function gives as it is: `(row) => row.time`. */
export function columnGivenBy(run: (row: never) => unknown, schema: Schema): number | undefined {
  const name = returnedBy(sourceOf(run), schema)?.fields[0]?.name;
  const place = schema.findIndex((field) => field.name === name);
  return place < 0 ? undefined : place;
}

/** Resolves `run`, whose rows have the columns of `schema`. */
export function resolveFunction(
  run: (row: never) => unknown,
  schema: Schema,
  request: FunctionRequest,
): ResolvedFunction {
  return new Resolution(run, schema, request).resolve();
}

type Native = { readonly expression: Expression } | { readonly expression?: undefined; readonly reason: string };

class Resolution {
  private readonly source: FunctionSource;
  private readonly reads: readonly number[];
  private readonly keepsRow: boolean;
  private readonly compile: (field: ReturnedField) => Expression;

  constructor(
    private readonly run: (row: never) => unknown,
    private readonly schema: Schema,
    private readonly request: FunctionRequest,
  ) {
    this.source = sourceOf(run);
    const { names, keeps } = rowUse(this.source);
    // `row.toString()`: a member that every object has.
    const whole = names === undefined || names.some((name) => name in Object.prototype && this.place(name) < 0);
    this.reads = whole ? [...schema.keys()] : [...new Set(names.map((name) => this.requirePlace(name)))];
    this.keepsRow = whole || keeps;
    this.compile = this.compiler();
  }

  resolve(): ResolvedFunction {
    const { use } = this.request;
    const { gives, fields } = this.returned();
    const natives = fields.map((field) => this.native(field));
    const results: { name: string; type: LogicalType; native: Expression | undefined }[] = [];
    const columns = fields.map((field, i): GivenColumn => {
      const { expression } = natives[i]!;
      const { name } = field;
      if (expression !== undefined && !canFail(expression)) return { name, type: expression.type, from: expression };
      const type = expression?.type ?? field.type ?? this.refuseUnknown(gives, name);
      return { name, type, from: results.push({ name, type, native: expression }) - 1 };
    });
    const { text } = this.source;
    if (results.length === 0) return { gives, columns, user: undefined, use, text };
    const foreign = natives.find((native) => native.expression === undefined);
    const user: UserFunction = {
      use,
      run: this.run,
      text,
      reads: this.reads,
      keepsRow: this.keepsRow,
      gives,
      results: results.map(({ name, type }) => ({ name, type: materialized(type) })),
      native: foreign === undefined ? results.map(({ native }) => native!) : undefined,
      reason: foreign?.expression === undefined ? (foreign?.reason ?? '') : '',
      concurrency: this.request.concurrency ?? CONCURRENCY_DEFAULT,
      onError: this.request.onError,
    };
    return { gives, columns, user, use, text };
  }

  /** What the function gives: what it is said to, else what its text tells. */
  private returned(): Returned {
    const { gives, returns, flattens, use } = this.request;
    const shown = flattens === true ? undefined : returnedBy(this.source, this.schema);
    if (returns === undefined) {
      if (shown === undefined) throw this.error(`What ${use} gives cannot be told from its text`);
      if (gives !== 'any' && gives !== shown.gives)
        throw this.error(gives === 'value' ? `${use} gives an object instead of one value` : `${use} gives no object`);
      return shown;
    }
    const single = gives === 'value' || (gives === 'any' && returns.kind !== 'ROW');
    if (single) {
      const value = shown?.gives === 'value' ? shown.fields[0] : undefined;
      this.requireKind(use, value, returns);
      return { gives: 'value', fields: [{ name: value?.name ?? VALUE, node: value?.node, type: returns }] };
    }
    if (returns.kind !== 'ROW') throw this.error(`${use} gives rows, not ${printType(returns)}`);
    const fields = returns.fields.map(({ name, type }): ReturnedField => {
      const same = shown?.gives === 'object' ? shown.fields.find((field) => field.name === name) : undefined;
      this.requireKind(`'${name}'`, same, type);
      return { node: undefined, ...same, name, type };
    });
    return { gives: 'object', fields };
  }

  /** Refuses what can never be a value of `wanted`: a number for a BIGINT. */
  private requireKind(what: string, shown: ReturnedField | undefined, wanted: LogicalType): void {
    if (shown?.type === undefined || shown.type.kind === 'NULL') return;
    const [given, needed] = [typeScriptType(shown.type), typeScriptType(wanted)];
    if (given !== needed) throw this.error(`${what} gives a ${given} instead of a ${needed}`);
  }

  /** The field's exact native form, of the type that it is said to have. */
  private native(field: ReturnedField): Native {
    try {
      const expression = this.compile(field);
      const wanted = this.request.returns === undefined ? undefined : field.type;
      if (wanted === undefined || fits(expression.type, wanted)) return { expression };
      return { reason: `it is said to give ${printType(wanted)}, and compiled it gives ${printType(expression.type)}` };
    } catch (error) {
      if (!(error instanceof NotCompiled)) throw error;
      return { reason: error.message };
    }
  }

  private compiler(): (field: ReturnedField) => Expression {
    try {
      const body = bodyOf(this.source);
      if (changesSomething(this.source)) throw new NotCompiled('it changes something');
      const compiler = new ExpressionCompiler(this.source, this.schema, body.parameter);
      return ({ node, column: spread }) => {
        if (spread !== undefined) return column(spread, this.schema[spread]!.type);
        if (node === undefined) throw new NotCompiled('its text does not show what it gives');
        return compiler.compile(node);
      };
    } catch (error) {
      if (!(error instanceof NotCompiled)) throw error;
      return () => {
        throw error;
      };
    }
  }

  private place(name: string): number {
    return this.schema.findIndex((field) => field.name === name);
  }

  private requirePlace(name: string): number {
    const place = this.place(name);
    if (place >= 0) return place;
    const near = nearest(
      name,
      this.schema.map((field) => field.name),
    );
    throw new SabotError(
      'SABOT_E_VALIDATION',
      `In ${functionText({ use: this.request.use, text: this.source.text })}, there is no column '${name}'.` +
        (near === undefined ? '' : ` Did you mean '${near}'?`),
      { kind: 'unknown-column', identifier: name },
    );
  }

  private refuseUnknown(gives: 'value' | 'object', name: string): never {
    throw this.error(`The type of ${gives === 'object' ? `'${name}'` : 'its value'} cannot be told from its text`);
  }

  private error(what: string): SabotError {
    const { use, example } = this.request;
    return new SabotError(
      'SABOT_E_VALIDATION',
      `${what}. Say it: ${example}. (${functionText({ use, text: this.source.text })})`,
      { kind: 'unknown-type', identifier: this.source.text },
    );
  }
}

/** What a value is in TypeScript. */
function typeScriptType({ kind }: LogicalType): string {
  switch (kind) {
    case 'BOOLEAN':
      return 'boolean';
    case 'BIGINT':
      return 'bigint';
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'FLOAT':
    case 'DOUBLE':
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return 'number';
    case 'ARRAY':
      return 'array';
    case 'MAP':
    case 'ROW':
      return 'object';
    default:
      return 'string';
  }
}

const fits = (type: LogicalType, wanted: LogicalType): boolean =>
  sameType(type, wanted, { ignoreNullability: true }) && (!type.nullable || wanted.nullable);
