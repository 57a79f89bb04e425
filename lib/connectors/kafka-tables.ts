// kafka-tables: topics as sources and sinks of the Stream API. The same connector, options and checks as in SQL.
//
//   kafka({ brokers: 'localhost:9092', topic: 'bids', format: 'json', schema: Bid })   ->   a table with 'connector' = 'kafka'

import { SabotError } from '../errors.js';
import type { OnError } from '../plan/dead-letters.js';
import type { TableColumn, TableDefinition } from '../plan/table.js';
import type { Fields, RowColumnType, RowOf } from '../schema/t.js';
import type { Schema } from '../schema/types.js';
import { definition, fieldsOf, lettersTo, onErrorOptions, rateLimitOptions, type Sink, type Source } from './tables.js';

type Options = Readonly<Record<string, string>>;

/** Formats of records, each with options of its own under its name. */
export type KafkaFormat =
  | 'json'
  | 'csv'
  | 'raw'
  | 'avro'
  | 'avro-confluent'
  | 'protobuf'
  | 'debezium-json'
  | 'debezium-avro-confluent'
  | 'ogg-json'
  | 'canal-json'
  | 'maxwell-json';

interface TopicOptions<Column extends string> {
  /** `host:port`, several with commas or as an array. */
  readonly brokers: string | readonly string[];
  /** Of the records' values. */
  readonly format: KafkaFormat;
  /** Of the records' keys, and the columns that are in them. */
  readonly key?: { readonly format: KafkaFormat; readonly fields: readonly Column[]; readonly onlyInKey?: boolean };
  /** The client's, named as in Kafka's documentation: `{ 'security.protocol': 'SSL' }`. */
  readonly properties?: Options;
  /** Further options of the connector and the format, with Flink's names: `{ 'json.ignore-parse-errors': 'true' }`. */
  readonly options?: Options;
  /** What becomes of a record that cannot be read, or of a row that cannot be written. Default: 'fail'. */
  readonly onError?: OnError;
}

/** Where reading begins: a place, a time (milliseconds since 1970, or a Date), or the offset of each partition. */
export type KafkaStart =
  | 'earliest'
  | 'latest'
  | 'group'
  | { readonly timestamp: number | Date }
  | { readonly offsets: Readonly<Record<number, number>> };

/** Where it ends: what is there when the job begins, or the same as for a start. */
export type KafkaEnd = Exclude<KafkaStart, 'earliest'>;

export interface KafkaSourceOptions<Column extends string = string> extends TopicOptions<Column> {
  /** One topic or several. */
  readonly topic?: string | readonly string[];
  /** Instead of `topic`: all whose whole name matches, those that come later too. */
  readonly topicPattern?: string;
  /** The consumer group whose offsets show how far the job is. */
  readonly group?: string;
  /** Default: 'group' if a group is named, which needs its offsets to be there; else 'earliest'. */
  readonly from?: KafkaStart;
  /** Default: the job goes on until it is stopped. */
  readonly until?: KafkaEnd;
  /** Columns that are not in the record's bytes: `{ at: 'timestamp' }`. */
  readonly metadata?: Readonly<Partial<Record<Column, KafkaMetadata>>>;
  /** Rows a second that all subtasks together read, at most. */
  readonly rateLimit?: number;
}

export type KafkaMetadata =
  | 'topic'
  | 'partition'
  | 'offset'
  | 'timestamp'
  | 'timestamp-type'
  | 'leader-epoch'
  | 'headers'
  /** Of the value's format: `value.source.timestamp`. */
  | `value.${string}`;

export interface KafkaSinkOptions extends TopicOptions<string> {
  /** One topic; or several, of which the column with `metadata` 'topic' names each row's. */
  readonly topic?: string | readonly string[];
  /** Instead of `topic`: all whose whole name matches. */
  readonly topicPattern?: string;
  /** The columns of `key` tell rows apart: an update is the new row, a deletion an empty value. Default: only new rows are taken. */
  readonly upsert?: boolean;
  /**
   * What becomes of several rows with one key, where `key` is not what tells the stream's rows apart: the last one that is left counts
   * (all are kept as state), the first one stays, or the job fails. The latter two need event time.
   */
  readonly onConflict?: 'deduplicate' | 'nothing' | 'error';
  /** Default: 'at-least-once'. */
  readonly guarantee?: 'none' | 'at-least-once' | 'exactly-once';
  /** Tells the job's transactions from those of others; needed for 'exactly-once'. */
  readonly transactionalIdPrefix?: string;
  /** Default: by the key's hash, without a key by batches. */
  readonly partitioner?: 'default' | 'fixed' | 'round-robin';
  /** Columns that become the record's timestamp, headers or topic: `{ at: 'timestamp' }`. */
  readonly metadata?: Readonly<Record<string, 'timestamp' | 'headers' | 'topic'>>;
}

/**
 * The records of topics.
 *
 * @example job.source(kafka({ brokers: 'localhost:9092', topic: 'bids', format: 'json', schema: Bid }))
 */
export function kafka<F extends Fields>(
  options: KafkaSourceOptions<keyof F & string> & { readonly schema: RowColumnType<F> },
): Source<RowOf<F>> {
  const { topic, topicPattern, group, from = group === undefined ? 'earliest' : 'group', until, metadata } = options;
  const name = topicPattern ?? [topic ?? []].flat().join(';');
  return {
    table: topicTable(name, fieldsOf(options.schema), metadata, {
      ...topicOptions(options),
      ...(topic === undefined ? {} : { topic: [topic].flat().join(';') }),
      ...(topicPattern === undefined ? {} : { 'topic-pattern': topicPattern }),
      ...(group === undefined ? {} : { 'properties.group.id': group }),
      ...positionOptions('startup', from),
      ...(until === undefined ? {} : positionOptions('bounded', until)),
      ...onErrorOptions('scan', options.onError),
      ...rateLimitOptions(options.rateLimit),
      ...options.options,
    }),
    ...lettersTo(options.onError),
  };
}

/**
 * Writes rows into a topic.
 *
 * @example counts.to(kafka.sink({ brokers, topic: 'counts', format: 'json', key: { format: 'json', fields: ['auction'] }, upsert: true }))
 */
kafka.sink = (options: KafkaSinkOptions): Sink => ({
  table: (schema) => {
    const { topic, topicPattern, upsert = false, key, metadata } = options;
    const table = topicTable(topicPattern ?? [topic ?? []].flat().join(';'), schema, metadata, {
      ...(upsert ? upsertOptions(options) : topicOptions(options)),
      ...(topic === undefined ? {} : { topic: [topic].flat().join(';') }),
      ...(topicPattern === undefined ? {} : { 'topic-pattern': topicPattern }),
      ...(options.guarantee === undefined ? {} : { 'sink.delivery-guarantee': options.guarantee }),
      ...(options.transactionalIdPrefix === undefined
        ? {}
        : { 'sink.transactional-id-prefix': options.transactionalIdPrefix }),
      ...(options.partitioner === undefined ? {} : { 'sink.partitioner': options.partitioner }),
      ...onErrorOptions('sink', options.onError),
      ...options.options,
    });
    return upsert ? { ...table, primaryKey: key?.fields ?? [] } : table;
  },
  ...lettersTo(options.onError),
  ...(options.onConflict === undefined ? {} : { onConflict: CONFLICTS[options.onConflict] }),
});

const CONFLICTS = { deduplicate: 'DEDUPLICATE', nothing: 'NOTHING', error: 'ERROR' } as const;

function topicTable(
  name: string,
  schema: Schema,
  metadata: Readonly<Partial<Record<string, string>>> = {},
  options: Options,
): TableDefinition {
  const unknown = Object.keys(metadata).find((column) => !schema.some((field) => field.name === column));
  if (unknown !== undefined) {
    throw new SabotError(
      'SABOT_E_OPTION',
      `'metadata' of topic '${name}' names a column '${unknown}' that there is not. Columns: ${schema.map((field) => field.name).join(', ')}.`,
      { kind: 'unknown-column', identifier: unknown },
    );
  }
  const columns = schema.map((field): TableColumn => {
    const key = metadata[field.name];
    return key === undefined ? { kind: 'physical', ...field } : { kind: 'metadata', virtual: false, key, ...field };
  });
  return { ...definition(name, schema, options), columns };
}

function topicOptions({ brokers, format, key, properties = {} }: TopicOptions<string>): Options {
  return {
    connector: 'kafka',
    format,
    'properties.bootstrap.servers': [brokers].flat().join(','),
    ...Object.fromEntries(Object.entries(properties).map(([name, value]) => [`properties.${name}`, value])),
    ...(key === undefined ? {} : { 'key.format': key.format, 'key.fields': key.fields.join(';') }),
    ...(key?.onlyInKey === true ? { 'value.fields-include': 'EXCEPT_KEY' } : {}),
  };
}

/** The key's columns are the table's key. */
function upsertOptions(options: TopicOptions<string>): Options {
  const { format, 'key.fields': _, ...rest } = topicOptions(options);
  return { ...rest, connector: 'upsert-kafka', 'value.format': format! };
}

function positionOptions(side: 'startup' | 'bounded', position: KafkaStart): Options {
  const option = (name: string) => `scan.${side}.${name}`;
  if (typeof position === 'string') {
    const mode = position === 'group' ? 'group-offsets' : `${position}-offset`;
    return { [option('mode')]: mode };
  }
  if ('timestamp' in position) {
    return { [option('mode')]: 'timestamp', [option('timestamp-millis')]: String(Number(position.timestamp)) };
  }
  const offsets = Object.entries(position.offsets).map(
    ([partition, offset]) => `partition:${partition},offset:${offset}`,
  );
  return { [option('mode')]: 'specific-offsets', [option('specific-offsets')]: offsets.join(';') };
}
