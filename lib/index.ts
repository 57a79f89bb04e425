// index: what `import … from 'sabot'` offers. Anything not listed here is private.

export type {
  Agent,
  AgentContext,
  AgentFunction,
  AgentOptions,
  AgentState,
  EventContext,
  KeyedContext,
  SendOptions,
  TimerContext,
} from './app/agent.js';
export { type AgentUse, App, type AppOptions, type AppRunOptions, type TopicUse } from './app/app.js';
export type { RowOfTopic, Topic, TopicOptions } from './app/topic.js';
export { deadLetter } from './connectors/dead-letter.js';
export {
  type KafkaEnd,
  type KafkaFormat,
  type KafkaMetadata,
  type KafkaSinkOptions,
  type KafkaSourceOptions,
  type KafkaStart,
  kafka,
} from './connectors/kafka-tables.js';
export { blackhole, datagen, type FileOptions, file, print, type Sink, type Source } from './connectors/tables.js';
export { SabotError, type SabotErrorCode, type SabotErrorOptions, type SourceSpan } from './errors.js';
export {
  type Aggregated,
  type AggregateOptions,
  type Aggregator,
  avg,
  count,
  countDistinct,
  firstValue,
  lastValue,
  max,
  min,
  sum,
} from './expressions/aggregators.js';
export type { BroadcastState } from './functions/broadcast-state.js';
export type {
  BroadcastRowContext,
  KeyedBroadcastContext,
  KeyedBroadcastProcess,
  TimedKeyedBroadcastContext,
} from './functions/keyed-broadcast-process.js';
export type {
  KeyedProcess,
  ProcessContext,
  ProcessingTimers,
  SideOutputs,
  TimedProcessContext,
  TimerKind,
  Timers,
} from './functions/keyed-process.js';
export type {
  ListState,
  MapState,
  StateDeclaration,
  StateHandles,
  States,
  ValueState,
} from './functions/keyed-process-state.js';
export type { EventRecord, HeaderValue } from './functions/record-columns.js';
export { type CheckpointOptions, Job, type JobOptions, type RunOptions, type StateReadOptions } from './job/job.js';
export type {
  BlockedTask,
  CheckpointMetrics,
  CheckpointRecord,
  JobMetrics,
  JobWarning,
  OperatorMetrics,
  SplitMetrics,
  TaskMetrics,
  WatermarkHold,
} from './job/metrics.js';
export {
  openState,
  SavedState,
  State,
  type StateDescription,
  type StateKey,
  type StateOperator,
} from './job/state.js';
export { listState, mapState, type StateOptions, valueState } from './keyed-state.js';
export type { DeadLetter, OnError } from './plan/dead-letters.js';
export type { StateTable } from './plan/state-table.js';
export { type ColumnType, type Infer, type RowColumnType, t } from './schema/t.js';
export type { RowTtl, Ttl } from './state-ttl.js';
export type {
  BroadcastConnectedStream,
  BroadcastStream,
  KeyedBroadcastConnectedStream,
  TimedBroadcastConnectedStream,
  TimedKeyedBroadcastConnectedStream,
} from './stream/broadcast-stream.js';
export type {
  CountWindowedStream,
  KeyedStream,
  TimedKeyedStream,
  TopOptions,
  WindowedStream,
} from './stream/keyed-stream.js';
export {
  ascending,
  type BroadcastOptions,
  descending,
  type FunctionOptions,
  type Order,
  type Returns,
  type Row,
  type WindowBounds,
} from './stream/rows.js';
export type { ProcessedStream, Stream, TimedProcessedStream, TimedStream } from './stream/stream.js';
export { cumulate, type Duration, hop, session, tumble, type Window } from './window.js';
