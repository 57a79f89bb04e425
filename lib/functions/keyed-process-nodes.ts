// What `process` of a keyed stream makes of a keyed process function: logical nodes.
//
//   keyBy(card), { output, sideOutputs: { alerts } }   ->   keyed_process [which output, own columns, alerts' columns, time]
//                                                           below a filter and a projection for each output
//
// No state.

import { canonicalOf } from '../batches/canonical.js';
import { ValueMismatch } from '../batches/writer.js';
import { columnWriter } from '../batches/writing.js';
import { sourceOf } from '../expressions/function-source.js';
import { filterRows, type NamedExpression, projectRows } from '../plan/builders.js';
import type { KeyedBroadcastProcessNode, KeyedProcessNode, LogicalNode } from '../plan/nodes.js';
import type { ProcessExtras } from '../plan/user-function.js';
import type { Fields, RowColumnType } from '../schema/t.js';
import { type Field, notNull, nullable, type Schema, types } from '../schema/types.js';
import { withNote } from './append.js';
import type { BroadcastRows } from './broadcast-nodes.js';
import type { AnyKeyedProcess } from './keyed-process.js';
import type { StateDeclaration, States } from './keyed-process-state.js';
import { type ResolvedFunction, resolveFunction } from './resolve.js';
import { HIDDEN_TIME, type KeyedRows, named, refused, timeColumn, visible, withKeyColumns } from './stream-nodes.js';

type RowFunction = (row: never) => unknown;

/** One kind of rows that a function gives. */
export interface Output {
  readonly name: string;
  readonly schema: Schema;
}

/** The rows that a keyed process function gives. */
export interface ProcessedRows {
  readonly node: KeyedProcessNode | KeyedBroadcastProcessNode;
  /** The function's own output, then its side outputs. */
  readonly outputs: readonly Output[];
  readonly functions: readonly ResolvedFunction[];
}

export const WHICH = { name: '$output', type: notNull(types.tinyint()) };

/** Who processes, where that is nobody's process(). */
export interface ProcessOwner {
  readonly use: string;
  readonly extras: ProcessExtras;
}

export function processKeys(rows: KeyedRows, definition: AnyKeyedProcess, owner?: ProcessOwner): ProcessedRows {
  const { input, node, outputs, functions } = resolvedProcess(rows, definition, owner);
  return { node: withNote({ op: 'keyed_process', input, ...node }, functions), outputs, functions };
}

/** The same with the rows of a broadcast stream at hand, which it may process too. */
export function processKeysWith(rows: KeyedRows, broadcast: BroadcastRows, definition: AnyKeyedProcess): ProcessedRows {
  const { input, node, outputs, functions } = resolvedProcess(rows, definition, undefined);
  const all = [...functions, ...broadcast.functions];
  const processed: KeyedBroadcastProcessNode = {
    op: 'keyed_broadcast_process',
    left: input,
    right: broadcast.node,
    broadcast: broadcast.map,
    ...node,
  };
  return { node: withNote(processed, all), outputs, functions: all };
}

function resolvedProcess(rows: KeyedRows, definition: AnyKeyedProcess, owner: ProcessOwner | undefined) {
  const { output, sideOutputs = {}, state = {}, concurrency, onError } = definition;
  requireRows('output', output);
  for (const [name, rows] of Object.entries(sideOutputs)) requireRows(`sideOutputs.${name}`, rows);
  if (typeof definition.process !== 'function')
    throw refused('process() takes an object with a function process(row, ctx).');
  const resolved = resolveFunction(definition.process as RowFunction, visible(rows.node.schema.slice(0, rows.width)), {
    use: owner?.use ?? 'process',
    gives: 'object',
    returns: output.type,
    example: 'process({ output: t.row({ … }), process(row, ctx) { … } })',
    flattens: true,
    concurrency,
    onError,
  });
  const process = {
    ...resolved,
    user: { ...resolved.user!, reason: owner === undefined ? 'it has state' : 'it is an agent' },
  };
  const onTimer = definition.onTimer && {
    ...process,
    use: owner === undefined ? 'onTimer' : `onTimer of ${owner.use}`,
    text: sourceOf(definition.onTimer as RowFunction).text,
  };
  const processBroadcast = definition.processBroadcast && {
    ...process,
    use: 'processBroadcast',
    text: sourceOf(definition.processBroadcast as RowFunction).text,
  };
  const { node: input, keys } = withKeyColumns(rows);
  const time = timeColumn(input.schema);
  const outputs = Object.entries({ '': output, ...sideOutputs }).map(([name, { fields }]) => ({
    name,
    schema: Object.entries(fields).map(([column, { type }]): Field => ({ name: column, type })),
  }));
  const [keyFunction] = rows.functions;
  const node: Omit<KeyedProcessNode, 'op' | 'input'> = {
    keys,
    time: time < 0 ? undefined : time,
    code: {
      definition,
      states: checkedStates(state),
      process: process.user,
      onTimer,
      processBroadcast,
      extras: owner?.extras,
      keyNames: keyFunction!.gives === 'value' ? undefined : rows.keys.map(({ name }) => name),
    },
    outputs: outputs.map(({ schema }) => schema.length),
    schema: [...outputColumns(outputs), ...(time < 0 ? [] : [{ name: HIDDEN_TIME, type: input.schema[time]!.type }])],
  };
  // A key that is no function's has nothing to show.
  const ofKeys = rows.functions.filter(({ columns }) => columns.length > 0);
  const functions = [...ofKeys, process, onTimer, processBroadcast].filter((each) => each !== undefined);
  return { input, node, outputs, functions };
}

/** The same, its state under a name. */
export function withProcessUid({ node, outputs, functions }: ProcessedRows, uid: string): ProcessedRows {
  return { node: withNote({ ...node, uid }, functions), outputs, functions };
}

/** The rows of one output: '' is the function's own. */
export function outputRows({ node, outputs }: ProcessedRows, name: string): LogicalNode {
  const which = outputs.findIndex((output) => output.name === name);
  if (which < 0) {
    const known = outputs.slice(1).map((output) => `'${output.name}'`);
    const hint = known.length === 0 ? 'the function has no sideOutputs' : `there are ${known.join(', ')}`;
    throw refused(`There is no side output '${name}': ${hint}.`);
  }
  const rows = rowsOfOutput(node, outputs, which);
  return node.uid === undefined || rows === node ? rows : { ...rows, uid: node.uid };
}

/** The columns of a node with several outputs: which one, and those of all of them. */
export const outputColumns = (outputs: readonly Output[]): Schema =>
  outputs.length === 1
    ? outputs[0]!.schema
    : [WHICH, ...outputs.flatMap(({ schema }) => schema.map(({ name, type }) => ({ name, type: nullable(type) })))];

/** The rows of one of them. */
export function rowsOfOutput(node: LogicalNode, outputs: readonly Output[], which: number): LogicalNode {
  if (outputs.length === 1) return node;
  const literal = { literal: which, type: WHICH.type };
  const condition = {
    call: 'equals',
    args: [{ column: 0, type: WHICH.type }, literal],
    type: notNull(types.boolean()),
  };
  const first = outputs.slice(0, which).reduce((sum, { schema }) => sum + schema.length, 1);
  const columns = outputs[which]!.schema.map(
    ({ name: column, type }, i): NamedExpression => ({ name: column, expression: { column: first + i, type } }),
  );
  const time = timeColumn(node.schema);
  if (time >= 0) columns.push(named(node.schema)[time]!);
  return projectRows(filterRows(node, condition), columns);
}

/** What TypeScript has seen already. */
function requireRows(member: string, type: Partial<RowColumnType<Fields>> | undefined): void {
  const fields = type?.fields;
  if (fields === undefined || Object.keys(fields).length === 0)
    throw refused(`process() needs the type of the rows that it emits: { ${member}: t.row({ … }), … }.`);
}

/** With initial values that are such. */
function checkedStates(states: States): States {
  return Object.fromEntries(
    Object.entries(states).map(([name, declared]): [string, StateDeclaration<unknown>] => {
      const { initial, kind, type } = declared;
      if (kind !== 'value' && kind !== 'list' && kind !== 'map')
        throw refused(`State '${name}' is declared by valueState(t.…), listState(t.…) or mapState(t.…, t.…).`);
      if (initial === undefined) return [name, declared];
      try {
        columnWriter(type).push(initial);
      } catch (error) {
        throw error instanceof ValueMismatch ? refused(`initial of state '${name}': ${error.message}.`) : error;
      }
      return [name, { ...declared, initial: canonicalOf(type)(initial) }];
    }),
  );
}
