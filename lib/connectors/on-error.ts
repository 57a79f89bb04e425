// on-error: what becomes of records that cannot be read, and of rows that cannot be written.
//
//   'scan.on-error' = 'dead-letter', 'dead-letter.table' = 'letters'   ->   config.onError 'dead-letter'
//
// Flink has no such options; a format's own (`json.ignore-parse-errors`) comes first. No state.

import type { Config } from '../plan/physical.js';
import { type OptionSpec, type OptionValues, optionError } from './options.js';

const MODES = ['fail', 'drop', 'dead-letter'];
export const DEAD_LETTER_TABLE = 'dead-letter.table';
export const RATE_LIMIT = 'scan.rate-limit.rows-per-second';

/** Of connectors whose sources read records of bytes, and whose sinks write such. */
export const ON_ERROR_OPTIONS: readonly OptionSpec[] = [
  { key: 'scan.on-error', type: 'enum', values: MODES, default: 'fail' },
  { key: 'sink.on-error', type: 'enum', values: MODES, default: 'fail' },
  { key: DEAD_LETTER_TABLE, type: 'string' },
  { key: RATE_LIMIT, type: 'long' },
];

/** The members of a node's config that say so. */
export function onErrorConfig(values: OptionValues, side: 'scan' | 'sink'): Config {
  const letters = ['scan.on-error', 'sink.on-error'].some((key) => values.get(key) === 'dead-letter');
  if (values.has(DEAD_LETTER_TABLE) && !letters) {
    throw optionError(
      'invalid-option',
      DEAD_LETTER_TABLE,
      `Option '${DEAD_LETTER_TABLE}' has no effect: set 'scan.on-error' or 'sink.on-error' to 'dead-letter'.`,
    );
  }
  const mode = values.get(`${side}.on-error`);
  return mode === 'fail' ? {} : { onError: mode };
}

/** How many rows a second all subtasks of a source together may produce. */
export function rateLimitConfig(values: OptionValues): Config {
  const rows = values.get(RATE_LIMIT);
  if (rows === undefined) return {};
  if (Number(rows) >= 1) return { rowsPerSecondMax: rows };
  throw optionError('invalid-option', RATE_LIMIT, `Option '${RATE_LIMIT}' must be at least 1, not ${String(rows)}.`);
}
