// script-file: reads the script that a command was given, with its definitions put in.

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
  let source: string;
  try {
    source = readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : String(cause);
    throw new SabotError('SABOT_E_OPTION', `The script ${path} cannot be read: ${reason}.`, {
      kind: 'io',
      identifier: path,
      cause,
    });
  }
  const { text, original } = applyDefinitions(source, definitions);
  return {
    text,
    placed: (error) =>
      error instanceof SabotError && error.span !== undefined ? error.at({ span: original(error.span) }) : error,
    render: (error) => renderError(source, error),
  };
}
