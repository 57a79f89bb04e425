// table.exec.state.ttl in a plan's options, and STATE_TTL hints.

import { describe, expect, it } from 'vitest';
import { planOptions } from '../../lib/planner/options.js';
import { planned, refused } from './planned.js';

const ttl = (value: string) => planOptions({ 'table.exec.state.ttl': value }, 1, 0)['state-ttl-ms'];

describe('table.exec.state.ttl', () => {
  it('is a duration', () => expect(ttl('36 h')).toBe(129_600_000));
  it('is off by default and at 0', () => {
    expect(planOptions({}, 1, 0)['state-ttl-ms']).toBeUndefined();
    expect(ttl('0 ms')).toBeUndefined();
  });
  it('must be a duration', () => expect(() => ttl('soon')).toThrow('table.exec.state.ttl'));
});

describe('STATE_TTL', () => {
  const day = { ms: 86_400_000, update: 'createAndWrite' };
  const hour = { ms: 3_600_000, update: 'createAndWrite' };
  const hint = "/*+ STATE_TTL('t' = '1 d') */";

  it('says it of a GROUP BY, also in two phases', () => {
    expect(planned(`SELECT ${hint} k, SUM(v) FROM t GROUP BY k`).node('group_aggregate').config['ttl']).toEqual(day);
    const phases = `SET 'table.exec.mini-batch.enabled' = 'true'; SET 'table.exec.mini-batch.size' = '10'; SET 'table.exec.mini-batch.allow-latency' = '1 s';
      SELECT ${hint} k, SUM(v) FROM t GROUP BY k`;
    const p = planned(phases, { parallelism: 2 });
    expect(p.all('group_aggregate').concat(p.all('global_group_aggregate'))[0]!.config['ttl']).toEqual(day);
  });

  it('says it of both sides of a join, by name or alias, and of no side that is itself joined', () => {
    const p = planned(
      "SELECT /*+ STATE_TTL('a' = '1 d', 'b' = '1 h', 't' = '1 h') */ * FROM t AS a JOIN t AS b ON a.k = b.k JOIN t ON t.k = b.k",
    );
    const [first, second] = p.all('join').map(({ config }) => [config['leftTtl'], config['rightTtl']]);
    expect([first, second]).toEqual([
      [day, hour],
      [undefined, hour],
    ]);
  });

  it('says it of a Top-N and of a deduplication', () => {
    const ranked = (order: string) =>
      planned(
        `SELECT id FROM (SELECT ${hint} id, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ${order} DESC) AS rn FROM t) WHERE rn <= 1`,
      );
    expect(ranked('v').node('rank').config['ttl']).toEqual(day);
    expect(ranked('ts').node('deduplicate').config['ttl']).toEqual(day);
  });

  it('says nothing of what other SELECTs do', () => {
    const p = planned(
      `SELECT ${hint} * FROM t JOIN (SELECT k AS g, COUNT(*) AS n FROM t GROUP BY k) AS c ON t.v = c.n`,
      {
        results: 'final',
      },
    );
    expect(p.node('group_aggregate').config['ttl']).toBeUndefined();
    expect(p.node('join').config).toMatchObject({ leftTtl: day });
    expect(p.node('join').config['rightTtl']).toBeUndefined();
  });

  it('must name a table of FROM, and a duration', () => {
    const of = (hint: string) => refused(`SELECT /*+ STATE_TTL(${hint}) */ k, SUM(v) FROM t GROUP BY k`);
    expect(of("'u' = '1 d'")).toEqual({ kind: 'unknown-table', identifier: 'u' });
    expect(of("'t' = 'soon'")).toEqual({ kind: 'invalid-literal', identifier: 'soon' });
  });
});
