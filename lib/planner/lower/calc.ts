// Filters and projections, merged into one operator with those right below.
//
//   project [a + 1] ( filter x ( project [b AS a, c AS x] ( t ) ) )   ->   calc x: c, [b + 1] ( t )
//
// An expression that would be computed twice keeps its own operator.

import { conjunction, conjuncts, countColumns, identity, isCheap, isDeterministic, substitute } from '../../expressions/columns.js';
import type { Expression } from '../../expressions/expression.js';
import { foldCondition, isAlwaysTrue } from '../../plan/rules/fold-conditions.js';
import { calc, calcSpec } from '../../operators/calc.js';
import { filterSpec } from '../../operators/filter.js';
import { projectSpec } from '../../operators/project.js';
import type { PhysicalNode } from '../../plan/physical.js';
import { sameType, type Schema } from '../../schema/types.js';
import { isColumn } from '../../expressions/expression.js';

interface Program {
  readonly input: PhysicalNode;
  readonly condition: Expression | undefined;
  /** Undefined: the input's columns as they are. */
  readonly expressions: readonly Expression[] | undefined;
}

const MERGED = new Set([filterSpec, projectSpec, calcSpec]);

function programOf(node: PhysicalNode): Program | undefined {
  if (!MERGED.has(node.spec)) return undefined;
  const { condition, expressions } = node.config as { condition?: Expression; expressions?: readonly Expression[] };
  return { input: node.inputs[0]!.node, condition, expressions };
}

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
  return appendProject(input, columns.map((c) => ({ column: c, type: input.schema[c]!.type })), schema);
}

function append(
  input: PhysicalNode,
  condition: Expression | undefined,
  expressions: readonly Expression[] | undefined,
  schema: Schema,
): PhysicalNode {
  const below = programOf(input);
  if (below === undefined || !merges(below, condition, expressions, input.schema)) return calc(input, condition, expressions, schema);
  const through = (e: Expression) => (below.expressions === undefined ? e : substitute(e, below.expressions));
  const merged = conjunction([...conjuncts(below.condition), ...conjuncts(condition).map(through)]);
  return calc(below.input, merged, expressions?.map(through) ?? below.expressions, schema);
}

function merges(below: Program, condition: Expression | undefined, expressions: readonly Expression[] | undefined, schema: Schema): boolean {
  if (below.expressions === undefined) return true;
  const reads = countColumns([...conjuncts(condition), ...(expressions ?? identity(schema))]);
  return below.expressions.every((e, i) => isCheap(e) || (isDeterministic(e) && (reads.get(i) ?? 0) <= 1));
}

function isIdentity(expressions: readonly Expression[], schema: Schema, input: Schema): boolean {
  return (
    expressions.length === input.length &&
    expressions.every((e, i) => isColumn(e) && e.column === i && schema[i]!.name === input[i]!.name && sameType(schema[i]!.type, input[i]!.type))
  );
}
