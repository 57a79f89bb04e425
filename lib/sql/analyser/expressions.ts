// Expressions of the script -> typed expressions.
//
//   price * 2 > 10    ->   greater_than(times(column 2, 2), 10)
//
// One recursive function over the tree. A context says what names mean and may take over nodes: aggregates and group
// keys in a grouped query, OVER in a select list, pattern variables in MATCH_RECOGNIZE.

import { castTo } from '../../expressions/cast.js';
import { call, type Expression, isLiteral, literal } from '../../expressions/expression.js';
import type { LogicalNode } from '../../plan/nodes.js';
import { leastRestrictive } from '../../schema/result-types.js';
import { isDatetime, materialized, nullable, printType, types, withNullable } from '../../schema/types.js';
import type * as ast from '../ast.js';
import { cast } from './casts.js';
import { arrayOf, elementAt, fieldOf, mapOf, rowOf } from './constructed-values.js';
import { invalid, unsupported } from './errors.js';
import { functionCall } from './function-calls.js';
import { jsonExpression } from './json.js';
import { literalExpression, negatedLiteral, unitInterval } from './literals.js';
import {
  arithmetic,
  asBoolean,
  cannotApply,
  comparison,
  concatenation,
  distinctFrom,
  equalTuples,
  logical,
  not,
  rejectNull,
} from './operators.js';
import { between, inExpression, isTest, like, overlaps, quantified } from './predicates.js';
import type { Scope } from './scope.js';
import { existsSubquery, scalarSubquery } from './subqueries.js';

/** What expressions are analysed against. */
export interface ExpressionContext {
  readonly scope: Scope;
  /** The clause, as messages name it: `WHERE`, `GROUP BY`. */
  readonly clause: string;
  readonly session: SessionValues;
  /** Takes over a node; undefined leaves it to the usual rules. */
  readonly intercept?: (node: ast.Expression) => Expression | undefined;
  /** Analyses a subquery inside a scope. */
  readonly query: (query: ast.Query, scope: Scope) => LogicalNode;
}

/** What some functions read from the session. */
export interface SessionValues {
  readonly currentDatabase: string;
}

export type Analyse = (node: ast.Expression) => Expression;

export function analyseExpression(node: ast.Expression, context: ExpressionContext): Expression {
  const taken = context.intercept?.(node);
  if (taken !== undefined) return taken;
  const analyse = (inner: ast.Expression) => analyseExpression(inner, context);
  switch (node.kind) {
    case 'number':
    case 'string':
    case 'binaryLiteral':
    case 'boolean':
    case 'null':
    case 'dateTime':
    case 'interval':
      return literalExpression(node);
    case 'column':
      return columnOrConstant(node, context);
    case 'unary':
      return unary(node, context);
    case 'binary':
      return binary(node, context);
    case 'is':
      return isTest(node, context);
    case 'between':
      return between(node, analyse);
    case 'in':
      return inExpression(node, context);
    case 'like':
      return like(node, analyse);
    case 'quantified':
      return quantified(node, context);
    case 'case':
      return caseExpression(node, analyse);
    case 'cast':
      return cast(node, analyse);
    case 'call':
      return functionCall(node, context);
    case 'row':
      return rowOf(node.items.map((item) => typedExpression(item, context)));
    case 'collection':
      return arrayOf(node, analyse);
    case 'map':
      return mapOf(node, analyse);
    case 'item':
      return elementAt(analyse(node.operand), analyse(node.index), node.span);
    case 'field':
      return fieldOf(node, analyse);
    case 'subquery':
      return scalarSubquery(node, context);
    case 'intervalExpression': {
      const unit = unitInterval(node.qualifier.from);
      if (unit === undefined) throw unsupported(`INTERVAL of ${node.qualifier.from}`, node.span);
      return arithmetic('*', unit, analyse(node.operand), node.span);
    }
    case 'timeDifference':
      return timeDifference(analyse(node.left), analyse(node.right), node);
    case 'jsonValue':
    case 'jsonQuery':
    case 'jsonExists':
    case 'jsonObject':
    case 'jsonArray':
    case 'formatJson':
      return jsonExpression(node, context);
    case 'jsonObjectAggregate':
    case 'jsonArrayAggregate':
      throw misplacedAggregate(node.span, context);
    case 'star':
      throw invalid('unknown-column', '*', "Unknown identifier '*'; of all functions only COUNT takes *", node.span);
    default:
      throw unsupported(`${node.kind} is not supported in an expression`, node.span);
  }
}

/** An expression in a place where an untyped NULL says too little. */
export function typedExpression(node: ast.Expression, context: ExpressionContext): Expression {
  const e = analyseExpression(node, context);
  rejectNull([e], node.span);
  return e;
}

/** Analyses a condition: WHERE, HAVING, ON and FILTER must be BOOLEAN. */
export function analyseCondition(node: ast.Expression, context: ExpressionContext): Expression {
  const condition = asBoolean(analyseExpression(node, context));
  if (condition.type.kind === 'BOOLEAN') return condition;
  throw invalid('type-mismatch', context.clause, `${context.clause} clause must be a condition`, node.span);
}

export function misplacedAggregate(span: ast.SourceSpan, { clause }: ExpressionContext) {
  const message =
    clause === 'aggregate'
      ? 'Aggregate expressions cannot be nested'
      : `Aggregate expression is illegal in ${clause} clause`;
  const hint =
    clause === 'WHERE'
      ? '; HAVING, after GROUP BY, can use it'
      : '; compute the aggregate in a subquery or a view first';
  return invalid('aggregate-misuse', message, `${message}${hint}`, span);
}

/** A name is a column; a bare PI or E that is none is the constant. */
function columnOrConstant(node: ast.ColumnReference, context: ExpressionContext): Expression {
  const found = context.scope.find(node.parts, 0);
  if (found !== undefined) return found;
  const name = node.parts[0]!;
  if (node.parts.length === 1 && ['PI', 'E'].includes(name.name.toUpperCase()) && !name.quoted) {
    return call(name.name.toLowerCase(), [], withNullable(types.double(), false));
  }
  return context.scope.resolve(node.parts);
}

function unary(node: ast.UnaryExpression, context: ExpressionContext): Expression {
  const { operator, operand, span } = node;
  switch (operator) {
    case '-':
      return negate(operand, context, span);
    case '+':
      return typedExpression(operand, context);
    case 'NOT':
      return not(typedExpression(operand, context), span);
    case 'EXISTS':
      return existsSubquery(operand, context);
    default:
      throw unsupported(`${operator} is not supported here`, span);
  }
}

function negate(operand: ast.Expression, context: ExpressionContext, span: ast.SourceSpan): Expression {
  if (operand.kind === 'number' && !operand.text.startsWith('-')) {
    return literalExpression({ ...operand, text: `-${operand.text}` });
  }
  const e = typedExpression(operand, context);
  const folded = isLiteral(e) && e.literal !== null ? negatedLiteral(e) : undefined;
  if (folded !== undefined) return folded;
  const numeric = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'DECIMAL', 'FLOAT', 'DOUBLE'];
  if (!numeric.includes(e.type.kind) && !e.type.kind.startsWith('INTERVAL')) throw cannotApply('-', [e], span);
  return call('negate', [e], e.type);
}

function binary(node: ast.BinaryExpression, context: ExpressionContext): Expression {
  const { operator, left, right, span } = node;
  const analyse = (inner: ast.Expression) => analyseExpression(inner, context);
  const typed = (inner: ast.Expression) => typedExpression(inner, context);
  switch (operator) {
    case 'AND':
    case 'OR':
      return logical(operator === 'AND' ? 'and' : 'or', [typed(left), typed(right)], span);
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return arithmetic(operator, typed(left), typed(right), span);
    case '||':
      return concatenation(typed(left), typed(right), span);
    case '=':
    case '<>':
      if (left.kind === 'row' && right.kind === 'row' && left.items.length === right.items.length) {
        const equal = equalTuples(left.items.map(analyse), right.items.map(analyse), span);
        return operator === '=' ? equal : not(equal, span);
      }
      return comparison(operator, analyse(left), analyse(right), span);
    case '<':
    case '<=':
    case '>':
    case '>=':
      return comparison(operator, analyse(left), analyse(right), span);
    case 'IS DISTINCT FROM':
    case 'IS NOT DISTINCT FROM':
      return distinctFrom(operator === 'IS NOT DISTINCT FROM', analyse(left), analyse(right), span);
    case 'OVERLAPS':
      return overlaps(node, analyse);
    default:
      throw unsupported(`The operator ${operator} is not supported`, node.operatorSpan);
  }
}

function caseExpression(node: ast.CaseExpression, analyse: Analyse): Expression {
  const operand = node.operand === null ? undefined : analyse(node.operand);
  const conditions = node.branches.map((branch) => branchCondition(branch, operand, analyse));
  const results = node.branches.map((branch) => analyse(branch.result));
  const otherwise = node.otherwise === null ? literal(null, types.null()) : analyse(node.otherwise);
  const all = [...results, otherwise];
  const type = leastRestrictive(all.map((e) => e.type));
  if (type === undefined) {
    const given = all.filter((e) => e.type.kind !== 'NULL').map((e) => printType(nullable(e.type)));
    const message = `Illegal mixing of types in CASE or COALESCE statement: ${[...new Set(given)].join(', ')}; CAST the results to one type`;
    throw invalid('type-mismatch', 'CASE', message, node.span);
  }
  if (type.kind === 'NULL') {
    throw invalid('type-mismatch', 'NULL', 'ELSE clause or at least one THEN clause must be non-NULL', node.span);
  }
  const args = conditions.flatMap((condition, i) => [condition, castTo(results[i]!, type)]);
  return call('case', [...args, castTo(otherwise, type)], withNullable(materialized(type), type.nullable));
}

function branchCondition(branch: ast.CaseBranch, operand: Expression | undefined, analyse: Analyse): Expression {
  const tests = branch.conditions.map((condition) => {
    const e = analyse(condition);
    return operand === undefined ? asBoolean(e) : comparison('=', operand, e, condition.span);
  });
  if (tests.some((test) => test.type.kind !== 'BOOLEAN')) {
    throw invalid('type-mismatch', 'CASE', 'Expected a boolean type', branch.span);
  }
  return tests.length === 1 ? tests[0]! : logical('or', tests, branch.span);
}

/** `(a - b) DAY` is an interval. */
function timeDifference(left: Expression, right: Expression, node: ast.TimeDifference): Expression {
  const unit = unitInterval(node.qualifier.from);
  const type = leastRestrictive([left.type, right.type]);
  if (unit === undefined || type === undefined || !isDatetime(type)) throw cannotApply('-', [left, right], node.span);
  const result = withNullable(unit.type, left.type.nullable || right.type.nullable);
  return call('minus', [castTo(left, type), castTo(right, type)], result);
}
