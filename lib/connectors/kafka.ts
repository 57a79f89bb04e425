// kafka: topics of Apache Kafka, read from given positions and written record by record.
//
//   'topic' = 'bids', 'properties.bootstrap.servers' = 'localhost:9092', 'format' = 'json'   ->   kafka_source, kafka_sink
//
// Options and messages are Flink's. Positions in every partition are native's state.

import { SabotError } from '../errors.js';
import type { Config } from '../plan/physical.js';
import { metadataColumns, printIdentifier, type TableDefinition } from '../plan/table.js';
import type { ConnectorPart, ConnectorRequest, ConnectorSpec } from './connector.js';
import {
  FORMAT_METADATA,
  KAFKA_METADATA,
  listOf,
  sinkColumns,
  sourceColumns,
  topicsIn,
  VALUE_FIELDS_OPTIONS,
} from './kafka-columns.js';
import {
  BOUNDED_OPTIONS,
  boundedOf,
  type Position,
  STARTUP_OPTIONS,
  startupOf,
  unheededPositions,
} from './kafka-positions.js';
import { type ClientProperties, clientProperties } from './kafka-properties.js';
import { ON_ERROR_OPTIONS, onErrorConfig, rateLimitConfig } from './on-error.js';
import { count, type OptionSpec, type OptionValues, optionError } from './options.js';
import { kafkaSinkSpec } from './sinks.js';
import { kafkaSourceSpec } from './sources.js';

const UPSERT_ONLY = "only 'upsert-kafka' has it";
const GUARANTEES = ['none', 'at-least-once', 'exactly-once'];
const NAMING_STRATEGY = 'sink.transaction-naming-strategy';
const PARTITIONERS = ['default', 'fixed', 'round-robin'];

/** Options of every table that lies in topics. */
export const TOPIC_OPTIONS: readonly OptionSpec[] = [
  { key: 'topic', type: 'string' },
  { key: 'topic-pattern', type: 'string' },
  { key: 'properties.bootstrap.servers', type: 'string', required: true },
  { key: 'properties.#', type: 'string' },
  ...VALUE_FIELDS_OPTIONS,
  ...BOUNDED_OPTIONS,
  { key: 'scan.topic-partition-discovery.interval', type: 'duration', default: 300_000 },
  { key: 'scan.parallelism', type: 'count' },
  { key: 'sink.parallelism', type: 'count' },
  ...ON_ERROR_OPTIONS,
  { key: 'sink.delivery-guarantee', type: 'enum', values: GUARANTEES, default: 'at-least-once' },
  { key: 'sink.transactional-id-prefix', type: 'string' },
  { key: NAMING_STRATEGY, type: 'enum', values: ['DEFAULT', 'INCREMENTING', 'POOLING'] },
];

export const kafka: ConnectorSpec = {
  identifier: 'kafka',
  valueFormat: ['format', 'value.format'],
  keyFormat: 'optional',
  metadata: KAFKA_METADATA,
  formatMetadata: FORMAT_METADATA,
  foreign: { 'sink.buffer-flush.max-rows': UPSERT_ONLY, 'sink.buffer-flush.interval': UPSERT_ONLY },
  options: [
    ...TOPIC_OPTIONS,
    ...STARTUP_OPTIONS,
    { key: 'key.fields', type: 'string' },
    { key: 'sink.partitioner', type: 'string', default: 'default' },
    { key: 'sink.semantic', type: 'enum', values: GUARANTEES },
  ],
  source: (request) => {
    const { table, values, given } = request;
    refusePrimaryKey(request);
    const topics = topicsOf(values);
    const startup = startupOf(values, topics.topics?.length === 1, given['properties.auto.offset.reset']);
    return topicSource(request, startup, sourceColumns(request, listOf(values, 'key.fields'), false), table);
  },
  sink: (request) => {
    const { values, given } = request;
    refusePrimaryKey(request);
    const partitioner = partitionerOf(values, given);
    const deprecated = values.get('sink.semantic');
    const guarantee = String(deprecated ?? values.get('sink.delivery-guarantee'));
    const part = topicSink(request, guarantee, {
      ...sinkColumns(request, listOf(values, 'key.fields'), false),
      partitioner,
    });
    return deprecated === undefined
      ? part
      : {
          ...part,
          warnings: [...(part.warnings ?? []), "Option 'sink.semantic' is deprecated: use 'sink.delivery-guarantee'."],
        };
  },
};

/** A source of a table's topics. */
export function topicSource(
  { values, given }: ConnectorRequest,
  startup: Position,
  columns: Config,
  table: TableDefinition,
): ConnectorPart {
  const topics = topicsOf(values);
  const bounded = boundedOf(values, topics.topics?.length === 1);
  const unbounded = bounded.mode === 'unbounded';
  const owner = ownerOf(table);
  const { properties, warnings } = clientProperties(given, 'consumer', owner);
  return {
    spec: kafkaSourceSpec,
    unbounded,
    parallelism: count(values, 'scan.parallelism'),
    warnings: [...warnings, ...unheededFormat(given, owner), ...unheededPositions(values, given, owner)],
    config: {
      ...topics,
      properties: { 'group.id': `KafkaSource-${table.identifier.join('.')}`, ...properties },
      startup,
      bounded,
      // Of a bounded table the partitions that are there at the start are read.
      ...onErrorConfig(values, 'scan'),
      ...rateLimitConfig(values),
      discoveryIntervalMs: unbounded ? values.get('scan.topic-partition-discovery.interval') : 0,
      ...columns,
    },
  };
}

/** A sink that writes into a table's topic. */
export function topicSink(
  { table, values, given }: ConnectorRequest,
  guarantee: string,
  columns: Config,
): ConnectorPart {
  const prefix = values.get('sink.transactional-id-prefix');
  if (guarantee === 'exactly-once' && (prefix === undefined || prefix === '')) {
    throw optionError(
      'missing-option',
      'sink.transactional-id-prefix',
      'sink.transactional-id-prefix must be specified when using DeliveryGuarantee.EXACTLY_ONCE.',
    );
  }
  const owner = ownerOf(table);
  const { properties, warnings }: ClientProperties = clientProperties(given, 'producer', owner);
  return {
    spec: kafkaSinkSpec,
    parallelism: count(values, 'sink.parallelism'),
    warnings: [...warnings, ...unheededFormat(given, owner), ...unheededNaming(given, owner)],
    config: {
      ...sinkTopics(table, values),
      properties,
      deliveryGuarantee: guarantee,
      ...onErrorConfig(values, 'sink'),
      ...(prefix === undefined ? {} : { transactionalIdPrefix: prefix }),
      ...columns,
    },
  };
}

/** The connection of a cluster's clients, as librdkafka names it. */
export function kafkaProperties(
  brokers: string | readonly string[],
  given: Given,
  owner: string,
): Readonly<Record<string, string>> {
  const options = Object.entries({ ...given, 'bootstrap.servers': [brokers].flat().join(',') });
  const prefixed = Object.fromEntries(options.map(([name, value]) => [`properties.${name}`, value]));
  return clientProperties(prefixed, 'consumer', owner).properties;
}

const ownerOf = (table: TableDefinition): string => `table '${printIdentifier(table.identifier)}'`;

type Given = Readonly<Record<string, string>>;

const unheededFormat = ({ format, 'value.format': other }: Given, owner: string): string[] =>
  format === undefined || other === undefined
    ? []
    : [`Option 'value.format' of ${owner} has no effect: 'format' is '${format}'.`];

const unheededNaming = ({ [NAMING_STRATEGY]: strategy }: Given, owner: string): string[] =>
  strategy === undefined
    ? []
    : [`Option '${NAMING_STRATEGY}' of ${owner} has no effect: the job names its transactions.`];

interface Topics {
  readonly topics?: readonly string[];
  readonly topicPattern?: string;
}

export function topicsOf(values: OptionValues): Topics {
  const topics = topicsIn(values);
  const pattern = values.get('topic-pattern');
  if (topics.length > 0 && pattern !== undefined) {
    throw optionError(
      'invalid-option',
      'topic-pattern',
      "Option 'topic' and 'topic-pattern' shouldn't be set together.",
    );
  }
  if (pattern !== undefined) return { topicPattern: String(pattern) };
  if (topics.length === 0)
    throw optionError('missing-option', 'topic', "Either 'topic' or 'topic-pattern' must be set.");
  return { topics };
}

/** One topic, or those of which a row's metadata column says its own. */
function sinkTopics(table: TableDefinition, values: OptionValues): Config {
  const topics = topicsOf(values);
  if (topics.topics?.length === 1) return { topic: topics.topics[0]! };
  if (metadataColumns(table).some(({ key, virtual }) => key === 'topic' && !virtual)) return { ...topics };
  throw optionError(
    'missing-topic',
    topics.topics === undefined ? 'topic-pattern' : 'topic',
    `The topic of the sink record is not valid. Expected a single topic but no topic is set: ${ownerOf(table)} names several, so that its rows need a column that says which is theirs: \`topic\` STRING METADATA.`,
  );
}

function partitionerOf(values: OptionValues, given: Given): string {
  const key = 'sink.partitioner';
  const partitioner = String(values.get(key));
  if (partitioner === '') throw optionError('invalid-option', key, `Option '${key}' should be a non-empty string.`);
  if (partitioner === 'round-robin' && given['key.fields'] !== undefined) {
    throw optionError(
      'invalid-option',
      key,
      "Currently 'round-robin' partitioner only works when option 'key.fields' is not specified.",
    );
  }
  if (PARTITIONERS.includes(partitioner)) return partitioner;
  throw optionError(
    'unsupported-option',
    key,
    `Option '${key}' names a Java class, '${partitioner}', which cannot run here: use ${PARTITIONERS.map((p) => `'${p}'`).join(', ')}.`,
  );
}

function refusePrimaryKey({ table, format, changes }: ConnectorRequest): void {
  if ((table.primaryKey ?? []).length === 0 || changes) return;
  throw new SabotError(
    'SABOT_E_VALIDATION',
    `The Kafka table '${table.identifier.join('.')}' with '${format?.format}' format doesn't support defining PRIMARY KEY constraint on the table, because it can't guarantee the semantic of primary key. ('upsert-kafka' does.)`,
    { kind: 'primary-key', identifier: printIdentifier(table.identifier) },
  );
}
