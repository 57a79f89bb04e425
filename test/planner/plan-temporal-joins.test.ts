// Plans of FOR SYSTEM_TIME AS OF: which tables and views have versions, what of the query goes into the join, what is refused.

import { describe, expect, it } from 'vitest';
import type { SabotError } from '../../lib/errors.js';
import { explainPlan } from '../../lib/plan/explain.js';
import { Planned, type PlanningOptions, plan } from './planned.js';

const tables = `
  CREATE TABLE o (id INT, k STRING, n INT, amount BIGINT, unused STRING, ts TIMESTAMP(3),
      WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
    WITH ('connector' = 'filesystem', 'path' = '/o.jsonl', 'format' = 'json');
  CREATE TABLE r (unused STRING, rate INT, k STRING, n INT, rt TIMESTAMP(3), ltz AS TO_TIMESTAMP_LTZ(rate, 3),
      WATERMARK FOR rt AS rt, PRIMARY KEY (k) NOT ENFORCED)
    WITH ('connector' = 'filesystem', 'path' = '/r.jsonl', 'format' = 'json');
  CREATE TABLE two (k STRING, n INT, rate INT, rt TIMESTAMP(3), WATERMARK FOR rt AS rt, PRIMARY KEY (k, n) NOT ENFORCED)
    WITH ('connector' = 'filesystem', 'path' = '/two.jsonl', 'format' = 'json');
  CREATE TABLE rate_log (k STRING, n INT, rate INT, rt TIMESTAMP(3), WATERMARK FOR rt AS rt)
    WITH ('connector' = 'filesystem', 'path' = '/rate_log.jsonl', 'format' = 'json');
  CREATE TABLE untimed (k STRING, rate INT, PRIMARY KEY (k) NOT ENFORCED)
    WITH ('connector' = 'filesystem', 'path' = '/untimed.jsonl', 'format' = 'json');
  CREATE TABLE zoned (k STRING, rate INT, rt TIMESTAMP_LTZ(3), WATERMARK FOR rt AS rt, PRIMARY KEY (k) NOT ENFORCED)
    WITH ('connector' = 'filesystem', 'path' = '/zoned.jsonl', 'format' = 'json');
  CREATE VIEW latest AS SELECT rate, k, rt FROM (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY rt DESC) AS rn FROM rate_log) WHERE rn = 1;
`;

const planned = (query: string, options?: PlanningOptions): Planned => new Planned(`${tables}${query}`, options);
const join = (on: string, type = 'JOIN', select = 'o.id, v.rate') =>
  `SELECT ${select} FROM o ${type} r FOR SYSTEM_TIME AS OF o.ts AS v ON ${on}`;

function refused(query: string): Pick<SabotError, 'kind' | 'identifier' | 'message'> {
  try {
    planned(query);
  } catch (error) {
    const { kind, identifier, message } = error as SabotError;
    return { kind, identifier, message };
  }
  throw new Error('the query was planned');
}

describe('temporal joins', () => {
  it('find versions by primary key and event time, and read no other columns', () => {
    const p = planned(join('o.k = v.k', 'LEFT JOIN'), { parallelism: 2 });
    const node = p.node('temporal_join');
    expect(node.config).toMatchObject({ joinType: 'left', leftKeys: [1], rightKeys: [1], leftTime: 2, rightTime: 2 });
    expect(p.inputs(node)).toEqual(['hash(k) watermark_assigner', 'hash(k) watermark_assigner']);
    expect(p.all('file_source').map((source) => source.schema.map((f) => f.name))).toEqual([
      ['id', 'k', 'ts'],
      ['rate', 'k', 'rt'],
    ]);
    expect(explainPlan(plan(`${tables}${join('o.k = v.k', 'LEFT JOIN')}`))).toContain(
      'temporal_join left on k as of ts',
    );
  });

  it('judge the version that was found by the rest of the condition', () => {
    const { config } = planned(join('o.k = v.k AND v.rate > o.n AND o.n = v.n')).node('temporal_join');
    expect(config).toMatchObject({ joinType: 'inner', leftKeys: [1, 2], condition: { call: 'greater_than' } });
  });

  it('compute keys that are expressions', () => {
    expect(planned(join('UPPER(o.k) = v.k')).node('temporal_join').config).toMatchObject({ leftKeys: [3] });
    const widened = 'SELECT o.id FROM o JOIN two FOR SYSTEM_TIME AS OF o.ts AS v ON o.amount = v.n AND o.k = v.k';
    expect(planned(widened).ops).toContain('temporal_join');
  });

  it('let conditions on the left pass, none on the right', () => {
    const p = planned(`${join('o.k = v.k')} WHERE o.n = 1 AND v.rate > 3`);
    const [left, right] = p.inputs(p.node('temporal_join'));
    expect([left, right]).toEqual(['hash(k) filter', 'hash(k) watermark_assigner']);
    expect(p.all('filter')).toHaveLength(2);
  });

  it('take the last rows of a view, and no -U rows', () => {
    const p = planned('SELECT o.id, v.rate FROM o JOIN latest FOR SYSTEM_TIME AS OF o.ts AS v ON o.k = v.k');
    expect(p.node('deduplicate').config).toMatchObject({ keep: 'last', outputRank: false, emitUpdateBefore: false });
    // Whoever sees only one half of an update needs both.
    const filtered = planned(`CREATE VIEW above AS SELECT * FROM latest WHERE rate > 3;
      SELECT o.id FROM o JOIN above FOR SYSTEM_TIME AS OF o.ts AS v ON o.k = v.k`);
    expect(filtered.node('deduplicate').config).toMatchObject({ emitUpdateBefore: true });
  });

  it('keep the kinds of the left, and its key', () => {
    const left = `(SELECT id, k, ts FROM (
      SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY ts DESC) AS rn FROM o) WHERE rn = 1)`;
    const query = (type: string) =>
      `SELECT o.id, v.rate FROM ${left} AS o ${type} r FOR SYSTEM_TIME AS OF o.ts AS v ON o.k = v.k`;
    const p = planned(query('LEFT JOIN'), { results: 'final' });
    expect(p.node('materialize_final').config).toMatchObject({ keys: [0] });
    expect(p.node('deduplicate').config).toMatchObject({ emitUpdateBefore: false });
    // A row may lose its version with an update.
    expect(planned(query('JOIN'), { results: 'final' }).node('deduplicate').config).toMatchObject({
      emitUpdateBefore: true,
    });
  });

  it('follow each other, and windows follow them', () => {
    const both = `SELECT o.id FROM o LEFT JOIN r FOR SYSTEM_TIME AS OF o.ts AS v ON o.k = v.k
      JOIN two FOR SYSTEM_TIME AS OF o.ts AS w ON w.n = o.n AND o.k = w.k`;
    expect(planned(both).all('temporal_join')).toHaveLength(2);
    const windows = (time: string) => `CREATE VIEW j AS ${join('o.k = v.k', 'JOIN', `o.k, ${time} AS t`)};
      SELECT k, COUNT(*) FROM TABLE(TUMBLE(TABLE j, DESCRIPTOR(t), INTERVAL '1' MINUTE)) GROUP BY k, window_start, window_end`;
    expect(planned(windows('o.ts')).ops).toContain('window_aggregate');
    expect(refused(windows('v.rt'))).toMatchObject({ kind: 'no-time-attribute', identifier: 'time attribute' });
  });

  describe('are refused', () => {
    const of = (table: string, on = 'o.k = v.k') =>
      `SELECT o.id FROM o JOIN ${table} FOR SYSTEM_TIME AS OF o.ts AS v ON ${on}`;

    it('without a join key', () => {
      for (const on of ['TRUE', 'o.n > v.rate']) {
        expect(refused(join(on))).toMatchObject({ kind: 'invalid-join', identifier: 'join key' });
      }
      const comma = 'SELECT o.id FROM o, r FOR SYSTEM_TIME AS OF o.ts AS v WHERE o.k = v.k';
      expect(refused(comma).message).toContain('the join key in Temporal Table Join can not be empty');
    });

    it('with tables that have no versions', () => {
      const key = { kind: 'missing-primary-key', identifier: 'primary key' };
      expect(refused(of('rate_log'))).toMatchObject(key);
      expect(refused(of('two'))).toMatchObject(key);
      expect(refused(of('r', 'o.k = UPPER(v.k)'))).toMatchObject(key);
      expect(refused(of('latest', 'o.n = v.rate'))).toMatchObject(key);
      const time = { kind: 'no-time-attribute', identifier: 'row time attribute' };
      expect(refused(of('untimed'))).toMatchObject(time);
      const timeless = 'CREATE VIEW timeless AS SELECT k, rate FROM latest;';
      expect(refused(timeless + of('timeless'))).toMatchObject(time);
      expect(refused(of('zoned')).message).toContain('the rowtime types are TIMESTAMP(3)');
    });

    it('with views whose rows are no versions', () => {
      const filtered = 'CREATE VIEW f AS SELECT * FROM r WHERE rate > 3;';
      expect(refused(filtered + of('f')).message).toContain('Filter is not allowed for right changelog input');
      const ranked = (order: string, rank = 'rn = 1') => `CREATE VIEW f AS SELECT k, rate, rt FROM (
        SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ${order}) AS rn FROM rate_log) WHERE ${rank};`;
      expect(refused(ranked('rt DESC', 'rn <= 2') + of('f')).kind).toBe('missing-primary-key');
      expect(refused(ranked('rate DESC') + of('f')).message).toContain('is not supported yet');
      expect(refused(ranked('rt ASC') + of('f')).message).toContain('is not supported yet');
    });

    it('as of another time', () => {
      const at = (time: string) => `SELECT o.id FROM o JOIN r FOR SYSTEM_TIME AS OF ${time} AS v ON o.k = v.k`;
      for (const time of ["TIMESTAMP '2024-01-01 00:00:00'", "o.ts - INTERVAL '1' SECOND"]) {
        expect(refused(at(time)).message).toContain("'FOR SYSTEM_TIME AS OF' left table's time attribute field");
      }
      expect(refused(at('PROCTIME()')).message).toContain('not supported yet');
    });
  });
});
