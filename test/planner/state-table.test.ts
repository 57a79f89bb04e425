// What operators' state looks like as tables.

import { describe, expect, it } from 'vitest';
import { Planned, type PlanningOptions, tables } from './planned.js';

function tableOf(op: string, query: string, options: PlanningOptions = {}) {
  const { columns, keys } = new Planned(tables + query, options).node(op).stateTable!;
  return { columns: columns.map(({ name, type }) => `${name} ${type.kind}`), keys };
}

describe('state tables', () => {
  it('of groups are keys and aggregates, also in two phases', () => {
    const query = 'SELECT k, COUNT(*), SUM(v), SUM(v) FILTER (WHERE v > 1) FROM plain GROUP BY k';
    expect(tableOf('group_aggregate', query)).toEqual({
      columns: ['k VARCHAR', 'COUNT(*) BIGINT', 'SUM(v) INTEGER', 'SUM(v)0 INTEGER'],
      keys: [0],
    });
    const twoPhase = tableOf('global_group_aggregate', 'SELECT k, COUNT(*) FROM plain GROUP BY k', {
      parallelism: 2,
      results: 'final',
    });
    expect(twoPhase).toEqual({ columns: ['k VARCHAR', 'COUNT(*) BIGINT'], keys: [0] });
    expect(tableOf('group_aggregate', 'SELECT COUNT(*) FROM plain')).toMatchObject({ keys: [] });
  });

  it('of windows have the window between the two', () => {
    const query = (window: string) =>
      `SELECT k, window_end, COUNT(*) FROM TABLE(${window}) GROUP BY k, window_start, window_end`;
    const columns = ['k VARCHAR', 'window_start TIMESTAMP', 'window_end TIMESTAMP', 'COUNT(*) BIGINT'];
    expect(tableOf('window_aggregate', query("TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' HOUR)"))).toEqual({
      columns,
      keys: [0],
    });
    const session = query("SESSION(TABLE t PARTITION BY k, DESCRIPTOR(ts), INTERVAL '1' HOUR)");
    expect(tableOf('session_window', session)).toEqual({ columns, keys: [0] });
  });

  it('of joins are the rows of both sides', () => {
    const { columns, keys } = tableOf('join', 'SELECT t.v, u.w FROM t JOIN u ON t.id = u.id');
    expect(columns).toEqual(['side VARCHAR', 'id INTEGER', 'v INTEGER', 'id0 INTEGER', 'w INTEGER']);
    expect(keys).toEqual([1]);
  });

  it('of ranks are rows', () => {
    const ranked = 'SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC) AS rn FROM plain';
    expect(tableOf('rank', `SELECT k, v FROM (${ranked}) WHERE rn <= 2`)).toEqual({
      columns: ['k VARCHAR', 'v INTEGER'],
      keys: [0],
    });
    expect(tableOf('top_n', 'SELECT v FROM plain ORDER BY v LIMIT 2')).toEqual({ columns: ['v INTEGER'], keys: [] });
  });

  it('are no part of the fingerprint of a plan, and of nothing without rows', () => {
    const planned = new Planned(`${tables}SELECT v FROM t LIMIT 3`);
    expect(planned.encoded.nodes.every(({ stateTable }) => stateTable === undefined)).toBe(true);
  });
});
