// fold-conditions: simplifies AND, OR and NOT over constants, as far as plans become smaller by it.
//
//   x > 1 AND TRUE  ->  x > 1;    x > 1 AND FALSE  ->  FALSE;    filter TRUE  ->  nothing
//
// Values of other expressions are native's to fold: it has the kernels, and constants give the same answer there.

import { call, type Expression, isCall, isLiteral, literal, mapExpression } from '../../expressions/expression.js';
import { types } from '../../schema/types.js';

const isValue = (e: Expression, value: boolean | null): boolean => isLiteral(e) && e.literal === value;

/** The same condition with constant parts taken out. */
export function foldCondition(condition: Expression): Expression {
  return mapExpression(condition, (e) => {
    if (isCall(e, 'not') && isLiteral(e.args[0]!) && typeof e.args[0].literal === 'boolean') {
      return literal(!e.args[0].literal, types.boolean());
    }
    if (!isCall(e, 'and') && !isCall(e, 'or')) return e;
    const neutral = e.call === 'and';
    if (e.args.some((a) => isValue(a, !neutral))) return literal(!neutral, types.boolean());
    const rest = e.args.filter((a) => !isValue(a, neutral));
    if (rest.length === e.args.length) return e;
    if (rest.length === 0) return literal(neutral, types.boolean());
    return rest.length === 1 ? rest[0]! : call(e.call, rest, e.type);
  });
}

/** Whether a filter with this condition keeps every row. */
export const isAlwaysTrue = (condition: Expression): boolean => isValue(condition, true);
