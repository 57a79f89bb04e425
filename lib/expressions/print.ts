// Expressions as people read them: SQL-like text with the input's column names.
//
//   { call: 'times', args: [{ column: 3 }, { literal: 2 }] }   ->   (price * 2)

import { printType, type Schema } from '../schema/types.js';
import { type Expression, isCall, isColumn, isLiteral, isOuter, isSubquery, type Literal } from './expression.js';

const INFIX: Readonly<Record<string, string>> = {
  plus: '+',
  minus: '-',
  times: '*',
  divide: '/',
  checked_plus: '+',
  checked_minus: '-',
  checked_times: '*',
  checked_divide: '/',
  checked_mod: '%',
  equals: '=',
  not_equals: '<>',
  less_than: '<',
  less_than_or_equal: '<=',
  greater_than: '>',
  greater_than_or_equal: '>=',
  and: 'AND',
  or: 'OR',
  concat_operator: '||',
  like: 'LIKE',
  is_distinct_from: 'IS DISTINCT FROM',
  is_not_distinct_from: 'IS NOT DISTINCT FROM',
};

const POSTFIX: Readonly<Record<string, string>> = {
  is_null: 'IS NULL',
  is_not_null: 'IS NOT NULL',
  is_true: 'IS TRUE',
  is_not_true: 'IS NOT TRUE',
  is_false: 'IS FALSE',
  is_not_false: 'IS NOT FALSE',
};

/** The expression over an input with this schema. */
export function printExpression(e: Expression, schema: Schema): string {
  const print = (part: Expression) => printExpression(part, schema);
  if (isColumn(e)) return schema[e.column]?.name ?? `$${e.column}`;
  if (isLiteral(e)) return printLiteral(e);
  if (isOuter(e)) return `outer$${e.column}`;
  if (isSubquery(e)) return `${e.subquery.toUpperCase()}(subquery)`;
  if (!isCall(e)) return '?';
  const infix = INFIX[e.call];
  if (infix !== undefined && e.args.length > 1) return `(${e.args.map(print).join(` ${infix} `)})`;
  const postfix = POSTFIX[e.call];
  if (postfix !== undefined) return `${print(e.args[0]!)} ${postfix}`;
  if (e.call === 'cast' || e.call === 'try_cast')
    return `${e.call.toUpperCase()}(${print(e.args[0]!)} AS ${printType(e.type)})`;
  if (e.call === 'item') return `${print(e.args[0]!)}[${print(e.args[1]!)}]`;
  if (e.call === 'field') {
    const row = e.args[0]!.type;
    const index = Number(e.options?.['index']);
    return `${print(e.args[0]!)}.${row.kind === 'ROW' ? (row.fields[index]?.name ?? index) : index}`;
  }
  const options = Object.entries(e.options ?? {}).map(([key, value]) => `${key}: ${value}`);
  return `${e.call.toUpperCase()}(${[...e.args.map(print), ...options].join(', ')})`;
}

function printLiteral({ literal, type }: Literal): string {
  if (literal === null) return 'NULL';
  if (type.kind === 'CHAR' || type.kind === 'VARCHAR') return `'${String(literal).replaceAll("'", "''")}'`;
  if (type.kind === 'INTERVAL_DAY_TIME') return `INTERVAL ${literal} ms`;
  if (type.kind === 'BINARY' || type.kind === 'VARBINARY') return `x'${literal}'`;
  return String(literal).toUpperCase() === 'TRUE' || literal === false
    ? String(literal).toUpperCase()
    : String(literal);
}
