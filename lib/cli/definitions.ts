// definitions: ${NAME} in a script, replaced by --define NAME=VALUE.
//
//   'path' = '${DATA}/bid'   with DATA=/tmp/x   ->   'path' = '/tmp/x/bid'
//
// Errors point into the script as it was written, so replaced text remembers where it came from. No state.

import { SabotError, type SourceSpan } from '../errors.js';

export interface DefinedScript {
  readonly text: string;
  /** A place of `text` in the script as written. */
  readonly original: (span: SourceSpan) => SourceSpan;
}

/** NAME=VALUE pairs as an object. */
export function parseDefinitions(pairs: readonly string[]): Record<string, string> {
  const definitions: Record<string, string> = {};
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    if (equals < 1) {
      throw new SabotError('SABOT_E_OPTION', `--define takes NAME=VALUE, not '${pair}'.`, {
        kind: 'invalid-option',
        identifier: pair,
      });
    }
    definitions[pair.slice(0, equals)] = pair.slice(equals + 1);
  }
  return definitions;
}

interface Replacement {
  /** In the new text. */
  readonly start: number;
  readonly end: number;
  /** In the old text. */
  readonly from: number;
  readonly to: number;
}

/** Replaces every defined name; what is not defined stays as it is. */
export function applyDefinitions(script: string, definitions: Readonly<Record<string, string>>): DefinedScript {
  const replacements: Replacement[] = [];
  let text = '';
  let last = 0;
  for (const match of script.matchAll(/\$\{([A-Za-z_][A-Za-z0-9_.-]*)\}/g)) {
    const value = definitions[match[1]!];
    if (value === undefined) continue;
    text += script.slice(last, match.index);
    replacements.push({
      start: text.length,
      end: text.length + value.length,
      from: match.index,
      to: match.index + match[0].length,
    });
    text += value;
    last = match.index + match[0].length;
  }
  text += script.slice(last);
  const place = (offset: number, isEnd: boolean): number => {
    let shift = 0;
    for (const r of replacements) {
      if (offset <= r.start) break;
      if (offset < r.end) return isEnd ? r.to : r.from;
      shift = r.to - r.end;
    }
    return offset + shift;
  };
  return {
    text,
    original: (span) => {
      const start = place(span.start, false);
      const before = script.slice(0, start);
      const newline = before.lastIndexOf('\n');
      return { start, end: place(span.end, true), line: before.split('\n').length, column: start - newline };
    },
  };
}
