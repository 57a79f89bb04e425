// The error for SQL that is right but that sabot cannot run yet.

import { SabotError, type SourceSpan } from '../../errors.js';
import { type Expression, isSubquery, someExpression } from '../../expressions/expression.js';

/** Says that `what` is not supported; `identifier` is the word in the script. Without a place it is that of the node being lowered. */
export function unsupported(identifier: string, what: string, span?: SourceSpan): SabotError {
  const place = span === undefined ? {} : { span };
  return new SabotError('SABOT_E_UNSUPPORTED', `${what} is not supported yet.`, {
    kind: 'unsupported',
    identifier,
    ...place,
  });
}

/** Throws if any of the expressions has a subquery in it. */
export function refuseSubqueries(expressions: readonly Expression[]): void {
  for (const e of expressions) {
    someExpression(e, (part) => {
      if (isSubquery(part)) throw unsupported('subquery', 'A subquery in this place', part.span);
      return false;
    });
  }
}
