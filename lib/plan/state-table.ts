// state-table: what an operator keeps, as a table that can be read; the rows are native's (Operator::ReadState).
//
//   GROUP BY channel: COUNT(*), SUM(price)   ->   columns [channel] [COUNT(*)] [SUM(price)], kept by [channel]
//
// Columns go by the operator's own names for them (`state`), or by those that the Stream API was given.

import type { AggregateCall } from '../expressions/aggregate-call.js';
import { type Field, materialized, notNull, nullable, type Schema, types } from '../schema/types.js';
import type { PhysicalNode } from './physical.js';
import { aggregateFields, type ProcessStateConfig } from './state.js';

export interface StateTable {
  readonly columns: Schema;
  /** The columns by which one key is looked up, in their order; none: it is not kept by a key. */
  readonly keys: readonly number[];
  /** All subtasks have all of it. */
  readonly broadcast?: true;
}

type Table = (node: PhysicalNode) => StateTable;

/** Keys that `config.keys` names, and what the aggregates come to. */
export const groupTable: Table = (node) => grouped(node, keyFields(node), []);

/** The same behind a first phase: keys are the columns before the last one. */
export const mergedGroupTable: Table = (node) => grouped(node, inputFields(node).slice(0, -1), [], { below: true });

/** Keys, the window, aggregates. Of HOP and CUMULATE the rows are those of slices, which windows are made of. */
export const windowTable: Table = (node) => grouped(node, keyFields(node), windowFields(node));

/** Whole rows of the input, kept by the columns that a member of config names, or by the window that they carry. */
export const rowTable =
  (member?: string): Table =>
  (node) => ({ columns: unique(inputFields(node)), keys: keysOrWindow(node, member, 'windowStart', 'windowEnd') });

/** Rows of two inputs: which side, then the columns of both, of which the other side's are NULL. */
export const sideTable: Table = (node) => ({
  columns: unique([
    { name: 'side', type: notNull(types.string()) },
    ...[0, 1].flatMap((input) => inputFields(node, input).map(({ name, type }) => ({ name, type: nullable(type) }))),
  ]),
  keys: keysOrWindow(node, 'leftKeys', 'leftWindowStart', 'leftWindowEnd').map((column) => column + 1),
});

/** The rows that all subtasks have, once. */
export const broadcastTable: Table = (node) => ({
  columns: unique(inputFields(node, 1)),
  keys: node.config['broadcastKeys'] as readonly number[],
  broadcast: true,
});

/** Keys, what the function keeps of each, and the times of its timers. */
export const processTable: Table = (node) => {
  const keys = keyFields(node);
  const states = (node.config['states'] as readonly ProcessStateConfig[]).map(({ name, kind, type, key }): Field => {
    if (kind === 'value') return { name, type: nullable(type) };
    return { name, type: nullable(kind === 'list' ? types.array(type) : types.map(key!, type)) };
  });
  const timers = [
    { name: 'event_timers', type: types.array(notNull(types.timestamp(3))) },
    { name: 'processing_timers', type: types.array(notNull(types.timestampLtz(3))) },
  ];
  return { columns: unique([...keys, ...states, ...timers]), keys: [...keys.keys()] };
};

function grouped(node: PhysicalNode, keys: Schema, between: Schema, where: { below?: boolean } = {}): StateTable {
  const calls = node.config['aggregates'] as readonly AggregateCall[];
  const names = aggregateFields(where)(node).map(([text], i) => {
    const given = node.schema[keys.length + i]?.name ?? '$';
    return given.startsWith('$') ? text : given;
  });
  const results = calls.map(({ type }, i): Field => ({ name: names[i]!, type: materialized(type) }));
  return { columns: unique([...keys, ...between, ...results]), keys: [...keys.keys()] };
}

function windowFields(node: PhysicalNode): Schema {
  const output = node.config['output'] as readonly string[];
  const first = node.schema.length - output.length;
  const type = notNull(types.timestamp(3));
  return ['window_start', 'window_end'].map((column) => {
    const at = output.indexOf(column);
    return { name: at < 0 ? column : node.schema[first + at]!.name, type };
  });
}

function keysOrWindow(node: PhysicalNode, member: string | undefined, ...window: string[]): readonly number[] {
  const keys = member === undefined ? [] : ((node.config[member] as readonly number[] | undefined) ?? []);
  if (keys.length > 0) return keys;
  return window.flatMap((name) => (node.config[name] as number | undefined) ?? []);
}

const inputFields = (node: PhysicalNode, input = 0): Schema =>
  node.inputs[input]!.node.schema.map(({ name, type }) => ({ name, type: materialized(type) }));

function keyFields(node: PhysicalNode): Schema {
  const fields = inputFields(node);
  return (node.config['keys'] as readonly number[]).map((column) => fields[column]!);
}

/** Names that come again get a number, as in Flink: k, k0, k1. */
function unique(schema: Schema): Schema {
  const taken = new Set<string>();
  return schema.map(({ name, type }) => {
    let free = name;
    for (let n = 0; taken.has(free); n++) free = `${name}${n}`;
    taken.add(free);
    return { name: free, type };
  });
}
