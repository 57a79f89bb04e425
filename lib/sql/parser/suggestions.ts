// Guesses at what a misspelt word should have been.
//
//   SELECT a FORM t        ->  "did you mean FROM instead of 'FORM'?"
//            ^^^^ previous token, an alias to the parser; the next one then does not fit
//
// No state.

import type { Token } from '../lexer.js';

const CLAUSES = [
  'SELECT',
  'FROM',
  'WHERE',
  'GROUP',
  'ORDER',
  'HAVING',
  'LIMIT',
  'JOIN',
  'UNION',
  'VALUES',
  'WINDOW',
  'PARTITION',
  'BETWEEN',
  'CREATE',
  'TABLE',
  'INSERT',
  'INTO',
  'WITH',
  'WATERMARK',
  'PRIMARY',
  'EXPLAIN',
  'DESCRIBE',
  'UPDATE',
  'DELETE',
  'ALTER',
  'DROP',
  'OVER',
  'DISTINCT',
  'INNER',
  'OUTER',
  'LEFT',
  'RIGHT',
  'CROSS',
  'LATERAL',
  'UNNEST',
  'INTERVAL',
  'EXECUTE',
  'STATEMENT',
];

/** A sentence, or null if neither the token nor the one before it looks like a clause's keyword with a slip. */
export function suggestKeyword(previous: Token | null, token: Token): string | null {
  for (const candidate of [token, previous]) {
    if (candidate === null || candidate.type !== 'word' || candidate.keyword !== '' || candidate.text.length < 4)
      continue;
    const meant = CLAUSES.find((keyword) => isOneSlip(candidate.text.toUpperCase(), keyword));
    if (meant !== undefined) return `did you mean ${meant} instead of '${candidate.text}'?`;
  }
  return null;
}

/** True if one letter was left out, added or changed, or two neighbours were swapped. */
function isOneSlip(written: string, meant: string): boolean {
  if (Math.abs(written.length - meant.length) > 1 || written === meant) return false;
  let i = 0;
  while (i < written.length && written[i] === meant[i]) i++;
  const rest = (text: string, skipped: number): string => text.slice(i + skipped);
  return (
    rest(written, 1) === rest(meant, 1) ||
    rest(written, 1) === rest(meant, 0) ||
    rest(written, 0) === rest(meant, 1) ||
    (written[i] === meant[i + 1] && written[i + 1] === meant[i] && rest(written, 2) === rest(meant, 2))
  );
}
