// SELECT: FROM, WHERE, grouping, OVER, the select list, DISTINCT and ORDER BY, in that order of execution.
//
//   SELECT k, COUNT(*) AS n FROM t WHERE v > 0 GROUP BY k HAVING COUNT(*) > 1
//     ->  project [k, n] ( filter ( aggregate ( project [k] ( filter ( scan t ) ) ) ) )

import { SabotError } from '../../errors.js';
import { column, type Expression, sameExpression } from '../../expressions/expression.js';
import type { LogicalNode, SortKey } from '../../plan/nodes.js';
import type { Field, Schema } from '../../schema/types.js';
import type * as ast from '../ast.js';
import { GroupedRow } from './aggregation.js';
import type { QueryEnvironment } from './environment.js';
import { invalid } from './errors.js';
import { analyseCondition, analyseExpression, type ExpressionContext, typedExpression } from './expressions.js';
import { rowField } from './fields.js';
import { OverColumns } from './over.js';
import {
  distinct,
  expressionContext,
  nullsFirst,
  ONE_ROW,
  ordinal,
  type QueryTail,
  rowsNode,
  sorted,
} from './query.js';
import { relationColumns, Scope, uniqueName } from './scope.js';
import { StateTtlHints } from './state-ttl-hints.js';
import { analyseFrom } from './tables.js';
import { containsAggregate } from './walk.js';

/** A column of the select list: an expression still to be analysed, or one that a star stands for. */
interface Item {
  readonly name: string;
  /** The column that a star stands for, with its table. */
  readonly written: string;
  readonly node: ast.Expression | undefined;
  readonly expression: Expression | undefined;
  /** Written with AS: ORDER BY may use it. */
  readonly alias: boolean;
  readonly span: ast.SourceSpan;
}

export function analyseSelect(select: ast.Select, tail: QueryTail, environment: QueryEnvironment): LogicalNode {
  try {
    return analysed(select, tail, environment);
  } catch (error) {
    throw explainAlias(error, select);
  }
}

/** A name that WHERE, GROUP BY or HAVING does not find may be an alias, which only ORDER BY can see. */
function explainAlias(error: unknown, select: ast.Select): unknown {
  if (!(error instanceof SabotError) || error.kind !== 'unknown-column' || error.span === undefined) return error;
  const { identifier, span } = error;
  const clauses = [select.where, select.groupBy, select.having];
  const inClause = clauses.some(
    (clause) => clause !== null && clause.span.start <= span.start && span.end <= clause.span.end,
  );
  if (!inClause || !select.items.some((item) => item.alias?.name === identifier)) return error;
  const message = `Column '${identifier}' not found in any table; it is an alias of the select list, which WHERE, GROUP BY and HAVING do not see: repeat its expression`;
  return invalid('unknown-column', identifier!, message, span);
}

function analysed(select: ast.Select, tail: QueryTail, environment: QueryEnvironment): LogicalNode {
  const stateTtls = new StateTtlHints(select.hints);
  const from = select.from === null ? undefined : analyseFrom(select.from, { ...environment, stateTtls });
  stateTtls.check(from?.scope);
  const ttl = stateTtls.of(from?.scope);
  const scope = from?.scope ?? new Scope([], environment.outer);
  const rowContext = expressionContext(scope, 'SELECT', environment);
  const input = filtered(from?.node ?? ONE_ROW, select.where, { ...rowContext, clause: 'WHERE' });
  const items = expandItems(select, scope);

  const grouped = isGrouped(select, tail)
    ? new GroupedRow(select.groupBy, input, rowContext, environment, ttl)
    : undefined;
  const groupContext = grouped?.context ?? rowContext;
  const over = new OverColumns(groupContext, select.windows);
  const itemContext = over.context;

  const having =
    select.having === null ? undefined : analyseCondition(select.having, { ...groupContext, clause: 'HAVING' });
  const expressions = items.map((item) => itemExpression(item, itemContext, grouped));
  const qualify = select.qualify === null ? undefined : analyseCondition(select.qualify, itemContext);
  const order = new OrderKeys(items, expressions, select.quantifier === 'DISTINCT', itemContext);
  const keys = tail.orderBy.map((item) => order.key(item));

  let node = grouped === undefined ? input : grouped.build(having);
  const settled = grouped === undefined ? identity : (e: Expression) => grouped.settle(e);
  const { node: overNode, settle } = over.build(node, settled, ttl);
  node = overNode;
  if (qualify !== undefined) node = { op: 'filter', input: node, condition: settle(qualify), schema: node.schema };

  const projected = [...expressions, ...order.hidden].map(settle);
  const schema = projected.map((e, i): Field => ({ name: items[i]?.name ?? `$order${i}`, type: e.type }));
  node = project(node, projected, schema);
  if (select.quantifier === 'DISTINCT') node = distinct(node);
  return withoutHidden(sorted(node, keys, tail), items.length);
}

const identity = (e: Expression) => e;

function filtered(node: LogicalNode, where: ast.Expression | null, context: ExpressionContext): LogicalNode {
  if (where === null) return node;
  return { op: 'filter', input: node, condition: analyseCondition(where, context), schema: node.schema };
}

function isGrouped(select: ast.Select, tail: QueryTail): boolean {
  if (select.groupBy !== null || select.having !== null) return true;
  return containsAggregate(select.items) || containsAggregate(tail.orderBy);
}

/** A projection; of constants alone over one row it is that row. */
function project(input: LogicalNode, expressions: readonly Expression[], schema: Schema): LogicalNode {
  if (input === ONE_ROW) return rowsNode([expressions], schema);
  return { op: 'project', input, expressions, schema };
}

function withoutHidden(node: LogicalNode, width: number): LogicalNode {
  if (node.schema.length === width) return node;
  const schema = node.schema.slice(0, width);
  return { op: 'project', input: node, expressions: schema.map((field, i) => column(i, field.type)), schema };
}

// ------------------------------------------------------------------------------------------------------- the select list

function expandItems(select: ast.Select, scope: Scope): readonly Item[] {
  const items: Item[] = [];
  const taken = new Set<string>();
  for (const item of select.items) {
    const star = starColumns(item.expression, scope, select);
    if (star === undefined) {
      const name = item.alias?.name ?? derivedName(item.expression) ?? `EXPR$${items.length}`;
      taken.add(name);
      items.push({
        name,
        written: name,
        node: item.expression,
        expression: undefined,
        alias: item.alias !== null,
        span: item.span,
      });
      continue;
    }
    for (const { name, expression } of star) {
      const written = [...scope.owner(expression), name].join('.');
      items.push({
        name: uniqueName(name, taken),
        written,
        node: undefined,
        expression,
        alias: false,
        span: item.span,
      });
    }
  }
  return items;
}

/** The name of an item without AS: that of its column, or of a function without parentheses. */
function derivedName(node: ast.Expression): string | undefined {
  if (node.kind === 'column') return node.parts.at(-1)!.name;
  if (node.kind === 'call' && !node.parentheses && node.args.length === 0) return node.name.parts.at(-1)!.name;
  return undefined;
}

function starColumns(node: ast.Expression, scope: Scope, select: ast.Select) {
  if (node.kind === 'field' && node.field === null && node.operand.kind === 'column') {
    return rowFields(scope.resolve(node.operand.parts), node);
  }
  if (node.kind !== 'star') return undefined;
  if (node.qualifier.length === 0) {
    if (select.from === null) throw invalid('unknown-column', '*', 'SELECT * requires a FROM clause', node.span);
    for (const relation of scope.relations) checkUnambiguous(relation.schema, node);
    return scope.star();
  }
  const relation = scope.relation(node.qualifier);
  if (relation !== undefined) {
    checkUnambiguous(relation.schema, node);
    return relationColumns(relation);
  }
  const row = scope.find(node.qualifier, 0);
  if (row?.type.kind === 'ROW') return rowFields(row, node);
  const name = node.qualifier.map((part) => part.name).join('.');
  throw invalid('unknown-table', name, `Unknown identifier '${name}'`, node.span);
}

function rowFields(row: Expression, node: ast.Expression) {
  if (row.type.kind !== 'ROW')
    throw invalid('type-mismatch', row.type.kind, 'Only a ROW has fields to spread', node.span);
  return row.type.fields.map((field, i) => ({ name: field.name, expression: rowField(row, i) }));
}

function checkUnambiguous(schema: Schema, node: ast.Expression): void {
  const names = new Set<string>();
  for (const { name } of schema) {
    if (names.has(name)) throw invalid('ambiguous-column', name, `Column '${name}' is ambiguous`, node.span);
    names.add(name);
  }
}

function itemExpression(item: Item, context: ExpressionContext, grouped: GroupedRow | undefined): Expression {
  if (item.node === undefined) {
    return grouped === undefined ? item.expression! : grouped.groupedColumn(item.expression!, item.written, item.span);
  }
  return typedExpression(item.node, context);
}

// ------------------------------------------------------------------------------------------------------------- ORDER BY

/** Keys of ORDER BY: output columns by ordinal, alias or equality; anything else becomes a hidden column. */
class OrderKeys {
  readonly hidden: Expression[] = [];

  constructor(
    private readonly items: readonly Item[],
    private readonly expressions: readonly Expression[],
    private readonly distinct: boolean,
    private readonly context: ExpressionContext,
  ) {}

  key(item: ast.OrderItem): SortKey {
    return { column: this.position(item), descending: item.descending, nullsFirst: nullsFirst(item) };
  }

  private position(item: ast.OrderItem): number {
    const { expression: node } = item;
    const byOrdinal = ordinal(item, this.items.length);
    if (byOrdinal !== undefined) return byOrdinal;
    const name = node.kind === 'column' && node.parts.length === 1 ? node.parts[0]!.name : undefined;
    const byAlias = this.items.findIndex((i) => i.alias && i.name === name);
    if (byAlias >= 0) return byAlias;
    const e = analyseExpression(node, { ...this.context, clause: 'ORDER BY' });
    const all = [...this.expressions, ...this.hidden];
    const same = all.findIndex((other) => sameExpression(other, e));
    if (same >= 0) return same;
    if (this.distinct) {
      const text = name ?? 'ORDER BY';
      throw invalid('unknown-column', text, `Expression '${text}' is not in the select clause`, node.span);
    }
    this.hidden.push(e);
    return all.length;
  }
}
