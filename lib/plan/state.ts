// state: what an operator keeps, as fields with types, for comparing one version of a job with another.
//
//   GROUP BY channel: COUNT(*), SUM(price)   ->   [channel STRING] [COUNT(*) BIGINT] [SUM(price) BIGINT]
//
// Restoring compares types in order (native/checkpoint/state_fields.h); names are for people.

import type { AggregateCall } from '../expressions/aggregate-call.js';
import { printType, type Schema } from '../schema/types.js';
import type { PhysicalNode } from './physical.js';

/** A name and a type. */
export type StateField = readonly [name: string, type: string];

type Fields = (node: PhysicalNode) => readonly StateField[];

/** The fields of several parts, in order. */
export const stateOf =
  (...parts: readonly Fields[]): Fields =>
  (node) =>
    parts.flatMap((part) => part(node));

/** The columns of an input at the positions that `config` names. */
export const keyFields =
  (member: string, input = 0): Fields =>
  (node) =>
    (node.config[member] as readonly number[]).map((column) => columnOf(inputSchema(node, input), column));

/** The aggregates over the columns of an input; `below`: of the input of that input, the first of two phases. */
export const aggregateFields =
  ({ below = false } = {}): Fields =>
  (node) => {
    const input = below ? inputSchema(node.inputs[0]!.node) : inputSchema(node);
    return (node.config['aggregates'] as readonly AggregateCall[]).map((call) => aggregateField(call, input));
  };

/** Whole rows of an input. */
export const rowFields =
  (input = 0): Fields =>
  (node) =>
    inputSchema(node, input).map((_, column) => columnOf(inputSchema(node, input), column));

/** The keys that stand before the last column of the input (global_group_aggregate's). */
export const leadingKeyFields: Fields = (node) =>
  inputSchema(node)
    .slice(0, -1)
    .map((_, column) => columnOf(inputSchema(node), column));

/** Something that is in no column: a window's kind and sizes. */
export const windowFields: Fields = (node) => {
  const { kind, sizeMs, slideMs, stepMs, gapMs } = node.config['window'] as Record<string, string | number>;
  const sizes = [sizeMs, slideMs, stepMs, gapMs].filter((ms) => ms !== undefined).map((ms) => `${ms} ms`);
  return [['window', [kind, ...sizes].join(' ')]];
};

const inputSchema = (node: PhysicalNode, input = 0): Schema => node.inputs[input]!.node.schema;

function columnOf(schema: Schema, column: number): StateField {
  const { name, type } = schema[column]!;
  return [name, typeText(type)];
}

function aggregateField({ function: name, args, argTypes, distinct, type }: AggregateCall, input: Schema): StateField {
  const columns = args.map((arg) => input[arg]?.name ?? `$${arg}`).join(', ');
  const text = `${name.toUpperCase()}(${distinct ? 'DISTINCT ' : ''}${columns === '' ? '*' : columns})`;
  const over = argTypes.map(typeText).join(', ');
  return [text, over === '' ? typeText(type) : `${typeText(type)} of ${over}`];
}

/** A type without whether it may be NULL: state holds both. */
const typeText = (type: Parameters<typeof printType>[0]): string => printType(type).replace(/ NOT NULL$/, '');
