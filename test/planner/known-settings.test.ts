// Settings: what is refused when it is set, whether or not anything reads it, and what a warning names.

import { describe, expect, it } from 'vitest';
import { blackhole, datagen, Job, type SabotError, t } from '../../lib/index.js';
import { checkSetting, settingWarning } from '../../lib/planner/known-settings.js';

const refusal = (key: string, value: string) => {
  try {
    checkSetting(key, value);
    return undefined;
  } catch (error) {
    const { code, kind, identifier, message } = error as SabotError;
    return { code, kind, identifier, message };
  }
};

describe('a setting', () => {
  it.each([
    ['table.exec.state.ttl', 'abc', "a duration such as '200 ms'"],
    ['table.exec.state.ttl', '', "a duration such as '200 ms'"],
    ['execution.checkpointing.interval', '10 parsecs', "a duration such as '200 ms'"],
    ['table.exec.interval-join.min-cleanup-interval', '-1 s', "a duration such as '200 ms'"],
    ['memory.limit', '0', "a size such as '256 mb'"],
    ['table.exec.spill-compression.block-size', '64 kilobytes', "a size such as '256 mb'"],
    ['table.exec.mini-batch.enabled', '1', "'true' or 'false'"],
    ['pipeline.object-reuse', 'on', "'true' or 'false'"],
    ['parallelism.default', '0x10', 'a whole number from 1 to 32768'],
    ['execution.checkpointing.num-retained', '1.5', 'a whole number above 0'],
    ['parallelism.default', '99999', 'a whole number from 1 to 32768'],
    ['batch.max-rows', '1e3', 'a whole number above 0'],
    ['restart-strategy.fixed-delay.attempts', '-1', 'a whole number, at least 0'],
    ['restart-strategy.exponential-delay.jitter-factor', '2', 'a number from 0 to 1'],
    ['restart-strategy.type', 'sometimes', "'none' or 'off'"],
    ['state.backend.type', 'heap', "'memory' or 'hashmap' or 'rocksdb'"],
    ['execution.checkpointing.mode', 'ONCE', "'EXACTLY_ONCE' or 'AT_LEAST_ONCE'"],
    ['table.exec.sink.not-null-enforcer', 'WARN', "'ERROR' or 'DROP'"],
    ['table.local-time-zone', 'Berlin', "a time zone such as 'Europe/Berlin'"],
    ['table.sql-dialect', 'hive', "'DEFAULT'"],
  ])('%s cannot be %j', (key, value, expected) => {
    const refused = refusal(key, value);
    expect(refused).toMatchObject({ code: 'SABOT_E_OPTION', kind: 'invalid-option', identifier: key });
    expect(refused!.message).toContain(`'${value}'`);
    expect(refused!.message).toContain(expected);
  });

  it('of checkpoints can be no folder elsewhere', () => {
    expect(refusal('state.savepoints.dir', 's3://bucket/sp')).toMatchObject({
      kind: 'unsupported-option',
      identifier: 'state.savepoints.dir',
    });
  });

  it.each([
    ['table.exec.state.ttl', '1 d'],
    ['table.exec.state.ttl', '0'],
    ['table.exec.resource.default-parallelism', '-1'],
    ['table.exec.mini-batch.enabled', 'TRUE'],
    ['execution.runtime-mode', 'streaming'],
    ['table.local-time-zone', 'default'],
    ['table.local-time-zone', 'Asia/Kolkata'],
    ['table.local-time-zone', 'UTC+02:00'],
    ['table.local-time-zone', '-08:00'],
    ['execution.checkpointing.dir', 'file:///tmp/chk'],
    ['restart-strategy.fixed-delay.attempts', '0'],
    ['anything.else', 'abc'],
    ['constructor', 'abc'],
  ])('%s can be %j', (key, value) => expect(refusal(key, value)).toBeUndefined());

  it('of a job in TypeScript is checked as well', () => {
    const job = new Job('wrong', { settings: { 'table.exec.state.ttl': 'abc' } });
    job.source(datagen({ schema: t.row({ id: t.int() }) })).to(blackhole());
    expect(() => job.explain()).toThrow("Setting 'table.exec.state.ttl' has the wrong value 'abc'");
  });
});

describe('a key that is no setting', () => {
  it.each([
    ['table.exec.state.tll', "unknown option 'table.exec.state.tll'; did you mean 'table.exec.state.ttl'?"],
    ['Parallelism.Defualt', "unknown option 'Parallelism.Defualt'; did you mean 'parallelism.default'?"],
    [
      'state.backend.rocksdb.localdirs',
      "unknown option 'state.backend.rocksdb.localdirs'; did you mean 'state.backend.rocksdb.localdir'?",
    ],
    ['table.exec.of-tomorrow', "unknown option 'table.exec.of-tomorrow'"],
    ['my.own', "unknown option 'my.own'"],
  ])('%s is told', (key, warning) => expect(settingWarning(key, 'x')).toBe(warning));

  it.each(['state.backend.rocksdb.block.cache-size', 'table.exec.sink.keyed-shuffle', 'memory.limit'])(
    '%s is not: it is one',
    (key) => expect(settingWarning(key, 'x')).toBeUndefined(),
  );
});

describe('a value that nothing acts on', () => {
  it.each([
    ['execution.checkpointing.unaligned.enabled', 'TRUE', 'barriers are always aligned'],
    ['execution.checkpointing.unaligned.forced', 'true', 'barriers are always aligned'],
    ['execution.checkpointing.max-concurrent-checkpoints', '2', 'one checkpoint is under way at a time'],
    ['execution.checkpointing.incremental', 'false', 'checkpoints are always incremental'],
    ['state.backend.incremental', 'false', 'checkpoints are always incremental'],
    [
      'execution.checkpointing.externalized-checkpoint-retention',
      'DELETE_ON_CANCELLATION',
      'the last checkpoints of a job are kept, however it ends',
    ],
    ['pipeline.max-parallelism', '256', 'state is cut into 128 key groups, and no operator has more subtasks'],
  ])("is told: %s = '%s'", (key, value, why) =>
    expect(settingWarning(key, value)).toBe(`'${key}' = '${value}' has no effect: ${why}`),
  );

  it.each([
    ['execution.checkpointing.unaligned.enabled', 'false'],
    ['execution.checkpointing.max-concurrent-checkpoints', '1'],
    ['execution.checkpointing.incremental', 'true'],
    ['execution.checkpointing.externalized-checkpoint-retention', 'retain_on_cancellation'],
    ['pipeline.max-parallelism', '128'],
    ['pipeline.max-parallelism', '-1'],
  ])("is not what happens anyway: %s = '%s'", (key, value) => expect(settingWarning(key, value)).toBeUndefined());

  it('is told of a job in TypeScript as well', async () => {
    const job = new Job('ignored', { settings: { 'execution.checkpointing.unaligned.enabled': 'true' } });
    job.source(datagen({ schema: t.row({ id: t.int() }), options: { 'number-of-rows': '1' } })).to(blackhole());
    const warnings: string[] = [];
    await job.run({ onWarning: ({ message }) => warnings.push(message) });
    expect(warnings).toEqual([
      "'execution.checkpointing.unaligned.enabled' = 'true' has no effect: barriers are always aligned",
    ]);
  });
});
