// MATCH_RECOGNIZE: pattern, conditions and measures over a time-ordered stream.
//
//   PATTERN (A B+) DEFINE B AS B.price < LAST(B.price, 1)
//     ->  match_recognize { pattern: sequence(A, repetition(B)), defines: [B: less_than(B.price, last(B.price, 1))] }
//
// A column is that of the last row which a pattern variable matched; '*' stands for any variable.

import {
  call,
  type Expression,
  isColumn,
  isLiteral,
  literal,
  type PatternReference,
} from '../../expressions/expression.js';
import { findFunction } from '../../expressions/functions/catalogue.js';
import type { LogicalNode, MatchRecognizeNode, PatternTerm, SortKey } from '../../plan/nodes.js';
import {
  asTimeAttribute,
  type Field,
  isTimestamp,
  nullable,
  timeAttribute,
  types,
  withNullable,
} from '../../schema/types.js';
import type * as ast from '../ast.js';
import { aggregateParts } from './aggregate-calls.js';
import type { QueryEnvironment } from './environment.js';
import { invalid, suggestion, unsupported } from './errors.js';
import { analyseCondition, analyseExpression, type ExpressionContext } from './expressions.js';
import { functionName } from './function-calls.js';
import { durationMs } from './group-windows.js';
import { expressionContext, nullsFirst } from './query.js';
import type { From } from './tables.js';

const NAVIGATION: readonly string[] = ['FIRST', 'LAST', 'PREV', 'NEXT'];
/** The variable of a column without qualifier. */
const ANY_VARIABLE = '*';

export function matchRecognize(node: ast.MatchRecognizeTable, input: From, environment: QueryEnvironment): LogicalNode {
  rejectUnsupported(node);
  const row = expressionContext(input.scope, 'MATCH_RECOGNIZE', environment);
  const partitionKeys = node.partitionBy.map((e) => columnPosition(e, row));
  const orderBy = node.orderBy.map(
    (item): SortKey => ({
      column: columnPosition(item.expression, row),
      descending: item.descending,
      nullsFirst: nullsFirst(item),
    }),
  );
  checkTimeOrder(node, orderBy, input.node);
  const variables = new Set<string>();
  const pattern = patternTerm(node.pattern, variables);
  const context = patternContext(row, input, variables, orderBy);
  const defines = node.defines.map(({ name, condition }) => {
    if (!variables.has(name.name)) throw unknownVariable(name, variables);
    return { variable: name.name, condition: analyseCondition(condition, { ...context, clause: 'DEFINE' }) };
  });
  const measures = node.measures.map(({ expression, alias }) => ({
    name: alias.name,
    expression: analyseExpression(expression, context),
  }));
  const keys = partitionKeys.map((position) => input.node.schema[position]!);
  const results = measures.map(({ name, expression }): Field => ({ name, type: expression.type }));
  const within = node.within === null ? undefined : durationMs(analyseExpression(node.within, row), node.within.span);
  return {
    op: 'match_recognize',
    input: input.node,
    partitionKeys,
    orderBy,
    pattern,
    ...(within === undefined ? {} : { withinMs: within }),
    skip: skipOf(node.afterMatch, variables),
    defines,
    measures,
    schema: [...keys, ...results],
    span: node.span,
  };
}

function rejectUnsupported(node: ast.MatchRecognizeTable): void {
  if (node.rowsPerMatch === 'ALL ROWS') throw unsupported('ALL ROWS PER MATCH is not supported', node.span);
  if (node.subsets.length > 0) throw unsupported('SUBSET is not supported', node.subsets[0]!.span);
  if (node.startAnchor || node.endAnchor)
    throw unsupported('Anchors in a pattern are not supported', node.pattern.span);
  const last = node.pattern.kind === 'patternSequence' ? node.pattern.items.at(-1) : node.pattern;
  if (last?.kind === 'patternRepetition' && !last.reluctant && last.max !== last.min && last.max !== 1) {
    throw unsupported('Greedy quantifiers are not allowed as the last element of a Pattern yet', last.span);
  }
}

function columnPosition(node: ast.Expression, row: ExpressionContext): number {
  const e = analyseExpression(node, row);
  if (isColumn(e)) return e.column;
  throw unsupported('PARTITION BY and ORDER BY of MATCH_RECOGNIZE take columns', node.span);
}

function checkTimeOrder(node: ast.MatchRecognizeTable, orderBy: readonly SortKey[], input: LogicalNode): void {
  const [first] = orderBy;
  const type = first && input.schema[first.column]!.type;
  if (first !== undefined && timeAttribute(type!) !== undefined && !first.descending) return;
  const at = node.orderBy[0]?.span ?? node.span;
  const message =
    'You must specify either rowtime or proctime for order by, ascending, as the first column of MATCH_RECOGNIZE';
  throw unsupported(message, at, 'no-time-attribute', 'time attribute');
}

// ------------------------------------------------------------------------------------------------------------ patterns

function patternTerm(pattern: ast.RowPattern, variables: Set<string>): PatternTerm {
  switch (pattern.kind) {
    case 'patternVariable':
      variables.add(pattern.name.name);
      return { kind: 'variable', name: pattern.name.name };
    case 'patternSequence':
      return { kind: 'sequence', items: pattern.items.map((item) => patternTerm(item, variables)) };
    case 'patternRepetition':
      if (pattern.item.kind !== 'patternVariable') {
        throw unsupported('Quantified groups in a pattern are not supported', pattern.span);
      }
      return {
        kind: 'repetition',
        item: patternTerm(pattern.item, variables),
        min: pattern.min,
        max: pattern.max,
        reluctant: pattern.reluctant,
      };
    case 'patternAlternation':
    case 'patternPermutation':
    case 'patternExclusion':
      throw unsupported('Alternation, PERMUTE and exclusion in a pattern are not supported', pattern.span);
  }
}

function skipOf(after: ast.AfterMatch | null, variables: ReadonlySet<string>): MatchRecognizeNode['skip'] {
  if (after === null || after.skip === 'TO NEXT ROW') return { to: 'next_row' };
  if (after.skip === 'PAST LAST ROW') return { to: 'past_last_row' };
  const name = after.variable!;
  if (!variables.has(name.name)) throw unknownVariable(name, variables);
  return { to: after.skip === 'TO FIRST' ? 'first' : 'last', variable: name.name };
}

function unknownVariable(name: ast.Identifier, variables: ReadonlySet<string>) {
  const message = `Unknown pattern '${name.name}'${suggestion(name.name, variables)}`;
  return invalid('unknown-column', name.name, message, name.span);
}

// --------------------------------------------------------------------------------------------------------- expressions

function patternContext(
  row: ExpressionContext,
  input: From,
  variables: ReadonlySet<string>,
  orderBy: readonly SortKey[],
): ExpressionContext {
  const context: ExpressionContext = { ...row, clause: 'MEASURES', intercept: (node) => intercept(node) };
  const intercept = (node: ast.Expression): Expression | undefined => {
    if (node.kind === 'unary' && (node.operator === 'FINAL' || node.operator === 'RUNNING')) {
      return analyseExpression(node.operand, context);
    }
    if (node.kind === 'column') return patternColumn(node);
    if (node.kind !== 'call' || node.over !== null) return undefined;
    const name = functionName(node).toUpperCase();
    if (NAVIGATION.includes(name)) return navigation(name, node, context);
    if (name === 'MATCH_ROWTIME' || name === 'MATCH_PROCTIME') return matchTime(name, input, orderBy);
    if (findFunction(name)?.kind !== 'aggregate') return undefined;
    return patternAggregate(node, context);
  };
  const patternColumn = (node: ast.ColumnReference): Expression => {
    const [first, ...rest] = node.parts;
    const qualified = rest.length > 0 && variables.has(first!.name);
    const found = row.scope.resolve(qualified ? rest : node.parts);
    return withVariable(found, qualified ? first!.name : ANY_VARIABLE);
  };
  return context;
}

/** The column at the bottom of a reference, as a pattern variable's. */
function withVariable(e: Expression, variable: string): Expression {
  if (isColumn(e)) return { variable, column: e.column, type: e.type } satisfies PatternReference;
  if ('call' in e) return { ...e, args: e.args.map((arg) => withVariable(arg, variable)) };
  return e;
}

function navigation(name: string, node: ast.FunctionCall, context: ExpressionContext): Expression {
  const [operand, distance] = node.args;
  if (operand === undefined || node.args.length > 2) {
    throw invalid('argument-count', name, `Invalid number of arguments to function '${name}'`, node.span);
  }
  const value = analyseExpression(operand, context);
  const offset = distance === undefined ? undefined : analyseExpression(distance, context);
  if (offset !== undefined && !isLiteral(offset)) {
    throw invalid('type-mismatch', name, `The offset of ${name} must be a literal`, distance!.span);
  }
  const steps = offset ?? literal(name === 'PREV' || name === 'NEXT' ? 1 : 0, types.integer());
  return call(name.toLowerCase(), [value, steps], nullable(value.type));
}

function matchTime(name: string, input: From, orderBy: readonly SortKey[]): Expression {
  const { type } = input.node.schema[orderBy[0]!.column]!;
  if (name === 'MATCH_ROWTIME' && isTimestamp(type)) {
    return call('match_rowtime', [], asTimeAttribute(withNullable(type, false), 'rowtime'));
  }
  return call('match_proctime', [], asTimeAttribute(withNullable(types.timestampLtz(3), false), 'proctime'));
}

function patternAggregate(node: ast.FunctionCall, context: ExpressionContext): Expression {
  const parts = aggregateParts(node, context);
  const type = parts.type({ emptyGroups: true });
  const aggregate = {
    function: parts.name,
    argTypes: parts.args.map((e) => e.type),
    distinct: parts.distinct,
    type,
    ...(parts.options === undefined ? {} : { options: parts.options }),
  };
  return { aggregate, args: parts.args, type };
}
