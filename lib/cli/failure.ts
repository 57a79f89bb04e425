// failure: how a command ends that did not finish: what is printed, and the exit code.
//
//   SabotError with a place   ->   message, line and caret;   with --output json also one last line of JSON;   exit 2
//
// Exit code 2: the script or the arguments are wrong. 1: the job failed. 128 and the signal's number: interrupted.

import { constants } from 'node:os';
import { isSabotError, SabotError, type SabotErrorCode } from '../errors.js';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const EXIT_SIGNAL = 128;

const RUN_TIME: ReadonlySet<SabotErrorCode> = new Set([
  'SABOT_E_RUNTIME',
  'SABOT_E_INPUT',
  'SABOT_E_IO',
  'SABOT_E_NATIVE',
  'SABOT_E_RESTORE',
  'SABOT_E_FENCED',
  'SABOT_E_SAVEPOINT',
  'SABOT_E_CONTROL',
  'SABOT_E_STATE',
]);

export interface FailureReport {
  readonly text: string;
  readonly json: string;
  readonly exitCode: number;
}

/** `render` shows the place in the script; `signal` is what has interrupted the command, if anything has. */
export function reportFailure(
  error: unknown,
  render: (error: SabotError) => string,
  signal?: NodeJS.Signals,
): FailureReport {
  const failure = isSabotError(error)
    ? error
    : new SabotError('SABOT_E_NATIVE', error instanceof Error ? (error.stack ?? error.message) : String(error), {
        kind: 'internal',
      });
  const interrupted = signal !== undefined && failure.code === 'SABOT_E_CANCELLED';
  const { kind, statement, span, identifier, message, operator } = failure;
  const json = JSON.stringify({
    error: {
      kind: kind ?? 'internal',
      statement: statement ?? null,
      line: span?.line ?? null,
      column: span?.column ?? null,
      identifier: identifier ?? null,
      message,
      ...(operator === undefined ? {} : { operator }),
    },
  });
  if (interrupted) return { text: 'interrupted', json, exitCode: EXIT_SIGNAL + constants.signals[signal] };
  const failed = RUN_TIME.has(failure.code) || failure.code === 'SABOT_E_CANCELLED';
  return { text: render(failure), json, exitCode: failed ? EXIT_FAILED : EXIT_USAGE };
}
