// Flink's restart strategies: whether a failed job is started again, and when.
//
//   { 'restart-strategy.type': 'fixed-delay', 'restart-strategy.fixed-delay.attempts': '2' }
//     ->  first and second failure: a delay in ms; third: undefined (the job has failed)
//
// A strategy holds the history of one job's failures; time is passed in.

import { choice, count, decimal, duration, type Settings } from './settings.js';

export interface RestartStrategy {
  readonly name: string;
  /** The delay in ms before the job starts again after this failure; undefined: it stays down. */
  onFailure(nowMs: number): number | undefined;
}

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;

/** Flink's default: exponential delay if the job takes checkpoints, none otherwise. */
export function restartStrategyOf(settings: Settings, takesCheckpoints: boolean): RestartStrategy {
  const key = settings['restart-strategy.type'] === undefined ? 'restart-strategy' : 'restart-strategy.type';
  const type = choice(settings, key, [
    'none',
    'off',
    'disable',
    'fixed-delay',
    'fixeddelay',
    'exponential-delay',
    'exponentialdelay',
    'failure-rate',
    'failurerate',
  ]);
  switch (type) {
    case 'fixed-delay':
    case 'fixeddelay':
      return fixedDelay(settings);
    case 'failure-rate':
    case 'failurerate':
      return failureRate(settings);
    case 'exponential-delay':
    case 'exponentialdelay':
      return exponentialDelay(settings);
    case undefined:
      return takesCheckpoints ? exponentialDelay(settings) : NONE;
    default:
      return NONE;
  }
}

const NONE: RestartStrategy = { name: 'none', onFailure: () => undefined };

function fixedDelay(settings: Settings): RestartStrategy {
  const attempts = count(settings, 'restart-strategy.fixed-delay.attempts', 0) ?? 1;
  const delayMs = duration(settings, 'restart-strategy.fixed-delay.delay') ?? SECOND_MS;
  let failures = 0;
  return {
    name: 'fixed-delay',
    onFailure: () => (++failures > attempts ? undefined : delayMs),
  };
}

function failureRate(settings: Settings): RestartStrategy {
  const prefix = 'restart-strategy.failure-rate.';
  const most = count(settings, `${prefix}max-failures-per-interval`) ?? 1;
  const intervalMs = duration(settings, `${prefix}failure-rate-interval`) ?? MINUTE_MS;
  const delayMs = duration(settings, `${prefix}delay`) ?? SECOND_MS;
  let recent: number[] = [];
  return {
    name: 'failure-rate',
    onFailure(nowMs) {
      recent = [...recent.filter((at) => nowMs - at < intervalMs), nowMs];
      return recent.length > most ? undefined : delayMs;
    },
  };
}

function exponentialDelay(settings: Settings): RestartStrategy {
  const prefix = 'restart-strategy.exponential-delay.';
  const initialMs = duration(settings, `${prefix}initial-backoff`) ?? SECOND_MS;
  const mostMs = duration(settings, `${prefix}max-backoff`) ?? MINUTE_MS;
  const factor = decimal(settings, `${prefix}backoff-multiplier`, 1, 1000) ?? 1.5;
  const resetAfterMs = duration(settings, `${prefix}reset-backoff-threshold`) ?? 60 * MINUTE_MS;
  const jitter = decimal(settings, `${prefix}jitter-factor`, 0, 1) ?? 0.1;
  const attempts = count(settings, `${prefix}attempts-before-reset-backoff`) ?? Number.POSITIVE_INFINITY;
  let delayMs = initialMs;
  let failures = 0;
  let lastMs = Number.NEGATIVE_INFINITY;
  return {
    name: 'exponential-delay',
    onFailure(nowMs) {
      // Up long enough since: as if it had never failed.
      if (nowMs - lastMs >= resetAfterMs + delayMs) {
        delayMs = initialMs;
        failures = 0;
      }
      lastMs = nowMs;
      if (++failures > attempts) return undefined;
      const thisMs = delayMs;
      delayMs = Math.min(mostMs, delayMs * factor);
      return Math.round(Math.min(mostMs, thisMs * (1 + jitter * (2 * Math.random() - 1))));
    },
  };
}
