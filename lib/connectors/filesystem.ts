// filesystem: files and folders of JSON lines or CSV.
//
//   'path' = './bids', 'format' = 'json'   ->   file_source { path, format, columns: only those in use }
//
// Reading positions are native's state; a folder sink writes to a temporary name and renames.

import { metadataColumns } from '../plan/table.js';
import type { ConnectorRequest, ConnectorSpec } from './connector.js';
import { optionError } from './options.js';
import { fileSinkSpec } from './sinks.js';
import { fileSourceSpec } from './sources.js';

const METADATA = ['file.path', 'file.name', 'file.size', 'file.modification-time'];

export const filesystem: ConnectorSpec = {
  identifier: 'filesystem',
  formatted: true,
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
    { key: 'sink.rolling-policy.check-interval', type: 'duration', default: 60_000 },
    { key: 'sink.shuffle-by-partition.enable', type: 'boolean', default: false },
    { key: 'sink.parallelism', type: 'integer' },
    { key: 'auto-compaction', type: 'boolean', default: false },
  ],
  source: (request) => {
    const { values, format } = request;
    const pattern = values.get('source.path.regex-pattern');
    return {
      spec: fileSourceSpec,
      config: {
        path: localPath(String(values.get('path'))),
        ...format,
        ...columns(request),
        ...(pattern === undefined ? {} : { pathPattern: pattern }),
        defaultPartition: values.get('partition.default-name'),
      },
    };
  },
  sink: ({ table, values, format }) => {
    if (table.partitionedBy.length > 0) {
      throw optionError('unsupported-option', 'PARTITIONED BY', 'Writing partitioned folders is not supported yet.');
    }
    return {
      spec: fileSinkSpec,
      config: {
        path: localPath(String(values.get('path'))),
        ...format,
        fileSizeMax: values.get('sink.rolling-policy.file-size'),
        rolloverIntervalMs: values.get('sink.rolling-policy.rollover-interval'),
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
    // CSV finds a column by its place, so it is told of all of them.
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
