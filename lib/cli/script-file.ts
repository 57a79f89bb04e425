// script-file: reads the script that a command was given, with its definitions put in.

import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { SabotError } from '../errors.js';
import { renderError } from '../sql/render-error.js';
import { applyDefinitions, parseDefinitions } from './definitions.js';

export interface ScriptFile {
  readonly text: string;
  /** The error with its place in the file as it was written. */
  readonly placed: (error: unknown) => unknown;
  /** Message, line and caret. */
  readonly render: (error: SabotError) => string;
}

/** `-` is standard input. */
export function readScript(path: string, define: readonly string[]): ScriptFile {
  const definitions = parseDefinitions(define);
  const source = readText(path);
  const { text, original } = applyDefinitions(source, definitions);
  return {
    text,
    placed: (error) =>
      error instanceof SabotError && error.span !== undefined ? error.at({ span: original(error.span) }) : error,
    render: (error) => renderError(source, error),
  };
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
};

function readText(path: string): string {
  const unreadable = (reason: string, cause?: unknown) =>
    new SabotError('SABOT_E_OPTION', `The script ${path} cannot be read: ${reason}.`, {
      kind: 'io',
      identifier: path,
      cause,
    });
  let bytes: Buffer;
  try {
    bytes = readFileSync(path === '-' ? 0 : path);
  } catch (cause) {
    const { code = '', message } = cause as NodeJS.ErrnoException;
    throw unreadable(REASONS[code] ?? message, cause);
  }
  // A byte order mark, as some editors write it, is no text.
  const text = new TextDecoder().decode(bytes);
  if (!isUtf8(bytes))
    throw unreadable(`it is not UTF-8 (line ${text.slice(0, text.indexOf('\ufffd')).split('\n').length})`);
  return text;
}
