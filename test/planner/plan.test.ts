// Plans of SQL: which operators there are, what they read, how rows reach them, and what changes they send.

import { describe, expect, it } from 'vitest';
import { explainPlan } from '../../lib/plan/explain.js';
import { type PlanningOptions, plan, planned, refused, tables } from './planned.js';

describe('sources', () => {
  it('decode only what is used', () => {
    const p = planned('SELECT k FROM plain WHERE v > 1');
    expect(p.columns('file_source')).toEqual(['k', 'v']);
    expect(p.node('filter')).toMatchObject({ config: { columns: [0] }, schema: [{ name: 'k' }] });
    expect(p.ops).toEqual(['file_source', 'filter', 'result_sink']);
  });

  it('read one cheap column for COUNT(*)', () => {
    expect(planned('SELECT COUNT(*) FROM plain').columns('file_source')).toEqual(['id']);
  });

  it('have no watermarks that nobody asks for, nor the column for them', () => {
    const p = planned('SELECT id FROM t');
    expect(p.ops).not.toContain('watermark_assigner');
    expect(p.columns('file_source')).toEqual(['id']);
  });

  it('keep watermarks where the time is read, so that a missing time is an error', () => {
    expect(planned('SELECT id, ts FROM t').ops).toContain('watermark_assigner');
  });

  it('are shared by everyone who reads the table', () => {
    const p =
      planned(`SELECT a.id, b.big FROM (SELECT * FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE))) a
      JOIN (SELECT MAX(big) AS big, window_start, window_end FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE))
            GROUP BY window_start, window_end) b
      ON a.window_start = b.window_start AND a.window_end = b.window_end`);
    expect(p.columns('file_source')).toEqual(['id', 'big', 'ts']);
    expect(p.all('watermark_assigner')).toHaveLength(1);
  });
});

describe('filters', () => {
  it('go below joins, to the side they are about', () => {
    const p = planned('SELECT t.id FROM t JOIN plain AS p ON t.k = p.k WHERE t.v > 1 AND p.v < 3 AND t.id + p.id > 7');
    expect(p.all('filter')).toHaveLength(2);
    expect(p.node('join').config).toMatchObject({
      joinType: 'inner',
      leftKeys: [1],
      condition: { call: 'greater_than' },
    });
  });

  it('do not pass a watermark: time advances with every row', () => {
    const p = planned(
      "SELECT COUNT(*) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) WHERE v > 1 GROUP BY window_start, window_end",
    );
    expect(p.ops.indexOf('watermark_assigner')).toBeLessThan(p.ops.indexOf('filter'));
    expect(p.ops.indexOf('filter')).toBeLessThan(p.ops.indexOf('window_aggregate'));
  });

  it('on group keys go below the aggregate, HAVING on aggregates stays', () => {
    const p = planned("SELECT k, COUNT(*) AS n FROM plain GROUP BY k HAVING k <> 'a' AND COUNT(*) > 1");
    expect(p.ops).toEqual(['file_source', 'filter', 'group_aggregate', 'filter', 'project', 'result_sink']);
  });

  it('on a window stay above its aggregate', () => {
    const p = planned(`SELECT k, COUNT(*) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE))
      GROUP BY k, window_start, window_end HAVING k <> 'a' AND window_start > TIMESTAMP '2024-01-01 00:00:00'`);
    expect(p.ops).toEqual([
      'file_source',
      'watermark_assigner',
      'filter',
      'window_aggregate',
      'filter',
      'project',
      'result_sink',
    ]);
  });

  it('stay above what is dear to compute', () => {
    const p = planned("SELECT x FROM (SELECT REGEXP_EXTRACT(k, 'a(.*)', 1) AS x FROM plain) WHERE x <> ''");
    expect(p.ops).toEqual(['file_source', 'project', 'filter', 'result_sink']);
  });
});

describe('group aggregates', () => {
  it('are keyed by hash, or have one subtask', () => {
    const keyed = planned('SELECT k, SUM(v) FROM plain GROUP BY k', { parallelism: 2 });
    expect(keyed.inputs(keyed.node('group_aggregate'))[0]).toMatch(/^hash\(k\)/);
    expect(keyed.node('group_aggregate')).not.toHaveProperty('parallelism');
    const single = planned('SELECT SUM(v) FROM plain', { parallelism: 2 });
    expect(single.inputs(single.node('group_aggregate'))[0]).toMatch(/^singleton/);
    expect(single.node('group_aggregate').parallelism).toBe(1);
    expect(single.node('result_sink').parallelism).toBe(1);
  });

  it('compute equal arguments and equal calls once', () => {
    const p = planned(
      'SELECT COUNT(*) FILTER (WHERE v > 1), SUM(big) FILTER (WHERE v > 1), COUNT(*) FILTER (WHERE v > 1) FROM t GROUP BY k',
    );
    expect(p.node('group_aggregate').config['aggregates']).toHaveLength(2);
    expect(p.node('group_aggregate').config['aggregates']).toMatchObject([
      { function: 'count', filter: 1 },
      { function: 'sum', filter: 1 },
    ]);
  });

  it('send old rows only to those who need them', () => {
    const query = 'SELECT k, COUNT(*) AS n FROM plain GROUP BY k';
    const sink = (connector: string) =>
      `CREATE TABLE s (k STRING, n BIGINT) WITH ('connector' = '${connector}'); INSERT INTO s ${query}`;
    const emits = (script: string, options?: PlanningOptions) =>
      planned(script, options).node('group_aggregate').config['emitUpdateBefore'];
    expect(emits(query)).toBe(true);
    expect(emits(sink('print'))).toBe(true);
    expect(emits(sink('blackhole'))).toBe(false);
    expect(emits(query, { results: 'final' })).toBe(false);
    const nested = planned(`SELECT n, COUNT(*) FROM (${query}) GROUP BY n`);
    expect(nested.all('group_aggregate').map((node) => node.config)).toMatchObject([
      { inputRetracts: false, emitUpdateBefore: true },
      { inputRetracts: true, emitUpdateBefore: true },
    ]);
  });

  it('need old rows through a filter, which may let one half pass', () => {
    const p = planned('SELECT k, COUNT(*) AS n FROM plain GROUP BY k HAVING COUNT(*) > 1', { results: 'final' });
    expect(p.node('group_aggregate').config['emitUpdateBefore']).toBe(true);
    expect(p.node('materialize_final').config).toMatchObject({ keys: [0] });
  });

  it('may fold changes if only the end counts and the order of rows does not', () => {
    const fold = (call: string, results: 'final' | 'changelog') =>
      planned(`SELECT k, ${call} FROM plain GROUP BY k`, { results }).node('group_aggregate').config['miniBatch'];
    expect(fold('SUM(v)', 'final')).toEqual({ size: 0, latencyMs: 0 });
    expect(fold('SUM(v)', 'changelog')).toBeUndefined();
    const inner = (call: string) =>
      planned(`SELECT COUNT(*) FROM (SELECT k, ${call} AS x FROM plain GROUP BY k) GROUP BY x`, {
        results: 'final',
      }).all('group_aggregate')[0]!.config['miniBatch'];
    expect(inner('SUM(v)')).toEqual({ size: 0, latencyMs: 0 });
    expect(
      planned('SELECT LAST_VALUE(x) FROM (SELECT k, SUM(v) AS x FROM plain GROUP BY k) GROUP BY x', {
        results: 'final',
      }).all('group_aggregate')[0]!.config['miniBatch'],
    ).toBeUndefined();
  });

  it('have two phases where folding is allowed and several subtasks send rows', () => {
    const two = planned('SELECT k, COUNT(*), MAX(v) FROM plain GROUP BY k', { results: 'final', parallelism: 2 });
    expect(two.inputs(two.node('local_group_aggregate'))[0]).toMatch(/^forward/);
    expect(two.inputs(two.node('global_group_aggregate'))).toEqual(['hash(k) local_group_aggregate']);
    const ops = (query: string, options: PlanningOptions) => planned(query, options).ops;
    expect(ops('SELECT k, COUNT(*) FROM plain GROUP BY k', { results: 'changelog', parallelism: 2 })).toContain(
      'group_aggregate',
    );
    expect(ops('SELECT k, COUNT(*) FROM plain GROUP BY k', { results: 'final', parallelism: 1 })).toContain(
      'group_aggregate',
    );
    expect(ops('SELECT k, COUNT(DISTINCT v) FROM plain GROUP BY k', { results: 'final', parallelism: 2 })).toContain(
      'group_aggregate',
    );
    expect(ops('SELECT k, LISTAGG(k) FROM plain GROUP BY k', { results: 'final', parallelism: 2 })).toContain(
      'group_aggregate',
    );
  });

  it('take their mini-batch from the settings', () => {
    const p = planned(
      "SET 'table.exec.mini-batch.enabled' = 'true'; SET 'table.exec.mini-batch.allow-latency' = '2 s'; SET 'table.exec.mini-batch.size' = '100'; SELECT k, COUNT(*) FROM plain GROUP BY k",
    );
    expect(p.node('group_aggregate').config['miniBatch']).toEqual({ latencyMs: 2000, size: 100 });
  });
});

describe('sharing', () => {
  it('a view that is used twice is computed once', () => {
    const p = planned(`CREATE TEMPORARY VIEW counted AS SELECT k, COUNT(*) AS n, window_start, window_end
        FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '10' SECOND)) GROUP BY k, window_start, window_end;
      SELECT c.k FROM counted c JOIN (SELECT MAX(n) AS top, window_start, window_end FROM counted GROUP BY window_start, window_end) m
      ON c.window_start = m.window_start AND c.window_end = m.window_end AND c.n >= m.top`);
    expect(p.all('window_aggregate').map((node) => (node.config['window'] as { kind: string }).kind)).toEqual([
      'hop',
      'attached',
    ]);
    expect(p.node('window_join').config).toMatchObject({ leftKeys: [], condition: { call: 'greater_than_or_equal' } });
  });

  it('two sinks of a statement set read one source', () => {
    const p =
      planned(`CREATE TABLE a (id INT) WITH ('connector' = 'blackhole'); CREATE TABLE b (k STRING) WITH ('connector' = 'blackhole');
      EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT id FROM plain; INSERT INTO b SELECT k FROM plain; END`);
    expect(p.columns('file_source')).toEqual(['id', 'k']);
    expect(p.all('blackhole_sink').map((node) => node.uid)).toEqual(['blackhole_sink:a', 'blackhole_sink:b']);
  });

  it('chance is not shared', () => {
    const p = planned(
      'SELECT a.r, b.r FROM (SELECT id, RAND() AS r FROM plain) a JOIN (SELECT id, RAND() AS r FROM plain) b ON a.id = b.id',
    );
    expect(p.all('project').filter((node) => JSON.stringify(node.config).includes('rand'))).toHaveLength(2);
  });
});

describe('a job', () => {
  it('carries what the session sets', () => {
    const { encoded } = planned(
      "SET 'batch.max-rows' = '7'; SET 'pipeline.auto-watermark-interval' = '0'; SET 'table.local-time-zone' = 'Asia/Kolkata'; SET 'parallelism.default' = '3'; SELECT id FROM plain",
    );
    expect(encoded.options).toMatchObject({
      parallelism: 3,
      'batch.max-rows': 7,
      'auto-watermark-interval-ms': 0,
      'local-time-zone': 'Asia/Kolkata',
    });
  });

  it('refuses to write updates to files', () => {
    expect(
      refused(
        "CREATE TABLE f (k STRING, n BIGINT) WITH ('connector' = 'filesystem', 'path' = '/o', 'format' = 'json'); INSERT INTO f SELECT k, COUNT(*) FROM plain GROUP BY k",
      ),
    ).toEqual({ kind: 'unsupported-changelog', identifier: 'f' });
  });

  it('has stable uids', () => {
    const uids = (query: string) => planned(query).encoded.nodes.map((node) => node.uid);
    expect(uids('SELECT k, COUNT(*) FROM plain GROUP BY k')).toEqual(uids('SELECT k, COUNT(*) FROM plain GROUP BY k'));
    expect(new Set(uids('SELECT t.id FROM t JOIN u ON t.k = u.k')).size).toBe(
      uids('SELECT t.id FROM t JOIN u ON t.k = u.k').length,
    );
  });

  it('explains itself', () => {
    const text = explainPlan(
      plan(`${tables} SELECT k, COUNT(*) AS n FROM plain WHERE v > 1 GROUP BY k`, { parallelism: 2 }),
    );
    expect(text).toMatch(/group_aggregate by k count\(\*\) {2}\[I,UB,UA\] x2/);
    expect(text).toMatch(/filter \(v > 1\) {2}\[I\] <- hash\(k\) x2/);
    expect(text).toContain('functions in V8: none');
  });
});
