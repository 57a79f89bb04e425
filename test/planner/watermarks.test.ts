// How a table's options and the session's settings say that event time is told.

import { describe, expect, it } from 'vitest';
import type { SabotError } from '../../lib/errors.js';
import { Planned } from './planned.js';

const script = (options: Readonly<Record<string, string>>, settings = '') => `${settings}
  CREATE TABLE t (id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
    WITH ('connector' = 'filesystem', 'path' = '/t.jsonl', 'format' = 'json'${Object.entries(options)
      .map(([key, value]) => `, '${key}' = '${value}'`)
      .join('')});
  SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;`;

const config = (options: Readonly<Record<string, string>>, settings = '') =>
  new Planned(script(options, settings)).node('watermark_assigner').config;

function refused(options: Readonly<Record<string, string>>): Pick<SabotError, 'kind' | 'identifier'> {
  try {
    config(options);
  } catch (error) {
    const { kind, identifier } = error as SabotError;
    return { kind, identifier };
  }
  throw new Error('the query was planned');
}

describe('watermarks', () => {
  it('are told without further ado', () => {
    expect(Object.keys(config({}))).toEqual(['time', 'watermark']);
  });

  it('do not wait for silent splits if the table or the session says so', () => {
    const session = `SET 'table.exec.source.idle-timeout' = '1 min';`;
    expect(config({ 'scan.watermark.idle-timeout': '5 s' })).toMatchObject({ idleTimeoutMs: 5000 });
    expect(config({}, session)).toMatchObject({ idleTimeoutMs: 60_000 });
    expect(config({ 'scan.watermark.idle-timeout': '5 s' }, session)).toMatchObject({ idleTimeoutMs: 5000 });
  });

  it('are told after every row with on-event', () => {
    expect(config({ 'scan.watermark.emit.strategy': 'on-event' })).toMatchObject({ onEvent: true });
    expect(config({ 'scan.watermark.emit.strategy': 'on-periodic' })).not.toHaveProperty('onEvent');
    expect(refused({ 'scan.watermark.emit.strategy': 'sometimes' })).toEqual({
      kind: 'invalid-option',
      identifier: 'scan.watermark.emit.strategy',
    });
  });

  it('keep the sources of a group together', () => {
    const group = { 'scan.watermark.alignment.group': 'g', 'scan.watermark.alignment.max-drift': '1 min' };
    expect(config(group)).toMatchObject({
      alignment: { group: 'g', maxDriftMs: 60_000, updateIntervalMs: 1000 },
    });
    expect(config({ ...group, 'scan.watermark.alignment.update-interval': '200 ms' })).toMatchObject({
      alignment: { updateIntervalMs: 200 },
    });
  });

  // As Flink: "'scan.watermark.alignment.group' and 'scan.watermark.alignment.max-drift' must be set …".
  it('need a group and a drift for that', () => {
    expect(refused({ 'scan.watermark.alignment.group': 'g' })).toEqual({
      kind: 'missing-option',
      identifier: 'scan.watermark.alignment.max-drift',
    });
    expect(refused({ 'scan.watermark.alignment.update-interval': '1 s' })).toEqual({
      kind: 'missing-option',
      identifier: 'scan.watermark.alignment.group',
    });
  });
});
