// filesystem: files and folders of records.
//
//   'path' = './bids', 'format' = 'json'   ->   file_source { path, format, columns: only those in use }
//
// Reading positions are native's state; a folder sink writes to a temporary name and renames.

import { SabotError } from '../errors.js';
import { metadataColumns, physicalColumns, type TableDefinition } from '../plan/table.js';
import type { ConnectorRequest, ConnectorSpec } from './connector.js';
import { checkFileFormat } from './formats.js';
import { count, type OptionSpec, optionError } from './options.js';
import { fileSinkSpec } from './sinks.js';
import { fileSourceSpec } from './sources.js';

const METADATA = ['file.path', 'file.name', 'file.size', 'file.modification-time'].map((key) => ({ key }));

const COMPACTION = ['auto-compaction', 'compaction.file-size', 'compaction.parallelism'];
const PARTITION_COMMIT = [
  'partition.time-extractor.kind',
  'partition.time-extractor.class',
  'partition.time-extractor.timestamp-formatter',
  'partition.time-extractor.timestamp-pattern',
  'sink.partition-commit.trigger',
  'sink.partition-commit.delay',
  'sink.partition-commit.watermark-time-zone',
  'sink.partition-commit.policy.kind',
  'sink.partition-commit.policy.class',
  'sink.partition-commit.policy.class.parameters',
  'sink.partition-commit.success-file.name',
];

/** Options of Flink's of which only the default, if there is one, can be had. */
function without(
  keys: readonly string[],
  reason: string,
  defaults: Readonly<Record<string, string | number | boolean>>,
): OptionSpec[] {
  return keys.map((key) => {
    const value = defaults[key];
    const type = typeof value === 'boolean' ? 'boolean' : typeof value === 'number' ? 'duration' : 'string';
    return { key, type, unsupported: reason, ...(value === undefined ? {} : { default: value }) };
  });
}

function refusePartitions({ partitionedBy }: TableDefinition, doing: string): void {
  if (partitionedBy.length === 0) return;
  throw new SabotError('SABOT_E_UNSUPPORTED', `${doing} folders of partitions (PARTITIONED BY) is not supported yet.`, {
    kind: 'unsupported',
    identifier: 'PARTITIONED BY',
  });
}

export const filesystem: ConnectorSpec = {
  identifier: 'filesystem',
  valueFormat: ['format'],
  metadata: METADATA,
  options: [
    { key: 'path', type: 'string', required: true },
    { key: 'partition.default-name', type: 'string', default: '__DEFAULT_PARTITION__' },
    { key: 'source.path.regex-pattern', type: 'string' },
    { key: 'source.report-statistics', type: 'enum', values: ['ALL', 'NONE'], default: 'ALL' },
    { key: 'source.monitor-interval', type: 'duration', unsupported: 'a folder is read once; leave the option out' },
    { key: 'sink.rolling-policy.file-size', type: 'memory', default: 128 * 1024 * 1024 },
    { key: 'sink.rolling-policy.rollover-interval', type: 'duration', default: 1_800_000 },
    { key: 'sink.rolling-policy.inactivity-interval', type: 'duration', default: 1_800_000 },
    // Intervals are timers here, nothing is polled: it has no effect.
    { key: 'sink.rolling-policy.check-interval', type: 'duration', default: 60_000 },
    { key: 'sink.shuffle-by-partition.enable', type: 'boolean', default: false },
    { key: 'sink.parallelism', type: 'count' },
    ...without(COMPACTION, 'files are not merged', { 'auto-compaction': false }),
    ...without(PARTITION_COMMIT, 'partitions are not announced to anyone', {
      'partition.time-extractor.kind': 'default',
      'sink.partition-commit.trigger': 'process-time',
      'sink.partition-commit.delay': 0,
      'sink.partition-commit.watermark-time-zone': 'UTC',
      'sink.partition-commit.success-file.name': '_SUCCESS',
    }),
  ],
  source: (request) => {
    const { table, values, format, changes } = request;
    refusePartitions(table, 'Reading');
    if (format !== undefined) checkFileFormat(format, physicalColumns(table));
    const pattern = values.get('source.path.regex-pattern');
    return {
      spec: fileSourceSpec,
      config: {
        path: localPath(String(values.get('path'))),
        ...format,
        ...columns(request),
        ...(changes ? { changes } : {}),
        ...(pattern === undefined ? {} : { pathPattern: pattern }),
        defaultPartition: values.get('partition.default-name'),
      },
    };
  },
  sink: ({ table, values, format }) => {
    refusePartitions(table, 'Writing');
    if (format !== undefined) checkFileFormat(format, physicalColumns(table));
    return {
      spec: fileSinkSpec,
      parallelism: count(values, 'sink.parallelism'),
      config: {
        path: localPath(String(values.get('path'))),
        ...format,
        fileSizeMax: values.get('sink.rolling-policy.file-size'),
        rolloverIntervalMs: values.get('sink.rolling-policy.rollover-interval'),
        inactivityIntervalMs: values.get('sink.rolling-policy.inactivity-interval'),
      },
    };
  },
};

/** The request's columns as file_source wants them: physical ones with their place in the file, then metadata. */
function columns({ table, schema, format }: ConnectorRequest): Record<string, unknown> {
  const metadata = new Map(metadataColumns(table).map((c) => [c.name, c]));
  const physical = table.columns.filter((c) => c.kind === 'physical');
  return {
    columns: schema.filter((f) => !metadata.has(f.name)),
    metadata: schema.filter((f) => metadata.has(f.name)).map((f) => ({ ...f, key: metadata.get(f.name)!.key })),
    // CSV finds a column by its place, so it is told of all of them. (Avro's files have their own schema.)
    ...(format?.format === 'csv' ? { fileColumns: physical.map(({ name, type }) => ({ name, type })) } : {}),
  };
}

/** `file:///a/b` and `a/b` alike; other schemes are not local. */
function localPath(path: string): string {
  if (path.startsWith('file:')) return decodeURIComponent(path.replace(/^file:(\/\/(localhost)?)?/, ''));
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(path);
  if (scheme !== null) {
    throw optionError(
      'unsupported-option',
      'path',
      `File system scheme '${scheme[1]}' is not supported yet: use a local path.`,
    );
  }
  return path;
}
