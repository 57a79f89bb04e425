// Filters and projections, merged with those right below.
//
//   project [a + 1] ( filter x ( project [b AS a, c AS x] ( t ) ) )   ->   project [#0 + 1] ( filter c, keep [b] ( t ) )
//
// An expression that would be computed twice keeps its own operator. State: which program an operator was made from.

import {
  columnsOf,
  conjunction,
  conjuncts,
  countColumns,
  identity,
  isCheap,
  isDeterministic,
  moveColumns,
  substitute,
} from '../../expressions/columns.js';
import { type Expression, isColumn } from '../../expressions/expression.js';
import { filter } from '../../operators/filter.js';
import { project } from '../../operators/project.js';
import type { PhysicalNode } from '../../plan/physical.js';
import { foldCondition, isAlwaysTrue } from '../../plan/rules/fold-conditions.js';
import { type Schema, sameType } from '../../schema/types.js';

/** Filter, then project; expressions undefined: the input's columns as they are. */
interface Program {
  readonly input: PhysicalNode;
  readonly condition: Expression | undefined;
  readonly expressions: readonly Expression[] | undefined;
}

const programs = new WeakMap<PhysicalNode, Program>();

/** Keeps the rows whose condition is TRUE. */
export function appendFilter(input: PhysicalNode, condition: Expression): PhysicalNode {
  const folded = foldCondition(condition);
  return isAlwaysTrue(folded) ? input : append(input, folded, undefined, input.schema);
}

/** Computes `expressions`; nothing if they are the input's columns under the same names. */
export function appendProject(input: PhysicalNode, expressions: readonly Expression[], schema: Schema): PhysicalNode {
  return isIdentity(expressions, schema, input.schema) ? input : append(input, undefined, expressions, schema);
}

/** The given columns of the input, in this order. */
export function appendColumns(input: PhysicalNode, columns: readonly number[], schema: Schema): PhysicalNode {
  const expressions = columns.map((c) => ({ column: c, type: input.schema[c]!.type }));
  return appendProject(input, expressions, schema);
}

function append(
  input: PhysicalNode,
  condition: Expression | undefined,
  expressions: readonly Expression[] | undefined,
  schema: Schema,
): PhysicalNode {
  const below = programs.get(input);
  if (below === undefined || !merges(below, condition, expressions, input.schema)) {
    return build({ input, condition, expressions }, schema);
  }
  const through = (e: Expression) => (below.expressions === undefined ? e : substitute(e, below.expressions));
  const merged = conjunction([...conjuncts(below.condition), ...conjuncts(condition).map(through)]);
  return build(
    { input: below.input, condition: merged, expressions: expressions?.map(through) ?? below.expressions },
    schema,
  );
}

function merges(
  below: Program,
  condition: Expression | undefined,
  expressions: readonly Expression[] | undefined,
  schema: Schema,
): boolean {
  if (below.expressions === undefined) return true;
  const reads = countColumns([...conjuncts(condition), ...(expressions ?? identity(schema))]);
  return below.expressions.every((e, i) => isCheap(e) || (isDeterministic(e) && (reads.get(i) ?? 0) <= 1));
}

/** The operators of a program: a filter that drops what is no longer needed, a projection if anything is computed. */
function build(program: Program, schema: Schema): PhysicalNode {
  const { input, condition, expressions } = program;
  let node = input;
  let rest = expressions;
  if (condition !== undefined && input.spec.withCondition !== undefined) {
    node = input.spec.withCondition(input, condition);
  } else if (condition !== undefined) {
    const used = expressions === undefined ? identity(input.schema) : expressions;
    const columns = [...used.reduce((into, e) => columnsOf(e, into), new Set<number>())].sort((a, b) => a - b);
    // Rows of nothing but constants still need something to count them by.
    if (columns.length === 0) columns.push(0);
    node = filter(input, condition, columns);
    rest = expressions?.map((e) => moveColumns(e, (c) => columns.indexOf(c)));
  }
  if (rest !== undefined && !isIdentity(rest, schema, node.schema)) node = project(node, rest, schema);
  if (node !== input) programs.set(node, program);
  return node;
}

function isIdentity(expressions: readonly Expression[], schema: Schema, input: Schema): boolean {
  return (
    expressions.length === input.length &&
    expressions.every(
      (e, i) =>
        isColumn(e) &&
        e.column === i &&
        schema[i]!.name === input[i]!.name &&
        sameType(schema[i]!.type, input[i]!.type),
    )
  );
}
