// kept-column: expressions whose values tell rows apart as a column does.
//
//   CAST(id AS BIGINT) of id INT   ->   id        CAST(id AS TINYINT)   ->   none

import { isCharacter, isExactInteger, type LogicalType, sameType, withNullable } from '../schema/types.js';
import { type Expression, isCall, isColumn } from './expression.js';

/** The column that an expression is, or whose values it keeps apart. */
export function keptColumn(e: Expression): number | undefined {
  if (isColumn(e)) return e.column;
  const [inner] = isCall(e, 'cast') ? e.args : [];
  return inner !== undefined && isLossless(inner.type, e.type) ? keptColumn(inner) : undefined;
}

const INTEGERS = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT'];

function isLossless(from: LogicalType, to: LogicalType): boolean {
  if (sameType(withNullable(from, true), withNullable(to, true))) return true;
  if (isExactInteger(from) && isExactInteger(to)) return INTEGERS.indexOf(from.kind) <= INTEGERS.indexOf(to.kind);
  return isCharacter(from) && to.kind === 'VARCHAR' && to.length >= from.length;
}
