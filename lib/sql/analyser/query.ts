// Queries: WITH, set operations, VALUES, ORDER BY, OFFSET and LIMIT.
//
//   (SELECT a FROM l UNION ALL SELECT b FROM r) ORDER BY a LIMIT 3   ->   sort ( union ( project ..., project ... ) )

import { castTo } from '../../expressions/cast.js';
import { column, type Expression, isLiteral, type Literal, literal } from '../../expressions/expression.js';
import type { LogicalNode, SortKey, ValuesNode } from '../../plan/nodes.js';
import { leastRestrictive } from '../../schema/result-types.js';
import {
  type LogicalType,
  materialized,
  printType,
  type Schema,
  timeAttribute,
  withNullable,
} from '../../schema/types.js';
import type * as ast from '../ast.js';
import type { QueryEnvironment } from './environment.js';
import { invalid, spanOver, unsupported } from './errors.js';
import { type ExpressionContext, typedExpression } from './expressions.js';
import { Scope } from './scope.js';
import { analyseSelect } from './select.js';
import { castColumns } from './subqueries.js';
import { tableNode } from './tables.js';

/** One row without columns: what SELECT without FROM reads. */
export const ONE_ROW: ValuesNode = { op: 'values', rows: [[]], schema: [] };

/** ORDER BY, OFFSET and LIMIT of a query. `top` says that nothing encloses it. */
export interface QueryTail {
  readonly orderBy: readonly ast.OrderItem[];
  readonly offset: number | undefined;
  readonly fetch: number | undefined;
  readonly top: boolean;
  /** All input ends: state is read. */
  readonly bounded: boolean;
  /** Of its keys, else of OFFSET and LIMIT. */
  readonly span: ast.SourceSpan;
  readonly offsetSpan?: ast.SourceSpan;
}

/** Analyses a query as part of another; its names may repeat. */
export function analyseQuery(query: ast.Query, environment: QueryEnvironment, top = false): LogicalNode {
  if (query.recursive) throw unsupported('WITH RECURSIVE is not supported', query.span);
  let inner = environment;
  for (const common of query.with) {
    const node = renamed(analyseQuery(common.query, inner), common.columns);
    inner = { ...inner, commonTables: new Map([...inner.commonTables, [common.name.name, node]]) };
  }
  const tail: QueryTail = {
    orderBy: query.orderBy,
    offset: rowCount(query.offset),
    fetch: rowCount(query.limit),
    top,
    bounded: environment.states !== undefined,
    span: tailSpan(query),
    ...(query.offset === null ? {} : { offsetSpan: query.offset.span }),
  };
  if (query.body.kind === 'select') return analyseSelect(query.body, tail, inner);
  return withTail(analyseBody(query.body, inner, top && !hasTail(tail)), tail);
}

function tailSpan({ orderBy, offset, limit, span }: ast.Query): ast.SourceSpan {
  return orderBy.length > 0 ? spanOver(orderBy) : ((offset ?? limit)?.span ?? span);
}

const hasTail = (tail: QueryTail) => tail.orderBy.length > 0 || tail.offset !== undefined || tail.fetch !== undefined;

/** How expressions of a row are analysed inside an environment. */
export function expressionContext(scope: Scope, clause: string, environment: QueryEnvironment): ExpressionContext {
  return {
    scope,
    clause,
    session: environment.session,
    query: (query, outer) => analyseQuery(query, { ...environment, outer }),
  };
}

function renamed(node: LogicalNode, columns: readonly ast.Identifier[]): LogicalNode {
  if (columns.length === 0) return node;
  if (columns.length !== node.schema.length) {
    const message = `Number of columns must match number of query columns: ${columns.length} and ${node.schema.length}`;
    throw invalid('wrong-alias-count', String(columns.length), message, spanOver(columns));
  }
  return { ...node, schema: node.schema.map(({ type }, i) => ({ name: columns[i]!.name, type })) };
}

function analyseBody(body: ast.QueryBody, environment: QueryEnvironment, top: boolean): LogicalNode {
  switch (body.kind) {
    case 'select':
      return analyseSelect(
        body,
        { orderBy: [], offset: undefined, fetch: undefined, top, bounded: false, span: body.span },
        environment,
      );
    case 'query':
      return analyseQuery(body, environment, top);
    case 'values':
      return analyseValues(body, environment);
    case 'explicitTable':
      return tableNode(body.name, [], environment).node;
    case 'setOperation':
      return setOperation(body, environment);
  }
}

// ------------------------------------------------------------------------------------------------------ set operations

/** `a UNION ALL b UNION ALL c` is one union. */
function setOperation(operation: ast.SetOperation, environment: QueryEnvironment): LogicalNode {
  const left = analyseBody(operation.left, environment, false);
  const right = analyseBody(operation.right, environment, false);
  const name = operation.all ? `${operation.operator} ALL` : operation.operator;
  if (left.schema.length !== right.schema.length) {
    const message = `Column count mismatch in ${name}: ${left.schema.length} and ${right.schema.length}`;
    throw invalid('set-op-arity', name, message, operation.operatorSpan);
  }
  const types = left.schema.map((field, i) => {
    const type = leastRestrictive([field.type, right.schema[i]!.type]);
    if (type !== undefined) return type;
    const message = `Type mismatch in column ${i + 1} of ${name}: ${printType(field.type)} and ${printType(right.schema[i]!.type)}; CAST one of them`;
    throw invalid('set-op-type', name, message, operation.operatorSpan);
  });
  const schema: Schema = left.schema.map(({ name: column }, i) => ({ name: column, type: types[i]! }));
  const inputs = [castColumns(left, types), castColumns(right, types)] as const;
  if (operation.operator !== 'UNION') {
    const op = operation.operator === 'INTERSECT' ? 'intersect' : 'except';
    return { op, left: inputs[0], right: inputs[1], all: operation.all, schema, span: operation.operatorSpan };
  }
  const parts = inputs.flatMap((input) => (input.op === 'union' ? input.inputs : [input]));
  const union: LogicalNode = { op: 'union', inputs: parts, schema, span: operation.operatorSpan };
  return operation.all ? union : distinct(union);
}

/** Every different row once. */
export function distinct(input: LogicalNode): LogicalNode {
  return { op: 'aggregate', input, keys: input.schema.map((_, i) => i), aggregates: [], schema: input.schema };
}

// --------------------------------------------------------------------------------------------------------------- VALUES

function analyseValues(values: ast.Values, environment: QueryEnvironment): LogicalNode {
  const context = expressionContext(new Scope([], environment.outer), 'VALUES', environment);
  const rows = values.rows.map((row) => row.items.map((item) => typedExpression(item, context)));
  const width = rows[0]!.length;
  const incompatible = (span: ast.SourceSpan) =>
    invalid('values-type', 'VALUES', 'Values passed to VALUES operator must have compatible types', span);
  const wrong = rows.findIndex((row) => row.length !== width);
  if (wrong >= 0) throw incompatible(values.rows[wrong]!.span);
  const schema: Schema = Array.from({ length: width }, (_, i) => {
    const type = leastRestrictive(rows.map((row) => row[i]!.type));
    if (type === undefined) throw incompatible(misfit(values, rows, i));
    return { name: `EXPR$${i}`, type: materialized(type) };
  });
  return rowsNode(
    rows.map((row) => row.map((e, i) => castTo(e, schema[i]!.type))),
    schema,
  );
}

/** The first value of a column that does not go with those above it. */
function misfit(values: ast.Values, rows: readonly (readonly Expression[])[], column: number): ast.SourceSpan {
  const types = rows.map((row) => row[column]!.type);
  const at = types.findIndex((_, i) => leastRestrictive(types.slice(0, i + 1)) === undefined);
  return values.rows[Math.max(0, at)]!.items[column]!.span;
}

/** Constant rows as one `values`; rows with anything to compute as a union of projections. */
export function rowsNode(rows: readonly (readonly Expression[])[], schema: Schema): LogicalNode {
  const constant = (row: readonly Expression[]): row is readonly Literal[] => row.every(isLiteral);
  if (rows.every(constant)) return { op: 'values', rows, schema };
  const inputs = rows.map((expressions): LogicalNode => ({ op: 'project', input: ONE_ROW, expressions, schema }));
  return inputs.length === 1 ? inputs[0]! : { op: 'union', inputs, schema };
}

// ------------------------------------------------------------------------------------------------------------ ORDER BY

function rowCount(node: ast.Expression | null): number | undefined {
  if (node === null) return undefined;
  const count = node.kind === 'number' ? Number(node.text) : Number.NaN;
  if (Number.isSafeInteger(count) && count >= 0) return count;
  throw unsupported('LIMIT and OFFSET take a literal number', node.span);
}

/** Nulls are the smallest values unless the query says otherwise. */
export function nullsFirst(item: ast.OrderItem): boolean {
  return item.nulls === null ? !item.descending : item.nulls === 'FIRST';
}

/** ORDER BY, OFFSET and LIMIT of something that is no SELECT: keys are output columns. */
function withTail(node: LogicalNode, tail: QueryTail): LogicalNode {
  const scope = new Scope([{ path: [], offset: 0, schema: node.schema }]);
  const keys = tail.orderBy.map((item): SortKey => {
    const position = ordinal(item, node.schema.length) ?? outputColumn(item.expression, scope);
    return { column: position, descending: item.descending, nullsFirst: nullsFirst(item) };
  });
  return sorted(node, keys, tail);
}

/** `ORDER BY 2` names the second output column; undefined for anything but a whole number. */
export function ordinal(item: ast.OrderItem, width: number): number | undefined {
  const { expression } = item;
  if (expression.kind !== 'number' || !/^\d+$/.test(expression.text)) return undefined;
  const position = Number(expression.text);
  if (position >= 1 && position <= width) return position - 1;
  throw invalid('unknown-column', expression.text, 'Ordinal out of range', expression.span);
}

function outputColumn(node: ast.Expression, scope: Scope): number {
  if (node.kind === 'column') {
    const found = scope.resolve(node.parts);
    if ('column' in found) return found.column;
  }
  throw unsupported('ORDER BY after a set operation takes output columns', node.span);
}

/** Sorts and limits. An ORDER BY without limit inside another query has no effect, so it is dropped. */
export function sorted(input: LogicalNode, keys: readonly SortKey[], tail: QueryTail): LogicalNode {
  const { offset, fetch, top } = tail;
  const bounds = { ...(offset === undefined ? {} : { offset }), ...(fetch === undefined ? {} : { fetch }) };
  const limited = offset !== undefined || fetch !== undefined;
  if (offset !== undefined && fetch === undefined) {
    const message = 'FETCH is missed, which on streaming table is not supported currently; add a LIMIT';
    throw unsupported(message, tail.offsetSpan ?? tail.span, 'unsupported-sort', 'FETCH');
  }
  const { span } = tail;
  if (keys.length === 0) return limited ? { op: 'limit', input, ...bounds, schema: input.schema, span } : input;
  if (!limited) {
    if (!top) return input;
    if (!tail.bounded) checkTimeSort(input.schema, keys, tail);
  }
  return { op: 'sort', input, orderBy: keys, ...bounds, schema: input.schema, span };
}

/** A stream can only be sorted without end by its time. */
function checkTimeSort(schema: Schema, keys: readonly SortKey[], { orderBy, span }: QueryTail): void {
  const [first] = keys;
  const at = orderBy[0]?.span ?? span;
  if (timeAttribute(schema[first!.column]!.type) !== undefined && !first!.descending) return;
  const message =
    'Sort on a non-time-attribute field is not supported; add a LIMIT, or sort by a time attribute, ascending, first';
  throw unsupported(message, at, 'unsupported-sort', 'non-time-attribute');
}

/** A literal NULL of a type. */
export function typedNull(type: LogicalType): Literal {
  return literal(null, withNullable(materialized(type), true));
}

/** The input's columns as expressions. */
export function inputColumns(node: LogicalNode): Expression[] {
  return node.schema.map((field, i) => column(i, field.type));
}
