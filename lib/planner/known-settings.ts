// Settings that there are: Flink's, whether or not sabot acts on them, and its own. A wrong value is refused when it is set.
//
//   SET 'table.exec.state.ttl' = 'abc'   ->   Setting 'table.exec.state.ttl' has the wrong value 'abc': expected a duration such as '200 ms'.
//
// As in Flink any other key may be set too; one that is nearly a known one is probably that, misspelt.

import { nearest } from '../connectors/options.js';
import { claimMode, localPath } from './checkpointing.js';
import { MAX_PARALLELISM } from './parallelism.js';
import { choice, count, decimal, duration, flag, memory, type Settings, timeZone } from './settings.js';

/** Reads a setting, and throws if its value is wrong. */
type Reader = (settings: Settings, key: string) => unknown;

const text: Reader = (settings, key) => settings[key];
const oneOf =
  (...words: readonly string[]): Reader =>
  (settings, key) =>
    choice(settings, key, words);
const atLeast =
  (least: number): Reader =>
  (settings, key) =>
    count(settings, key, least);
/** Subtasks: Flink's largest number of them. */
const parallelism: Reader = (settings, key) => count(settings, key, 1, 32_768);
/** Flink's -1 means "not set". */
const unsetOr =
  (read: Reader): Reader =>
  (settings, key) =>
    settings[key]?.trim() === '-1' ? undefined : read(settings, key);

const path: Reader = (settings, key) => settings[key] !== undefined && localPath(settings[key], key);

const STRATEGIES = oneOf(
  ...['none', 'off', 'disable', 'fixed-delay', 'fixeddelay', 'exponential-delay', 'exponentialdelay'],
  ...['failure-rate', 'failurerate'],
);

const BACKENDS = oneOf('memory', 'hashmap', 'rocksdb');

const SETTINGS: Readonly<Record<string, Reader>> = {
  'batch.max-delay': duration,
  'batch.max-rows': count,
  'memory.limit': memory,

  'execution.checkpointing.aligned-checkpoint-timeout': duration,
  'execution.checkpointing.checkpoints-after-tasks-finish': flag,
  'execution.checkpointing.cleaner.parallel-mode': flag,
  'execution.checkpointing.data-inline-threshold': memory,
  'execution.checkpointing.dir': path,
  'execution.checkpointing.externalized-checkpoint-retention': oneOf(
    'DELETE_ON_CANCELLATION',
    'RETAIN_ON_CANCELLATION',
    'NO_EXTERNALIZED_CHECKPOINTS',
  ),
  'execution.checkpointing.file-merging.enabled': flag,
  'execution.checkpointing.incremental': flag,
  'execution.checkpointing.interval': duration,
  'execution.checkpointing.interval-during-backlog': duration,
  'execution.checkpointing.local-backup.enabled': flag,
  'execution.checkpointing.max-concurrent-checkpoints': count,
  'execution.checkpointing.min-pause': duration,
  'execution.checkpointing.mode': oneOf('EXACTLY_ONCE', 'AT_LEAST_ONCE'),
  'execution.checkpointing.num-retained': count,
  'execution.checkpointing.savepoint-dir': path,
  'execution.checkpointing.snapshot-compression': flag,
  'execution.checkpointing.storage': oneOf('jobmanager', 'filesystem'),
  'execution.checkpointing.timeout': duration,
  'execution.checkpointing.tolerable-failed-checkpoints': atLeast(0),
  'execution.checkpointing.unaligned.enabled': flag,
  'execution.checkpointing.unaligned.forced': flag,
  'execution.runtime-mode': oneOf('STREAMING', 'BATCH', 'AUTOMATIC'),
  'execution.state-recovery.claim-mode': claimMode,
  'execution.state-recovery.ignore-unclaimed-state': flag,
  'execution.state-recovery.path': path,

  'parallelism.default': parallelism,
  'pipeline.auto-generate-uids': flag,
  'pipeline.auto-watermark-interval': duration,
  'pipeline.generic-types': flag,
  'pipeline.max-parallelism': unsetOr(parallelism),
  'pipeline.name': text,
  'pipeline.object-reuse': flag,
  'pipeline.operator-chaining.enabled': flag,

  'restart-strategy': STRATEGIES,
  'restart-strategy.exponential-delay.attempts-before-reset-backoff': count,
  'restart-strategy.exponential-delay.backoff-multiplier': (settings, key) => decimal(settings, key, 1, 1000),
  'restart-strategy.exponential-delay.initial-backoff': duration,
  'restart-strategy.exponential-delay.jitter-factor': (settings, key) => decimal(settings, key, 0, 1),
  'restart-strategy.exponential-delay.max-backoff': duration,
  'restart-strategy.exponential-delay.reset-backoff-threshold': duration,
  'restart-strategy.failure-rate.delay': duration,
  'restart-strategy.failure-rate.failure-rate-interval': duration,
  'restart-strategy.failure-rate.max-failures-per-interval': count,
  'restart-strategy.fixed-delay.attempts': atLeast(0),
  'restart-strategy.fixed-delay.delay': duration,
  'restart-strategy.type': STRATEGIES,

  'sql-client.display.color-schema': text,
  'sql-client.display.max-column-width': count,
  'sql-client.display.print-time-cost': flag,
  'sql-client.display.show-line-numbers': flag,
  'sql-client.execution.max-table-result.rows': count,
  'sql-client.execution.result-mode': oneOf('TABLE', 'CHANGELOG', 'TABLEAU'),
  'sql-client.verbose': flag,

  'state.backend': BACKENDS,
  'state.backend.incremental': flag,
  'state.backend.local-recovery': flag,
  'state.backend.rocksdb.localdir': text,
  'state.backend.rocksdb.memory.managed': flag,
  'state.backend.type': BACKENDS,
  'state.checkpoints.dir': path,
  'state.checkpoints.num-retained': count,
  'state.savepoints.dir': path,

  'table.column-expansion-strategy': text,
  'table.display.max-column-width': count,
  'table.dml-sync': flag,
  'table.dynamic-table-options.enabled': flag,
  'table.exec.async-lookup.buffer-capacity': count,
  'table.exec.async-lookup.key-ordered-enabled': flag,
  'table.exec.async-lookup.output-mode': oneOf('ORDERED', 'ALLOW_UNORDERED'),
  'table.exec.async-lookup.timeout': duration,
  'table.exec.async-state.enabled': flag,
  'table.exec.deduplicate.insert-update-after-sensitive-enabled': flag,
  'table.exec.deduplicate.mini-batch.compact-changes-enabled': flag,
  'table.exec.interval-join.min-cleanup-interval': duration,
  'table.exec.legacy-cast-behaviour': oneOf('ENABLED', 'DISABLED'),
  'table.exec.mini-batch.allow-latency': duration,
  'table.exec.mini-batch.enabled': flag,
  'table.exec.mini-batch.size': unsetOr(count),
  'table.exec.operator-fusion-codegen.enabled': flag,
  'table.exec.rank.topn-cache-size': count,
  'table.exec.resource.default-parallelism': unsetOr(parallelism),
  'table.exec.simplify-operator-name-enabled': flag,
  'table.exec.sink.keyed-shuffle': oneOf('NONE', 'AUTO', 'FORCE'),
  'table.exec.sink.not-null-enforcer': oneOf('ERROR', 'DROP'),
  'table.exec.sink.require-on-conflict': flag,
  'table.exec.sink.rowtime-inserter': oneOf('ENABLED', 'DISABLED'),
  'table.exec.sink.type-length-enforcer': oneOf('IGNORE', 'TRIM_PAD', 'ERROR'),
  'table.exec.sink.upsert-materialize': oneOf('NONE', 'AUTO', 'FORCE'),
  'table.exec.sink.upsert-materialize-strategy.adaptive.threshold.high': count,
  'table.exec.sink.upsert-materialize-strategy.adaptive.threshold.low': count,
  'table.exec.sink.upsert-materialize-strategy.type': oneOf('LEGACY', 'MAP', 'VALUE', 'ADAPTIVE'),
  'table.exec.sort.default-limit': unsetOr(count),
  'table.exec.source.cdc-events-duplicate': flag,
  'table.exec.source.idle-timeout': duration,
  'table.exec.spill-compression.block-size': memory,
  'table.exec.spill-compression.enabled': flag,
  'table.exec.state.ttl': duration,
  'table.exec.uid.format': text,
  'table.exec.uid.generation': oneOf('PLAN_ONLY', 'ALWAYS', 'DISABLED'),
  'table.exec.window-agg.buffer-size-limit': count,
  'table.local-time-zone': timeZone,
  'table.optimizer.agg-phase-strategy': oneOf('AUTO', 'ONE_PHASE', 'TWO_PHASE'),
  'table.optimizer.distinct-agg.split.bucket-num': count,
  'table.optimizer.distinct-agg.split.enabled': flag,
  'table.optimizer.incremental-agg-enabled': flag,
  'table.optimizer.join-reorder-enabled': flag,
  'table.optimizer.multi-join.enabled': flag,
  'table.optimizer.nondeterministic-update.strategy': oneOf('TRY_RESOLVE', 'IGNORE'),
  'table.optimizer.reuse-optimize-block-with-digest-enabled': flag,
  'table.optimizer.reuse-sink-enabled': flag,
  'table.optimizer.reuse-source-enabled': flag,
  'table.optimizer.reuse-sub-plan-enabled': flag,
  'table.optimizer.source.predicate-pushdown-enabled': flag,
  'table.optimizer.union-all-as-breakpoint-enabled': flag,
  'table.plan.force-recompile': flag,
  'table.sql-dialect': oneOf('DEFAULT'),
};

const isTrue = (value: string): boolean => value.trim().toLowerCase() === 'true';
const isFalse = (value: string): boolean => value.trim().toLowerCase() === 'false';

/** Values that sabot takes and does not act on, although whoever sets them expects something of them. */
const WITHOUT_EFFECT: Readonly<Record<string, readonly [ignored: (value: string) => boolean, why: string]>> = {
  'execution.checkpointing.externalized-checkpoint-retention': [
    (value) => value.trim().toUpperCase() !== 'RETAIN_ON_CANCELLATION',
    'the last checkpoints of a job are kept, however it ends',
  ],
  'execution.checkpointing.incremental': [isFalse, 'checkpoints are always incremental'],
  'execution.checkpointing.max-concurrent-checkpoints': [
    (value) => Number(value) > 1,
    'one checkpoint is under way at a time',
  ],
  'execution.checkpointing.unaligned.enabled': [isTrue, 'barriers are always aligned'],
  'execution.checkpointing.unaligned.forced': [isTrue, 'barriers are always aligned'],
  'pipeline.max-parallelism': [
    (value) => Number(value) > MAX_PARALLELISM,
    `state is cut into ${MAX_PARALLELISM} key groups, and no operator has more subtasks`,
  ],
  'state.backend.incremental': [isFalse, 'checkpoints are always incremental'],
};

/** What lies below these has no list here. */
const FAMILIES: readonly string[] = ['state.backend.rocksdb.', 'sql-client.'];

const EDITS_MAX = 2;

/** Throws if `key` is a known setting that cannot have this value. */
export function checkSetting(key: string, value: string): void {
  const read = Object.hasOwn(SETTINGS, key) ? SETTINGS[key] : undefined;
  read?.({ [key]: value }, key);
}

/** What to say of a key that is no setting, or of a value without effect; undefined if there is nothing to say. */
export function settingWarning(key: string, value: string): string | undefined {
  if (Object.hasOwn(SETTINGS, key)) {
    const [ignored, why] = (Object.hasOwn(WITHOUT_EFFECT, key) ? WITHOUT_EFFECT[key] : undefined) ?? [];
    return ignored?.(value) === true ? `'${key}' = '${value}' has no effect: ${why}` : undefined;
  }
  const meant = nearest(key, Object.keys(SETTINGS), EDITS_MAX);
  if (meant !== undefined) return `unknown option '${key}'; did you mean '${meant}'?`;
  return FAMILIES.some((family) => key.startsWith(family)) ? undefined : `unknown option '${key}'`;
}
