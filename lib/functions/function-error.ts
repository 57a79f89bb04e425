// What is said when a function of the user's fails: which one, at which row, and why.
//
//   map `(b) => b.name.trim()` failed at row { name: null }: TypeError: Cannot read properties of null (reading 'trim')

import { inspect } from 'node:util';
import { ValueMismatch } from '../batches/writer.js';
import { SabotError } from '../errors.js';
import type { UserFunction } from '../plan/user-function.js';

const TEXT_LENGTH_MAX = 120;

/** A function as messages and explain() show it. */
export function functionText({ use, text }: Pick<UserFunction, 'use' | 'text'>): string {
  return `${use} \`${shortened(text)}\``;
}

/** One line of a function's text. */
export function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length <= TEXT_LENGTH_MAX ? line : `${line.slice(0, TEXT_LENGTH_MAX - 1)}…`;
}

/** The error of a job whose function threw, or gave what its column cannot hold. */
export function functionError(of: UserFunction, row: object, what: string, cause: unknown): SabotError {
  return new SabotError(
    'SABOT_E_FUNCTION',
    `${functionText(of)} ${what} at row ${printRow(row)}: ${messageOf(cause)}`,
    {
      kind: 'user-function',
      identifier: shortened(of.text),
      operator: of.use,
      cause,
    },
  );
}

/** The error of a keyed process function, and where in the user's file it came from. */
export function processError(of: Pick<UserFunction, 'use' | 'text'>, place: string, cause: unknown): SabotError {
  const position = positionOf(cause);
  const at = position === undefined ? '' : ` (${position})`;
  return new SabotError('SABOT_E_FUNCTION', `${functionText(of)} failed at ${place}: ${messageOf(cause)}${at}`, {
    kind: 'user-function',
    identifier: shortened(of.text),
    operator: of.use,
    cause,
  });
}

/** What a letter says of a row that a function failed at: the row itself is in the letter. */
export function failureText(of: Pick<UserFunction, 'use' | 'text'>, cause: unknown): string {
  if (cause instanceof SabotError && cause.kind === 'user-function') return cause.message;
  const position = positionOf(cause);
  return `${functionText(of)} failed: ${messageOf(cause)}${position === undefined ? '' : ` (${position})`}`;
}

/** `job.ts:12:5`: where an error was thrown, if its stack tells. */
export function positionOf(error: unknown): string | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  for (const [, place] of stack.matchAll(/^\s+at (?:.*\()?(.+?:\d+:\d+)\)?$/gm)) {
    if (!place!.startsWith('node:') && !place!.includes('<anonymous>')) return place!.replace(/^file:\/\//, '');
  }
  return undefined;
}

/** An error of the user's code that is noticed in ours: its stack begins where the user called `by`. */
export function misuse(message: string, by: (...args: never[]) => unknown): TypeError {
  const error = new TypeError(message);
  Error.captureStackTrace(error, by);
  return error;
}

/** A row on one line, long values cut. */
export function printRow(row: object): string {
  return inspect(row, { depth: 3, breakLength: Number.POSITIVE_INFINITY, maxStringLength: 60, maxArrayLength: 5 });
}

/** `TypeError: …` for errors, the value itself for whatever else is thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof ValueMismatch) return error.message;
  return error instanceof Error ? `${error.name}: ${error.message}` : inspect(error);
}
