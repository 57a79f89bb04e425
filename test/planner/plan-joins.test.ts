// Plans of joins, orders and limits: which operator a shape becomes.

import { describe, expect, it } from 'vitest';
import { planned, refused } from './planned.js';

describe('joins', () => {
  const join = (condition: string) => planned(`SELECT t.id, u.w FROM t JOIN u ON ${condition}`);

  it('within bounds of time are interval joins', () => {
    const bounds = (condition: string) => {
      const { lowerMs, upperMs } = join(`t.k = u.k AND ${condition}`).node('interval_join').config as {
        lowerMs: number;
        upperMs: number;
      };
      return [lowerMs, upperMs];
    };
    expect(bounds("u.ts BETWEEN t.ts AND t.ts + INTERVAL '5' SECOND")).toEqual([0, 5000]);
    expect(bounds("t.ts BETWEEN u.ts - INTERVAL '2' SECOND AND u.ts + INTERVAL '1' SECOND")).toEqual([-1000, 2000]);
    expect(bounds("t.ts > u.ts - INTERVAL '2' SECOND AND t.ts < u.ts")).toEqual([1, 1999]);
    expect(bounds('t.ts = u.ts')).toEqual([0, 0]);
    expect(
      bounds("u.ts + INTERVAL '1' SECOND >= t.ts AND u.ts - INTERVAL '1' MINUTE - INTERVAL '1' SECOND <= t.ts"),
    ).toEqual([-1000, 61_000]);
  });

  it('with one bound, or with bounds that are no times, are regular joins', () => {
    expect(join('t.k = u.k AND t.ts >= u.ts').ops).toContain('join');
    expect(join('t.k = u.k AND t.id BETWEEN u.id AND u.id + 5').ops).toContain('join');
  });

  it('compute keys that are expressions, and take them away again', () => {
    const p = planned('SELECT t.id, u.w FROM t JOIN u ON t.v + 1 = u.w AND UPPER(t.k) = u.k', { parallelism: 2 });
    expect(p.node('join').config).toMatchObject({ leftKeys: [expect.any(Number), expect.any(Number)] });
    expect(p.inputs(p.node('join'))[0]).toMatch(/^hash\(\$key0, \$key1\)/);
    expect(p.columns('result_sink')).toEqual(['id', 'w']);
  });

  it('without keys meet in one subtask', () => {
    const p = planned('SELECT t.id FROM t CROSS JOIN plain', { parallelism: 2 });
    expect(p.inputs(p.node('join')).map((input) => input.split(' ')[0])).toEqual(['singleton', 'singleton']);
  });

  it('see settled inputs if only the final rows count', () => {
    const query =
      'SELECT a.k, a.n, b.v FROM (SELECT k, COUNT(*) AS n FROM plain GROUP BY k) a JOIN plain AS b ON a.k = b.k';
    const final = planned(query, { results: 'final' });
    expect(final.node('join').config).toMatchObject({ leftRetracts: false, rightRetracts: false });
    expect(final.node('materialize_final').config).toMatchObject({ keys: [0] });
    expect(refused(query)).toEqual({ kind: 'unsupported-join', identifier: 'inner' });
  });
});

describe('order and limits', () => {
  it('by rowtime is sorted as time passes', () => {
    expect(planned('SELECT id, ts FROM t ORDER BY ts, id DESC').node('temporal_sort').config['orderBy']).toMatchObject([
      { descending: false },
      { descending: true },
    ]);
  });

  it('with a limit is a Top-N', () => {
    expect(planned('SELECT id, v FROM t ORDER BY v LIMIT 5 OFFSET 2').node('top_n').config).toMatchObject({
      offset: 2,
      fetch: 5,
    });
  });

  it('see settled inputs if only the final rows count', () => {
    const counts = '(SELECT k, COUNT(*) AS n FROM plain GROUP BY k)';
    const ranked = `SELECT k FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY n DESC) AS rn FROM ${counts}) WHERE rn <= 2`;
    for (const [query, op] of [
      [`SELECT k, n FROM ${counts} ORDER BY n DESC LIMIT 2`, 'top_n'],
      [`SELECT k, n FROM ${counts} LIMIT 2`, 'limit'],
      [ranked, 'rank'],
    ] as const) {
      const final = planned(query, { results: 'final' });
      expect(final.inputs(final.node(op))[0]).toMatch(/ materialize_final$/);
      expect(refused(query).kind).toMatch(/^unsupported-(rank|limit)$/);
    }
  });

  it('of times behind a join without time are a Top-N, as in Flink', () => {
    const last = (on: string) => `SELECT id FROM (
      SELECT t.id, ROW_NUMBER() OVER (PARTITION BY t.k ORDER BY t.ts DESC) AS rn FROM t JOIN u ON ${on}) WHERE rn = 1`;
    expect(planned(last('t.k = u.k')).ops).toContain('rank');
    expect(planned(last('t.k = u.k AND t.ts = u.ts')).ops).toContain('deduplicate');
  });

  it('alone is refused', () => {
    expect(refused('SELECT id, v FROM t ORDER BY v')).toEqual({
      kind: 'unsupported-sort',
      identifier: 'non-time-attribute',
    });
  });

  it('inside a subquery means nothing', () => {
    expect(planned('SELECT COUNT(*) FROM (SELECT id FROM t ORDER BY v)').ops).not.toContain('temporal_sort');
  });

  it('of ROW_NUMBER is a Top-N per key', () => {
    const rank = (order: string, filter: string) =>
      planned(
        `SELECT id, k FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ${order}) AS rn FROM t) WHERE ${filter}`,
      );
    expect(rank('v DESC', 'rn <= 3').node('rank').config).toMatchObject({
      rankStart: 1,
      rankEnd: 3,
      outputRank: false,
    });
    expect(rank('v DESC', '2 <= rn AND rn < 5').node('rank').config).toMatchObject({ rankStart: 2, rankEnd: 4 });
    expect(rank('ts DESC', 'rn = 1').node('deduplicate').config).toMatchObject({ keep: 'last' });
    expect(() => rank('ts', 'rn = 1')).toThrow('first row of a key by time is not supported yet');
  });

  it('of ROW_NUMBER without a bound is refused', () => {
    expect(refused('SELECT id, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts) AS rn FROM t')).toMatchObject({
      kind: 'unsupported-over',
    });
  });
});
