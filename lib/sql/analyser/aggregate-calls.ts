// Aggregate calls: name, arguments and type, whatever their syntax.
//
//   SUM(DISTINCT v)                        ->  sum, [v], distinct
//   JSON_OBJECTAGG(KEY k VALUE v)          ->  json_objectagg, [k, v], options { onNull: 'null' }

import { call, type Expression, isCall, type OptionValue } from '../../expressions/expression.js';
import { findFunction } from '../../expressions/functions/catalogue.js';
import {
  isApproximate,
  isCharacter,
  isConstructed,
  isDatetime,
  type LogicalType,
  types,
  withNullable,
} from '../../schema/types.js';
import type * as ast from '../ast.js';
import { invalid } from './errors.js';
import { analyseExpression, type ExpressionContext } from './expressions.js';
import { functionName, typedArguments } from './function-calls.js';
import { jsonMember, nullClause } from './json.js';

export type AggregateNode = ast.FunctionCall | ast.JsonObjectAggregate | ast.JsonArrayAggregate;

interface AggregateParts {
  readonly name: string;
  readonly args: readonly Expression[];
  readonly distinct: boolean;
  readonly orderBy: readonly ast.OrderItem[];
  readonly options?: Readonly<Record<string, OptionValue>>;
  readonly type: (context: { readonly emptyGroups: boolean }) => LogicalType;
}

/** Name, arguments and type of an aggregate call, whatever its syntax. */
export function aggregateParts(node: AggregateNode, context: ExpressionContext): AggregateParts {
  switch (node.kind) {
    case 'call':
      return plainAggregate(node, context);
    case 'jsonObjectAggregate': {
      const key = analyseExpression(node.member.key, context);
      const value = jsonMember(node.member.value, context);
      if (!isCharacter(key.type)) {
        throw invalid(
          'type-mismatch',
          'JSON_OBJECTAGG',
          'The key of JSON_OBJECTAGG must be text',
          node.member.key.span,
        );
      }
      return jsonAggregate('json_objectagg', [key, value], node.onNull ?? 'NULL ON NULL', []);
    }
    case 'jsonArrayAggregate': {
      const item = jsonMember(node.item, context);
      return jsonAggregate('json_arrayagg', [item], node.onNull ?? 'ABSENT ON NULL', node.orderBy);
    }
  }
}

function jsonAggregate(
  name: string,
  args: readonly Expression[],
  onNull: ast.JsonNullClause,
  orderBy: readonly ast.OrderItem[],
): AggregateParts {
  const type = withNullable(types.varchar(2000), false);
  const value = args.at(-1)!;
  const text = isJsonText(value);
  const last = text || !needsRendering(value.type) ? value : jsonText(value);
  const clause = nullClause(onNull).toLowerCase();
  const options = text || last !== value ? { onNull: clause, json: true } : { onNull: clause };
  return { name, args: [...args.slice(0, -1), last], distinct: false, orderBy, options, type: () => type };
}

/** A value that is JSON already and goes in as it is. */
const isJsonText = (e: Expression) => ['json_object', 'json_array', 'json'].some((name) => isCall(e, name));

/** The aggregate renders text, exact numbers and booleans; for anything else JSON_STRING does. */
const needsRendering = (type: LogicalType) => isConstructed(type) || isDatetime(type) || isApproximate(type);

const jsonText = (e: Expression) => call('json_string', [e], withNullable(types.string(), e.type.nullable));

function plainAggregate(node: ast.FunctionCall, context: ExpressionContext): AggregateParts {
  const definition = findFunction(functionName(node))!;
  const distinct = node.quantifier === 'DISTINCT';
  const orderBy = [...node.argumentOrderBy, ...node.withinGroup];
  const [only] = node.args;
  const star = node.args.length === 1 && only!.kind === 'star' && only!.qualifier.length === 0;
  if (star && definition.name === 'COUNT') {
    return { name: 'count', args: [], distinct: false, orderBy, type: () => withNullable(types.bigint(), false) };
  }
  const args = node.args.map((arg) => analyseExpression(arg, context));
  if (definition.name === 'COUNT' && args.length === 0) {
    const message =
      "Invalid number of arguments to function 'COUNT'. Was expecting 1 arguments; rows are counted by COUNT(*)";
    throw invalid('argument-count', 'COUNT', message, node.span);
  }
  // A first look casts the arguments; the type depends on the group and is asked for later.
  const cast = typedArguments(definition, args, node).args;
  const notNull = !distinct && cast.every((e) => !e.type.nullable);
  return {
    name: definition.call,
    args: definition.name === 'COUNT' && notNull ? [] : cast,
    distinct,
    orderBy,
    ...(definition.options === undefined ? {} : { options: definition.options }),
    type: (group) => typedArguments(definition, args, node, group).type,
  };
}
