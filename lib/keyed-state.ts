// keyed-state: the states that a keyed process function asks for (lib/functions/keyed-process.ts).
//
//   { last: valueState(t.double()), seen: listState(t.string()) }   ->   ctx.state.last.value, ctx.state.seen.add('x')
//
// No state here.

import { SabotError } from './errors.js';
import type { ListState, MapState, StateDeclaration, ValueState } from './functions/keyed-process-state.js';
import type { ColumnType } from './schema/t.js';
import { type LogicalType, printType } from './schema/types.js';
import { stateTtl, type Ttl } from './state-ttl.js';

/** How long a state of a key is kept that is not used; without it `table.exec.state.ttl` says. */
export interface StateOptions {
  readonly ttl?: Ttl;
}

type NotNull<V> = null extends V ? never : V;

/**
 * A state of one value per key.
 *
 * @example valueState(t.bigint(), { initial: 0n })
 */
export function valueState<V>(
  type: ColumnType<V>,
  options: StateOptions & { readonly initial: NotNull<V> },
): StateDeclaration<ValueState<NotNull<V>, never>>;
export function valueState<V>(type: ColumnType<V>, options?: StateOptions): StateDeclaration<ValueState<NotNull<V>>>;
export function valueState({ type }: ColumnType<unknown>, options: StateOptions & { readonly initial?: unknown } = {}) {
  if (type.nullable)
    throw refusedState(`A value state has no value until one is set: ${printType(type)} need not be nullable.`);
  return declaration('value', type, undefined, options, options.initial);
}

/**
 * A state of any number of values per key.
 *
 * @example listState(t.row({ at: t.timestamp(), price: t.bigint() }))
 */
export function listState<V>({ type }: ColumnType<V>, options: StateOptions = {}): StateDeclaration<ListState<V>> {
  return declaration('list', type, undefined, options);
}

/**
 * A state of values by keys of their own, per key. A function is given the whole map of its key; better a few thousand entries than millions.
 *
 * @example mapState(t.string(), t.bigint())
 */
export function mapState<K extends string | number | bigint | boolean, V>(
  { type: key }: ColumnType<K>,
  { type }: ColumnType<V>,
  options: StateOptions = {},
): StateDeclaration<MapState<K, V>> {
  if (key.nullable || !MAP_KEYS.has(key.kind))
    throw refusedState(
      `A key of a map state is a text, an integer, a boolean, a date or a double that is not nullable, not ${printType(key)}.`,
    );
  return declaration('map', type, key, options);
}

/** Types of which two values are equal if, and only if, JavaScript says so. */
const MAP_KEYS: ReadonlySet<string> = new Set([
  ...['BOOLEAN', 'TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'DOUBLE', 'VARCHAR', 'DATE'],
]);

function declaration<H>(
  kind: StateDeclaration<H>['kind'],
  type: LogicalType,
  key: LogicalType | undefined,
  { ttl }: StateOptions,
  initial?: unknown,
): StateDeclaration<H> {
  return { kind, type, key, initial, ttl: ttl === undefined ? undefined : stateTtl(ttl) };
}

function refusedState(message: string): SabotError {
  return new SabotError('SABOT_E_VALIDATION', message, { kind: 'type-mismatch' });
}
