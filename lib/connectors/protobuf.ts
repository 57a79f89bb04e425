// protobuf: the format of Protocol Buffers' messages, with Flink's options, and one for the file that has the messages.
//
//   'format' = 'protobuf', 'protobuf.message-class-name' = 'shop.Bid', 'protobuf.schema-file' = 'bids.proto'
//
// Flink finds a Java class, which protoc has made of the file. No state.

import { SabotError } from '../errors.js';
import { type LogicalType, printType, type Schema } from '../schema/types.js';
import type { FormatSpec } from './formats.js';
import { type ProtobufField, type ProtobufSchema, protobufSchema } from './protobuf-schema.js';

/** What native is told of the messages. */
const DESCRIPTOR = 'protobuf.descriptor';

export const protobuf: FormatSpec = {
  identifier: 'protobuf',
  messagesOnly: true,
  options: [
    { key: 'protobuf.message-class-name', type: 'string', required: true, ownerOnly: true },
    { key: 'protobuf.schema-file', type: 'string', required: true, ownerOnly: true },
    { key: 'protobuf.import-paths', type: 'string', ownerOnly: true },
    { key: 'protobuf.ignore-parse-errors', type: 'boolean', default: false },
    { key: 'protobuf.read-default-values', type: 'boolean', default: false },
    { key: 'protobuf.write-null-string-literal', type: 'string', default: '' },
  ],
  derived: (values) => ({ [DESCRIPTOR]: JSON.stringify(protobufSchema(values)) }),
  checkColumns: (columns, formatOptions) => {
    const schema = JSON.parse(String(formatOptions[DESCRIPTOR])) as ProtobufSchema;
    checkRow(schema, 0, columns, '');
  },
};

const INTEGERS: readonly LogicalType['kind'][] = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT'];
const TEXT: readonly LogicalType['kind'][] = ['CHAR', 'VARCHAR'];

/** The columns that a scalar goes into: Flink's pairs. */
function kindsOf(type: string): readonly LogicalType['kind'][] {
  if (type === 'double') return ['DOUBLE'];
  if (type === 'float') return ['FLOAT'];
  if (type === 'bool') return ['BOOLEAN'];
  if (type === 'string') return TEXT;
  if (type === 'bytes') return ['BINARY', 'VARBINARY'];
  if (type === 'enum') return [...TEXT, ...INTEGERS];
  return type.endsWith('64') ? ['BIGINT'] : ['INTEGER'];
}

function checkRow(schema: ProtobufSchema, message: number, columns: Schema, path: string): void {
  const { name: messageName, fields } = schema.messages[message]!;
  for (const { name, type } of columns) {
    const field = fields.find((each) => each.name === name);
    if (field === undefined) {
      throw columnError(path + name, `Column ${path}${name} does not exist in the protobuf message ${messageName}.`);
    }
    checkField(schema, field, type, path + name);
  }
}

function checkField(schema: ProtobufSchema, field: ProtobufField, type: LogicalType, path: string): void {
  if (field.type === 'group') {
    throw columnError(path, `Column ${path} is a group of protobuf, which is not supported: use a message.`);
  }
  if (field.map) {
    if (type.kind !== 'MAP') throw mismatch(path, type, 'MAP');
    const [key, value] = schema.messages[field.message!]!.fields as [ProtobufField, ProtobufField];
    checkField(schema, key, type.key, `${path}.key`);
    checkField(schema, value, type.value, `${path}.value`);
  } else if (field.repeated) {
    if (type.kind !== 'ARRAY') throw mismatch(path, type, 'ARRAY');
    const { repeated: _, ...element } = field;
    checkField(schema, element, type.element, path);
  } else if (field.type === 'message') {
    if (type.kind !== 'ROW') throw mismatch(path, type, 'ROW');
    checkRow(schema, field.message!, type.fields, `${path}.`);
  } else if (!kindsOf(field.type).includes(type.kind)) {
    const fitting = kindsOf(field.type).map((kind) => (kind === 'VARCHAR' ? 'STRING' : kind));
    throw mismatch(path, type, fitting.join(' or '), field.type);
  }
}

const mismatch = (path: string, type: LogicalType, wanted: string, field = wanted): SabotError =>
  columnError(
    path,
    `Protobuf field type does not match column type: column ${path} is ${printType(type)}, and ${field === wanted ? 'the field' : `the field, a ${field},`} needs ${wanted}.`,
  );

const columnError = (column: string, message: string): SabotError =>
  new SabotError('SABOT_E_VALIDATION', message, { kind: 'format-columns', identifier: column });
