// Formats: how a connector's bytes become rows. Option tables with Flink's names and defaults.
//
//   'format' = 'csv', 'csv.null-literal' = 'NA'   ->   { format: 'csv', formatOptions: { 'csv.null-literal': 'NA', … } }
//
// Decoding itself is native's. No state.

import { SabotError } from '../errors.js';
import { type LogicalType, printType, type Schema } from '../schema/types.js';
import { nearest, type OptionSpec, type OptionValue, type OptionValues, optionError } from './options.js';
import { protobuf } from './protobuf.js';
import { registryOptionSpecs, registryOptions, type SchemaRegistryOptions } from './registry-options.js';

type Options = Readonly<Record<string, string>>;

export interface FormatSpec {
  readonly identifier: string;
  readonly options: readonly OptionSpec[];
  /** Its bytes tell updates and deletes. */
  readonly changes?: true;
  /** Metadata columns that it can give, as Flink names and types them. Not of files. */
  readonly metadata?: Readonly<Record<string, LogicalType>>;
  readonly check?: (values: OptionValues, given: Options) => void;
  /** Its records do not name their fields: whoever reads a record must be told all of its columns, also those that nobody uses. */
  readonly positional?: true;
  /** Refuses columns that a record cannot have; `formatOptions`: what native is told. */
  readonly checkColumns?: (columns: Schema, formatOptions: FormatConfig['formatOptions']) => void;
  /** What native is told beside the options. */
  readonly derived?: (values: OptionValues) => Readonly<Record<string, OptionValue>>;
  /** Its records are messages: files cannot hold them. */
  readonly messagesOnly?: true;
  /** Its messages name their schemas by number: the registry that has them. */
  readonly registry?: (values: OptionValues) => SchemaRegistryOptions;
}

const json: FormatSpec = {
  identifier: 'json',
  options: [
    { key: 'json.fail-on-missing-field', type: 'boolean', default: false },
    { key: 'json.ignore-parse-errors', type: 'boolean', default: false },
    { key: 'json.timestamp-format.standard', type: 'enum', values: ['SQL', 'ISO-8601'], default: 'SQL' },
    { key: 'json.map-null-key.mode', type: 'enum', values: ['FAIL', 'DROP', 'LITERAL'], default: 'FAIL' },
    { key: 'json.map-null-key.literal', type: 'string', default: 'null' },
    { key: 'json.encode.decimal-as-plain-number', type: 'boolean', default: false },
    { key: 'json.encode.ignore-null-fields', type: 'boolean', default: false },
    { key: 'json.decode.json-parser.enabled', type: 'boolean', default: true },
  ],
  check: (values) => {
    if (values.get('json.fail-on-missing-field') === true && values.get('json.ignore-parse-errors') === true) {
      throw optionError(
        'invalid-option',
        'json.fail-on-missing-field',
        "Options 'json.fail-on-missing-field' and 'json.ignore-parse-errors' shouldn't both be true.",
      );
    }
  },
};

const csv: FormatSpec = {
  identifier: 'csv',
  positional: true,
  options: [
    { key: 'csv.field-delimiter', type: 'string', default: ',' },
    { key: 'csv.disable-quote-character', type: 'boolean', default: false },
    { key: 'csv.quote-character', type: 'string', default: '"' },
    { key: 'csv.allow-comments', type: 'boolean', default: false },
    { key: 'csv.ignore-parse-errors', type: 'boolean', default: false },
    { key: 'csv.array-element-delimiter', type: 'string', default: ';' },
    { key: 'csv.escape-character', type: 'string' },
    { key: 'csv.null-literal', type: 'string' },
    { key: 'csv.write-bigdecimal-in-scientific-notation', type: 'boolean', default: true },
    { key: 'csv.trim-spaces', type: 'boolean', default: false },
    { key: 'csv.empty-string-as-null', type: 'boolean', default: false },
    { key: 'csv.allow-trailing-comma', type: 'boolean', default: true },
    { key: 'csv.ignore-trailing-unmappable', type: 'boolean', default: false },
    { key: 'csv.fail-on-missing-columns', type: 'boolean', default: false },
  ],
  check: (values, given) => {
    if (values.get('csv.disable-quote-character') === true && given['csv.quote-character'] !== undefined) {
      throw optionError(
        'invalid-option',
        'csv.quote-character',
        "Options 'csv.quote-character' and 'csv.disable-quote-character' exclude each other.",
      );
    }
    for (const key of ['csv.field-delimiter', 'csv.quote-character', 'csv.escape-character']) {
      const value = values.get(key);
      if (value !== undefined && !/^[\0-\x7f]$/.test(unescapeJava(String(value)))) {
        throw optionError(
          'invalid-option',
          key,
          `Option '${key}' must be a single ASCII character, but is '${value}'; special ones are written \\t or \\u0001.`,
        );
      }
    }
  },
};

/** Types of which a value is some bytes. */
const RAW_KINDS: readonly LogicalType['kind'][] = [
  'CHAR',
  'VARCHAR',
  'BINARY',
  'VARBINARY',
  'BOOLEAN',
  'TINYINT',
  'SMALLINT',
  'INTEGER',
  'BIGINT',
  'FLOAT',
  'DOUBLE',
];

const raw: FormatSpec = {
  identifier: 'raw',
  options: [
    { key: 'raw.charset', type: 'string', default: 'UTF-8' },
    { key: 'raw.endianness', type: 'enum', values: ['big-endian', 'little-endian'], default: 'big-endian' },
  ],
  checkColumns: (columns) => {
    const [column] = columns;
    if (columns.length !== 1) {
      throw columnsError(
        'raw',
        `The 'raw' format only supports single physical column. However the defined schema contains multiple physical columns: ${columns.map(({ name }) => `\`${name}\``).join(', ')}.`,
      );
    }
    if (!RAW_KINDS.includes(column!.type.kind)) {
      throw columnsError(
        'raw',
        `The 'raw' format doesn't support the type ${printType(column!.type)} of \`${column!.name}\`.`,
      );
    }
  },
};

const columnsError = (format: string, message: string): SabotError =>
  new SabotError('SABOT_E_VALIDATION', message, { kind: 'format-columns', identifier: format });

const avro: FormatSpec = {
  identifier: 'avro',
  positional: true,
  options: [
    { key: 'avro.codec', type: 'enum', values: ['null', 'deflate', 'snappy', 'zstandard'], default: 'snappy' },
    {
      key: 'avro.encoding',
      type: 'enum',
      values: ['binary', 'json'],
      default: 'binary',
      unsupported: "records are binary; leave the option out, or use the format 'json'",
    },
    { key: 'avro.timestamp_mapping.legacy', type: 'boolean', default: true },
  ],
};

/** Avro's records whose schemas are in a registry. */
const confluent = (identifier: string): FormatSpec => ({
  identifier,
  positional: true,
  messagesOnly: true,
  options: [
    ...registryOptionSpecs(identifier),
    {
      key: `${identifier}.schema`,
      formerly: `${identifier}.schema-registry.schema`,
      type: 'string',
      unsupported: 'the schema is made of the columns',
    },
  ],
  registry: (values) => registryOptions(values, identifier),
});

const debeziumAvro: FormatSpec = { ...confluent('debezium-avro-confluent'), changes: true };

const text: LogicalType = { kind: 'VARCHAR', length: 2_147_483_647, nullable: true };
const time: LogicalType = { kind: 'TIMESTAMP_LTZ', precision: 3, nullable: true };
const texts: LogicalType = { kind: 'ARRAY', element: text, nullable: true };
const mapTo = (value: LogicalType): LogicalType => ({ kind: 'MAP', key: text, value, nullable: true });

/** Changes of a table as JSON: Flink's options under the format's name. */
const changelogJson = (
  identifier: string,
  metadata: Readonly<Record<string, LogicalType>>,
  more: readonly OptionSpec[] = [],
): FormatSpec => ({
  identifier,
  changes: true,
  metadata,
  options: [
    { key: 'ignore-parse-errors', type: 'boolean' as const, default: false },
    { key: 'timestamp-format.standard', type: 'enum' as const, values: ['SQL', 'ISO-8601'], default: 'SQL' },
    { key: 'map-null-key.mode', type: 'enum' as const, values: ['FAIL', 'DROP', 'LITERAL'], default: 'FAIL' },
    { key: 'map-null-key.literal', type: 'string' as const, default: 'null' },
    { key: 'encode.decimal-as-plain-number', type: 'boolean' as const, default: false },
    { key: 'encode.ignore-null-fields', type: 'boolean' as const, default: false },
    ...more,
  ].map((option) => ({ ...option, key: `${identifier}.${option.key}` })),
});

const changelogs: readonly FormatSpec[] = [
  changelogJson(
    'debezium-json',
    {
      schema: text,
      'ingestion-timestamp': time,
      'source.timestamp': time,
      'source.database': text,
      'source.schema': text,
      'source.table': text,
      'source.properties': mapTo(text),
    },
    [{ key: 'schema-include', type: 'boolean', default: false }],
  ),
  changelogJson('ogg-json', {}),
  changelogJson(
    'canal-json',
    {
      database: text,
      table: text,
      'sql-type': mapTo({ kind: 'INTEGER', nullable: true }),
      'pk-names': texts,
      'ingestion-timestamp': time,
      'event-timestamp': time,
    },
    [
      { key: 'database.include', type: 'string' },
      { key: 'table.include', type: 'string' },
    ],
  ),
  changelogJson('maxwell-json', {
    database: text,
    table: text,
    'primary-key-columns': texts,
    'ingestion-timestamp': time,
  }),
];

/** Every format there is. */
export const formats: readonly FormatSpec[] = [
  json,
  csv,
  raw,
  avro,
  confluent('avro-confluent'),
  protobuf,
  debeziumAvro,
  ...changelogs,
];

export function findFormat(identifier: string): FormatSpec {
  const format = formats.find((f) => f.identifier === identifier);
  if (format !== undefined) return format;
  const known = formats.map((f) => f.identifier);
  const near = nearest(identifier, known);
  throw new SabotError(
    'SABOT_E_OPTION',
    `Unknown format '${identifier}'. ${near === undefined ? `Known formats: ${known.join(', ')}.` : `Did you mean '${near}'?`}`,
    { kind: 'unknown-format', identifier },
  );
}

/** Refuses formats that files cannot have, and columns that a record of the format cannot have. */
export function checkFileFormat({ format, formatOptions }: FormatConfig, columns: Schema): void {
  const { messagesOnly, checkColumns } = findFormat(format);
  if (messagesOnly) {
    throw new SabotError('SABOT_E_VALIDATION', `Format '${format}' is one of messages: files cannot hold it.`, {
      kind: 'unsupported-format',
      identifier: format,
    });
  }
  checkColumns?.(columns, formatOptions);
}

/** What native is told of a format. */
export interface FormatConfig {
  readonly format: string;
  readonly formatOptions: Readonly<Record<string, OptionValue>>;
}

/** The format's part of a source's or sink's config: the options that were set; native has the same defaults. */
export function formatConfig(format: FormatSpec, values: OptionValues, given: Options): FormatConfig {
  format.check?.(values, given);
  const formatOptions: Record<string, OptionValue> = {};
  for (const spec of format.options) {
    const value = values.get(spec.key);
    const isGiven = [spec.key, spec.formerly].some((key) => key !== undefined && given[key] !== undefined);
    if (value === undefined || !isGiven || spec.ownerOnly) continue;
    const character = spec.key.startsWith('csv.') && /delimiter|character$/.test(spec.key);
    formatOptions[spec.key] = character && typeof value === 'string' ? unescapeJava(value) : value;
  }
  return { format: format.identifier, formatOptions: { ...formatOptions, ...format.derived?.(values) } };
}

/** `\t` and `\u0001` in options, as Flink reads them. */
function unescapeJava(text: string): string {
  return text.replace(/\\(u[0-9a-fA-F]{4}|.)/g, (_, code: string) => {
    if (code.startsWith('u')) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    return { t: '\t', n: '\n', r: '\r', b: '\b', f: '\f', '0': '\0' }[code] ?? code;
  });
}
