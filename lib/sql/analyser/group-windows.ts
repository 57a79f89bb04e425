// Legacy group windows: GROUP BY TUMBLE(ts, ...), HOP, SESSION, and TUMBLE_START, TUMBLE_END, ... above them.

import { type Expression, isColumn, isLiteral } from '../../expressions/expression.js';
import type { WindowProperty, WindowSpec } from '../../plan/nodes.js';
import {
  asTimeAttribute,
  type LogicalType,
  type TimestampType,
  timeAttribute,
  types,
  withNullable,
} from '../../schema/types.js';
import type * as ast from '../ast.js';
import { invalid } from './errors.js';
import { analyseExpression, type ExpressionContext } from './expressions.js';
import { functionName } from './function-calls.js';

export interface GroupWindow {
  readonly name: string;
  /** The window with `time` still 0: the grouping says where the column stands. */
  readonly spec: WindowSpec;
  readonly time: Expression;
  readonly types: Readonly<Record<WindowProperty, LogicalType>>;
  readonly span: ast.SourceSpan;
}

const WINDOWS: readonly string[] = ['TUMBLE', 'HOP', 'SESSION'];

const PROPERTIES: Readonly<Record<string, WindowProperty>> = {
  START: 'window_start',
  END: 'window_end',
  ROWTIME: 'window_rowtime',
  PROCTIME: 'window_proctime',
};

/** Whether an item of GROUP BY is TUMBLE(...), HOP(...) or SESSION(...). */
export function isGroupWindow(item: ast.GroupingElement): item is ast.GroupingSet {
  return item.kind === 'groupingSet' && item.items.length === 1 && windowCall(item.items[0]!) !== undefined;
}

function windowCall(node: ast.Expression): ast.FunctionCall | undefined {
  return node.kind === 'call' && WINDOWS.includes(functionName(node).toUpperCase()) ? node : undefined;
}

export function groupWindow(item: ast.GroupingSet, context: ExpressionContext): GroupWindow {
  return analyseWindow(windowCall(item.items[0]!)!, context);
}

function analyseWindow(node: ast.FunctionCall, context: ExpressionContext): GroupWindow {
  const name = functionName(node).toUpperCase().replace(/_.*$/, '');
  const args = node.args.map((arg) => analyseExpression(arg, context));
  const [time, ...rest] = args;
  const durations = rest.map((e, i) => durationMs(e, node.args[i + 1]!.span));
  const counts = { TUMBLE: [1, 2], HOP: [2, 3], SESSION: [1, 1] }[name]!;
  if (time === undefined || durations.length < counts[0]! || durations.length > counts[1]!) {
    throw invalid('argument-count', name, `Invalid number of arguments to function '${name}'`, node.span);
  }
  const attribute = timeAttribute(time.type);
  if (attribute === undefined || !isColumn(time)) {
    const message = `Window aggregate can only be defined over a time attribute column, but ${name} is not given one`;
    throw invalid('no-time-attribute', 'time attribute', message, node.args[0]!.span);
  }
  const [first = 0, second = 0, third = 0] = durations;
  const specs: Readonly<Record<string, WindowSpec>> = {
    TUMBLE: { kind: 'tumble', time: 0, sizeMs: first, offsetMs: second },
    HOP: { kind: 'hop', time: 0, slideMs: first, sizeMs: second, offsetMs: third },
    SESSION: { kind: 'session', time: 0, gapMs: first },
  };
  const edge = withNullable(types.timestamp(3), false);
  return {
    name,
    spec: specs[name]!,
    time,
    span: node.span,
    types: {
      window_start: edge,
      window_end: edge,
      window_rowtime: asTimeAttribute(time.type as TimestampType, 'rowtime'),
      window_proctime: asTimeAttribute(withNullable(types.timestampLtz(3), false), 'proctime'),
    },
  };
}

const PROPERTY_NAME = /^(TUMBLE|HOP|SESSION)_(START|END|ROWTIME|PROCTIME)$/;

/** Whether a function of this name asks for a property of the group's window. */
export const isWindowProperty = (name: string): boolean => PROPERTY_NAME.test(name);

/** The property that TUMBLE_START(...) and its like ask for; undefined if the call is none of them. */
export function windowProperty(
  name: string,
  node: ast.FunctionCall,
  window: GroupWindow | undefined,
  context: ExpressionContext,
): { readonly property: WindowProperty; readonly type: LogicalType } | undefined {
  const match = PROPERTY_NAME.exec(name);
  if (match === null) return undefined;
  const asked = analyseWindow(node, context);
  const same =
    window !== undefined &&
    asked.name === window.name &&
    JSON.stringify([asked.spec, asked.time]) === JSON.stringify([window.spec, window.time]);
  if (!same) {
    const message = `Call to auxiliary group function '${name}' must have matching call to group function '${match[1]}' in GROUP BY clause`;
    throw invalid('aggregate-misuse', name, message, node.span);
  }
  const property = PROPERTIES[match[2]!]!;
  if (property === 'window_rowtime' && timeAttribute(window.time.type) !== 'rowtime') {
    throw invalid('no-time-attribute', name, `${name} needs a window over event time`, node.span);
  }
  return { property, type: window.types[property] };
}

/** A literal interval in milliseconds: sizes of windows are constants. */
export function durationMs(e: Expression, span: ast.SourceSpan): number {
  if (isLiteral(e) && e.type.kind === 'INTERVAL_DAY_TIME' && e.literal !== null) return Number(e.literal);
  const message = 'The size of a window must be a literal interval of days, hours, minutes or seconds';
  throw invalid('invalid-window', 'interval', message, span);
}
