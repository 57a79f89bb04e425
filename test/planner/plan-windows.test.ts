// Plans of windows: when a window function, its aggregate and what reads it become one operator.

import { describe, expect, it } from 'vitest';
import { planned } from './planned.js';

describe('windows', () => {
  const tumble = "TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE))";

  it('aggregate directly on the rows, columns in the order of the query', () => {
    const p = planned(`SELECT window_end, k, SUM(v) AS s FROM ${tumble} GROUP BY window_end, k, window_start`, {
      parallelism: 2,
    });
    expect(p.node('window_aggregate').config).toMatchObject({
      window: { kind: 'tumble', sizeMs: 60_000 },
      keys: [0],
      output: ['window_start', 'window_end'],
    });
    expect(p.inputs(p.node('window_aggregate'))[0]).toMatch(/^hash\(k\)/);
    expect(p.columns('result_sink')).toEqual(['window_end', 'k', 's']);
    expect(p.ops).not.toContain('window_table');
  });

  it('are columns of rows where nothing is aggregated, or where the aggregate computes with them', () => {
    expect(planned(`SELECT id, window_start FROM ${tumble}`).ops).toContain('window_table');
    const p = planned(
      `SELECT window_start, window_end, SUM(CASE WHEN window_start < ts THEN v END) FROM ${tumble} GROUP BY window_start, window_end`,
    );
    expect(p.node('window_aggregate').config['window']).toMatchObject({ kind: 'attached' });
    expect(p.ops).toContain('window_table');
  });

  it('aggregate again on windows that a first aggregate made, windows spread over the subtasks', () => {
    const p = planned(
      `SELECT window_start, window_end, MAX(n) FROM (SELECT k, window_start, window_end, COUNT(*) AS n FROM ${tumble} GROUP BY k, window_start, window_end)
      GROUP BY window_start, window_end`,
      { parallelism: 2 },
    );
    const [, second] = p.all('window_aggregate');
    expect(second!.config).toMatchObject({ window: { kind: 'attached' }, keys: [] });
    expect(p.inputs(second!)[0]).toMatch(/^hash\(window_start, window_end\)/);
  });

  it('of sessions merge in their own operator, if the groups are the partitions', () => {
    const session = "TABLE(SESSION(TABLE t PARTITION BY k, DESCRIPTOR(ts), INTERVAL '1' MINUTE))";
    expect(
      planned(`SELECT k, COUNT(*) FROM ${session} GROUP BY k, window_start, window_end`).node('session_window').config,
    ).toMatchObject({ keys: [0], window: { gapMs: 60_000 } });
    expect(planned(`SELECT v, COUNT(*) FROM ${session} GROUP BY v, window_start, window_end`).ops).toEqual(
      expect.arrayContaining(['session_window', 'unnest', 'group_aggregate']),
    );
  });

  it('of the old syntax use the same operators', () => {
    const p = planned(
      "SELECT k, HOP_END(ts, INTERVAL '1' MINUTE, INTERVAL '3' MINUTE) AS e, COUNT(*) FROM t GROUP BY k, HOP(ts, INTERVAL '1' MINUTE, INTERVAL '3' MINUTE)",
    );
    expect(p.node('window_aggregate').config).toMatchObject({
      window: { kind: 'hop', sizeMs: 180_000, slideMs: 60_000 },
      output: ['window_end'],
    });
  });

  it('without window_end among the keys are plain groups', () => {
    expect(planned(`SELECT window_start, COUNT(*) FROM ${tumble} GROUP BY window_start`).ops).toContain(
      'group_aggregate',
    );
  });

  it('rank within the window', () => {
    const p = planned(
      `SELECT k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k, window_start, window_end ORDER BY v DESC) AS rn FROM ${tumble}) WHERE rn <= 3 AND v > 1`,
    );
    expect(p.node('window_rank').config).toMatchObject({
      rankStart: 1,
      rankEnd: 3,
      outputRank: false,
      orderBy: [{ descending: true }],
    });
    expect(p.ops).not.toContain('rank');
  });

  it('deduplicate within the window if rows are ordered by time', () => {
    const p = planned(
      `SELECT k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k, window_start, window_end ORDER BY ts DESC) AS rn FROM ${tumble}) WHERE rn = 1`,
    );
    expect(p.node('window_deduplicate').config).toMatchObject({ keep: 'last', outputRank: false });
  });
});
