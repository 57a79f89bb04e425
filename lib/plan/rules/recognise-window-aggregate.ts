// recognise-window-aggregate: GROUP BY window_start, window_end over a window TVF.
//
//   aggregate k, window_start, window_end ( project ( window_table TUMBLE ( t ) ) )
//   ->  window TUMBLE directly over project' ( t ), which computes k and the arguments
//
// Where the window's columns are used otherwise, or came from another window operator, the window is `attached`: rows carry
// it in two columns. Analysis only; lowering builds the operators.

import { columnsOf, conjunction, conjuncts, substitute } from '../../expressions/columns.js';
import { type Expression, isColumn } from '../../expressions/expression.js';
import {
  type AggregateNode,
  columnType,
  type LogicalNode,
  type ProjectNode,
  type WindowSpec,
  type WindowTableNode,
} from '../nodes.js';
import { type WindowProperties, windowProperties } from './window-properties.js';

export type KeyRole = 'key' | 'window_start' | 'window_end' | 'window_time';

export interface RecognisedWindow {
  /** What each of the aggregate's keys is. */
  readonly roles: readonly KeyRole[];
  /** Columns of the aggregate's input that carry the window. */
  readonly windowStart: number;
  readonly windowEnd: number;
  /** Whether those are local times of the session's zone. */
  readonly local: boolean;
  /** The window function and the rows below it, if nothing in between depends on the window. */
  readonly direct?: DirectWindow;
}

/** Rows as the aggregate wants them, computed without the window's columns; `time` is their event time. */
export interface DirectWindow {
  readonly window: WindowSpec;
  readonly input: LogicalNode;
  /** Columns of the aggregate's input to columns of `input`; the window's columns have none. */
  readonly at: ReadonlyMap<number, number>;
}

/** Undefined if the keys do not hold both bounds of a window. */
export function recogniseWindowAggregate(node: AggregateNode): RecognisedWindow | undefined {
  const properties = windowProperties(node.input);
  if (properties === undefined) return undefined;
  const roles = node.keys.map(
    (key): KeyRole =>
      properties.start.includes(key)
        ? 'window_start'
        : properties.end.includes(key)
          ? 'window_end'
          : properties.time.includes(key)
            ? 'window_time'
            : 'key',
  );
  const windowStart = node.keys[roles.indexOf('window_start')];
  const windowEnd = node.keys[roles.indexOf('window_end')];
  if (windowStart === undefined || windowEnd === undefined) return undefined;
  if (
    !groupsAreSessions(
      node.keys.filter((_, i) => roles[i] === 'key'),
      properties,
    )
  )
    return undefined;
  const direct = directWindow(node, roles);
  const { local } = properties;
  return { roles, windowStart, windowEnd, local, ...(direct === undefined ? {} : { direct }) };
}

/** Sessions are aggregated as windows only by what they are partitioned by, as in Flink; otherwise as plain groups. */
function groupsAreSessions(keys: readonly number[], { partition }: WindowProperties): boolean {
  if (partition === undefined) return true;
  return partition.length === keys.length && partition.every((columns) => keys.some((key) => columns.includes(key)));
}

function directWindow(node: AggregateNode, roles: readonly KeyRole[]): DirectWindow | undefined {
  const chain = chainToWindow(node.input);
  if (chain === undefined) return undefined;
  const { table, conditions, expressions } = chain;
  const width = table.input.schema.length;
  const usesWindow = (e: Expression) => [...columnsOf(e)].some((c) => c >= width);
  if (conditions.some(usesWindow)) return undefined;
  const used = new Set(node.keys.filter((_, i) => roles[i] === 'key'));
  for (const { args, filter, orderBy } of node.aggregates) {
    for (const c of [...args, ...(filter === undefined ? [] : [filter]), ...(orderBy ?? []).map((k) => k.column)])
      used.add(c);
  }
  if (node.late?.wanted === true) for (const c of node.late.columns) used.add(c);
  if ([...used].some((c) => usesWindow(expressions[c]!))) return undefined;
  if (table.window.kind === 'session' && !sameKeys(table, node, roles, expressions)) return undefined;

  const computed: Expression[] = [];
  const at = new Map<number, number>();
  for (const c of [...used].sort((a, b) => a - b)) at.set(c, computed.push(expressions[c]!) - 1);
  let time = computed.findIndex((e) => isColumn(e) && e.column === table.window.time);
  if (time < 0)
    time = computed.push({ column: table.window.time, type: columnType(table.input, table.window.time) }) - 1;

  const condition = conjunction(conditions);
  const filtered: LogicalNode =
    condition === undefined ? table.input : { op: 'filter', input: table.input, condition, schema: table.input.schema };
  const names = new Map([...at].map(([from, to]) => [to, node.input.schema[from]!.name]));
  const input: ProjectNode = {
    op: 'project',
    input: filtered,
    expressions: computed,
    schema: computed.map((e, i) => ({
      name: names.get(i) ?? table.input.schema[table.window.time]!.name,
      type: isColumn(e) ? columnType(table.input, e.column) : e.type,
    })),
  };
  return { window: { ...table.window, time }, input, at };
}

interface Chain {
  readonly table: WindowTableNode;
  /** Over the window table's output. */
  readonly conditions: readonly Expression[];
  readonly expressions: readonly Expression[];
}

/** The window table below filters and projections, with all of them as expressions over its output. */
function chainToWindow(node: LogicalNode): Chain | undefined {
  if (node.op === 'window_table') {
    return { table: node, conditions: [], expressions: node.schema.map((f, column) => ({ column, type: f.type })) };
  }
  if (node.op !== 'filter' && node.op !== 'project') return undefined;
  const below = chainToWindow(node.input);
  if (below === undefined) return undefined;
  if (node.op === 'project') {
    return { ...below, expressions: node.expressions.map((e) => substitute(e, below.expressions)) };
  }
  const more = conjuncts(node.condition).map((c) => substitute(c, below.expressions));
  return { ...below, conditions: [...below.conditions, ...more] };
}

/** Sessions are per partition: they can be aggregated as they grow only if the groups are the partitions. */
function sameKeys(
  table: WindowTableNode,
  node: AggregateNode,
  roles: readonly KeyRole[],
  expressions: readonly Expression[],
): boolean {
  const groups = node.keys.filter((_, i) => roles[i] === 'key').map((key) => expressions[key]!);
  const columns = new Set(groups.map((e) => (isColumn(e) ? e.column : -1)));
  return columns.size === table.partitionKeys.length && table.partitionKeys.every((key) => columns.has(key));
}
