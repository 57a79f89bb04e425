// state: what an operator keeps, as fields with types, for comparing one version of a job with another.
//
//   GROUP BY channel: COUNT(*), SUM(price)   ->   [channel STRING] [COUNT(*) BIGINT] [SUM(price) BIGINT]
//
// A restore compares them with those of the checkpoint (native/checkpoint/state_fields.h).

import type { AggregateCall } from '../expressions/aggregate-call.js';
import { printType, type Schema } from '../schema/types.js';
import { changesOf, isInsertOnly, type PhysicalNode } from './physical.js';
import type { ProcessState } from './user-function.js';

/** A name, a type, and what kind of part of the state it is. Lock files and checkpoints from before have no third member. */
export type StateField = readonly [name: string, type: string, part?: StatePart];

/** What decides whether a field may change its type, or come (lib/plan/state-change.ts). */
export interface StatePart {
  readonly of: 'key' | 'window' | 'aggregate' | 'row' | 'state';
  /** Of two inputs with rows or keys. */
  readonly input?: 1;
  /** Rows may be taken back: they are looked for by what they hold. */
  readonly takenBack?: true;
  /** A column of rows that is never NULL. */
  readonly required?: true;
}

type Fields = (node: PhysicalNode) => readonly StateField[];

/** The fields of several parts, in order. */
export const stateOf =
  (...parts: readonly Fields[]): Fields =>
  (node) =>
    parts.flatMap((part) => part(node));

/** The columns of an input at the positions that `config` names. */
export const keyFields =
  (member: string, input: 0 | 1 = 0): Fields =>
  (node) =>
    (node.config[member] as readonly number[]).map((column) => {
      const { name, type } = inputSchema(node, input)[column]!;
      return [name, typeText(type), { of: 'key', ...(input === 0 ? {} : { input }) }];
    });

/** The aggregates over the columns of an input; `below`: of the input of that input, the first of two phases. */
export const aggregateFields =
  ({ below = false } = {}): Fields =>
  (node) => {
    const of = below ? node.inputs[0]!.node : node;
    const part: StatePart = { of: 'aggregate', ...takenBack(of) };
    return (node.config['aggregates'] as readonly AggregateCall[]).map((call) => [
      ...aggregateField(call, inputSchema(of)),
      part,
    ]);
  };

/** Whole rows of an input. */
export const rowFields =
  (input: 0 | 1 = 0): Fields =>
  (node) => {
    const part: StatePart = { of: 'row', ...(input === 0 ? {} : { input }), ...takenBack(node, input) };
    return inputSchema(node, input).map(({ name, type }) => [
      name,
      typeText(type),
      type.nullable ? part : { ...part, required: true },
    ]);
  };

/** The keys that stand before the last column of the input (global_group_aggregate's). */
export const leadingKeyFields: Fields = (node) =>
  inputSchema(node)
    .slice(0, -1)
    .map(({ name, type }) => [name, typeText(type), { of: 'key' }]);

/** Something that is in no column: a window's kind and sizes. */
export const windowFields: Fields = (node) => {
  const { kind, sizeMs, slideMs, stepMs, gapMs } = node.config['window'] as Record<string, string | number>;
  const sizes = [sizeMs, slideMs, stepMs, gapMs].filter((ms) => ms !== undefined).map((ms) => `${ms} ms`);
  return [['window', [kind, ...sizes].join(' '), { of: 'window' }]];
};

/** What a keyed process function keeps. */
export const processStateFields: Fields = (node) =>
  (node.config['states'] as readonly ProcessStateConfig[]).map(({ name, kind, type, key }) => {
    const text =
      kind === 'map' ? `MAP OF ${typeText(key!)} TO ${printType(type)}` : `${kind.toUpperCase()} OF ${printType(type)}`;
    return [name, text, { of: 'state' }];
  });

/** A state as the plan has it. */
export interface ProcessStateConfig extends Pick<ProcessState, 'kind' | 'type' | 'key'> {
  readonly name: string;
}

const takenBack = (node: PhysicalNode, input = 0): { takenBack?: true } =>
  isInsertOnly(changesOf(node.inputs[input]!.node)) ? {} : { takenBack: true };

const inputSchema = (node: PhysicalNode, input = 0): Schema => node.inputs[input]!.node.schema;

function aggregateField(
  { function: name, args, argTypes, distinct, type }: AggregateCall,
  input: Schema,
): [string, string] {
  const columns = args.map((arg) => input[arg]?.name ?? `$${arg}`).join(', ');
  const text = `${name.toUpperCase()}(${distinct ? 'DISTINCT ' : ''}${columns === '' ? '*' : columns})`;
  const over = argTypes.map(typeText).join(', ');
  return [text, over === '' ? typeText(type) : `${typeText(type)} of ${over}`];
}

/** A type without whether it may be NULL: state holds both. */
const typeText = (type: Parameters<typeof printType>[0]): string => printType(type).replace(/ NOT NULL$/, '');
