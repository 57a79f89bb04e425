// What a session's settings mean for a job: Flink's keys, and sabot's own.
//
//   { 'table.exec.resource.default-parallelism': '2' }   ->   { parallelism: 2, … }

import { tmpdir, totalmem } from 'node:os';
import { resolve } from 'node:path';
import type { MiniBatch } from '../operators/group-aggregate.js';
import type { PlanOptions } from '../plan/physical.js';
import type { SinkOptions } from './lower/sink-keys.js';
import { parallelismOf } from './parallelism.js';
import { choice, count, duration, flag, memory, type Settings, timeZone } from './settings.js';

/** The options of a job; `parallelism` is what holds if the settings say nothing. */
export function planOptions(settings: Settings, parallelism: number, queryStartMs: number): PlanOptions {
  const maxRows = count(settings, 'batch.max-rows');
  const maxDelay = duration(settings, 'batch.max-delay');
  const ttl = duration(settings, 'table.exec.state.ttl') ?? 0;
  const zone = timeZone(settings, 'table.local-time-zone');
  return {
    parallelism: parallelismOf(settings) ?? parallelism,
    ...(maxRows === undefined ? {} : { 'batch.max-rows': maxRows }),
    ...(maxDelay === undefined ? {} : { 'batch.max-delay-ms': maxDelay }),
    'auto-watermark-interval-ms': duration(settings, 'pipeline.auto-watermark-interval') ?? 200,
    ...stateOptions(settings),
    ...(ttl === 0 ? {} : { 'state-ttl-ms': ttl }),
    'local-time-zone': zone === undefined || zone === 'default' ? 'UTC' : zone,
    'query-start-ms': queryStartMs,
  };
}

/** Where state lies. With a disk it may take half of the process's memory, unless the settings say how much. */
function stateOptions(settings: Settings): Partial<PlanOptions> {
  const limit = memory(settings, 'memory.limit');
  // Flink's older key, where the newer one is not set.
  const key = settings['state.backend.type'] === undefined ? 'state.backend' : 'state.backend.type';
  if (choice(settings, key, ['memory', 'hashmap', 'rocksdb']) !== 'rocksdb')
    return limit === undefined ? {} : { 'memory-limit-bytes': limit };
  return {
    'state-backend': 'rocksdb',
    'memory-limit-bytes': limit ?? Math.floor(processMemory() / 2),
    'state-folder': resolve(settings['state.backend.rocksdb.localdir'] ?? tmpdir()),
  };
}

/** What this process may take: the machine's memory, or its container's. */
const processMemory = (): number => Math.min(totalmem(), process.constrainedMemory() || totalmem());

/** Mini-batching, if it is switched on. Flink wants its latency and size then. */
export function miniBatchOf(settings: Settings): MiniBatch | undefined {
  if (flag(settings, 'table.exec.mini-batch.enabled') !== true) return undefined;
  return {
    latencyMs: duration(settings, 'table.exec.mini-batch.allow-latency') ?? 0,
    size: count(settings, 'table.exec.mini-batch.size') ?? 5000,
  };
}

/** What becomes of rows that do not fit the table they go to. */
export function sinkOptions(settings: Settings): SinkOptions {
  return {
    materialize: choice(settings, 'table.exec.sink.upsert-materialize', ['NONE', 'AUTO', 'FORCE']) ?? 'AUTO',
    clauseRequired: flag(settings, 'table.exec.sink.require-on-conflict'),
    nullRows: choice(settings, 'table.exec.sink.not-null-enforcer', ['ERROR', 'DROP']) ?? 'ERROR',
  };
}

export function idleTimeoutOf(settings: Settings): number | undefined {
  const ms = duration(settings, 'table.exec.source.idle-timeout');
  return ms === undefined || ms === 0 ? undefined : ms;
}
