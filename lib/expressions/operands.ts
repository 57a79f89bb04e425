// Operands of compiled functions: literals that mean the same in two types, and values brought into the type of the other side.
//
//   b.price > 100   ->   100 as BIGINT        b.quantity * 1.5   ->   CAST(quantity AS DOUBLE)

import { sameType, types, withNullable } from '../schema/types.js';
import { call, type Expression, isLiteral, literal } from './expression.js';

export const fitsBigint = (value: bigint): boolean => BigInt.asIntN(64, value) === value;

/** A whole number that a bigint is compared with: `b.price > 100`. */
export const isWhole = (e: Expression): boolean => isLiteral(e) && Number.isSafeInteger(e.literal);

export const asBigint = (e: Expression): Expression => (isLiteral(e) ? literal(String(e.literal), types.bigint()) : e);

/** A literal whose order among strings is the same in UTF-8 and in UTF-16: nothing in it from the surrogates on. */
export const isPlainText = (e: Expression): boolean =>
  isLiteral(e) && typeof e.literal === 'string' && !/[\ud800-\uffff]/.test(e.literal);

export const asDouble = (e: Expression): Expression => {
  if (e.type.kind === 'DOUBLE') return e;
  return call('cast', [e], withNullable(types.double(), e.type.nullable));
};

export const asString = (e: Expression): Expression => {
  const type = withNullable(types.string(), e.type.nullable);
  return sameType(e.type, type) ? e : call('cast', [e], type);
};
