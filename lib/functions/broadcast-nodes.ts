// What the methods of streams with broadcast state make of functions: logical nodes.
//
//   bids, rules.broadcast((r) => r.auction), process(fn)   ->   broadcast_process [fn] ( bids, rules )
//
// No state.

import { columnOf, type NamedExpression, projectRows } from '../plan/builders.js';
import type { BroadcastMap, LogicalNode } from '../plan/nodes.js';
import type { Schema } from '../schema/types.js';
import { appendFunctions, withNote } from './append.js';
import { type ResolvedFunction, resolveFunction } from './resolve.js';
import {
  conditionOf,
  HIDDEN_TIME,
  type KeyedRows,
  keyRows,
  named,
  type Returning,
  refused,
  timeColumn,
  visible,
  visibleRows,
  withKeyColumns,
} from './stream-nodes.js';

type RowFunction = (row: never) => unknown;

/** Rows that every subtask gets, and keeps by key. */
export interface BroadcastRows {
  readonly node: LogicalNode;
  readonly map: BroadcastMap;
  readonly functions: readonly ResolvedFunction[];
}

export interface BroadcastRequest extends Returning {
  readonly removes?: RowFunction | undefined;
}

/** The rows, and behind their columns what of the keys and of `removes` is computed. */
export function broadcastRows(input: LogicalNode, key: RowFunction, request: BroadcastRequest): BroadcastRows {
  const rows = visibleRows(input);
  const width = rows.schema.length;
  const keyed = keyRows(rows, key, request, 'broadcast');
  const [keyFunction] = keyed.functions;
  const removing = request.removes && conditionOf(request.removes, rows, 'removes');
  const { node: computed, given } = appendFunctions(keyed.node, removing === undefined ? [] : [removing]);
  const columns = named(computed.schema).slice(0, width);
  const place = ({ name, expression }: NamedExpression): number => {
    const at = columnOf(expression);
    return at !== undefined && at < width ? at : columns.push({ name, expression }) - 1;
  };
  const keys = keyed.keys.map(place);
  const removes = removing && place(given[0]![0]!);
  for (const { name, expression } of keyed.keys) {
    if (['ARRAY', 'MAP', 'MULTISET', 'ROW'].includes(expression.type.kind))
      throw refused(`A key of broadcast state is a single value, or several: '${name}' is neither.`);
  }
  const same = columns.length === computed.schema.length && columns.every((c, i) => columnOf(c.expression) === i);
  const node = same ? computed : projectRows(computed, columns);
  return {
    node,
    map: { width, keys, keyNames: keyFunction!.gives === 'value' ? undefined : keyed.keys.map((k) => k.name), removes },
    functions: [...keyed.functions, ...(removing === undefined ? [] : [removing])],
  };
}

/** Any number of rows for every row of `rows`, computed with the broadcast rows at hand. */
export function processRows(
  rows: KeyedRows,
  broadcast: BroadcastRows,
  to: (...args: never[]) => unknown,
  { returns, concurrency, onError }: Returning,
): LogicalNode {
  const shown = visible(rows.node.schema.slice(0, rows.width));
  const resolved = resolveFunction(to as RowFunction, shown, {
    use: 'process',
    gives: 'object',
    returns: returns?.type,
    example: 'process(fn, { returns: t.row({ … }) })',
    flattens: true,
    concurrency,
    onError,
  });
  const of = { ...resolved, user: { ...resolved.user!, reason: 'it reads broadcast state' } };
  const { node, keys } = withKeyColumns(rows);
  const time = timeColumn(node.schema);
  const columns = time < 0 ? [] : [time];
  const schema: Schema = [...columns.map((i) => node.schema[i]!), ...of.user.results];
  const processed = withNote(
    {
      op: 'broadcast_process',
      left: node,
      right: broadcast.node,
      keys,
      broadcast: broadcast.map,
      columns,
      function: of.user,
      schema,
    },
    [...rows.functions, ...broadcast.functions, of],
  );
  if (time < 0) return processed;
  const [first, ...results] = named(schema);
  return projectRows(processed, [...results, { ...first!, name: HIDDEN_TIME }]);
}
