// agent-nodes: what agents become: logical nodes of the app's one job.
//
//   topic -> agent -> topics   ->   scan, watermark   ->   keyed_process | user_function   ->   filter, projection for each topic
//
// No state.

import { membersUsed, sourceOf } from '../expressions/function-source.js';
import { withNote } from '../functions/append.js';
import { isPromise } from '../functions/function-loop.js';
import type { EventContext as ProcessedEvent } from '../functions/keyed-process-context.js';
import {
  type Output,
  outputColumns,
  outputRows,
  processKeys,
  rowsOfOutput,
  WHICH,
  withProcessUid,
} from '../functions/keyed-process-nodes.js';
import type { States } from '../functions/keyed-process-state.js';
import { RECORD_COLUMNS, RECORD_TIME } from '../functions/record-columns.js';
import { CONCURRENCY_DEFAULT, type ResolvedFunction, resolveFunction } from '../functions/resolve.js';
import { assignTimeTo, type KeyedRows, keyRows, named, timeColumn, visible } from '../functions/stream-nodes.js';
import { assignWatermarks, unionAll } from '../plan/builders.js';
import type { LogicalNode } from '../plan/nodes.js';
import type { UserFunction } from '../plan/user-function.js';
import { type ColumnType, t } from '../schema/t.js';
import { notNull, types } from '../schema/types.js';
import { KeyedAgentContext, type Outlets, RowContext } from './agent-context.js';
import type { AnyTopic } from './topic.js';

type Handler = (event: never, ctx: never) => unknown;

/** An agent as the app has it. */
export interface AgentPlan {
  readonly name: string;
  readonly reads: readonly AnyTopic[];
  readonly handler: Handler;
  readonly keyBy: ((event: never) => unknown) | undefined;
  readonly keyType: ColumnType<unknown> | undefined;
  readonly state: States | undefined;
  readonly concurrency: number | undefined;
  readonly onTimer: ((timeMs: number, ctx: never) => unknown) | undefined;
}

/** The rows of a topic, with event time and what its records have beside their values. */
export function topicRows(topic: AnyTopic): LogicalNode {
  const scan = topic.scan();
  const { outOfOrderMs, idleTimeoutMs, options } = topic;
  const timed =
    options.time === undefined
      ? assignWatermarks(
          scan,
          scan.schema.findIndex(({ name }) => name === RECORD_TIME),
          outOfOrderMs,
          { idleTimeoutMs },
        )
      : assignTimeTo(scan, options.time as (row: never) => unknown, outOfOrderMs, { idleTimeoutMs });
  return withNote({ ...timed, uid: `${topic.name}.time` }, []);
}

/** The rows that an agent sends, by topic. */
export function agentRows(agent: AgentPlan, inputs: readonly LogicalNode[], outlets: Outlets): LogicalNode[] {
  const rows = inputs.length === 1 ? inputs[0]! : unionAll(inputs);
  const keyed = keyedRows(agent, rows);
  return keyed === undefined ? rowByRow(agent, rows, outlets) : byKey(agent, keyed, outlets);
}

function keyedRows({ keyBy, keyType, reads }: AgentPlan, node: LogicalNode): KeyedRows | undefined {
  if (keyBy !== undefined) return keyRows(node, keyBy as (row: never) => unknown, { returns: keyType });
  const columns = reads[0]!.keyColumns;
  if (columns.length === 0) return undefined;
  const keys = columns.map((column) => named(node.schema).find(({ name }) => name === column)!);
  const key: ResolvedFunction = {
    gives: columns.length === 1 ? 'value' : 'object',
    columns: [],
    user: undefined,
    use: 'key',
    text: columns.join(', '),
  };
  return { node, keys, width: node.schema.length, functions: [key] };
}

const recordPlaces = (node: LogicalNode): number[] =>
  Object.keys(RECORD_COLUMNS.fields).map((name) => node.schema.findIndex((field) => field.name === name));

/** Whether the function asks for its event's record, as far as its text tells. */
function readsRecord(handler: Handler): boolean {
  const used = membersUsed(sourceOf(handler as (event: never) => unknown), 1);
  return used === undefined || used.includes('record');
}

const outputsOf = ({ topics }: Outlets): Output[] =>
  topics.map((topic) => ({
    name: topic.name,
    schema: Object.entries(topic.sentRows().fields).map(([name, { type }]) => ({ name, type })),
  }));

/** How messages name what sends to a topic. */
const sendsOf = ({ topics }: Outlets): string[] => topics.map(({ name }) => `send('${name}', …)`);

function byKey(agent: AgentPlan, rows: KeyedRows, outlets: Outlets): LogicalNode[] {
  const [first, ...others] = outlets.topics;
  const sideName = (topic: AnyTopic): string => `to ${topic.name}`;
  const processed = processKeys(
    rows,
    {
      // An agent that sends nothing has an output that stays empty.
      output: first?.sentRows() ?? NOTHING,
      sideOutputs: Object.fromEntries(others.map((topic) => [sideName(topic), topic.sentRows()])),
      process: agent.handler,
      ...(agent.onTimer === undefined ? {} : { onTimer: agent.onTimer }),
      ...(agent.state === undefined ? {} : { state: agent.state }),
      ...(agent.concurrency === undefined ? {} : { concurrency: agent.concurrency }),
    },
    {
      use: `agent '${agent.name}'`,
      extras: {
        record: readsRecord(agent.handler) ? recordPlaces(rows.node) : [],
        outputs: sendsOf(outlets),
        context: (of: ProcessedEvent) =>
          new KeyedAgentContext(of, outlets, (output, row) => {
            if (output === 0) of.emit(row);
            else of.sideOutput(sideName(outlets.topics[output]!), row);
          }),
      },
    },
  );
  const named = withProcessUid(processed, agent.name);
  return ['', ...others.map(sideName)].map((name) => outputRows(named, name));
}

const NOTHING = t.row({ nothing: t.boolean() });

/** Without a key: every row on its own, results in the order of rows. */
function rowByRow(agent: AgentPlan, node: LogicalNode, outlets: Outlets): LogicalNode[] {
  const outputs = outlets.topics.length === 0 ? [{ name: '', schema: nothing }] : outputsOf(outlets);
  const several = outputs.length > 1;
  // Columns of several topics go by one name each.
  const columns = outputColumns(several ? outputs.map(qualified) : outputs);
  const resolved = resolveFunction(agent.handler as (row: never) => unknown, visible(node.schema), {
    use: `agent '${agent.name}'`,
    gives: 'object',
    returns: notNull(types.row(columns)),
    example: 'app.agent(topic, (event, ctx) => { … })',
    flattens: true,
    concurrency: agent.concurrency ?? CONCURRENCY_DEFAULT,
  });
  const time = timeColumn(node.schema);
  const own = resolved.user!;
  const record = readsRecord(agent.handler) ? recordPlaces(node) : [];
  const user: UserFunction = {
    ...own,
    run: rowFunction(
      agent.handler,
      outlets,
      own.reads.map((place) => node.schema[place]!.name),
      node.schema[time]!.name,
      several ? placing(outputs) : (_, row) => row,
    ),
    reads: [...new Set([...own.reads, ...record, time])],
    reason: 'it is an agent',
  };
  const flat: LogicalNode = {
    op: 'user_function',
    input: node,
    columns: [],
    functions: [user],
    flattens: true,
    schema: user.results,
  };
  withNote(flat, [{ ...resolved, user }]);
  return outputs.map((_, which) => rowsOfOutput(flat, outputs, which));
}

const nothing = [{ name: 'nothing', type: t.boolean().type }];

const qualified = ({ name, schema }: Output): Output => ({
  name,
  schema: schema.map((field) => ({ ...field, name: `${name}.${field.name}` })),
});

type Place = (output: number, row: Readonly<Record<string, unknown>>) => object;

/** Puts the rows of several outputs among each other's columns. */
function placing(outputs: readonly Output[]): Place {
  const names = outputs.map((output) =>
    output.schema.map((field, i) => [field.name, qualified(output).schema[i]!.name] as const),
  );
  const none = Object.fromEntries(names.flat().map(([, column]) => [column, null]));
  return (output, row) => {
    const placed: Record<string, unknown> = { ...none, [WHICH.name]: output };
    for (const [name, column] of names[output]!) placed[column] = row[name];
    return placed;
  };
}

/** A function over rows that gives what the agent sends for each. */
function rowFunction(
  handler: Handler,
  outlets: Outlets,
  columns: readonly string[],
  time: string,
  place: Place,
): (row: never) => unknown {
  return (row: Readonly<Record<string, unknown>>) => {
    const event: Record<string, unknown> = {};
    for (const name of columns) event[name] = row[name];
    const sent: object[] = [];
    const ctx = new RowContext(outlets, row, row[time] as number, (output, given) => {
      sent.push(place(output, given as Readonly<Record<string, unknown>>));
    });
    const end = () => {
      ctx.end();
      return sent;
    };
    const given = handler(event as never, ctx as never);
    return isPromise(given) ? given.then(end) : end();
  };
}
