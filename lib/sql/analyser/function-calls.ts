// Function calls: those of the catalogue by their signatures, and the few whose arguments are not all values.
//
//   UPPER(name)               ->  call upper, type as the argument's
//   FLOOR(ts TO DAY)          ->  call floor_to_unit, options { unit: 'DAY' }
//   TIMESTAMPADD(DAY, n, ts)  ->  plus(ts, times(INTERVAL '1' DAY, n))

import { castTo } from '../../expressions/cast.js';
import { call, type Expression, isLiteral, literal } from '../../expressions/expression.js';
import { findFunction, functionNames } from '../../expressions/functions/catalogue.js';
import {
  type Argument,
  type FunctionDefinition,
  printSignature,
  type ResultContext,
  resolveFunction,
  takesCollection,
} from '../../expressions/functions/definition.js';
import {
  asTimeAttribute,
  isCharacter,
  isDatetime,
  isExactInteger,
  isInterval,
  isNumeric,
  materialized,
  nullable,
  printType,
  types,
  withNullable,
} from '../../schema/types.js';
import type * as ast from '../ast.js';
import { foreignFunction } from '../foreign-names.js';
import { invalid, suggestion, unsupported } from './errors.js';
import { analyseExpression, type ExpressionContext, misplacedAggregate } from './expressions.js';
import { unitInterval } from './literals.js';
import { objectOf, objectUpdate } from './objects.js';
import { arithmetic, cannotApply, comparison, rejectNull } from './operators.js';

/** The function's name as the script has it, without catalog and database. */
export function functionName(node: ast.FunctionCall): string {
  return node.name.parts.at(-1)!.name;
}

/** What aggregates and OVER functions are in the catalogue; undefined for scalar and unknown ones. */
export function aggregateDefinition(node: ast.FunctionCall): FunctionDefinition | undefined {
  const definition = findFunction(functionName(node));
  return definition === undefined || definition.kind === 'scalar' ? undefined : definition;
}

export function functionCall(node: ast.FunctionCall, context: ExpressionContext): Expression {
  const name = functionName(node).toUpperCase();
  const syntax = SYNTAX[name];
  const special = syntax?.(node, context);
  if (special !== undefined) return special;
  const definition = findFunction(name);
  if (definition === undefined) throw unknownFunction(node, context);
  if (definition.kind === 'ranking') {
    throw invalid('unsupported-over', name, `${name}: OVER clause is necessary for window functions`, node.span);
  }
  if (definition.kind === 'aggregate') {
    if (node.over !== null) throw misplacedOver(node, context);
    throw misplacedAggregate(node.span, context);
  }
  if (node.over !== null)
    throw invalid('unsupported-over', name, 'OVER must be applied to an aggregate function', node.over.span);
  if (node.filter !== null)
    throw invalid('aggregate-misuse', name, 'FILTER must be applied to aggregate function', node.filter.span);
  if (node.quantifier !== null) {
    throw invalid('aggregate-misuse', name, `DISTINCT/ALL not allowed with ${name} function`, node.span);
  }
  const args = node.args.map((arg) => analyseExpression(arg, context));
  return applyFunction(definition, args, node);
}

function misplacedOver(node: ast.FunctionCall, context: ExpressionContext) {
  if (context.clause === 'aggregate') return misplacedAggregate(node.span, context);
  const message = `Windowed aggregate expression is illegal in ${context.clause} clause`;
  return invalid('aggregate-misuse', message, message, node.span);
}

function unknownFunction(node: ast.FunctionCall, context: ExpressionContext) {
  const name = functionName(node);
  const args = node.args.map((arg) => (isExpression(arg) ? family(analyseExpression(arg, context)) : '<ANY>'));
  const written = foreignFunction(name);
  const near = written === undefined ? suggestion(name.toUpperCase(), functionNames()) : `; write ${written}`;
  const advice = near === '' ? '; SHOW FUNCTIONS lists those that there are' : near;
  const message = `No match found for function signature ${name}(${args.join(', ')})${advice}`;
  return invalid('unknown-function', name, message, node.name.span);
}

const isExpression = (node: ast.Expression) =>
  !['descriptor', 'tableArgument', 'modelArgument', 'namedArgument', 'default', 'symbol', 'star'].includes(node.kind);

function family({ type }: Expression): string {
  if (isNumeric(type)) return '<NUMERIC>';
  return isCharacter(type) ? '<CHARACTER>' : `<${type.kind}>`;
}

/** Types a call of a catalogue function and casts its arguments. */
export function applyFunction(
  definition: FunctionDefinition,
  args: readonly Expression[],
  node: ast.FunctionCall,
): Expression {
  const { type, args: cast } = typedArguments(definition, args, node);
  return call(definition.call, cast, type, definition.options);
}

/** The casts and the result type of a call, shared by scalar functions, aggregates and OVER. */
export function typedArguments(
  definition: FunctionDefinition,
  args: readonly Expression[],
  node: ast.FunctionCall,
  context?: ResultContext,
) {
  const { name } = definition;
  const { signatures } = definition;
  const typed = (_: Expression, i: number) => signatures.every((signature) => takesCollection(signature, i));
  const place = (position: number) => node.args[position]?.span ?? node.span;
  args.forEach((arg, i) => {
    if (!definition.modern || typed(arg, i)) rejectNull([arg], place(i));
  });
  for (const position of definition.literals ?? []) {
    if (args[position] !== undefined && !isLiteral(args[position])) {
      throw invalid('type-mismatch', name, `Argument to function '${name}' must be a literal`, place(position));
    }
  }
  const resolution = resolveFunction(definition, args.map(argument), context);
  if (resolution === 'count') throw wrongCount(definition, args.length, node.span);
  if (resolution === 'types') throw wrongTypes(definition, args, node.span);
  const cast = args.map((arg, i) => (resolution.targets[i] === undefined ? arg : castTo(arg, resolution.targets[i])));
  return { type: resolution.type, args: cast };
}

const argument = (e: Expression): Argument => (isLiteral(e) ? { type: e.type, literal: e.literal } : { type: e.type });

function supported(definition: FunctionDefinition): string {
  return definition.signatures.map((s) => printSignature(definition.name, s)).join(' ');
}

function wrongCount(definition: FunctionDefinition, count: number, span: ast.SourceSpan) {
  const { name } = definition;
  if (definition.modern) {
    const message = `No match found for function signature ${name} with ${count} arguments. Supported signatures are: ${supported(definition)}`;
    return invalid('unknown-function', name, message, span);
  }
  const message = `Invalid number of arguments to function '${name}': ${count}. Supported form(s): ${supported(definition)}`;
  return invalid('argument-count', name, message, span);
}

function wrongTypes(definition: FunctionDefinition, args: readonly Expression[], span: ast.SourceSpan) {
  const { name } = definition;
  const given = args.map((arg) => `<${printType(nullable(materialized(arg.type)))}>`).join(', ');
  const message = `Cannot apply '${name}' to arguments of type '${name}(${given})'. Supported form(s): ${supported(definition)}`;
  return invalid('type-mismatch', name, message, span);
}

// ------------------------------------------------------------------------------------- functions with syntax of their own

type SyntaxFunction = (node: ast.FunctionCall, context: ExpressionContext) => Expression | undefined;

const SYNTAX: Readonly<Record<string, SyntaxFunction>> = {
  EXTRACT: (node, context) => {
    const unit = unitOf(node.args[0], node);
    const [, from] = node.args;
    const e = analyseExpression(requireArgument(from, node), context);
    if (!isDatetime(e.type) && !isInterval(e.type)) throw cannotApply('EXTRACT', [e], node.span);
    return call('extract', [e], withNullable(types.bigint(), e.type.nullable), { unit });
  },
  FLOOR: roundedToUnit,
  CEIL: roundedToUnit,
  CEILING: roundedToUnit,
  TRIM: trim,
  TIMESTAMPADD: timestampAdd,
  TIMESTAMPDIFF: timestampDiff,
  NULLIF: nullIf,
  PROCTIME: (node) => {
    if (node.args.length > 0) throw invalid('argument-count', 'PROCTIME', 'PROCTIME takes no arguments', node.span);
    return call('proctime', [], asTimeAttribute(withNullable(types.timestampLtz(3), false), 'proctime'));
  },
  TYPEOF: (node, context) => {
    const [operand] = node.args;
    if (operand === undefined || node.args.length > 2) return undefined;
    const { type } = analyseExpression(operand, context);
    return { literal: printType(type), type: types.string() };
  },
  JSON_STRING: (node, context) => {
    const [operand] = node.args.length === 1 ? node.args.map((arg) => analyseExpression(arg, context)) : [];
    // A variant is JSON text already.
    return operand?.type.kind === 'VARIANT'
      ? { ...operand, type: withNullable(types.string(), operand.type.nullable) }
      : undefined;
  },
  OBJECT_OF: (node, context) => objectOf(withNodes(node, context), node),
  OBJECT_UPDATE: (node, context) => objectUpdate(withNodes(node, context), node),
  CURRENT_DATABASE: (_node, { session }) => literal(session.currentDatabase, types.string()),
};

const withNodes = (node: ast.FunctionCall, context: ExpressionContext) =>
  node.args.map((arg) => [analyseExpression(arg, context), arg] as const);

function requireArgument(node: ast.Expression | undefined, of: ast.FunctionCall): ast.Expression {
  if (node !== undefined) return node;
  const name = functionName(of).toUpperCase();
  throw invalid('argument-count', name, `Invalid number of arguments to function '${name}'`, of.span);
}

/** `SQL_TSI_DAY` is `DAY`. */
function unitOf(node: ast.Expression | undefined, of: ast.FunctionCall): ast.TimeUnit {
  if (node?.kind !== 'symbol') {
    const name = functionName(of).toUpperCase();
    throw invalid('type-mismatch', name, `${name} takes a time unit`, (node ?? of).span);
  }
  return node.symbol.replace(/^SQL_TSI_/, '') as ast.TimeUnit;
}

const TIME_UNITS: readonly ast.TimeUnit[] = ['HOUR', 'MINUTE', 'SECOND', 'MILLISECOND', 'MICROSECOND', 'NANOSECOND'];
/** What EXTRACT knows, but nothing can be rounded to. */
const NO_LENGTH: readonly ast.TimeUnit[] = ['DOW', 'DOY', 'ISODOW', 'ISOYEAR', 'EPOCH'];

/** FLOOR(ts TO DAY); without a unit FLOOR is an ordinary function. */
function roundedToUnit(node: ast.FunctionCall, context: ExpressionContext): Expression | undefined {
  const [operand, unit] = node.args;
  if (operand === undefined || unit?.kind !== 'symbol') return undefined;
  const e = analyseExpression(operand, context);
  const name = functionName(node).toUpperCase() === 'FLOOR' ? 'floor' : 'ceil';
  const to = unitOf(unit, node);
  if (!isDatetime(e.type) || NO_LENGTH.includes(to)) throw cannotApply(name.toUpperCase(), [e], node.span);
  if (e.type.kind === 'TIME' && !TIME_UNITS.includes(to)) return e; // A day and what is longer leave a time as it is.
  return call(`${name}_to_unit`, [e], materialized(e.type), { unit: to });
}

/** TRIM(symbol side, characters, text). */
function trim(node: ast.FunctionCall, context: ExpressionContext): Expression | undefined {
  const [side, characters, text] = node.args;
  if (side?.kind !== 'symbol') return undefined;
  const args = [text, characters].map((arg) => analyseExpression(requireArgument(arg, node), context));
  rejectNull(args, node.span);
  const [value] = args as [Expression, Expression];
  if (!args.every((e) => isCharacter(e.type))) throw cannotApply('TRIM', [value], node.span);
  const length = value.type.kind === 'CHAR' || value.type.kind === 'VARCHAR' ? value.type.length : 0;
  const type = withNullable(
    types.varchar(length),
    args.some((e) => e.type.nullable),
  );
  return call('trim', args, type, { side: side.symbol });
}

/** A DATE plus hours, minutes or seconds is a TIMESTAMP(6). */
function timestampAdd(node: ast.FunctionCall, context: ExpressionContext): Expression {
  const unit = unitOf(node.args[0], node);
  const count = analyseExpression(requireArgument(node.args[1], node), context);
  const time = analyseExpression(requireArgument(node.args[2], node), context);
  const interval = unitInterval(unit);
  if (interval === undefined)
    throw unsupported(`TIMESTAMPADD of ${unit}`, node.span, 'unsupported-function', 'TIMESTAMPADD');
  if (!isExactInteger(count.type) || !isDatetime(time.type))
    throw cannotApply('TIMESTAMPADD', [count, time], node.span);
  const widens = time.type.kind === 'DATE' && ['HOUR', 'MINUTE', 'SECOND', 'MILLISECOND'].includes(unit);
  const base = widens ? castTo(time, types.timestamp(6)) : time;
  return arithmetic('+', base, arithmetic('*', interval, count, node.span), node.span);
}

function timestampDiff(node: ast.FunctionCall, context: ExpressionContext): Expression {
  const unit = unitOf(node.args[0], node);
  const args = [node.args[1], node.args[2]].map((arg) => analyseExpression(requireArgument(arg, node), context));
  const isInstant = (e: Expression) => e.type.kind === 'TIMESTAMP_LTZ';
  if (!args.every((e) => isDatetime(e.type)) || (args.some(isInstant) && !args.every(isInstant))) {
    throw cannotApply('TIMESTAMPDIFF', args, node.span);
  }
  const type = withNullable(
    types.integer(),
    args.some((e) => e.type.nullable),
  );
  return call('timestampdiff', args, type, { unit });
}

/** NULLIF(a, b) is CASE WHEN a = b THEN NULL ELSE a END. */
function nullIf(node: ast.FunctionCall, context: ExpressionContext): Expression {
  const [a, b] = [0, 1].map((i) => analyseExpression(requireArgument(node.args[i], node), context)) as [
    Expression,
    Expression,
  ];
  if (node.args.length > 2) throw invalid('argument-count', 'NULLIF', 'NULLIF takes two arguments', node.args[2]!.span);
  rejectNull([a], node.args[0]!.span);
  const type = nullable(materialized(a.type));
  return call('case', [comparison('=', a, b, node.span), literal(null, type), a], type);
}
