// The error for SQL that is right but that sabot cannot run yet.

import { SabotError } from '../../errors.js';

/** Says that `what` is not supported; `identifier` is the word in the script. */
export function unsupported(identifier: string, what: string): SabotError {
  return new SabotError('SABOT_E_UNSUPPORTED', `${what} is not supported yet.`, { kind: 'unsupported', identifier });
}
