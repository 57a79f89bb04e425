// Window TVFs whose rows are wanted as such.

import { SabotError } from '../../errors.js';
import type { AggregateCall } from '../../expressions/aggregate-call.js';
import { identity } from '../../expressions/columns.js';
import { call, column } from '../../expressions/expression.js';
import { sessionWindow } from '../../operators/session-window.js';
import { unnest } from '../../operators/unnest.js';
import { windowTable } from '../../operators/window-table.js';
import type { WindowSpec, WindowTableNode } from '../../plan/nodes.js';
import type { PhysicalNode } from '../../plan/physical.js';
import { type LogicalType, materialized, printType, timeAttribute, types, withNullable } from '../../schema/types.js';
import { appendColumns, appendProject } from './calc.js';
import type { Lowering } from './lowering.js';

type SessionSpec = Extract<WindowSpec, { kind: 'session' }>;

const WINDOW_COLUMNS = ['window_start', 'window_end', 'window_time'] as const;

export function lowerWindowTable(node: WindowTableNode, lowering: Lowering): PhysicalNode {
  requireTimeAttribute(node.input.schema[node.window.time]!.type);
  const input = lowering.lower(node.input);
  return node.window.kind === 'session'
    ? sessionRows(node, node.window, input)
    : windowTable(input, node.window, node.schema);
}

/** Rows of sessions wait until theirs has ended: they are aggregated into an array, which is then unnested. */
function sessionRows(node: WindowTableNode, window: SessionSpec, input: PhysicalNode): PhysicalNode {
  const fields = input.schema;
  const rowType = withNullable(types.row(fields.map(({ name, type }) => ({ name, type: materialized(type) }))), false);
  const arrayType = types.array(rowType);
  const keys = node.partitionKeys.map((_, i) => i);
  const [time, row] = [keys.length, keys.length + 1];
  const keyFields = node.partitionKeys.map((key) => fields[key]!);
  const packed = appendProject(
    input,
    [
      ...[...node.partitionKeys, node.window.time].map((position) => column(position, fields[position]!.type)),
      call('row', identity(fields), rowType),
    ],
    [...keyFields, fields[node.window.time]!, { name: '$row', type: rowType }],
  );
  const rows: AggregateCall = {
    function: 'array_agg',
    args: [row],
    argTypes: [rowType],
    distinct: false,
    type: arrayType,
  };
  const bounds = node.schema.slice(-WINDOW_COLUMNS.length);
  const sessions = sessionWindow(packed, { ...window, time }, keys, [rows], WINDOW_COLUMNS, [
    ...keyFields,
    { name: '$rows', type: arrayType },
    ...bounds,
  ]);
  const how = { column: keys.length, kind: 'ARRAY', outer: false, withOrdinality: false } as const;
  const unnested = unnest(sessions, how, [...sessions.schema, ...node.schema.slice(0, fields.length)]);
  const at = sessions.schema.length;
  const places = [...fields.map((_, i) => at + i), ...bounds.map((_, i) => keys.length + 1 + i)];
  return appendColumns(unnested, places, node.schema);
}

/** Windows need a column with a watermark, or processing time. */
export function requireTimeAttribute(type: LogicalType): void {
  if (timeAttribute(type) !== undefined) return;
  throw new SabotError(
    'SABOT_E_VALIDATION',
    `The window function requires the timecol is a time attribute type, but is ${printType(type)}. ` +
      'Declare WATERMARK FOR the column in CREATE TABLE.',
    { kind: 'no-time-attribute', identifier: 'time attribute' },
  );
}
