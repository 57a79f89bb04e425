// What Flink's checkpointing settings come to.

import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkpointsOf } from '../../lib/planner/checkpointing.js';

const DIR = { 'execution.checkpointing.dir': 'file:///data/chk' };

describe('checkpointing settings', () => {
  it('are off unless asked for', () => expect(checkpointsOf({}, 'job')).toBeUndefined());

  it('have defaults, and a folder per job', () => {
    expect(checkpointsOf({ ...DIR, 'execution.checkpointing.interval': '2 s' }, 'insert-into_a.b/c')).toEqual({
      folder: '/data/chk/insert-into_a.b_c',
      intervalMs: 2000,
      timeoutMs: 600_000,
      minPauseMs: 0,
      tolerableFailures: 0,
      retained: 3,
      mode: 'exactly-once',
    });
  });

  it('without a folder live as long as the process', () => {
    const plan = checkpointsOf({ 'execution.checkpointing.interval': '10s' }, 'job');
    expect(plan?.folder.startsWith(tmpdir())).toBe(true);
  });

  it('restore from the latest, or from a path', () => {
    expect(checkpointsOf(DIR, 'job', { restore: 'latest' })?.restore).toEqual({ from: 'latest' });
    expect(checkpointsOf(DIR, 'job', { restore: './chk-7-2', allowNonRestoredState: true })?.restore).toEqual({
      from: 'path',
      path: './chk-7-2',
      allowNonRestoredState: true,
    });
    expect(() => checkpointsOf({}, 'job', { restore: 'latest' })).toThrow("SET 'execution.checkpointing.dir'");
  });

  it('restore what settings say, whatever the caller asks for', () => {
    const settings = { ...DIR, 'execution.state-recovery.path': './sp' };
    expect(checkpointsOf(settings, 'job', { restore: 'latest' })?.restore).toEqual({ from: 'path', path: './sp' });
    expect(
      checkpointsOf({ ...settings, 'execution.state-recovery.ignore-unclaimed-state': 'TRUE' }, 'job')?.restore,
    ).toEqual({ from: 'path', path: './sp', allowNonRestoredState: true });
  });

  it("restore and claim by Flink's settings, which beat what the command was told", () => {
    const recovery = (values: Record<string, string>, request = {}) =>
      checkpointsOf(
        { ...DIR, ...Object.fromEntries(Object.entries(values).map(([k, v]) => [`execution.state-recovery.${k}`, v])) },
        'job',
        request,
      )?.restore;
    expect(recovery({ path: 'file:///sp' })).toEqual({ from: 'path', path: '/sp' });
    expect(recovery({ path: '/sp', 'claim-mode': 'claim' }, { restore: 'latest' })).toEqual({
      from: 'path',
      path: '/sp',
      claim: true,
    });
    expect(recovery({ 'claim-mode': 'NO_CLAIM' }, { restore: '/a', claim: true })).toEqual({
      from: 'path',
      path: '/a',
    });
    expect(recovery({}, { restore: 'sp', claim: true })).toEqual({ from: 'path', path: resolve('sp'), claim: true });
    // What is the latest is the job's anyway.
    expect(recovery({ 'claim-mode': 'CLAIM' }, { restore: 'latest' })).toEqual({ from: 'latest' });
    expect(recovery({ path: '/sp', 'ignore-unclaimed-state': 'true' })).toMatchObject({ allowNonRestoredState: true });
    expect(recovery({ 'claim-mode': 'CLAIM' })).toBeUndefined();
    expect(() => recovery({}, { claim: true })).toThrow('--claim');
    expect(() => recovery({ 'claim-mode': 'LEGACY' })).toThrow("use 'NO_CLAIM'");
    expect(() => recovery({ path: '/sp', 'claim-mode': 'MAYBE' })).toThrow("expected 'CLAIM' or 'NO_CLAIM'");
    expect(() => recovery({ path: '/sp', 'ignore-unclaimed-state': 'yes' })).toThrow("expected 'true' or 'false'");
    expect(() => checkpointsOf({ 'execution.state-recovery.path': '/sp' }, 'job')).toThrow(
      "SET 'execution.checkpointing.dir'",
    );
  });

  it('refuse what they cannot do', () => {
    expect(() => checkpointsOf({ 'execution.checkpointing.dir': 's3://bucket/x' }, 'job')).toThrow('local folder only');
    expect(() => checkpointsOf({ ...DIR, 'execution.checkpointing.mode': 'SOMETIMES' }, 'job')).toThrow(
      "expected 'EXACTLY_ONCE' or 'AT_LEAST_ONCE'",
    );
  });
});
