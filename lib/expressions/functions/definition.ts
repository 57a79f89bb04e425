// What the catalogue knows of a function: names, argument families, result type and the casts that its arguments need.
//
//   scalar('UPPER', 'character', sameAs(0))
//   scalar('SUBSTRING', 'character, integer, integer?', varying(0))
//
// A signature is a list of families; `?` marks optional arguments at the end, `...` repeats the last one (once or more).
// A result is computed from the arguments' types; "strict" results are NULL if any argument may be.

import {
  type ArrayType,
  hasJsonForm,
  isBinary,
  isCharacter,
  isCollection,
  isConstructed,
  isDatetime,
  isExactInteger,
  isExactNumeric,
  isInterval,
  isNumeric,
  isTimestamp,
  type LogicalType,
  type MapType,
  materialized,
  nullable,
  type StringType,
  sameType,
  types,
  withNullable,
} from '../../schema/types.js';
import type { LiteralValue, OptionValue } from '../expression.js';

/** An argument as far as typing needs it; `literal` is there for constants. */
export interface Argument {
  readonly type: LogicalType;
  readonly literal?: LiteralValue;
}

/** A family accepts types; `target` is what an accepted argument is cast to, if to anything. */
interface Family {
  readonly accepts: (type: LogicalType) => boolean;
  readonly target?: (type: LogicalType) => LogicalType;
  /** As Flink's messages call it. */
  readonly label: string;
}

const toKind = (type: LogicalType) => (from: LogicalType) => withNullable(type, from.nullable);
const elementIs = (test: (type: LogicalType) => boolean) => (type: LogicalType) =>
  type.kind === 'ARRAY' && test(type.element);

/** Argument families by the word that signatures use. */
const FAMILIES: Readonly<Record<string, Family>> = {
  any: { accepts: () => true, label: 'ANY' },
  boolean: { accepts: (t) => t.kind === 'BOOLEAN', label: 'BOOLEAN' },
  numeric: { accepts: isNumeric, label: 'NUMERIC' },
  double: { accepts: isNumeric, target: toKind(types.double()), label: 'NUMERIC' },
  exact: { accepts: isExactNumeric, label: 'EXACT_NUMERIC' },
  integer: { accepts: isExactInteger, target: toKind(types.integer()), label: 'INTEGER' },
  long: { accepts: isExactInteger, target: toKind(types.bigint()), label: 'INTEGER' },
  int: {
    accepts: (t) => isExactInteger(t) && t.kind !== 'BIGINT',
    target: toKind(types.integer()),
    label: 'INTEGER',
  },
  numberToInt: { accepts: isNumeric, target: toKind(types.integer()), label: 'NUMERIC' },
  character: { accepts: isCharacter, label: 'CHARACTER' },
  binary: { accepts: isBinary, label: 'BINARY' },
  string: { accepts: (t) => isCharacter(t) || isBinary(t), label: 'STRING' },
  text: {
    accepts: (t) => isCharacter(t) || isNumeric(t),
    target: (t) => (isCharacter(t) ? t : withNullable(types.string(), t.nullable)),
    label: 'STRING',
  },
  date: { accepts: (t) => t.kind === 'DATE', label: 'DATE' },
  time: { accepts: (t) => t.kind === 'TIME', label: 'TIME' },
  timestamp: { accepts: isTimestamp, label: 'TIMESTAMP' },
  datetime: { accepts: isDatetime, label: 'DATETIME' },
  interval: { accepts: isInterval, label: 'DATETIME_INTERVAL' },
  rowtime: { accepts: (t) => isTimestamp(t) && t.rowtime === true, label: 'TIMESTAMP *ROWTIME*' },
  array: { accepts: (t) => t.kind === 'ARRAY', label: 'ARRAY' },
  comparableArray: { accepts: elementIs(isComparable), label: 'ARRAY<COMPARABLE>' },
  stringArray: { accepts: elementIs(isCharacter), label: 'ARRAY<STRING>' },
  map: { accepts: (t) => t.kind === 'MAP', label: 'MAP' },
  arrayOrMultiset: { accepts: (t) => t.kind === 'ARRAY' || t.kind === 'MULTISET', label: 'MULTISET' },
  collection: { accepts: isCollection, label: 'COLLECTION' },
  hashable: { accepts: (t) => !isBinary(t) && !isConstructed(t), label: 'ANY' },
  json: { accepts: hasJsonForm, label: 'ANY' },
  variant: { accepts: (t) => t.kind === 'VARIANT', label: 'VARIANT' },
};

/** Whether values of the type have an order that ARRAY_SORT and ARRAY_MAX use. */
export function isComparable(type: LogicalType): boolean {
  return !isConstructed(type) && type.kind !== 'VARIANT';
}

export interface Signature {
  readonly families: readonly string[];
  readonly required: number;
  readonly variadic: boolean;
}

/** Reads `'character, integer?'`. */
export function parseSignature(text: string): Signature {
  const words = text === '' ? [] : text.split(',').map((word) => word.trim());
  const families = words.map((word) => word.replace(/[?.]+$/, ''));
  for (const family of families) if (!(family in FAMILIES)) throw new Error(`no argument family ${family}`);
  return {
    families,
    required: words.filter((word) => !word.endsWith('?')).length,
    variadic: words.at(-1)?.endsWith('...') ?? false,
  };
}

function familyAt(signature: Signature, position: number): Family {
  const last = signature.families.length - 1;
  return FAMILIES[signature.families[Math.min(position, last)]!]!;
}

const COLLECTIONS = ['array', 'comparableArray', 'stringArray', 'map', 'arrayOrMultiset', 'collection'];

/** Whether an argument can only be a collection: then a NULL there needs a type. */
export function takesCollection({ families }: Signature, position: number): boolean {
  return COLLECTIONS.includes(families[Math.min(position, families.length - 1)] ?? '');
}

export function acceptsCount(signature: Signature, count: number): boolean {
  return count >= signature.required && (signature.variadic || count <= signature.families.length);
}

function acceptsTypes(signature: Signature, args: readonly Argument[]): boolean {
  return args.every(({ type }, i) => type.kind === 'NULL' || familyAt(signature, i).accepts(type));
}

/** `'SUBSTRING(<CHARACTER>, <INTEGER>)'`, as messages list what is supported. */
export function printSignature(name: string, signature: Signature): string {
  const parts = signature.families.map((family) => `<${FAMILIES[family]!.label}>`);
  return `'${name}(${parts.join(', ')}${signature.variadic ? '...' : ''})'`;
}

export type Result = (args: readonly Argument[], context: ResultContext) => LogicalType | undefined;

/** What an aggregate's result depends on besides its arguments. */
export interface ResultContext {
  /** There is no GROUP BY, or a FILTER: a group may be empty. */
  readonly emptyGroups: boolean;
}

export interface Resolution {
  readonly type: LogicalType;
  /** Per argument: what it must be cast to, or undefined to leave it alone. */
  readonly targets: readonly (LogicalType | undefined)[];
}

export interface FunctionDefinition {
  /** SQL name in upper case. */
  readonly name: string;
  /** Name in the plan. */
  readonly call: string;
  readonly kind: 'scalar' | 'aggregate' | 'ranking';
  readonly signatures: readonly Signature[];
  readonly result: Result;
  readonly deterministic: boolean;
  /** True if Flink's newer stack defines it: an untyped NULL is welcome, a wrong number of arguments finds no function. */
  readonly modern: boolean;
  /** Casts of all arguments, replacing those of the families. */
  readonly coerce?: (args: readonly Argument[]) => readonly (LogicalType | undefined)[] | undefined;
  readonly options?: Readonly<Record<string, OptionValue>>;
  /** Arguments that must be literals. */
  readonly literals?: readonly number[];
}

export interface DefinitionExtras {
  readonly call?: string;
  readonly deterministic?: boolean;
  readonly modern?: boolean;
  readonly coerce?: NonNullable<FunctionDefinition['coerce']>;
  readonly options?: NonNullable<FunctionDefinition['options']>;
  readonly literals?: readonly number[];
}

function define(
  kind: FunctionDefinition['kind'],
  name: string,
  signatures: string | readonly string[],
  result: Result,
  extras: DefinitionExtras,
): FunctionDefinition {
  const { call = name.toLowerCase(), deterministic = true, modern = false, ...rest } = extras;
  const list = typeof signatures === 'string' ? [signatures] : signatures;
  return { name, call, kind, signatures: list.map(parseSignature), result, deterministic, modern, ...rest };
}

export function scalar(
  name: string,
  signatures: string | readonly string[],
  result: Result,
  extras: DefinitionExtras = {},
): FunctionDefinition {
  return define('scalar', name, signatures, result, extras);
}

/** A function of Flink's newer stack. */
export function modern(
  name: string,
  signatures: string | readonly string[],
  result: Result,
  extras: DefinitionExtras = {},
): FunctionDefinition {
  return define('scalar', name, signatures, result, { ...extras, modern: true });
}

export function aggregate(
  name: string,
  signatures: string | readonly string[],
  result: Result,
  extras: DefinitionExtras = {},
): FunctionDefinition {
  return define('aggregate', name, signatures, result, extras);
}

export function ranking(
  name: string,
  signatures: string | readonly string[],
  result: Result,
  extras: DefinitionExtras = {},
): FunctionDefinition {
  return define('ranking', name, signatures, result, extras);
}

export type ResolutionFailure = 'count' | 'types';

/** Finds the signature that fits and what follows from it; a word says why none does. */
export function resolveFunction(
  definition: FunctionDefinition,
  args: readonly Argument[],
  context: ResultContext = { emptyGroups: false },
): Resolution | ResolutionFailure {
  const byCount = definition.signatures.filter((s) => acceptsCount(s, args.length));
  if (byCount.length === 0) return 'count';
  const signature = byCount.find((s) => acceptsTypes(s, args));
  if (signature === undefined) return 'types';
  const type = definition.result(args, context);
  const targets = definition.coerce
    ? definition.coerce(args)
    : args.map(({ type: from }, i) => familyAt(signature, i).target?.(from));
  if (type === undefined || targets === undefined) return 'types';
  return {
    type: materialized(type),
    targets: targets.map((to, i) =>
      to === undefined || sameType(to, args[i]!.type, { ignoreNullability: true }) ? undefined : to,
    ),
  };
}

// ------------------------------------------------------------------------------------------------------------ results

const anyNullable = (args: readonly Argument[]) => args.some(({ type }) => type.nullable);

/** A fixed type, NULL if any argument is. */
export const strict =
  (type: LogicalType): Result =>
  (args) =>
    withNullable(type, anyNullable(args));

/** A fixed type that may be NULL whatever the arguments are. */
export const maybe =
  (type: LogicalType): Result =>
  () =>
    nullable(type);

/** A fixed type that is never NULL. */
export const never =
  (type: LogicalType): Result =>
  () =>
    withNullable(type, false);

/** The type of one argument, NULL if any argument is. */
export const sameAs =
  (position: number): Result =>
  (args) =>
    withNullable(args[position]!.type, anyNullable(args));

/** The type of one argument with its own nullability. */
export const exactly =
  (position: number): Result =>
  (args) =>
    args[position]!.type;

/** The type of one argument, always nullable. */
export const maybeSameAs =
  (position: number): Result =>
  (args) =>
    nullable(args[position]!.type);

/** VARCHAR of an argument's length. */
const varyingType = (type: LogicalType): LogicalType =>
  isBinary(type)
    ? types.varbinary((type as StringType).length)
    : types.varchar(isCharacter(type) ? (type as StringType).length : types.string().length);

export const varying =
  (position: number): Result =>
  (args) =>
    withNullable(varyingType(args[position]!.type), anyNullable(args));

export const maybeVarying =
  (position: number): Result =>
  (args) =>
    nullable(varyingType(args[position]!.type));

export const elementTypeOf = (type: LogicalType): LogicalType => (type as ArrayType).element;
export const keyTypeOf = (type: LogicalType): LogicalType => (type as MapType).key;
export const valueTypeOf = (type: LogicalType): LogicalType => (type as MapType).value;
