// The one list of connectors, and how a table of one becomes a node of the physical plan.
//
//   table { connector: 'filesystem', path, format: 'json' }   ->   file_source { path, format, columns }
//
// Tables are checked when a query uses them, as in Flink, not when they are declared.

import { SabotError } from '../errors.js';
import { forward, hash } from '../plan/inputs.js';
import type { WatermarkOptions } from '../plan/nodes.js';
import { type Changes, isInsertOnly, type PhysicalInput, type PhysicalNode } from '../plan/physical.js';
import { metadataColumns, printIdentifier, type TableDefinition } from '../plan/table.js';
import type { Schema } from '../schema/types.js';
import { blackhole } from './blackhole.js';
import type { ConnectorRequest, ConnectorSpec } from './connector.js';
import { datagen } from './datagen.js';
import { filesystem } from './filesystem.js';
import { findFormat, formatConfig } from './formats.js';
import { nexmark } from './nexmark.js';
import { nearest, type OptionSpec, optionError, readOptions } from './options.js';
import { print } from './print.js';
import { sinkNode } from './sinks.js';
import { sourceNode } from './sources.js';

/** Every connector there is. */
export const connectors: readonly ConnectorSpec[] = [filesystem, datagen, nexmark, print, blackhole];

/** Flink's connectors that are still to come. */
const LATER: readonly string[] = ['kafka', 'upsert-kafka', 'jdbc', 'elasticsearch-7'];

const ALIGNMENT_GROUP = 'scan.watermark.alignment.group';
const ALIGNMENT_MAX_DRIFT = 'scan.watermark.alignment.max-drift';
/** Flink's default. */
const ALIGNMENT_UPDATE_INTERVAL_MS = 1000;

const GENERAL: readonly OptionSpec[] = [
  { key: 'connector', type: 'string', required: true },
  { key: 'scan.watermark.idle-timeout', type: 'duration' },
  { key: 'scan.watermark.emit.strategy', type: 'enum', values: ['on-periodic', 'on-event'] },
  { key: ALIGNMENT_GROUP, type: 'string' },
  { key: ALIGNMENT_MAX_DRIFT, type: 'duration' },
  { key: 'scan.watermark.alignment.update-interval', type: 'duration' },
];

type Options = Readonly<Record<string, string>>;

function findConnector(table: TableDefinition, options: Options): ConnectorSpec {
  const identifier = options['connector'];
  const name = printIdentifier(table.identifier);
  if (identifier === undefined) {
    throw optionError('missing-option', 'connector', `Table '${name}' does not say its 'connector' in WITH (...).`);
  }
  const connector = connectors.find((c) => c.identifier === identifier);
  if (connector !== undefined) return connector;
  const known = connectors.map((c) => c.identifier);
  if (LATER.includes(identifier)) {
    throw new SabotError(
      'SABOT_E_UNSUPPORTED',
      `Connector '${identifier}' of table '${name}' is not supported yet. Supported connectors: ${known.join(', ')}.`,
      { kind: 'unknown-connector', identifier },
    );
  }
  const near = nearest(identifier, known);
  throw new SabotError(
    'SABOT_E_OPTION',
    `Unknown connector '${identifier}' of table '${name}'. ` +
      (near === undefined ? `Known connectors: ${known.join(', ')}.` : `Did you mean '${near}'?`),
    { kind: 'unknown-connector', identifier },
  );
}

function request(connector: ConnectorSpec, table: TableDefinition, options: Options, schema: Schema): ConnectorRequest {
  const name = `table '${printIdentifier(table.identifier)}'`;
  if (!connector.formatted) {
    const values = readOptions(options, [...GENERAL, ...connector.options], name);
    return { table, schema, format: undefined, changes: false, code: undefined, values };
  }
  if (options['format'] === undefined) {
    throw optionError('missing-option', 'format', `Option 'format' is missing. ${name} needs it in WITH (...).`);
  }
  const format = findFormat(options['format']);
  const specs: OptionSpec[] = [...GENERAL, { key: 'format', type: 'string' }, ...connector.options, ...format.options];
  const values = readOptions(options, specs, name);
  return {
    table,
    schema,
    format: formatConfig(format, values, options),
    changes: format.changes === true,
    code: format.code?.(values),
    values,
  };
}

const label = (table: TableDefinition): string => table.identifier[2];

/** The source that reads `schema`'s columns of a table. */
export function tableSource(table: TableDefinition, options: Options, schema: Schema): PhysicalNode {
  const connector = findConnector(table, options);
  const asked = request(connector, table, options, schema);
  if (connector.source === undefined) {
    throw optionError(
      'not-a-source',
      connector.identifier,
      `Connector '${connector.identifier}' can only be written to.`,
    );
  }
  for (const column of metadataColumns(table)) {
    if (connector.metadata?.includes(column.key)) continue;
    throw optionError(
      'unknown-metadata',
      column.key,
      `Connector '${connector.identifier}' has no metadata '${column.key}'.`,
    );
  }
  const { spec, config, unbounded, parallelism } = connector.source(asked);
  return {
    ...sourceNode(spec, schema, config, label(table), parallelism),
    ...(unbounded ? { unbounded } : {}),
    ...(asked.code === undefined ? {} : { code: asked.code }),
  };
}

/** The sink that writes a table; refuses changes that the connector cannot take. */
export function tableSink(
  table: TableDefinition,
  options: Options,
  input: PhysicalNode,
  changes: Changes,
): PhysicalNode {
  const connector = findConnector(table, options);
  const asked = request(connector, table, options, input.schema);
  if (connector.sink === undefined) {
    throw optionError('not-a-sink', connector.identifier, `Connector '${connector.identifier}' can only be read from.`);
  }
  if (!connector.updates && !asked.changes && !isInsertOnly(changes)) {
    const kind = changes.deletes ? 'update and delete' : 'update';
    throw new SabotError(
      'SABOT_E_VALIDATION',
      `Table sink '${printIdentifier(table.identifier)}' doesn't support consuming ${kind} changes which is produced by this query.`,
      { kind: 'unsupported-changelog', identifier: label(table) },
    );
  }
  const { spec, config, parallelism } = connector.sink(asked);
  const sink = sinkNode(spec, sinkInput(table, input, changes, parallelism), config, label(table), parallelism);
  return asked.code === undefined ? sink : { ...sink, code: asked.code };
}

/** Changes of one row stay in order: with subtasks of its own, a sink gets them by the table's key. */
function sinkInput(
  table: TableDefinition,
  input: PhysicalNode,
  changes: Changes,
  parallelism: number | undefined,
): PhysicalInput {
  if (parallelism === undefined || isInsertOnly(changes)) return forward(input);
  const key = table.primaryKey ?? [];
  if (key.length === 0) {
    throw optionError(
      'missing-primary-key',
      'sink.parallelism',
      `Option 'sink.parallelism' of table '${printIdentifier(table.identifier)}' needs a PRIMARY KEY there: rows of this query are updated, and updates of a row must stay in order.`,
    );
  }
  return hash(
    input,
    key.map((name) => input.schema.findIndex((f) => f.name === name)),
  );
}

/** How a table's options say that event time is told. Every connector honours them; in Flink only those that tell time per split do. */
export function watermarkOptions(options: Options): WatermarkOptions {
  const given = Object.fromEntries(Object.entries(options).filter(([key]) => key.startsWith('scan.watermark.')));
  const values = readOptions(
    given,
    GENERAL.filter(({ key }) => key.startsWith('scan.watermark.')),
    'the source',
  );
  const idleTimeoutMs = values.get('scan.watermark.idle-timeout') as number | undefined;
  const group = values.get(ALIGNMENT_GROUP) as string | undefined;
  const maxDriftMs = values.get(ALIGNMENT_MAX_DRIFT) as number | undefined;
  const updateIntervalMs = values.get('scan.watermark.alignment.update-interval') as number | undefined;
  const aligned = group !== undefined && maxDriftMs !== undefined;
  if (!aligned && [group, maxDriftMs, updateIntervalMs].some((value) => value !== undefined)) {
    const missing = group === undefined ? ALIGNMENT_GROUP : ALIGNMENT_MAX_DRIFT;
    throw optionError(
      'missing-option',
      missing,
      `Option '${missing}' is missing: watermark alignment needs '${ALIGNMENT_GROUP}' and '${ALIGNMENT_MAX_DRIFT}'.`,
    );
  }
  return {
    idleTimeoutMs: idleTimeoutMs === 0 ? undefined : idleTimeoutMs,
    onEvent: values.get('scan.watermark.emit.strategy') === 'on-event',
    alignment: aligned
      ? { group, maxDriftMs, updateIntervalMs: updateIntervalMs ?? ALIGNMENT_UPDATE_INTERVAL_MS }
      : undefined,
  };
}
