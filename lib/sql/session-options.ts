// Options that SET knows: Flink's that have a meaning here, and sabot's own. Anything else is kept, with a warning.

const OPTIONS: readonly string[] = [
  'batch.max-delay',
  'batch.max-rows',
  'execution.checkpointing.dir',
  'execution.checkpointing.interval',
  'execution.checkpointing.mode',
  'execution.checkpointing.timeout',
  'execution.checkpointing.unaligned.enabled',
  'execution.runtime-mode',
  'memory.limit',
  'parallelism.default',
  'pipeline.auto-watermark-interval',
  'pipeline.max-parallelism',
  'pipeline.name',
  'pipeline.object-reuse',
  'restart-strategy.type',
  'sql-client.execution.result-mode',
  'state.backend.type',
  'state.checkpoints.num-retained',
  'table.dml-sync',
  'table.dynamic-table-options.enabled',
  'table.exec.mini-batch.allow-latency',
  'table.exec.mini-batch.enabled',
  'table.exec.mini-batch.size',
  'table.exec.resource.default-parallelism',
  'table.exec.sink.not-null-enforcer',
  'table.exec.sink.upsert-materialize',
  'table.exec.source.cdc-events-duplicate',
  'table.exec.source.idle-timeout',
  'table.exec.state.ttl',
  'table.local-time-zone',
  'table.optimizer.agg-phase-strategy',
  'table.optimizer.distinct-agg.split.enabled',
  'table.sql-dialect',
];

const PREFIXES: readonly string[] = ['restart-strategy.', 'state.backend.rocksdb.', 'sql-client.'];

export function isKnownOption(key: string): boolean {
  return OPTIONS.includes(key) || PREFIXES.some((prefix) => key.startsWith(prefix));
}

export function optionNames(): readonly string[] {
  return OPTIONS;
}
