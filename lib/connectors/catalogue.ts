// The one list of connectors, and how a table of one becomes a node of the physical plan.
//
//   table { connector: 'filesystem', path, format: 'json' }   ->   file_source { path, format, columns }
//
// Tables are checked when a query uses them, as in Flink, not when they are declared.

import { SabotError } from '../errors.js';
import { forward, hash } from '../plan/inputs.js';
import type { WatermarkOptions } from '../plan/nodes.js';
import { type Changes, isInsertOnly, type PhysicalInput, type PhysicalNode } from '../plan/physical.js';
import { printIdentifier, type TableDefinition } from '../plan/table.js';
import type { Schema } from '../schema/types.js';
import { blackhole } from './blackhole.js';
import type { ConnectorRequest, ConnectorSpec } from './connector.js';
import { datagen } from './datagen.js';
import { filesystem } from './filesystem.js';
import { type FormatSpec, findFormat, formatConfig } from './formats.js';
import { kafka } from './kafka.js';
import { type MetadataCast, metadataCast } from './metadata.js';
import { nexmark } from './nexmark.js';
import { nearest, type OptionSpec, optionError, readOptions } from './options.js';
import { print } from './print.js';
import { registryCode } from './schema-registry.js';
import { sinkNode } from './sinks.js';
import { sourceNode } from './sources.js';
import { upsertKafka } from './upsert-kafka.js';

/** Every connector there is. */
export const connectors: readonly ConnectorSpec[] = [
  filesystem,
  kafka,
  upsertKafka,
  datagen,
  nexmark,
  print,
  blackhole,
];

/** Flink's connectors that are still to come. */
const LATER: readonly string[] = ['jdbc', 'elasticsearch-7'];

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
  const owner = `table '${printIdentifier(table.identifier)}'`;
  const { valueFormat = [], keyFormat, foreign = {} } = connector;
  for (const key of Object.keys(options)) {
    const about = foreign[key];
    if (about !== undefined) throw optionError('unknown-option', key, `Unknown option '${key}' of ${owner}: ${about}.`);
  }
  const value = formatUse(valueFormat, options);
  if (value === undefined && valueFormat.length > 0) throw missingFormat(valueFormat[0]!, owner);
  const key = keyFormat === undefined ? undefined : formatUse(['key.format'], options);
  if (key === undefined && keyFormat === 'required') throw missingFormat('key.format', owner);
  const names = [...valueFormat, ...(keyFormat === undefined ? [] : ['key.format'])];
  const specs: OptionSpec[] = [
    ...GENERAL,
    ...names.map((name): OptionSpec => ({ key: name, type: 'string' })),
    ...connector.options,
    ...[value, key].flatMap(
      (use) =>
        use?.format.options.map((o) => ({
          ...o,
          key: use.prefix + o.key,
          ...(o.formerly === undefined ? {} : { formerly: use.prefix + o.formerly }),
        })) ?? [],
    ),
  ];
  const values = readOptions(options, specs, owner);
  const configOf = (use: FormatUse | undefined) =>
    use &&
    formatConfig(
      use.format,
      withoutPrefix(values, use.prefix),
      Object.fromEntries(withoutPrefix(Object.entries(options), use.prefix)),
    );
  const registryOf = (use: FormatUse | undefined) => use?.format.registry?.(withoutPrefix(values, use.prefix));
  return {
    table,
    values,
    given: options,
    schema,
    format: configOf(value),
    keyFormat: configOf(key),
    changes: value?.format.changes === true,
    code: registryCode({ value: registryOf(value), key: registryOf(key) }),
  };
}

interface FormatUse {
  readonly format: FormatSpec;
  /** Of the format's own options: `value.` if `value.format` names it. */
  readonly prefix: string;
}

/** The format that the first of these options that is there names. */
function formatUse(names: readonly string[], options: Options): FormatUse | undefined {
  const name = names.find((each) => options[each] !== undefined);
  return name === undefined
    ? undefined
    : { format: findFormat(options[name]!), prefix: name.slice(0, -'format'.length) };
}

function missingFormat(key: string, owner: string): SabotError {
  return optionError('missing-option', key, `Option '${key}' is missing. ${owner} needs it in WITH (...).`);
}

function withoutPrefix<T>(entries: Iterable<readonly [string, T]>, prefix: string): Map<string, T> {
  return new Map(
    [...entries].flatMap(([key, value]) =>
      key.startsWith(prefix) ? [[key.slice(prefix.length), value] as const] : [],
    ),
  );
}

const label = (table: TableDefinition): string => table.identifier[2];

/** What a source gives for these columns of a table. */
export const readCast = (table: TableDefinition, options: Options, columns: Schema): MetadataCast =>
  metadataCast(withFormatMetadata(findConnector(table, options), options), table, columns, 'read');

/** What a sink takes for these columns of a table. */
export const writeCast = (table: TableDefinition, options: Options, columns: Schema): MetadataCast =>
  metadataCast(withFormatMetadata(findConnector(table, options), options), table, columns, 'write');

function withFormatMetadata(connector: ConnectorSpec, options: Options): ConnectorSpec {
  const { metadata = [], formatMetadata: prefix, valueFormat = [] } = connector;
  const format = prefix === undefined ? undefined : formatUse(valueFormat, options)?.format;
  const ofFormat = Object.entries(format?.metadata ?? {}).map(([key, type]) => ({ key: `${prefix}${key}`, type }));
  const own = metadata.map(({ writable, writableWith, ...rest }) =>
    writable === undefined || writableWith?.(options) === false ? rest : { ...rest, writable },
  );
  return { ...connector, metadata: [...own, ...ofFormat] };
}

/** The source that reads columns of a table: `schema` is what `readCast` says. */
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
  const { spec, config, unbounded, parallelism, ...part } = connector.source(asked);
  const warnings = [...(part.warnings ?? []), ...unheededTimes(table, options)];
  return {
    ...sourceNode(spec, schema, config, label(table), parallelism),
    ...(unbounded ? { unbounded } : {}),
    ...(warnings.length === 0 ? {} : { warnings }),
    ...(asked.code === undefined ? {} : { code: asked.code }),
  };
}

/** How event time is told says nothing where there is none. In the Stream API a table has none of its own. */
function unheededTimes({ identifier, watermark, places }: TableDefinition, options: Options): string[] {
  if (watermark !== undefined || places === undefined) return [];
  const given = Object.keys(options).filter((key) => key.startsWith('scan.watermark.'));
  const owner = `table '${printIdentifier(identifier)}'`;
  return given.map((key) => `Option '${key}' of ${owner} has no effect: the table has no WATERMARK.`);
}

/** The sink that writes a table, given what `writeCast` says; refuses changes that the connector cannot take. */
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
  const { spec, config, parallelism, warnings } = connector.sink(asked);
  const sink = sinkNode(spec, sinkInput(table, input, changes, parallelism), config, label(table), parallelism);
  return {
    ...sink,
    ...(warnings === undefined ? {} : { warnings }),
    ...(asked.code === undefined ? {} : { code: asked.code }),
  };
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
