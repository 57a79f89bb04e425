// upsert-kafka: a topic as a table with a PRIMARY KEY, which is the record's key. The newest record of a key is its row.
//
//   key {"id":1}, value {"id":1,"v":"a"}   ->   the row of key 1 is (1, 'a')        value null   ->   key 1 has no row
//
// Read from the beginning, whatever the group has committed. Options and messages are Flink's.

import { SabotError } from '../errors.js';
import { printIdentifier } from '../plan/table.js';
import type { ConnectorRequest, ConnectorSpec } from './connector.js';
import { TOPIC_OPTIONS, topicSink, topicSource } from './kafka.js';
import { FORMAT_METADATA, KAFKA_METADATA, sinkColumns, sourceColumns } from './kafka-columns.js';
import { optionError } from './options.js';

const FROM_EARLIEST = "'upsert-kafka' is read from the earliest offset";
const FLUSH_ROWS = 'sink.buffer-flush.max-rows';
const FLUSH_INTERVAL = 'sink.buffer-flush.interval';

export const upsertKafka: ConnectorSpec = {
  identifier: 'upsert-kafka',
  valueFormat: ['value.format'],
  keyFormat: 'required',
  metadata: KAFKA_METADATA,
  formatMetadata: FORMAT_METADATA,
  updates: true,
  foreign: {
    format: "say 'value.format'",
    'key.fields': 'its key is the PRIMARY KEY',
    'scan.startup.mode': FROM_EARLIEST,
    'scan.startup.specific-offsets': FROM_EARLIEST,
    'scan.startup.timestamp-millis': FROM_EARLIEST,
    'sink.partitioner': "rows are partitioned by the key's hash",
    'sink.semantic': "say 'sink.delivery-guarantee'",
  },
  options: [
    ...TOPIC_OPTIONS,
    { key: FLUSH_ROWS, type: 'integer', default: 0 },
    { key: FLUSH_INTERVAL, type: 'duration', default: 0 },
  ],
  source: (request) => {
    const columns = sourceColumns(request, primaryKey(request), true);
    return topicSource(request, { mode: 'earliest' }, columns, request.table);
  },
  sink: (request) => {
    const { values } = request;
    const key = primaryKey(request);
    const flushes = [FLUSH_ROWS, FLUSH_INTERVAL].map((option) => Number(values.get(option)) > 0);
    if (flushes[0] !== flushes[1]) {
      throw optionError(
        'invalid-option',
        flushes[0] === true ? FLUSH_INTERVAL : FLUSH_ROWS,
        `'${FLUSH_ROWS}' and '${FLUSH_INTERVAL}' must be set to be greater than zero together to enable sink buffer flushing.`,
      );
    }
    const part = topicSink(request, String(values.get('sink.delivery-guarantee')), {
      ...sinkColumns(request, key, true),
      partitioner: 'default',
    });
    if (flushes[0] !== true) return part;
    const unheeded = `Options '${FLUSH_ROWS}' and '${FLUSH_INTERVAL}' have no effect: every change is written.`;
    return { ...part, warnings: [...(part.warnings ?? []), unheeded] };
  },
};

function primaryKey({ table }: ConnectorRequest): readonly string[] {
  const key = table.primaryKey ?? [];
  if (key.length > 0) return key;
  throw new SabotError(
    'SABOT_E_VALIDATION',
    "'upsert-kafka' tables require to define a PRIMARY KEY constraint. The PRIMARY KEY specifies which columns should be read from or write to the Kafka message key. The PRIMARY KEY also defines records in the 'upsert-kafka' table should update or delete on which keys.",
    { kind: 'missing-primary-key', identifier: printIdentifier(table.identifier) },
  );
}
