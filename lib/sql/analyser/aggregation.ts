// Grouped rows: GROUP BY, aggregates, GROUPING SETS and legacy group windows.
//
//   GROUP BY k, UPPER(s)  with  SUM(v) FILTER (WHERE b)
//     ->  aggregate keys [0, 1], sum(2) filter 3 ( project [k, UPPER(s), v, b IS TRUE] ( input ) )
//
// In a grouped query an expression is a group key, an aggregate, or made of those: `context` takes over both. Where the
// results of aggregates stand is known at once (after the keys); window properties get their place at the end.

import {
  call,
  column,
  digest,
  type Expression,
  isColumn,
  literal,
  mapExpression,
  sameExpression,
} from '../../expressions/expression.js';
import { findFunction } from '../../expressions/functions/catalogue.js';
import type { AggregateCall, LogicalNode, SortKey, StateTtl, WindowProperty, WindowSpec } from '../../plan/nodes.js';
import { type Field, type LogicalType, materialized, nullable, types, withNullable } from '../../schema/types.js';
import type * as ast from '../ast.js';
import { type AggregateNode, aggregateParts } from './aggregate-calls.js';
import type { QueryEnvironment } from './environment.js';
import { invalid, unsupported } from './errors.js';
import { analyseCondition, analyseExpression, type ExpressionContext } from './expressions.js';
import { functionName } from './function-calls.js';
import { type GroupWindow, groupWindow, isGroupWindow, isWindowProperty, windowProperty } from './group-windows.js';
import { groupingSetOrder, groupingSets } from './grouping-sets.js';
import { nullsFirst, typedNull } from './query.js';
import { Scope } from './scope.js';
import { containsAggregate, containsOver, someNode } from './walk.js';

/** Positions from here on stand for window properties until `settle`. */
const PROPERTY_BASE = 2_000_000;

export class GroupedRow {
  /** How expressions above the grouping are analysed. */
  readonly context: ExpressionContext;
  private readonly keys: Expression[] = [];
  /** Columns of the projection below: keys, then arguments and filters. */
  private readonly inputs: Expression[];
  private readonly sets: readonly (readonly number[])[] | undefined;
  private readonly window: GroupWindow | undefined;
  private readonly aggregates: AggregateCall[] = [];
  private readonly properties: WindowProperty[] = [];

  constructor(
    private readonly groupBy: ast.GroupBy | null,
    private readonly input: LogicalNode,
    private readonly row: ExpressionContext,
    environment: QueryEnvironment,
    private readonly ttl?: StateTtl,
  ) {
    const keyContext = { ...row, clause: 'GROUP BY' };
    const items = groupBy?.items ?? [];
    const plain = items.filter((item) => !isGroupWindow(item));
    const windows = items.filter(isGroupWindow);
    if (windows.length > 1) throw unsupported('Only one window may stand in GROUP BY', windows[1]!.span);
    this.window = windows[0] && groupWindow(windows[0], keyContext);
    const sets = groupingSets(plain).map((set) =>
      set.map((node) => this.keyPosition(analyseExpression(node, keyContext))),
    );
    const grouped = sets.length > 1 || (sets[0]?.length ?? 0) < this.keys.length;
    this.sets = grouped ? sets : undefined;
    this.inputs = [...this.keys];
    this.context = {
      ...row,
      intercept: (node) => this.intercept(node),
      // A subquery above a grouping sees no columns of the rows below it.
      query: (query) => row.query(query, new Scope([], environment.outer)),
    };
  }

  private keyPosition(key: Expression): number {
    const known = this.keys.findIndex((other) => sameExpression(other, key));
    return known >= 0 ? known : this.keys.push(key) - 1;
  }

  // ------------------------------------------------------------------------------------------------ above the grouping

  private intercept(node: ast.Expression): Expression | undefined {
    if (node.kind === 'call') {
      const name = functionName(node).toUpperCase();
      const property = this.propertyCall(name, node) ?? this.groupingCall(name, node);
      if (property !== undefined) return property;
      if (node.over === null && findFunction(name)?.kind === 'aggregate') return this.aggregate(node);
    }
    if (node.kind === 'jsonObjectAggregate' || node.kind === 'jsonArrayAggregate') return this.aggregate(node);
    if (!mayBeKey(node) || containsAggregate(node) || containsOver(node) || this.containsProperty(node))
      return undefined;
    const e = analyseExpression(node, this.row);
    const key = this.keys.findIndex((other) => sameExpression(other, e));
    if (key >= 0) return this.keyColumn(key);
    if (node.kind === 'column' && !('outer' in e))
      throw notGrouped(node.parts.map((part) => part.name).join('.'), node.span);
    return undefined;
  }

  /** A column that `*` stands for must be a key. */
  groupedColumn(e: Expression, name: string, span: ast.SourceSpan): Expression {
    const key = this.keys.findIndex((other) => sameExpression(other, e));
    if (key >= 0) return this.keyColumn(key);
    throw notGrouped(name, span);
  }

  private keyColumn(key: number): Expression {
    return column(key, this.keyType(key));
  }

  private keyType(key: number): LogicalType {
    const { type } = this.keys[key]!;
    const missing = this.sets?.some((set) => !set.includes(key)) ?? false;
    return missing ? nullable(materialized(type)) : type;
  }

  // -------------------------------------------------------------------------------------------------------- aggregates

  private aggregate(node: AggregateNode): Expression {
    const made = this.aggregateCall(node);
    const known = this.aggregates.findIndex((other) => digest(other) === digest(made));
    const index = known >= 0 ? known : this.aggregates.push(made) - 1;
    return column(this.firstAggregate() + index, made.type);
  }

  /** Keys come first, then the grouping id of several sets. */
  private firstAggregate(): number {
    return this.keys.length + (this.sets === undefined ? 0 : 1);
  }

  private aggregateCall(node: AggregateNode): AggregateCall {
    const context: ExpressionContext = { ...this.row, clause: 'aggregate' };
    const filter = node.kind !== 'call' || node.filter === null ? undefined : this.filterColumn(node.filter, context);
    const parts = aggregateParts(node, context);
    const args = parts.args.map((e) => this.inputColumn(e));
    const orderBy = parts.orderBy.map(
      (item): SortKey => ({
        column: this.inputColumn(analyseExpression(item.expression, context)),
        descending: item.descending,
        nullsFirst: nullsFirst(item),
      }),
    );
    return {
      function: parts.name,
      args,
      argTypes: parts.args.map((e) => e.type),
      distinct: parts.distinct,
      type: parts.type({ emptyGroups: this.keys.length === 0 || filter !== undefined }),
      ...(filter === undefined ? {} : { filter }),
      ...(parts.options === undefined ? {} : { options: parts.options }),
      ...(orderBy.length === 0 ? {} : { orderBy }),
    };
  }

  private filterColumn(node: ast.Expression, context: ExpressionContext): number {
    const condition = analyseCondition(node, { ...context, clause: 'FILTER' });
    const type = withNullable(types.boolean(), false);
    return this.inputColumn(condition.type.nullable ? call('is_true', [condition], type) : condition);
  }

  private inputColumn(e: Expression): number {
    // Arguments stand apart from the keys if grouping sets may null those.
    const from = this.sets === undefined ? 0 : this.keys.length;
    const known = this.inputs.findIndex((other, i) => i >= from && sameExpression(other, e));
    return known >= 0 ? known : this.inputs.push(e) - 1;
  }

  // ----------------------------------------------------------------------------------------- GROUPING, window properties

  /** GROUPING(a, b): a bit per argument, 1 if the row's grouping set lacks it. */
  private groupingCall(name: string, node: ast.FunctionCall): Expression | undefined {
    const type = withNullable(types.bigint(), false);
    if (name === 'GROUP_ID') return literal('0', type);
    if (name !== 'GROUPING' && name !== 'GROUPING_ID') return undefined;
    const keys = node.args.map((arg) => {
      const e = analyseExpression(arg, this.row);
      const key = this.keys.findIndex((other) => sameExpression(other, e));
      if (key >= 0) return key;
      const message =
        this.keys.length === 0
          ? `${name} operator may only occur in an aggregate query`
          : `Argument to ${name} operator must be a grouped expression`;
      throw invalid('aggregate-misuse', message, message, arg.span);
    });
    if (this.sets === undefined) return literal('0', type);
    const id = column(this.keys.length, type);
    const values = this.sets.map((set) => literal(String(groupingBits(keys, set)), type));
    const branches = this.sets
      .slice(0, -1)
      .flatMap((_, i) => [
        call('equals', [id, literal(String(i), type)], withNullable(types.boolean(), false)),
        values[i]!,
      ]);
    return branches.length === 0 ? values[0]! : call('case', [...branches, values.at(-1)!], type);
  }

  private propertyCall(name: string, node: ast.FunctionCall): Expression | undefined {
    const property = windowProperty(name, node, this.window, this.row);
    if (property === undefined) return undefined;
    const known = this.properties.indexOf(property.property);
    const index = known >= 0 ? known : this.properties.push(property.property) - 1;
    return column(PROPERTY_BASE + index, property.type);
  }

  private containsProperty(node: ast.Expression): boolean {
    return this.window !== undefined && someNode(node, (part) => part.kind === 'call' && isPropertyName(part));
  }

  // ----------------------------------------------------------------------------------------------------------- the nodes

  /** The grouping as nodes, with HAVING on top. Nothing may be added afterwards. */
  build(having: Expression | undefined): LogicalNode {
    const grouped = this.window === undefined ? this.aggregateNode() : this.windowNode(this.window);
    if (having === undefined) return grouped;
    return { op: 'filter', input: grouped, condition: this.settle(having), schema: grouped.schema };
  }

  /** Gives window properties their place. */
  settle(e: Expression): Expression {
    const first = this.keys.length + this.aggregates.length;
    return mapExpression(e, (part) =>
      isColumn(part) && part.column >= PROPERTY_BASE && part.column < PROPERTY_BASE + this.properties.length
        ? column(first + part.column - PROPERTY_BASE, part.type)
        : part,
    );
  }

  private projection(extra: readonly Expression[] = []): LogicalNode {
    const expressions = [...this.inputs, ...extra];
    const schema = expressions.map((e, i): Field => ({ name: this.inputName(e, i), type: e.type }));
    return { op: 'project', input: this.input, expressions, schema };
  }

  private inputName(e: Expression, position: number): string {
    return isColumn(e) ? this.input.schema[e.column]!.name : `$f${position}`;
  }

  private aggregateNode(): LogicalNode {
    const place = this.groupBy === null ? {} : { span: this.groupBy.span };
    const projection = this.projection();
    const keys = this.keys.map((e, i): Field => ({ name: this.inputName(e, i), type: this.keyType(i) }));
    const results = this.aggregates.map((a, i): Field => ({ name: `$a${i}`, type: a.type }));
    if (this.sets === undefined) {
      const positions = this.keys.map((_, i) => i);
      return {
        op: 'aggregate',
        input: projection,
        keys: positions,
        aggregates: this.aggregates,
        schema: [...keys, ...results],
        ...(this.ttl === undefined ? {} : { ttl: this.ttl }),
        ...place,
      };
    }
    const id: Field = { name: '$e', type: withNullable(types.bigint(), false) };
    const order = groupingSetOrder(this.sets, this.inputs, this.input);
    const sets = this.sets;
    const projections = order.map((s) => [
      ...projection.schema.map(({ type }, i) =>
        i < this.keys.length && !sets[s]!.includes(i) ? typedNull(type) : column(i, type),
      ),
      literal(String(s), id.type),
    ]);
    const rest = projection.schema.slice(this.keys.length);
    const expand: LogicalNode = { op: 'expand', input: projection, projections, schema: [...keys, ...rest, id] };
    return {
      op: 'aggregate',
      input: expand,
      keys: [...this.keys.map((_, i) => i), expand.schema.length - 1],
      aggregates: this.aggregates,
      schema: [...keys, id, ...results],
      ...(this.ttl === undefined ? {} : { ttl: this.ttl }),
      ...place,
    };
  }

  private windowNode(window: GroupWindow): LogicalNode {
    if (this.sets !== undefined) throw unsupported('GROUPING SETS with a group window are not supported', window.span);
    const input = this.projection([window.time]);
    const spec: WindowSpec = { ...window.spec, time: this.inputs.length };
    const schema = [
      ...this.keys.map((e, i): Field => ({ name: this.inputName(e, i), type: e.type })),
      ...this.aggregates.map((a, i): Field => ({ name: `$a${i}`, type: a.type })),
      ...this.properties.map((name): Field => ({ name, type: window.types[name] })),
    ];
    return {
      op: 'group_window_aggregate',
      input,
      window: spec,
      keys: this.keys.map((_, i) => i),
      aggregates: this.aggregates,
      properties: this.properties,
      schema,
      span: window.span,
    };
  }
}

const isPropertyName = (node: object) => isWindowProperty(functionName(node as ast.FunctionCall).toUpperCase());

/** Constants are no keys: they are the same above and below. */
function mayBeKey(node: ast.Expression): boolean {
  const never = [
    'number',
    'string',
    'boolean',
    'null',
    'dateTime',
    'interval',
    'binaryLiteral',
    'symbol',
    'subquery',
    'star',
  ];
  return !never.includes(node.kind);
}

function notGrouped(name: string, span: ast.SourceSpan) {
  const message = `Expression '${name}' is not being grouped; add it to GROUP BY, or aggregate it: MAX(${name})`;
  return invalid('not-grouped', name, message, span);
}

function groupingBits(keys: readonly number[], set: readonly number[]): number {
  return keys.reduce((bits, key) => bits * 2 + (set.includes(key) ? 0 : 1), 0);
}
