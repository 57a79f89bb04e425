// JSON functions with clauses, and IS JSON.
//
//   JSON_VALUE(j, '$.a' RETURNING INT DEFAULT 0 ON EMPTY)
//     ->  json_value(j, '$.a', 0)  options { onEmpty: 'DEFAULT', onError: 'NULL' }
//
// Default values follow the path as further arguments: first that ON EMPTY, then that ON ERROR.

import { castTo } from '../../expressions/cast.js';
import { call, type Expression, isLiteral } from '../../expressions/expression.js';
import {
  hasJsonForm,
  isCharacter,
  type LogicalType,
  nullable,
  printType,
  types,
  withNullable,
} from '../../schema/types.js';
import type * as ast from '../ast.js';
import { explicitCast } from './casts.js';
import { logicalType } from './data-types.js';
import { invalid, unsupported } from './errors.js';
import { analyseExpression, type ExpressionContext, typedExpression } from './expressions.js';
import { cannotApply, not } from './operators.js';

type JsonNode =
  | ast.IsExpression
  | ast.JsonValueExpression
  | ast.JsonQueryExpression
  | ast.JsonExistsExpression
  | ast.JsonObjectExpression
  | ast.JsonArrayExpression
  | ast.FormatJson;

const STRING = types.string();
const notNullString = withNullable(STRING, false);

export function jsonExpression(node: JsonNode, context: ExpressionContext): Expression {
  switch (node.kind) {
    case 'is':
      return isJson(node, context);
    case 'jsonValue':
      return jsonValue(node, context);
    case 'jsonQuery':
      return jsonQuery(node, context);
    case 'jsonExists':
      return call('json_exists', inputAndPath(node, context), types.boolean(), {
        onError: node.onError?.action ?? 'FALSE',
      });
    case 'jsonObject':
      return jsonObject(node, context);
    case 'jsonArray': {
      const items = node.items.map((item) => jsonMember(item, context));
      const onNull = nullClause(node.onNull ?? 'ABSENT ON NULL');
      return call('json_array', items, notNullString, { onNull, json: jsonPositions(items) });
    }
    case 'formatJson':
      throw unsupported('FORMAT JSON is not supported', node.span);
  }
}

/** A value that JSON has a form for. */
export function jsonMember(node: ast.Expression, context: ExpressionContext): Expression {
  const e = typedExpression(node, context);
  if (hasJsonForm(e.type)) return e;
  const message = `Type '${printType(e.type)}' is not scalar or cannot be converted into JSON; CAST it to STRING`;
  throw invalid('type-mismatch', 'JSON', message, node.span);
}

export const nullClause = (clause: ast.JsonNullClause) => (clause === 'NULL ON NULL' ? 'NULL' : 'ABSENT');

/** IS JSON never gives NULL: a NULL is no JSON. */
function isJson(node: ast.IsExpression, context: ExpressionContext): Expression {
  const operand = analyseExpression(node.operand, context);
  if (!isCharacter(operand.type)) throw cannotApply(`IS ${node.test}`, [operand], node.span);
  const test = call('is_json', [operand], withNullable(types.boolean(), false), { type: node.test.slice(5) });
  return node.negated ? not(test, node.span) : test;
}

const JSON_NAMES = { jsonValue: 'JSON_VALUE', jsonQuery: 'JSON_QUERY', jsonExists: 'JSON_EXISTS' } as const;

function inputAndPath(
  node: ast.JsonValueExpression | ast.JsonQueryExpression | ast.JsonExistsExpression,
  context: ExpressionContext,
): Expression[] {
  const input = analyseExpression(node.input, context);
  const path = analyseExpression(node.path, context);
  if (!isCharacter(path.type)) throw cannotApply(JSON_NAMES[node.kind], [input, path], node.path.span);
  return [isCharacter(input.type) ? input : castTo(input, STRING), path];
}

/** What RETURNING may name, as Flink has it. */
const VALUE_KINDS: readonly string[] = ['VARCHAR', 'BOOLEAN', 'INTEGER', 'DOUBLE'];

function returning(
  node: ast.JsonValueExpression | ast.JsonQueryExpression,
  allows: (type: LogicalType) => boolean,
  allowed: string,
): LogicalType {
  if (node.returning === null) return nullable(STRING);
  const type = logicalType(node.returning);
  if (allows(type)) return nullable(type);
  const name = JSON_NAMES[node.kind];
  const message = `Unsupported type '${printType(nullable(type))}' for RETURNING in ${name}(): it gives ${allowed}; CAST what it gives`;
  throw invalid('type-mismatch', name, message, node.returning.span);
}

/** Text of any length, which is then cut. */
const unbounded = (type: LogicalType) => (type.kind === 'VARCHAR' ? nullable(STRING) : type);

function jsonValue(node: ast.JsonValueExpression, context: ExpressionContext): Expression {
  const type = returning(node, ({ kind }) => VALUE_KINDS.includes(kind), 'STRING, BOOLEAN, INT or DOUBLE');
  const args = inputAndPath(node, context);
  for (const behavior of [node.onEmpty, node.onError]) {
    if (behavior?.action !== 'DEFAULT' || behavior.value === null) continue;
    args.push(explicitCast(analyseExpression(behavior.value, context), type));
  }
  const behaviors = { onEmpty: node.onEmpty?.action ?? 'NULL', onError: node.onError?.action ?? 'NULL' };
  return explicitCast(call('json_value', args, unbounded(type), behaviors), type);
}

const isQueryType = (type: LogicalType) =>
  type.kind === 'VARCHAR' || (type.kind === 'ARRAY' && type.element.kind === 'VARCHAR');

function jsonQuery(node: ast.JsonQueryExpression, context: ExpressionContext): Expression {
  const type = returning(node, isQueryType, 'STRING or ARRAY<STRING>');
  const wrapper = { WITHOUT: 'WITHOUT', 'WITH CONDITIONAL': 'CONDITIONAL', 'WITH UNCONDITIONAL': 'UNCONDITIONAL' };
  const behaviors = {
    wrapper: wrapper[node.wrapper ?? 'WITHOUT'],
    onEmpty: node.onEmpty?.action ?? 'NULL',
    onError: node.onError?.action ?? 'NULL',
  };
  return explicitCast(call('json_query', inputAndPath(node, context), unbounded(type), behaviors), type);
}

function jsonObject(node: ast.JsonObjectExpression, context: ExpressionContext): Expression {
  const args = node.members.flatMap((member) => {
    const key = analyseExpression(member.key, context);
    if (!isCharacter(key.type)) throw cannotApply('JSON_OBJECT', [key], member.key.span);
    if (key.type.nullable || (isLiteral(key) && key.literal === null)) {
      throw invalid('type-mismatch', 'JSON_OBJECT', 'A key of JSON_OBJECT must not be NULL', member.key.span);
    }
    return [key, jsonMember(member.value, context)];
  });
  const onNull = nullClause(node.onNull ?? 'NULL ON NULL');
  return call('json_object', args, notNullString, { onNull, json: jsonPositions(args) });
}

const JSON_CALLS = ['json_object', 'json_array', 'json'];

/** `'1,3'`: the arguments that are JSON already, known here even if they are folded to literals later. */
const jsonPositions = (args: readonly Expression[]) =>
  args.flatMap((e, i) => ('call' in e && JSON_CALLS.includes(e.call) ? [i] : [])).join();
