// Errors of the analyser: kind, identifier and place as Flink reports them, with a nearby name where one was misspelt.

import { SabotError, type SabotErrorCode, type SourceSpan } from '../../errors.js';

/** Kinds of mistakes that the analyser finds; the words are those of the parity cases. */
export type ValidationKind =
  | 'aggregate-misuse'
  | 'ambiguous-column'
  | 'argument-count'
  | 'duplicate-alias'
  | 'duplicate-column'
  | 'duplicate-object'
  | 'insert-arity'
  | 'insert-type'
  | 'invalid-cast'
  | 'invalid-literal'
  | 'invalid-window'
  | 'missing-option'
  | 'no-time-attribute'
  | 'not-grouped'
  | 'set-op-arity'
  | 'set-op-type'
  | 'type-mismatch'
  | 'unknown-column'
  | 'unknown-connector'
  | 'unknown-format'
  | 'unknown-function'
  | 'unknown-state'
  | 'unknown-table'
  | 'unsupported-function'
  | 'unsupported-over'
  | 'unsupported-sort'
  | 'values-type'
  | 'wrong-alias-count';

/** An error of validation at a place of the script. */
export function invalid(kind: ValidationKind, identifier: string, message: string, span: SourceSpan): SabotError {
  return new SabotError('SABOT_E_VALIDATION', message, { kind, identifier, span });
}

/** Something that is valid SQL and that sabot, or Flink in streaming mode, does not run. */
export function unsupported(
  what: string,
  span: SourceSpan,
  kind: ValidationKind | 'unsupported' = 'unsupported',
  identifier = what,
): SabotError {
  const code: SabotErrorCode = 'SABOT_E_UNSUPPORTED';
  return new SabotError(code, what, { kind, identifier, span });
}

/** From the first of several nodes to the last. */
export function spanOver(nodes: readonly { readonly span: SourceSpan }[]): SourceSpan {
  return { ...nodes[0]!.span, end: nodes.at(-1)!.span.end };
}

/** `; did you mean 'name'?` if a candidate is close to the name, else nothing. */
export function suggestion(name: string, candidates: Iterable<string>): string {
  const nearest = nearestName(name, candidates);
  if (nearest === undefined) return '';
  const onlyCase = nearest.toLowerCase() === name.toLowerCase();
  return `; did you mean '${nearest}'?${onlyCase ? ' Names are case-sensitive.' : ''}`;
}

/** The candidate closest to `name`: equal but for case, or few edits away. */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  const limit = name.length <= 3 ? 1 : Math.max(2, Math.floor(name.length / 3));
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of candidates) {
    if (candidate === name) continue;
    const distance =
      candidate.toLowerCase() === name.toLowerCase() ? 0 : editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(substituted, previous[j]! + 1, row[j - 1]! + 1));
    }
    previous = row;
  }
  return previous[b.length]!;
}
