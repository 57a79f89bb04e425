// explain: a physical plan as text, for EXPLAIN.
//
//   result_sink (final)
//   └─ group_aggregate by k: count(*)  [I,UB,UA]  hash(k) x2
//      └─ file_source t: k, v          [I]        x2
//
// Every line: operator, what it does, the changes it emits, how rows reach it, its subtasks. A node that several others read is
// printed once and referred to by its number afterwards.

import type { AggregateCall, SortKey } from '../expressions/aggregate-call.js';
import { type Expression, isCall, mapExpression } from '../expressions/expression.js';
import { printExpression } from '../expressions/print.js';
import type { Schema } from '../schema/types.js';
import { subtasks } from './encode.js';
import { type Changes, type PhysicalInput, type PhysicalNode, type PhysicalPlan, topological } from './physical.js';

/** The plan as EXPLAIN prints it. */
export function explainPlan(plan: PhysicalPlan, functions: readonly ExplainedFunction[] = []): string {
  const order = topological(plan.sinks);
  const parallelism = subtasks(order, plan.options.parallelism);
  const readers = new Map<PhysicalNode, number>();
  for (const node of order)
    for (const input of node.inputs) readers.set(input.node, (readers.get(input.node) ?? 0) + 1);
  const shared = new Map<PhysicalNode, number>();
  const lines: string[] = [];

  const visit = (
    node: PhysicalNode,
    input: PhysicalInput | undefined,
    prefix: string,
    branch: string,
    below: string,
  ): void => {
    const known = shared.get(node);
    if (known !== undefined) {
      lines.push(`${prefix}${branch}same as (${known})${exchangeOf(input)}`);
      return;
    }
    let mark = '';
    if ((readers.get(node) ?? 0) > 1) {
      shared.set(node, shared.size + 1);
      mark = `(${shared.size}) `;
    }
    const subject = describe(node);
    const text = subject === '' ? node.spec.op : `${node.spec.op} ${subject}`;
    lines.push(
      `${prefix}${branch}${mark}${text}  [${printChanges(node)}]${exchangeOf(input)} x${parallelism.get(node)}`,
    );
    node.inputs.forEach((next, i) => {
      const last = i === node.inputs.length - 1;
      visit(next.node, next, prefix + below, last ? '└─ ' : '├─ ', last ? '   ' : '│  ');
    });
  };
  for (const sink of plan.sinks) visit(sink, undefined, '', '', '');
  return [...lines, '', ...explainFunctions(order, functions)].join('\n');
}

/** A function of the Stream API, and what became of it. */
export interface ExplainedFunction {
  readonly use: string;
  readonly text: string;
  readonly user: { readonly native: unknown; readonly reason: string } | undefined;
}

/** Where functions run: the engine's together, the user's one by one, those in V8 with the reason. */
function explainFunctions(order: readonly PhysicalNode[], functions: readonly ExplainedFunction[]): string[] {
  const calls = new Set<string>();
  for (const node of order) for (const e of expressionsOf(node)) collectCalls(e, calls);
  const native = calls.size === 0 ? [] : [`native functions: ${[...calls].sort().join(', ')}`];
  const print = ({ use, text }: ExplainedFunction) => `${use} \`${text.replaceAll(/\s+/g, ' ')}\``;
  const compiled = functions.filter(({ user }) => user === undefined || user.native !== undefined);
  const inV8 = functions.filter(({ user }) => user !== undefined && user.native === undefined);
  return [
    ...native,
    ...compiled.map((of) =>
      of.user === undefined
        ? `compiled: ${print(of)}`
        : `compiled: ${print(of)} (a batch whose bigints need more than 64 bits runs in V8)`,
    ),
    ...(inV8.length === 0 ? ['functions in V8: none'] : inV8.map((of) => `in V8: ${print(of)}: ${of.user!.reason}`)),
  ];
}

function collectCalls(e: Expression, into: Set<string>): void {
  mapExpression(e, (part) => {
    if (isCall(part)) into.add(part.call);
    return part;
  });
}

const isExpression = (member: unknown): member is Expression =>
  typeof member === 'object' &&
  member !== null &&
  'type' in member &&
  ('call' in member || 'column' in member || 'literal' in member);

/** Every expression in a node's config, however deep. */
function expressionsOf(node: PhysicalNode): Expression[] {
  const visit = (member: unknown): Expression[] =>
    isExpression(member) ? [member] : Array.isArray(member) ? member.flatMap(visit) : [];
  return Object.values(node.config).flatMap(visit);
}

function exchangeOf(input: PhysicalInput | undefined): string {
  if (input?.late !== undefined) return ' <- late rows';
  if (input?.deadLetters === true) return ' <- dead letters';
  if (input === undefined || input.exchange === 'forward') return '';
  const names = input.keys.map((key) => input.node.schema[key]!.name);
  return ` <- ${input.exchange}${names.length === 0 ? '' : `(${names.join(', ')})`}`;
}

/** `I,UB,UA,D`: the kinds of change in a node's output. */
function printChanges(node: PhysicalNode): string {
  const { changes, updateBefore } = node.changelog ?? {
    changes: { updates: false, deletes: false } as Changes,
    updateBefore: false,
  };
  return [
    'I',
    ...(changes.updates ? (updateBefore ? ['UB', 'UA'] : ['UA']) : []),
    ...(changes.deletes ? ['D'] : []),
  ].join(',');
}

/** What a node does, from its config: the members that are there, in words. */
function describe(node: PhysicalNode): string {
  const inputs: Schema = node.inputs.flatMap((input) => input.node.schema);
  const name = (column: unknown) => inputs[Number(column)]?.name ?? `$${String(column)}`;
  const names = (columns: unknown) => (columns as readonly number[]).map(name).join(', ');
  const print = (e: unknown) => printExpression(e as Expression, inputs);
  const words: Readonly<Record<string, (value: unknown) => string>> = {
    keys: (value) => ((value as readonly number[]).length === 0 ? '' : `by ${names(value)}`),
    partitionKeys: (value) => ((value as readonly number[]).length === 0 ? '' : `by ${names(value)}`),
    leftKeys: (value) => `on ${names(value)}`,
    broadcastKeys: (value) =>
      `broadcast by ${(value as readonly number[]).map((key) => node.inputs[1]!.node.schema[key]!.name).join(', ')}`,
    condition: print,
    expressions: (value) =>
      (value as readonly Expression[]).map((e, i) => printNamed(print(e), node.schema[i]!.name)).join(', '),
    projections: (value) => `${(value as readonly unknown[]).length} rows each`,
    aggregates: (value) => (value as readonly AggregateCall[]).map((a) => printAggregate(a, name)).join(', '),
    window: (value) => printWindow(value as Record<string, unknown>, name),
    watermark: print,
    orderBy: (value) =>
      `order by ${(value as readonly SortKey[]).map((k) => `${name(k.column)}${k.descending ? ' desc' : ''}`).join(', ')}`,
    fetch: (value) => (value === null ? '' : `fetch ${String(value)}`),
    keep: (value) => `keep ${String(value)}`,
    rankEnd: (value) => `rank <= ${String(value)}`,
    joinType: String,
    leftTime: (value) => (node.config['lowerMs'] === undefined ? `as of ${name(value)}` : ''),
    lowerMs: (value) => `${String(value)} ms <= right - left`,
    upperMs: (value) => `<= ${String(value)} ms`,
    path: String,
    topics: (value) => `from ${(value as readonly string[]).join(', ')}`,
    topicPattern: (value) => `from topics like ${String(value)}`,
    topic: (value) => `to ${String(value)}`,
    values: (value) => `${(value as readonly unknown[]).length} rows`,
    upsertKey: (value) => `rows by ${names(value)}`,
    onConflict: (value) => `on conflict do ${String(value)}`,
    required: names,
    drops: (value) => (value === true ? 'or drop' : ''),
  };
  const label = node.label === undefined ? '' : `${node.label}:`;
  const columns = node.inputs.length === 0 ? node.schema.map((f) => f.name).join(', ') : '';
  const parts = Object.entries(node.config).map(([key, value]) => words[key]?.(value) ?? '');
  return [label, columns, ...parts].filter((part) => part !== '').join(' ');
}

const printNamed = (text: string, name: string): string => (text === name ? text : `${text} AS ${name}`);

function printAggregate(a: AggregateCall, name: (column: unknown) => string): string {
  const args = a.args.length === 0 && a.function === 'count' ? '*' : a.args.map(name).join(', ');
  const filter = a.filter === undefined ? '' : ` filter ${name(a.filter)}`;
  return `${a.function}(${a.distinct ? 'distinct ' : ''}${args})${filter}`;
}

function printWindow(window: Record<string, unknown>, name: (column: unknown) => string): string {
  const sizes = ['sizeMs', 'slideMs', 'stepMs', 'gapMs', 'offsetMs'].filter(
    (key) => window[key] !== undefined && window[key] !== 0,
  );
  const time = window['time'] === undefined ? name(window['windowStart']) : name(window['time']);
  return `${String(window['kind'])}(${[time, ...sizes.map((key) => `${key.slice(0, -2)} ${String(window[key])} ms`)].join(', ')})`;
}
