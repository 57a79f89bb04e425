// push-filters: moves conditions towards the sources.
//
//   filter a.x > 1 AND a.k = b.k ( a × b )   ->   a.x > 1 below the left side, a.k = b.k in the join's condition
//
// A condition never passes a watermark assigner (time advances with every row), a limit, or rows it could not see below.

import {
  columnsOf,
  conjunction,
  conjuncts,
  hasSubquery,
  isCheap,
  isDeterministic,
  moveColumns,
  substitute,
} from '../../expressions/columns.js';
import { type Expression, isColumn, isOuter, someExpression } from '../../expressions/expression.js';
import { type FilterNode, inputsOf, type JoinNode, type LogicalNode, withInputs } from '../nodes.js';
import { foldCondition, isAlwaysTrue } from './fold-conditions.js';
import { windowProperties } from './window-properties.js';

/** Pushes every filter of the plan as far down as it may go. */
export function pushFilters(node: LogicalNode): LogicalNode {
  if (node.op === 'filter') return push(node.input, conjuncts(foldCondition(node.condition)));
  if (node.op === 'join' && node.joinType === 'inner' && node.condition !== undefined) {
    return push({ ...withoutCondition(node) }, conjuncts(foldCondition(node.condition)));
  }
  return withInputs(node, inputsOf(node).map(pushFilters));
}

function withoutCondition(join: JoinNode): JoinNode {
  const { condition: _condition, ...rest } = join;
  return rest;
}

/** `node` under `conditions`, each as low as possible. */
function push(node: LogicalNode, conditions: readonly Expression[]): LogicalNode {
  if (conditions.length === 0 && !(node.op === 'join' && node.joinType === 'inner')) return pushFilters(node);
  const movable = conditions.filter(canMove);
  const fixed = conditions.filter((c) => !canMove(c));
  switch (node.op) {
    case 'filter':
      return push(node.input, [...conjuncts(foldCondition(node.condition)), ...conditions]);
    case 'project': {
      // Anything dearer than a field would be computed twice: for the condition, and for those who read it.
      const clear = (c: Expression) => [...columnsOf(c)].every((i) => isCheap(node.expressions[i]!));
      const [down, stay] = partition(movable, clear);
      const input = push(
        node.input,
        down.map((c) => substitute(c, node.expressions)),
      );
      return keep({ ...node, input }, [...stay, ...fixed]);
    }
    case 'window_table': {
      const [down, stay] = partition(movable, reads(0, node.input.schema.length));
      // Sessions depend on which rows there are.
      if (node.window.kind === 'session') return keep(withInputs(node, [pushFilters(node.input)]), conditions);
      return keep({ ...node, input: push(node.input, down) }, [...stay, ...fixed]);
    }
    case 'aggregate': {
      // Late rows are those of all keys.
      if (node.late?.wanted === true) return keep(withInputs(node, [pushFilters(node.input)]), conditions);
      // A condition on the window itself stays above: below, it would keep the window from being aggregated directly.
      const window = windowProperties(node.input);
      const isWindow = (key: number) =>
        [window?.start, window?.end, window?.time].some((columns) => columns?.includes(key));
      const onKeys = (c: Expression) =>
        columnsOf(c).size > 0 && [...columnsOf(c)].every((i) => i < node.keys.length && !isWindow(node.keys[i]!));
      const [down, stay] = partition(movable, onKeys);
      const below = down.map((c) => moveColumns(c, (i) => node.keys[i]!));
      return keep({ ...node, input: push(node.input, below) }, [...stay, ...fixed]);
    }
    case 'union':
      return keep({ ...node, inputs: node.inputs.map((input) => push(input, movable)) }, fixed);
    case 'unnest': {
      const [down, stay] = partition(movable, reads(0, node.input.schema.length));
      return keep({ ...node, input: push(node.input, down) }, [...stay, ...fixed]);
    }
    case 'join':
      return pushIntoJoin(node, movable, fixed);
    case 'temporal_join': {
      // On the right it would hide versions, which end others.
      const onLeft = reads(0, node.left.schema.length);
      const [down, stay] = partition(movable, (c) => onLeft(c) && columnsOf(c).size > 0);
      return keep({ ...node, left: push(node.left, down), right: pushFilters(node.right) }, [...stay, ...fixed]);
    }
    default:
      return keep(withInputs(node, inputsOf(node).map(pushFilters)), conditions);
  }
}

function pushIntoJoin(node: JoinNode, movable: readonly Expression[], fixed: readonly Expression[]): LogicalNode {
  const width = node.left.schema.length;
  const onLeft = reads(0, width);
  const onRight = (c: Expression) => columnsOf(c).size > 0 && reads(width, Number.MAX_SAFE_INTEGER)(c);
  const toRight = (c: Expression) => moveColumns(c, (i) => i - width);
  const rightToo = node.joinType === 'inner' || node.joinType === 'right';
  const leftToo = node.joinType !== 'right' && node.joinType !== 'full';
  const [left, others] = partition(movable, (c) => leftToo && onLeft(c) && columnsOf(c).size > 0);
  const [right, rest] = partition(others, (c) => rightToo && onRight(c));
  const join = { ...node, left: push(node.left, left), right: push(node.right, right.map(toRight)) };
  if (node.joinType !== 'inner') return keep(join, [...rest, ...fixed]);
  const [inside, above] = partition(fixed, (c) => !hasSubquery(c));
  const condition = conjunction([...conjuncts(node.condition), ...rest, ...inside]);
  return keep(condition === undefined ? join : { ...join, condition }, above);
}

function keep(node: LogicalNode, conditions: readonly Expression[]): LogicalNode {
  const condition = conjunction(conditions);
  if (condition === undefined || isAlwaysTrue(condition)) return node;
  return { op: 'filter', input: node, condition, schema: node.schema } satisfies FilterNode;
}

/** Conditions whose place does not matter: no subquery, no chance, no clock. */
function canMove(c: Expression): boolean {
  return isDeterministic(c) && !hasSubquery(c) && !someExpression(c, isOuter);
}

const reads = (from: number, to: number) => (c: Expression) =>
  !someExpression(c, (e) => isColumn(e) && (e.column < from || e.column >= to));

function partition<T>(all: readonly T[], test: (t: T) => boolean): [yes: T[], no: T[]] {
  return [all.filter(test), all.filter((t) => !test(t))];
}
