// OBJECT_OF and OBJECT_UPDATE. An object is a ROW; its class is not kept.
//
//   OBJECT_OF('com.example.User', 'name', 'Bob', 'age', 42)      ROW(name STRING, age INT)
//   OBJECT_UPDATE(user, 'age', 43)                               the same row with another age

import { call, type Expression, isLiteral, literal } from '../../expressions/expression.js';
import { isCharacter, materialized, nullable, types, withNullable } from '../../schema/types.js';
import type * as ast from '../ast.js';
import { invalid } from './errors.js';
import { rowField } from './fields.js';
import { cannotApply } from './operators.js';

type Argument = readonly [expression: Expression, node: ast.Expression];

export function objectOf(args: readonly Argument[], node: ast.FunctionCall): Expression {
  const [className, ...rest] = args;
  if (className === undefined || rest.length % 2 !== 0) throw wrongCount('OBJECT_OF', node);
  nameOf(className, 'OBJECT_OF');
  const pairs = fieldsOf(rest, 'OBJECT_OF');
  const fields = [...pairs].map(([name, { type }]) => ({ name, type: materialized(type) }));
  return call('row', [...pairs.values()], withNullable(types.row(fields), false));
}

export function objectUpdate(args: readonly Argument[], node: ast.FunctionCall): Expression {
  const [object, ...rest] = args;
  if (object === undefined || rest.length === 0 || rest.length % 2 !== 0) throw wrongCount('OBJECT_UPDATE', node);
  const [base] = object;
  const { type } = base;
  if (type.kind !== 'ROW') throw cannotApply('OBJECT_UPDATE', [base], node.span);
  const changes = fieldsOf(rest, 'OBJECT_UPDATE');
  for (const name of changes.keys()) {
    if (type.fields.some((field) => field.name === name)) continue;
    const [, place] = rest.find(([e]) => isLiteral(e) && e.literal === name) ?? object;
    throw invalid('unknown-column', name, `The object has no field '${name}'`, place.span);
  }
  const values = type.fields.map(({ name }, i) => changes.get(name) ?? rowField(base, i));
  const fields = type.fields.map(({ name }, i) => ({ name, type: materialized(values[i]!.type) }));
  const updated = call('row', values, withNullable(types.row(fields), false));
  if (!type.nullable) return updated;
  const result = nullable(updated.type);
  const isNull = call('is_null', [base], withNullable(types.boolean(), false));
  return call('case', [isNull, literal(null, result), updated], result);
}

/** Values by the field they are for. */
function fieldsOf(args: readonly Argument[], name: string): ReadonlyMap<string, Expression> {
  const fields = new Map<string, Expression>();
  for (let i = 0; i < args.length; i += 2) {
    const field = nameOf(args[i]!, name);
    if (fields.has(field)) {
      throw invalid('duplicate-column', field, `The field name '${field}' is repeated`, args[i]![1].span);
    }
    fields.set(field, args[i + 1]![0]);
  }
  return fields;
}

function nameOf([e, node]: Argument, of: string): string {
  if (isLiteral(e) && isCharacter(e.type) && typeof e.literal === 'string') return e.literal;
  throw invalid('type-mismatch', of, `${of} takes its names as non-null string literals`, node.span);
}

function wrongCount(name: string, node: ast.FunctionCall) {
  return invalid(
    'argument-count',
    name,
    `${name} takes a value and then pairs of a field's name and its value`,
    node.span,
  );
}
