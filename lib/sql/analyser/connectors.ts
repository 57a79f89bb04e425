// Checks a table's connector and format by name before anything is planned on it.

import type { SourceSpan } from '../../errors.js';
import { printIdentifier, type TableDefinition, type TablePlaces } from '../../plan/table.js';
import type { ConnectorNames } from './environment.js';
import { invalid, nearestName, suggestion } from './errors.js';

/** Connectors and formats that scripts may name; the connectors' own code checks their options. */
export const CONNECTOR_NAMES: ConnectorNames = {
  connectors: [
    'filesystem',
    'kafka',
    'upsert-kafka',
    'jdbc',
    'elasticsearch-7',
    'datagen',
    'print',
    'blackhole',
    'nexmark',
    'values',
  ],
  formats: [
    'json',
    'csv',
    'avro',
    'avro-confluent',
    'raw',
    'debezium-json',
    'debezium-avro-confluent',
    'canal-json',
    'maxwell-json',
    'ogg-json',
    'parquet',
    'orc',
    'protobuf',
  ],
};

const FORMAT_OPTIONS: readonly string[] = ['format', 'value.format', 'key.format'];

/** `span` is where the table is used. */
export function checkConnector(
  table: TableDefinition,
  options: Readonly<Record<string, string>>,
  { options: places }: TablePlaces,
  span: SourceSpan,
  names: ConnectorNames,
): void {
  const { connector } = options;
  const place = printIdentifier(table.identifier);
  if (connector === undefined) {
    const meant = nearestName('connector', Object.keys(options));
    const hint = meant === undefined ? "add 'connector' = '...' to its WITH clause" : `is '${meant}' meant to be it?`;
    const at = meant === undefined ? undefined : places[meant]?.key;
    throw invalid('missing-option', 'connector', `Table '${place}' has no option 'connector'; ${hint}`, at ?? span);
  }
  if (!names.connectors.includes(connector)) {
    const message = `Unknown connector '${connector}' of table '${place}'${meantOrKnown(connector, names.connectors)}`;
    throw invalid('unknown-connector', connector, message, places['connector']?.value ?? span);
  }
  for (const key of FORMAT_OPTIONS) {
    const format = options[key];
    if (format === undefined || names.formats.includes(format)) continue;
    const message = `Unknown format '${format}' of table '${place}'${meantOrKnown(format, names.formats)}`;
    throw invalid('unknown-format', format, message, places[key]?.value ?? span);
  }
}

const meantOrKnown = (name: string, known: readonly string[]): string =>
  suggestion(name, known) || `; known are ${known.join(', ')}`;
