// Restart strategies: when a failed job starts again, in Flink's words.

import { describe, expect, it } from 'vitest';
import { restartStrategyOf } from '../../lib/planner/restarting.js';

const delays = (settings: Record<string, string>, takesCheckpoints: boolean, ...failuresMs: number[]) => {
  const strategy = restartStrategyOf(settings, takesCheckpoints);
  return failuresMs.map((ms) => strategy.onFailure(ms));
};

describe('restart strategies', () => {
  it('none, unless the job takes checkpoints', () => {
    expect(delays({}, false, 0)).toEqual([undefined]);
    expect(restartStrategyOf({}, true).name).toBe('exponential-delay');
    expect(delays({ 'restart-strategy.type': 'none' }, true, 0)).toEqual([undefined]);
  });

  it('fixed delay, so often', () => {
    const settings = {
      'restart-strategy.type': 'fixed-delay',
      'restart-strategy.fixed-delay.attempts': '2',
      'restart-strategy.fixed-delay.delay': '3 s',
    };
    expect(delays(settings, true, 0, 1, 2)).toEqual([3000, 3000, undefined]);
  });

  it('failure rate: too many in an interval are the end', () => {
    const settings = {
      'restart-strategy.type': 'failure-rate',
      'restart-strategy.failure-rate.max-failures-per-interval': '2',
      'restart-strategy.failure-rate.failure-rate-interval': '1 min',
      'restart-strategy.failure-rate.delay': '10 ms',
    };
    expect(delays(settings, true, 0, 30_000, 70_000, 80_000)).toEqual([10, 10, 10, undefined]);
  });

  it('exponential delay grows to its maximum and forgets after a while', () => {
    const settings = {
      'restart-strategy.type': 'exponential-delay',
      'restart-strategy.exponential-delay.initial-backoff': '100 ms',
      'restart-strategy.exponential-delay.backoff-multiplier': '3',
      'restart-strategy.exponential-delay.max-backoff': '500 ms',
      'restart-strategy.exponential-delay.jitter-factor': '0',
      'restart-strategy.exponential-delay.reset-backoff-threshold': '1 min',
    };
    expect(delays(settings, true, 0, 1000, 2000, 3000, 200_000)).toEqual([100, 300, 500, 500, 100]);
  });

  it('says which setting is wrong', () => {
    expect(() => restartStrategyOf({ 'restart-strategy.type': 'sometimes' }, true)).toThrow(
      "Setting 'restart-strategy.type' has the wrong value 'sometimes'",
    );
    expect(() =>
      restartStrategyOf({ 'restart-strategy.type': 'fixed-delay', 'restart-strategy.fixed-delay.attempts': 'x' }, true),
    ).toThrow('a whole number, at least 0');
  });
});
