// Shows where in a script an error lies.
//
//   error: Line 2, column 10: did you mean FROM instead of 'FORM'?
//     |
//   2 | SELECT a FORM t
//     |               ^
//
// No state.

import type { SabotError, SourceSpan } from '../errors.js';

const LINE_WIDTH_MAX = 160;
const TAB = /\t/g;

/**
 * The error's place and message, and under it the line of the script with carets below the place. Only the message if the place is unknown.
 *
 * @example console.error(renderError(script, error))
 */
export function renderError(script: string, error: SabotError): string {
  return `error: ${placedMessage(script, error)}`;
}

/** The same as a message of its own. */
export function placedMessage(script: string, { message, span }: SabotError): string {
  if (span === undefined) return message;
  const placed = message.startsWith('Line ') ? message : `Line ${span.line}, column ${span.column}: ${message}`;
  return `${placed}\n${renderSpan(script, span)}`;
}

/** The line of a script that a span begins on, with carets below the span. */
export function renderSpan(script: string, span: SourceSpan): string {
  const lineStart = span.start - (span.column - 1);
  const lineEnd = endOfLine(script, span.start);
  const windowStart = Math.max(lineStart, Math.min(span.start - LINE_WIDTH_MAX / 2, lineEnd - LINE_WIDTH_MAX));
  const windowEnd = Math.min(lineEnd, windowStart + LINE_WIDTH_MAX);
  const before = windowStart > lineStart ? '…' : '';
  const after = windowEnd < lineEnd ? '…' : '';
  const numCarets = Math.max(1, Math.min(span.end, windowEnd) - span.start);
  const gutter = ' '.repeat(String(span.line).length);
  const line = `${before}${script.slice(windowStart, windowEnd)}${after}`.replace(TAB, ' ');
  const indent = ' '.repeat(before.length + span.start - windowStart);
  return [`${gutter} |`, `${span.line} | ${line}`, `${gutter} | ${indent}${'^'.repeat(numCarets)}`].join('\n');
}

function endOfLine(text: string, offset: number): number {
  const newline = /\r|\n/g;
  newline.lastIndex = offset;
  return newline.exec(text)?.index ?? text.length;
}
