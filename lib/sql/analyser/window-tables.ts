// Window table functions: TUMBLE, HOP, CUMULATE and SESSION in FROM.
//
//   TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE))
//     ->  window_table { tumble, time 3, 60000 ms }: t's columns, window_start, window_end, window_time

import { isColumn } from '../../expressions/expression.js';
import type { LogicalNode, WindowSpec } from '../../plan/nodes.js';
import {
  type Field,
  isTimestamp,
  type LogicalType,
  printType,
  timeAttribute,
  types,
  withNullable,
} from '../../schema/types.js';
import type * as ast from '../ast.js';
import type { QueryEnvironment } from './environment.js';
import { invalid, suggestion, unsupported } from './errors.js';
import { analyseExpression } from './expressions.js';
import { functionName } from './function-calls.js';
import { durationMs } from './group-windows.js';
import { analyseQuery, expressionContext } from './query.js';
import { Scope } from './scope.js';
import { tableNode } from './tables.js';

/** Parameters in their order; those after the window's own are optional. */
const PARAMETERS: Readonly<Record<string, { readonly names: readonly string[]; readonly required: number }>> = {
  TUMBLE: { names: ['DATA', 'TIMECOL', 'SIZE', 'OFFSET'], required: 3 },
  HOP: { names: ['DATA', 'TIMECOL', 'SLIDE', 'SIZE', 'OFFSET'], required: 4 },
  CUMULATE: { names: ['DATA', 'TIMECOL', 'STEP', 'SIZE', 'OFFSET'], required: 4 },
  SESSION: { names: ['DATA', 'TIMECOL', 'GAP'], required: 3 },
};

export function isWindowFunction(call: ast.FunctionCall): boolean {
  return functionName(call).toUpperCase() in PARAMETERS;
}

export function windowTable(call: ast.FunctionCall, environment: QueryEnvironment): LogicalNode {
  const name = functionName(call).toUpperCase();
  const args = argumentsByName(name, call);
  const data = args.get('DATA')!;
  const table = data.kind === 'subquery' ? queryArgument(data) : data;
  if (table.kind !== 'tableArgument') {
    throw invalid('type-mismatch', name, `${name} takes a table first: TABLE t`, table.span);
  }
  const input = inputTable(table, environment);
  const time = timeColumn(name, args.get('TIMECOL')!, input);
  const window = windowSpec(name, args, time, call.span, environment);
  const scope = new Scope([
    { path: table.table === null ? [] : [table.table.parts.at(-1)!.name], offset: 0, schema: input.schema },
  ]);
  const context = expressionContext(scope, 'PARTITION BY', environment);
  const partitionKeys = table.partitionBy.map((node) => {
    const e = analyseExpression(node, context);
    if (isColumn(e)) return e.column;
    throw unsupported('PARTITION BY of a window takes columns', node.span);
  });
  const edge = withNullable(types.timestamp(3), false);
  const columns: Field[] = [
    { name: 'window_start', type: edge },
    { name: 'window_end', type: edge },
    { name: 'window_time', type: windowTimeType(input.schema[time]!.type) },
  ];
  const schema = [...input.schema, ...columns];
  return { op: 'window_table', input, window, partitionKeys, schema, span: call.span };
}

/** `TUMBLE((SELECT ...), ...)`: a query in place of a table. */
function queryArgument({ query, span }: ast.ScalarSubquery): ast.TableArgument {
  return { kind: 'tableArgument', table: null, query, partitionBy: [], orderBy: [], span };
}

/** The last instant of a window is a time attribute of the same kind. */
function windowTimeType(time: LogicalType): LogicalType {
  return withNullable(isTimestamp(time) ? { ...time, precision: 3 } : time, false);
}

function inputTable({ table, query, orderBy }: ast.TableArgument, environment: QueryEnvironment): LogicalNode {
  if (orderBy.length > 0) throw unsupported('ORDER BY of a table argument is not supported', orderBy[0]!.span);
  return table === null ? analyseQuery(query!, environment) : tableNode(table, [], environment).node;
}

function argumentsByName(name: string, call: ast.FunctionCall): ReadonlyMap<string, ast.Expression> {
  const { names, required } = PARAMETERS[name]!;
  const args = new Map<string, ast.Expression>();
  for (const [i, arg] of call.args.entries()) {
    const key = arg.kind === 'namedArgument' ? arg.name.name.toUpperCase() : names[i];
    if (key === undefined || !names.includes(key)) {
      const message =
        key === undefined
          ? `Invalid number of arguments to function '${name}'. Was expecting ${required} arguments`
          : `${name} has no parameter '${key}'${suggestion(key, names)}`;
      throw invalid('argument-count', name, message, arg.span);
    }
    args.set(key, arg.kind === 'namedArgument' ? arg.value : arg);
  }
  const missing = names.slice(0, required).find((key) => !args.has(key));
  if (missing === undefined) return args;
  const message = `Invalid number of arguments to function '${name}'. Was expecting ${required} arguments; ${missing} is missing`;
  throw invalid('argument-count', name, message, call.span);
}

function timeColumn(name: string, node: ast.Expression, input: LogicalNode): number {
  if (node.kind !== 'descriptor' || node.columns.length !== 1) {
    throw invalid('type-mismatch', name, `${name} takes DESCRIPTOR(time column) second`, node.span);
  }
  const [column] = node.columns as [ast.Identifier];
  const position = input.schema.findIndex((field) => field.name === column.name);
  if (position < 0) {
    const names = input.schema.map((field) => field.name);
    const message = `Unknown identifier '${column.name}'${suggestion(column.name, names)}`;
    throw invalid('unknown-column', column.name, message, column.span);
  }
  const { type } = input.schema[position]!;
  if (timeAttribute(type) === undefined) {
    const message = `The window function requires the timecol is a time attribute type, but is ${printType({ ...type, nullable: true })}; declare a WATERMARK for '${column.name}'`;
    throw invalid('no-time-attribute', 'time attribute', message, column.span);
  }
  return position;
}

function windowSpec(
  name: string,
  args: ReadonlyMap<string, ast.Expression>,
  time: number,
  span: ast.SourceSpan,
  environment: QueryEnvironment,
): WindowSpec {
  const context = expressionContext(new Scope([]), name, environment);
  const ms = (key: string) => {
    const node = args.get(key);
    return node === undefined ? 0 : durationMs(analyseExpression(node, context), node.span);
  };
  const sizeMs = ms('SIZE');
  const offsetMs = ms('OFFSET');
  const multiple = (part: string, partMs: number) => {
    if (partMs > 0 && sizeMs > 0 && sizeMs % partMs === 0) return;
    const message = `${name} table function based aggregate requires size must be an integral multiple of ${part}, but got size ${sizeMs} ms and ${part} ${partMs} ms`;
    throw invalid('invalid-window', part, message, args.get(part.toUpperCase())?.span ?? span);
  };
  switch (name) {
    case 'TUMBLE':
      return { kind: 'tumble', time, sizeMs, offsetMs };
    case 'HOP':
      multiple('slide', ms('SLIDE'));
      return { kind: 'hop', time, sizeMs, slideMs: ms('SLIDE'), offsetMs };
    case 'CUMULATE':
      multiple('step', ms('STEP'));
      return { kind: 'cumulate', time, sizeMs, stepMs: ms('STEP'), offsetMs };
    default:
      return { kind: 'session', time, gapMs: ms('GAP') };
  }
}
