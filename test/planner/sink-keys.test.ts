// Sinks by key, and queries whose rows are told apart by another one.

import { describe, expect, it } from 'vitest';
import type { SabotError } from '../../lib/errors.js';
import { Planned, tables } from './planned.js';

const NAMES = `CREATE TABLE names (k STRING, n BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'upsert-kafka',
  'topic' = 'names', 'properties.bootstrap.servers' = 'b:1', 'key.format' = 'json', 'value.format' = 'json');`;
const BY_TWO = NAMES.replace('names', 'names2').replace('(k)', '(k, n)').replace('n BIGINT', 'n BIGINT NOT NULL');
/** Its rows are told apart by id, which is not written. */
const BY_ID = 'SELECT k, n FROM (SELECT id, MAX(k) AS k, COUNT(*) AS n FROM t GROUP BY id)';
const DEDUPLICATE = ' ON CONFLICT DO DEDUPLICATE';

const set = (key: string, value: string) => `SET 'table.exec.sink.${key}' = '${value}';`;
const into = (query: string, before = '', table = 'names') =>
  new Planned(`${before}${tables}${NAMES}${BY_TWO}INSERT INTO ${table} ${query};`, { parallelism: 2 });
const refusal = (...args: Parameters<typeof into>): SabotError => {
  try {
    into(...args);
  } catch (error) {
    return error as SabotError;
  }
  throw new Error('it was planned');
};

describe('a query whose rows have another key than the table', () => {
  it('is materialised by the table’s, if it says so, and told every old row', () => {
    const planned = into(BY_ID + DEDUPLICATE);
    expect(planned.ops.slice(-2)).toEqual(['upsert_materialize', 'kafka_sink']);
    const node = planned.node('upsert_materialize');
    expect(planned.inputs(node)).toEqual(['hash(k) not_null']);
    expect(node.config).toMatchObject({ keys: [0] });
    expect(planned.node('group_aggregate').config['emitUpdateBefore']).toBe(true);
    expect(planned.node('kafka_sink').inputs).toMatchObject([{ exchange: 'forward' }]);
  });

  it('knows its rows by their own key, where that is written', () => {
    const byNumber = 'SELECT k, n FROM (SELECT CAST(id AS BIGINT) AS n, MAX(k) AS k FROM t GROUP BY id)';
    expect(into(byNumber + DEDUPLICATE).node('upsert_materialize').config).toMatchObject({ keys: [0], upsertKey: [1] });
  });

  it('knows its rows by the PRIMARY KEY of the table they come from', () => {
    const cdc = `CREATE TABLE cdc (id BIGINT, k STRING, v INT, PRIMARY KEY (id) NOT ENFORCED)
      WITH ('connector' = 'filesystem', 'path' = '/c.jsonl', 'format' = 'debezium-json');`;
    const planned = into(`SELECT k, id FROM cdc${DEDUPLICATE}`, cdc);
    expect(planned.node('upsert_materialize').config).toMatchObject({ keys: [0], upsertKey: [1] });
    expect(
      into(`SELECT k, CAST(v AS BIGINT) FROM cdc${DEDUPLICATE}`, cdc).node('upsert_materialize').config,
    ).toMatchObject({
      keys: [0],
    });
  });

  it('must say it', () => {
    expect(refusal(BY_ID)).toMatchObject({
      code: 'SABOT_E_VALIDATION',
      kind: 'missing-on-conflict',
      identifier: 'names',
      message: expect.stringMatching(/PRIMARY KEY \(k\).*nothing.*ON CONFLICT DO DEDUPLICATE/),
    });
    expect(refusal(BY_ID, set('require-on-conflict', 'true')).kind).toBe('missing-on-conflict');
    expect(into(BY_ID, set('require-on-conflict', 'false')).ops).toContain('upsert_materialize');
  });

  it('is written as it comes, if the setting says so: old rows are deletions', () => {
    const planned = into(BY_ID, set('upsert-materialize', 'none'));
    expect(planned.ops.at(-2)).toBe('not_null');
    expect(planned.node('group_aggregate').config['emitUpdateBefore']).toBe(true);
  });
});

describe('a table no two rows of which may have one key', () => {
  it('gets what the watermark has settled', () => {
    for (const [clause, onConflict] of [
      ['ERROR', 'error'],
      ['NOTHING', 'nothing'],
    ]) {
      const planned = into(`${BY_ID} ON CONFLICT DO ${clause}`);
      expect(planned.inputs(planned.node('settle_conflicts'))).toEqual(['hash(k) not_null']);
      expect(planned.node('settle_conflicts').config).toMatchObject({ keys: [0], onConflict });
      expect(planned.node('group_aggregate').config['emitUpdateBefore']).toBe(true);
    }
    expect(into('SELECT k, big FROM t ON CONFLICT DO ERROR').ops).toContain('settle_conflicts');
  });
  it('needs no more if the query’s rows have its key', () => {
    expect(into('SELECT k, COUNT(*) FROM t GROUP BY k ON CONFLICT DO ERROR').ops).not.toContain('settle_conflicts');
  });
  it('is told event time that nobody else asks for', () => {
    expect(into(`${BY_ID} ON CONFLICT DO ERROR`).ops).toContain('watermark_assigner');
    expect(into(BY_ID + DEDUPLICATE).ops).not.toContain('watermark_assigner');
  });
  it('needs event time of all that is read', () => {
    const plain = 'SELECT plain.k, big FROM t JOIN plain ON t.id = plain.id ON CONFLICT DO NOTHING';
    expect(refusal(plain)).toMatchObject({ kind: 'missing-watermark', identifier: 'plain' });
  });
});

describe('a query whose rows have a key that is part of the table’s', () => {
  it('needs no more than the old rows', () => {
    const planned = into('SELECT k, COUNT(*) FROM t GROUP BY k', '', 'names2');
    expect(planned.ops.at(-2)).toBe('not_null');
    expect(planned.ops).not.toContain('upsert_materialize');
    expect(planned.node('group_aggregate').config['emitUpdateBefore']).toBe(true);
  });
  it('needs not even those if it is the table’s', () => {
    const planned = into('SELECT k, COUNT(*) FROM t GROUP BY k');
    expect(planned.ops.at(-2)).toBe('not_null');
    expect(planned.ops).not.toContain('upsert_materialize');
    expect(planned.node('group_aggregate').config['emitUpdateBefore']).toBe(false);
  });
  it('is materialised all the same if that is forced', () => {
    const planned = into('SELECT k, COUNT(*) FROM t GROUP BY k', set('upsert-materialize', 'FORCE'));
    expect(planned.node('upsert_materialize').config).toMatchObject({ keys: [0], upsertKey: [0] });
    expect(planned.node('group_aggregate').config['emitUpdateBefore']).toBe(false);
  });
});

describe('a query whose rows only come', () => {
  const only = 'SELECT k, big FROM t';
  it('replaces by the table’s key, with the clause or without', () => {
    for (const clause of ['', DEDUPLICATE]) expect(into(only + clause).ops.at(-1)).toBe('kafka_sink');
    for (const materialize of ['FORCE', 'NONE', 'AUTO']) {
      expect(into(only, set('upsert-materialize', materialize)).ops).not.toContain('upsert_materialize');
    }
  });
  it('must say so where that is asked for', () => {
    expect(refusal(only, set('require-on-conflict', 'true')).kind).toBe('missing-on-conflict');
    expect(into(only + DEDUPLICATE, set('require-on-conflict', 'true')).ops.at(-1)).toBe('kafka_sink');
  });
});

it('is about tables by key alone', () => {
  const print = "CREATE TABLE p (k STRING, n BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'print');";
  expect(refusal(BY_ID + DEDUPLICATE, print, 'p')).toMatchObject({ kind: 'unsupported-on-conflict', identifier: 'p' });
});

describe('a table with columns that are NOT NULL', () => {
  const strict = "CREATE TABLE strict (k STRING NOT NULL, n BIGINT) WITH ('connector' = 'print');";
  it('gets no NULL there', () => {
    const planned = into('SELECT k, big FROM t', strict, 'strict');
    expect(planned.node('not_null').config).toMatchObject({ required: [0], drops: false });
    const dropping = into('SELECT k, big FROM t', strict + set('not-null-enforcer', 'DROP'), 'strict');
    expect(dropping.node('not_null').config).toMatchObject({ required: [0], drops: true });
  });
  it('needs no check of what is never NULL', () => {
    expect(into("SELECT COALESCE(k, ''), big FROM t", strict, 'strict').ops).not.toContain('not_null');
  });
});
