// table.exec.state.ttl in a plan's options.

import { describe, expect, it } from 'vitest';
import { planOptions } from '../../lib/planner/options.js';

const ttl = (value: string) => planOptions({ 'table.exec.state.ttl': value }, 1, 0)['state-ttl-ms'];

describe('table.exec.state.ttl', () => {
  it('is a duration', () => expect(ttl('36 h')).toBe(129_600_000));
  it('is off by default and at 0', () => {
    expect(planOptions({}, 1, 0)['state-ttl-ms']).toBeUndefined();
    expect(ttl('0 ms')).toBeUndefined();
  });
  it('must be a duration', () => expect(() => ttl('soon')).toThrow('table.exec.state.ttl'));
});
