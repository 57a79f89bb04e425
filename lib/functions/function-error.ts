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

/** A row on one line, long values cut. */
export function printRow(row: object): string {
  return inspect(row, { depth: 3, breakLength: Number.POSITIVE_INFINITY, maxStringLength: 60, maxArrayLength: 5 });
}

/** `TypeError: …` for errors, the value itself for whatever else is thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof ValueMismatch) return error.message;
  return error instanceof Error ? `${error.name}: ${error.message}` : inspect(error);
}
