// window-properties: which columns of a node are the bounds of the window that each row belongs to.
//
//   project [n, window_start, window_end] ( window_table )   ->   { start: [1], end: [2] }
//
// Analysis only: recognising window aggregates, joins and ranks rests on it.

import { isColumn } from '../../expressions/expression.js';
import { columnType, type LogicalNode } from '../nodes.js';

/** Positions of columns that hold window_start, window_end and window_time. */
export interface WindowProperties {
  readonly start: readonly number[];
  readonly end: readonly number[];
  readonly time: readonly number[];
  /** Whether the bounds are local times of the session's zone: windows over TIMESTAMP_LTZ. */
  readonly local: boolean;
  /** Of sessions: where the columns of PARTITION BY are. */
  readonly partition?: readonly (readonly number[])[];
}

/** Undefined unless both bounds of one window are among the node's columns. */
export function windowProperties(node: LogicalNode): WindowProperties | undefined {
  switch (node.op) {
    case 'window_table': {
      const width = node.input.schema.length;
      const local = columnType(node.input, node.window.time).kind === 'TIMESTAMP_LTZ';
      const partition = node.window.kind === 'session' ? { partition: node.partitionKeys.map((key) => [key]) } : {};
      return { start: [width], end: [width + 1], time: [width + 2], local, ...partition };
    }
    case 'filter':
    case 'watermark':
    case 'limit':
    case 'sort':
    case 'rank':
    case 'over':
    case 'unnest':
      return windowProperties(node.input);
    case 'project':
      return moved(windowProperties(node.input), (column) =>
        node.expressions.flatMap((e, i) => (isColumn(e) && e.column === column ? [i] : [])),
      );
    case 'user_function':
      return moved(windowProperties(node.input), (column) =>
        node.columns.flatMap((from, i) => (from === column ? [i] : [])),
      );
    case 'expand':
      return moved(windowProperties(node.input), (column) =>
        node.schema.flatMap((_, i) =>
          node.projections.every((p) => {
            const e = p[i]!;
            return isColumn(e) && e.column === column;
          })
            ? [i]
            : [],
        ),
      );
    case 'aggregate':
      return moved(windowProperties(node.input), (column) =>
        node.keys.flatMap((key, i) => (key === column ? [i] : [])),
      );
    case 'join': {
      const left = windowProperties(node.left);
      const width = node.left.schema.length;
      const right = node.joinType === 'semi' || node.joinType === 'anti' ? undefined : windowProperties(node.right);
      if (left === undefined || right === undefined) return left;
      const shift = (columns: readonly number[]) => columns.map((c) => c + width);
      return {
        ...left,
        start: [...left.start, ...shift(right.start)],
        end: [...left.end, ...shift(right.end)],
        time: [...left.time, ...shift(right.time)],
      };
    }
    case 'union': {
      const [first, ...others] = node.inputs.map(windowProperties);
      return first !== undefined && others.every((o) => JSON.stringify(o) === JSON.stringify(first))
        ? first
        : undefined;
    }
    default:
      return undefined;
  }
}

function moved(from: WindowProperties | undefined, places: (column: number) => number[]): WindowProperties | undefined {
  if (from === undefined) return undefined;
  const [start, end, time] = [from.start, from.end, from.time].map((columns) => columns.flatMap(places)) as [
    number[],
    number[],
    number[],
  ];
  const partition = from.partition?.map((columns) => columns.flatMap(places));
  const to = { ...from, start, end, time, ...(partition === undefined ? {} : { partition }) };
  return to.start.length > 0 && to.end.length > 0 ? to : undefined;
}
