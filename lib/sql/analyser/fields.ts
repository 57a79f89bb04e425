// Fields of rows, and elements of arrays and maps.

import { call, type Expression } from '../../expressions/expression.js';
import { withNullable } from '../../schema/types.js';
import type { Identifier } from '../ast.js';
import { invalid, suggestion } from './errors.js';

/** `r.a.b`: a field of a row is NULL if the row is. `column` is the row's own name, for messages. */
export function fieldAccess(base: Expression, path: readonly Identifier[], column = ''): Expression {
  let result = base;
  let written = column;
  for (const name of path) {
    written = written === '' ? name.name : `${written}.${name.name}`;
    const type = result.type;
    const fields = type.kind === 'ROW' ? type.fields : [];
    const index = fields.findIndex((field) => field.name === name.name);
    if (index < 0) {
      const names = fields.map((field) => field.name);
      const message = `Column '${written}' not found${suggestion(name.name, names)}`;
      throw invalid('unknown-column', written, message, name.span);
    }
    result = rowField(result, index);
  }
  return result;
}

export function rowField(row: Expression, index: number): Expression {
  if (row.type.kind !== 'ROW') throw new Error(`${row.type.kind} has no fields`);
  const { type } = row.type.fields[index]!;
  return call('field', [row], withNullable(type, type.nullable || row.type.nullable), { index });
}
