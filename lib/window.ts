// window: how the Stream API says windows and durations.
//
//   hop('1 min', '10 s')   ->   { kind: 'hop', sizeMs: 60000, slideMs: 10000, offsetMs: 0 }

import { parseDuration } from './connectors/options.js';
import { SabotError } from './errors.js';
import type { WindowShape } from './plan/builders.js';
import type { CountTrigger } from './plan/nodes.js';

/** A duration such as '5 minutes' or milliseconds. */
export type Duration = string | number;

/** A duration in milliseconds; throws if it is none. */
export function milliseconds(duration: Duration): number {
  const ms = typeof duration === 'number' ? duration : parseDuration(duration);
  if (ms !== undefined && Number.isSafeInteger(ms) && ms >= 0) return ms;
  throw new SabotError('SABOT_E_OPTION', `'${duration}' is no duration; write '10s', '5 minutes' or milliseconds.`, {
    kind: 'invalid-option',
    identifier: String(duration),
  });
}

/** A trigger that fires at every `count`-th row. */
export function countTrigger(count: number, purges: boolean): CountTrigger {
  if (Number.isSafeInteger(count) && count > 0) return { count, purges };
  throw new SabotError(
    'SABOT_E_OPTION',
    `A window of ${count} rows cannot be; countWindow takes a whole number of at least 1.`,
    {
      kind: 'invalid-option',
      identifier: String(count),
    },
  );
}

/** How rows are put into windows. */
export interface Window {
  readonly shape: WindowShape;
}

/** Windows of one size that follow each other. */
export function tumble(size: Duration, { offset = 0 }: { readonly offset?: Duration } = {}): Window {
  return { shape: { kind: 'tumble', sizeMs: milliseconds(size), offsetMs: milliseconds(offset) } };
}

/** Windows of one size, a new one every `slide`. */
export function hop(size: Duration, slide: Duration, { offset = 0 }: { readonly offset?: Duration } = {}): Window {
  return {
    shape: { kind: 'hop', sizeMs: milliseconds(size), slideMs: milliseconds(slide), offsetMs: milliseconds(offset) },
  };
}

/** Windows that grow by `step` up to `size`, then begin anew. */
export function cumulate(size: Duration, step: Duration, { offset = 0 }: { readonly offset?: Duration } = {}): Window {
  return {
    shape: { kind: 'cumulate', sizeMs: milliseconds(size), stepMs: milliseconds(step), offsetMs: milliseconds(offset) },
  };
}

/** Windows that end when a key has been silent for `gap`. */
export function session(gap: Duration): Window {
  return { shape: { kind: 'session', gapMs: milliseconds(gap) } };
}
