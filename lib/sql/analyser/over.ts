// OVER: functions over windows of rows, appended to the row.
//
//   SELECT id, SUM(v) OVER (PARTITION BY k ORDER BY ts ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)
//     ->  project [id, 5] ( over { partition [1], order [3], frame, sum(2) } ( input ) )
//
// Results have provisional positions until `build` knows how wide the input is.

import {
  column,
  digest,
  type Expression,
  isColumn,
  isLiteral,
  mapExpression,
  sameExpression,
} from '../../expressions/expression.js';
import { findFunction } from '../../expressions/functions/catalogue.js';
import type { FunctionDefinition } from '../../expressions/functions/definition.js';
import type { AggregateCall, FrameBound, LogicalNode, OverGroup, StateTtl, WindowFrame } from '../../plan/nodes.js';
import { type Field, isExactInteger, type LogicalType, timeAttribute } from '../../schema/types.js';
import type * as ast from '../ast.js';
import { invalid, suggestion, unsupported } from './errors.js';
import { analyseExpression, type ExpressionContext } from './expressions.js';
import { functionName, typedArguments } from './function-calls.js';
import { inputColumns, nullsFirst } from './query.js';

/** Positions from here on stand for results of OVER until `settle`. */
const RESULT_BASE = 1_000_000;

/** Functions that number rows: the only ones that need no time order, because Top-N is made of them. */
const RANKS: readonly string[] = ['ROW_NUMBER', 'RANK', 'DENSE_RANK'];
const BATCH_ONLY: readonly string[] = ['LEAD', 'NTILE', 'PERCENT_RANK', 'CUME_DIST'];

interface OrderKey {
  readonly span: ast.SourceSpan;
  readonly expression: Expression;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

interface Specification {
  readonly partition: readonly Expression[];
  readonly order: readonly OrderKey[];
  readonly frame: WindowFrame;
}

interface OverFunction {
  readonly definition: FunctionDefinition;
  readonly args: readonly Expression[];
  readonly distinct: boolean;
  readonly type: LogicalType;
  readonly specification: Specification;
  readonly span: ast.SourceSpan;
}

export interface BuiltOver {
  readonly node: LogicalNode;
  /** Gives an expression's provisional positions their place. */
  readonly settle: (e: Expression) => Expression;
}

export class OverColumns {
  /** As the row's context, but OVER is taken over. */
  readonly context: ExpressionContext;
  private readonly functions: OverFunction[] = [];

  constructor(
    private readonly row: ExpressionContext,
    private readonly windows: readonly ast.NamedWindow[],
  ) {
    this.context = {
      ...row,
      intercept: (node) =>
        node.kind === 'call' && node.over !== null ? this.overFunction(node, node.over) : row.intercept?.(node),
    };
  }

  private overFunction(node: ast.FunctionCall, over: ast.WindowSpecification | ast.Identifier): Expression | undefined {
    const definition = findFunction(functionName(node));
    if (definition === undefined || definition.kind === 'scalar') return undefined;
    const { name } = definition;
    if (BATCH_ONLY.includes(name)) {
      throw unsupported(`${name} Function is not supported in stream mode.`, node.span, 'unsupported-function', name);
    }
    if (node.filter !== null) throw unsupported('FILTER with OVER is not supported', node.filter.span);
    const specification = this.specification(over, name);
    this.check(name, specification, node);
    const nodes = node.args.length === 1 && node.args[0]!.kind === 'star' && name === 'COUNT' ? [] : node.args;
    const analysed = nodes.map((arg) => analyseExpression(arg, this.row));
    const emptyGroups = specification.frame.unit === 'rows' && !RANKS.includes(name);
    const { type, args } = typedArguments(definition, analysed, node, { emptyGroups });
    const distinct = node.quantifier === 'DISTINCT';
    const made = { definition, args, distinct, type, specification, span: node.span };
    const known = this.functions.findIndex((other) => digest(other) === digest(made));
    const index = known >= 0 ? known : this.functions.push(made) - 1;
    return column(RESULT_BASE + index, type);
  }

  /** In a stream all functions share one window, ordered by one column; with a bounded frame that is time. */
  private check(name: string, specification: Specification, node: ast.FunctionCall): void {
    const [other] = this.functions;
    if (other !== undefined && specificationKey(other.specification) !== specificationKey(specification)) {
      const message =
        'Over Agg: Unsupported use of OVER windows. All aggregates must be computed on the same window. Please re-check the over window statement.';
      throw unsupported(message, node.span, 'unsupported-over', 'Over Agg');
    }
    const { order, frame } = specification;
    if (RANKS.includes(name)) {
      if (order.length > 0) return;
      const message = `Over Agg: The window rank function requires order by clause with non-constant fields: ${name}() OVER (ORDER BY ...)`;
      throw unsupported(message, node.span, 'unsupported-over', 'Over Agg');
    }
    const [first, second] = order;
    if (first === undefined || second !== undefined) {
      const message = 'The window can only be ordered by a single time column.';
      throw unsupported(message, second?.span ?? node.span, 'no-time-attribute', 'time attribute');
    }
    if (first.descending) {
      const message = 'The window can only be ordered in ASCENDING mode.';
      throw unsupported(message, first.span, 'unsupported-over', 'ascending');
    }
    const bounded = frame.lower.bound !== 'unbounded_preceding';
    if (bounded && timeAttribute(first.expression.type) === undefined) {
      const message = 'Non-time attribute sort is not supported for bounded OVER window.';
      throw unsupported(message, first.span, 'no-time-attribute', 'time attribute');
    }
  }

  private specification(over: ast.WindowSpecification | ast.Identifier, name: string): Specification {
    const window = over.kind === 'window' ? over : this.named(over);
    const base = window.base === null ? undefined : this.specification(window.base, name);
    const partition = window.partitionBy.map((e) => analyseExpression(e, this.row));
    const order = window.orderBy.map((item) => ({
      span: item.span,
      expression: analyseExpression(item.expression, this.row),
      descending: item.descending,
      nullsFirst: nullsFirst(item),
    }));
    const ordered = order.length > 0 ? order : (base?.order ?? []);
    return {
      partition: partition.length > 0 ? partition : (base?.partition ?? []),
      order: ordered,
      frame: window.frame === null ? (base?.frame ?? defaultFrame(ordered, name)) : this.frame(window.frame),
    };
  }

  private named(name: ast.Identifier): ast.WindowSpecification {
    const found = this.windows.find((window) => window.name.name === name.name);
    if (found !== undefined) return found.window;
    const names = this.windows.map((window) => window.name.name);
    throw invalid(
      'unsupported-over',
      name.name,
      `Window '${name.name}' not found${suggestion(name.name, names)}`,
      name.span,
    );
  }

  private frame({ unit, lower, upper, span }: ast.WindowFrame): WindowFrame {
    const frame: WindowFrame = {
      unit: unit === 'ROWS' ? 'rows' : 'range',
      lower: this.bound(lower, unit),
      upper: upper === null ? { bound: 'current_row' } : this.bound(upper, unit),
    };
    const reject = (what: string) =>
      unsupported(`OVER ${unit} ${what} windows are not supported yet.`, span, 'unsupported-over', what);
    for (const { bound } of [frame.lower, frame.upper]) if (bound.includes('following')) throw reject('FOLLOWING');
    if (frame.upper.bound !== 'current_row') throw reject('PRECEDING');
    if (frame.lower.bound === 'current_row') throw reject('CURRENT ROW');
    return frame;
  }

  private bound({ bound, offset, span }: ast.WindowBound, unit: 'ROWS' | 'RANGE'): FrameBound {
    if (bound !== 'PRECEDING' && bound !== 'FOLLOWING') {
      return { bound: bound.toLowerCase().replace(' ', '_') as 'current_row' };
    }
    const e = offset === null ? undefined : analyseExpression(offset, this.row);
    const fits = unit === 'ROWS' ? e && isExactInteger(e.type) : e?.type.kind === 'INTERVAL_DAY_TIME';
    if (e === undefined || !fits || !isLiteral(e)) {
      const wanted = unit === 'ROWS' ? 'a literal number of rows' : 'a literal interval';
      throw invalid('unsupported-over', unit, `An OVER window by ${unit} takes ${wanted}`, span);
    }
    return { bound: bound === 'PRECEDING' ? 'preceding' : 'following', offset: Number(e.literal) };
  }

  /** The `over` node on top of the row, and what moves expressions onto it. `settled` places the row's own columns. */
  build(row: LogicalNode, settled: (e: Expression) => Expression, ttl?: StateTtl): BuiltOver {
    if (this.functions.length === 0) return { node: row, settle: settled };
    const extras: Expression[] = [];
    const position = (e: Expression): number => {
      const at = settled(e);
      if (isColumn(at)) return at.column;
      const known = extras.findIndex((other) => sameExpression(other, at));
      return row.schema.length + (known >= 0 ? known : extras.push(at) - 1);
    };
    const [{ specification }] = this.functions as [OverFunction];
    const group: OverGroup = {
      partitionKeys: specification.partition.map(position),
      orderBy: specification.order.map((key) => ({
        column: position(key.expression),
        descending: key.descending,
        nullsFirst: key.nullsFirst,
      })),
      frame: specification.frame,
      aggregates: this.functions.map(
        (f): AggregateCall => ({
          function: f.definition.call,
          args: f.args.map(position),
          argTypes: f.args.map((e) => e.type),
          distinct: f.distinct,
          type: f.type,
          ...(f.definition.options === undefined ? {} : { options: f.definition.options }),
        }),
      ),
    };
    const input = withExtras(row, extras);
    const results = this.functions.map((f, i): Field => ({ name: `w$o${i}`, type: f.type }));
    const [{ span }] = this.functions as [OverFunction];
    const node: LogicalNode = {
      op: 'over',
      input,
      groups: [group],
      ...(ttl === undefined ? {} : { ttl }),
      schema: [...input.schema, ...results],
      span,
    };
    const settle = (e: Expression) =>
      mapExpression(settled(e), (part) =>
        isColumn(part) && part.column >= RESULT_BASE
          ? column(input.schema.length + part.column - RESULT_BASE, part.type)
          : part,
      );
    return { node, settle };
  }
}

function withExtras(row: LogicalNode, extras: readonly Expression[]): LogicalNode {
  if (extras.length === 0) return row;
  const more = extras.map((e, i): Field => ({ name: `$o${i}`, type: e.type }));
  return {
    op: 'project',
    input: row,
    expressions: [...inputColumns(row), ...extras],
    schema: [...row.schema, ...more],
  };
}

const specificationKey = (specification: Specification) => digest(specification);

/** With an order: up to the current row and its peers, for ROW_NUMBER without them; without an order: the whole partition. */
function defaultFrame(order: readonly OrderKey[], name: string): WindowFrame {
  return {
    unit: name === 'ROW_NUMBER' ? 'rows' : 'range',
    lower: { bound: 'unbounded_preceding' },
    upper: { bound: order.length > 0 ? 'current_row' : 'unbounded_following' },
  };
}
