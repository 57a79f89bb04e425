// CAST and TRY_CAST as written.
//
//   CAST(price AS STRING)   ->   call cast of type STRING      CAST('5' AS INT)   ->   the literal 5

import { castTo } from '../../expressions/cast.js';
import { call, type Expression, isLiteral } from '../../expressions/expression.js';
import { canCast, insteadOfCast } from '../../schema/casts.js';
import { type LogicalType, nullable, printType, sameType, timeAttribute, withNullable } from '../../schema/types.js';
import type * as ast from '../ast.js';
import { logicalType } from './data-types.js';
import { invalid } from './errors.js';
import type { Analyse } from './expressions.js';

export function cast(node: ast.CastExpression, analyse: Analyse): Expression {
  const operand = analyse(node.operand);
  const target = logicalType(node.type);
  if (!canCast(operand.type, target)) {
    const [from, to] = [printType(operand.type), printType(target)];
    const message = `Cast function cannot convert value of type ${from} to type ${to}${insteadOfCast(operand.type, target)}`;
    throw invalid('invalid-cast', printType(nullable(target)), message, node.span);
  }
  return explicitCast(operand, target, node.operator !== 'CAST');
}

/** A CAST as written: it stays even where no byte changes, because the type does. */
export function explicitCast(operand: Expression, target: LogicalType, trying = false): Expression {
  const type = withNullable(target, trying || operand.type.nullable);
  const same = sameType(operand.type, type, { ignoreNullability: true });
  if (isLiteral(operand)) {
    const folded = castTo(operand, type);
    if (isLiteral(folded)) return { ...folded, type: withNullable(type, folded.literal === null || trying) };
  }
  if (same && !trying && timeAttribute(operand.type) === undefined) return operand;
  return call(trying ? 'try_cast' : 'cast', [operand], type);
}
