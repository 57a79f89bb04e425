// kafka-columns: which columns of a table lie in a record's key, which in its value, and which are metadata.
//
//   (id, name, at METADATA FROM 'timestamp'), 'key.fields' = 'id', 'value.fields-include' = 'EXCEPT_KEY'
//       ->   keyColumns [id], columns [name], metadata [timestamp], output [key 0, value 0, metadata 0]
//
// Of those only what a query uses is decoded.

import type { SabotError } from '../errors.js';
import type { Config } from '../plan/physical.js';
import { metadataColumns, physicalColumns, type TableDefinition } from '../plan/table.js';
import type { Field, Schema } from '../schema/types.js';
import { notNull, types } from '../schema/types.js';
import type { ConnectorRequest, MetadataSpec } from './connector.js';
import { type FormatConfig, findFormat } from './formats.js';
import { type OptionSpec, type OptionValues, optionError } from './options.js';

const HEADERS = types.map(types.string(), types.bytes());
const EVENT_TIME = types.timestampLtz(3);

/** Flink's metadata of a record. */
export const KAFKA_METADATA: readonly MetadataSpec[] = [
  {
    key: 'topic',
    type: notNull(types.string()),
    writable: types.string(),
    // One topic alone is every row's.
    writableWith: (options) => options['topic-pattern'] !== undefined || partsOf(options['topic'] ?? '').length > 1,
  },
  { key: 'partition', type: notNull(types.integer()) },
  { key: 'headers', type: notNull(HEADERS), writable: HEADERS },
  { key: 'leader-epoch', type: types.integer() },
  { key: 'offset', type: notNull(types.bigint()) },
  { key: 'timestamp', type: notNull(EVENT_TIME), writable: EVENT_TIME },
  { key: 'timestamp-type', type: notNull(types.string()) },
];

/** What stands before the keys of a value format's own metadata. */
export const FORMAT_METADATA = 'value.';

export const VALUE_FIELDS_OPTIONS: readonly OptionSpec[] = [
  { key: 'key.fields-prefix', type: 'string' },
  { key: 'value.fields-include', type: 'enum', values: ['ALL', 'EXCEPT_KEY'], default: 'ALL' },
];

/** Names of columns, in the order of the format's fields. */
interface RecordFields {
  readonly key: readonly string[];
  readonly value: readonly string[];
  readonly prefix: string;
}

/** How a source decodes the columns in use. */
export function sourceColumns(request: ConnectorRequest, keyFields: readonly string[], upsert: boolean): Config {
  const { table, schema, format, keyFormat, changes } = request;
  const fields = recordFields(request, keyFields);
  checkFormats(request, fields, upsert);
  const keyOf = new Map(metadataColumns(table).map(({ name, key }) => [name, key]));
  const value: Field[] = [];
  const key: Field[] = [];
  const metadata: (Field & { readonly key: string })[] = [];
  const ofFormat: (Field & { readonly key: string })[] = [];
  const places = schema.map((field) => {
    const metadataKey = keyOf.get(field.name);
    if (metadataKey?.startsWith(FORMAT_METADATA)) {
      return place('format', ofFormat.push({ ...field, key: metadataKey.slice(FORMAT_METADATA.length) }));
    }
    if (metadataKey !== undefined) return place('metadata', metadata.push({ ...field, key: metadataKey }));
    // A tombstone has no value to take the key from.
    const inKey = fields.key.includes(field.name) && (upsert || !fields.value.includes(field.name));
    return inKey ? place('key', key.push(inKeyFormat(field, fields))) : place('value', value.push(field));
  });
  // The format's metadata are the last of its columns.
  const output = places.map(({ from, index }) =>
    from === 'format' ? { from: 'value', index: value.length + index } : { from, index },
  );
  const keyed = keyFormat !== undefined && (upsert || key.length > 0);
  return {
    ...format,
    ...(changes ? { changes } : {}),
    columns: [...value, ...ofFormat.map(({ name, type }) => ({ name, type }))],
    ...(ofFormat.length === 0 ? {} : { formatMetadata: ofFormat.map((each) => each.key) }),
    ...fileColumns('fileColumns', format?.format, fieldsNamed(table, fields.value)),
    ...(keyed
      ? {
          keyFormat: keyFormat.format,
          keyFormatOptions: keyFormat.formatOptions,
          keyColumns: key,
          ...fileColumns(
            'keyFileColumns',
            keyFormat.format,
            fieldsNamed(table, fields.key).map((field) => inKeyFormat(field, fields)),
          ),
        }
      : {}),
    metadata,
    output,
    upsert,
  };
}

/** How a sink encodes its input's columns. */
export function sinkColumns(request: ConnectorRequest, keyFields: readonly string[], upsert: boolean): Config {
  const { table, schema, format, keyFormat } = request;
  const fields = recordFields(request, keyFields);
  checkFormats(request, fields, upsert);
  const keyOf = new Map(metadataColumns(table).map(({ name, key }) => [name, key]));
  const position = (name: string): number => schema.findIndex((field) => field.name === name);
  return {
    ...format,
    ...(format === undefined ? {} : { formatOptions: withSubject(format, 'value', request) }),
    valueColumns: fields.value.map(position),
    ...(keyFormat === undefined
      ? {}
      : {
          keyFormat: keyFormat.format,
          keyFormatOptions: withSubject(keyFormat, 'key', request),
          keyColumns: fields.key.map(position),
          keyNames: fields.key.map((name) => name.slice(fields.prefix.length)),
        }),
    metadata: schema.flatMap(({ name }, index) => (keyOf.has(name) ? [{ key: keyOf.get(name), index }] : [])),
    upsert,
  };
}

/** What a format writes into one topic has a subject of the topic's name in the registry, unless one is given. */
function withSubject(
  { format, formatOptions }: FormatConfig,
  part: 'value' | 'key',
  { values, given }: ConnectorRequest,
): FormatConfig['formatOptions'] {
  const option = `${format}.subject`;
  if (findFormat(format).registry === undefined || formatOptions[option] !== undefined) return formatOptions;
  const topics = topicsIn(values);
  if (topics.length === 1) return { ...formatOptions, [option]: `${topics[0]}-${part}` };
  const prefix = part === 'key' ? 'key.' : given['format'] === undefined ? 'value.' : '';
  throw optionError(
    'missing-option',
    prefix + option,
    `Option '${prefix}${option}' is missing: schemas of several topics are registered under a subject that must be named.`,
  );
}

const place = (from: 'key' | 'value' | 'metadata' | 'format', count: number) => ({ from, index: count - 1 });

const inKeyFormat = ({ name, type }: Field, { prefix }: RecordFields): Field => ({
  name: name.slice(prefix.length),
  type,
});

const fieldsNamed = (table: TableDefinition, names: readonly string[]): Schema =>
  physicalColumns(table).flatMap(({ name, type }) => (names.includes(name) ? [{ name, type }] : []));

/** Flink's lists: parts between semicolons. */
export function listOf(values: OptionValues, key: string): string[] {
  const text = values.get(key);
  return text === undefined ? [] : partsOf(String(text));
}

const partsOf = (text: string): string[] =>
  text
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '');

/** The topics that a table names. */
export const topicsIn = (values: OptionValues): readonly string[] => listOf(values, 'topic');

/** Refuses columns that keys or values in their formats cannot have. */
function checkFormats(
  { table, format, keyFormat, changes }: ConnectorRequest,
  fields: RecordFields,
  upsert: boolean,
): void {
  if (keyFormat !== undefined && findFormat(keyFormat.format).changes) throw notInsertOnly('key', keyFormat, upsert);
  if (upsert && changes) throw notInsertOnly('value', format!, upsert);
  if (format !== undefined)
    findFormat(format.format).checkColumns?.(fieldsNamed(table, fields.value), format.formatOptions);
  if (keyFormat !== undefined && fields.key.length > 0) {
    const columns = fieldsNamed(table, fields.key).map((field) => inKeyFormat(field, fields));
    findFormat(keyFormat.format).checkColumns?.(columns, keyFormat.formatOptions);
  }
}

function notInsertOnly(part: 'key' | 'value', { format }: FormatConfig, upsert: boolean): SabotError {
  return optionError(
    'invalid-option',
    `${part}.format`,
    upsert
      ? `'upsert-kafka' connector doesn't support '${format}' as ${part} format, because '${format}' is not in insert-only mode.`
      : `A key format should only deal with INSERT-only records. But ${format} has a changelog mode of [INSERT, UPDATE_BEFORE, UPDATE_AFTER, DELETE].`,
  );
}

/** Formats that find a column by its place are told of all of them. */
const fileColumns = (member: string, format: string | undefined, fields: Schema): Config =>
  format !== undefined && findFormat(format).positional ? { [member]: fields } : {};

function recordFields(
  { table, values, keyFormat, given }: ConnectorRequest,
  keyFields: readonly string[],
): RecordFields {
  const physical = physicalColumns(table).map(({ name }) => name);
  const prefix = String(values.get('key.fields-prefix') ?? '');
  if (keyFormat === undefined && given['key.fields'] !== undefined) {
    throw optionError(
      'invalid-option',
      'key.fields',
      "The option 'key.fields' can only be declared if a key format is defined using 'key.format'.",
    );
  }
  if (keyFormat !== undefined && keyFields.length === 0) {
    throw optionError(
      'missing-option',
      'key.fields',
      `A key format '${keyFormat.format}' requires the declaration of one or more of key fields using 'key.fields'.`,
    );
  }
  for (const name of keyFields) {
    if (!physical.includes(name)) {
      throw optionError(
        'invalid-option',
        'key.fields',
        `Could not find the field '${name}' in the table schema for usage in the key format. A key field must be a regular, physical column. The following columns can be selected in the 'key.fields' option: [${physical.join(', ')}]`,
      );
    }
    if (!name.startsWith(prefix)) {
      throw optionError(
        'invalid-option',
        'key.fields',
        `All fields in 'key.fields' must be prefixed with '${prefix}' when option 'key.fields-prefix' is set but field '${name}' is not prefixed.`,
      );
    }
  }
  const all = values.get('value.fields-include') === 'ALL';
  if (all && prefix !== '') {
    throw optionError(
      'invalid-option',
      'key.fields-prefix',
      "A key prefix is not allowed when option 'value.fields-include' is set to 'ALL'. Set it to 'EXCEPT_KEY' instead to avoid field overlaps.",
    );
  }
  return { key: keyFields, value: all ? physical : physical.filter((name) => !keyFields.includes(name)), prefix };
}
