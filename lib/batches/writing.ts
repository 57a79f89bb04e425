// Values into columns, and columns into a message.
//
//   columnWriter(BIGINT).push(5n), push(null)   ->   messageOf([…], 2)
//
// Every value is checked against its column's type: what does not fit is a ValueMismatch, never a changed value. No state.

import { isExactInteger, type LogicalType } from '../schema/types.js';
import { unreadable } from './columns.js';
import { writeMessage } from './message.js';
import { ListWriter, MapWriter, RowWriter } from './nested-writers.js';
import {
  BigintWriter,
  BooleanWriter,
  DecimalWriter,
  FloatingWriter,
  IntegerWriter,
  StringWriter,
  TextNumberWriter,
  TimestampWriter,
} from './scalar-writers.js';
import { daysOf, millisOfDay } from './value-text.js';
import { type ColumnWriter, type MessageParts, ROWS_AT_FIRST } from './writer.js';

/** A writer for values of a type. */
export function columnWriter(type: LogicalType): ColumnWriter {
  switch (type.kind) {
    case 'BOOLEAN':
      return new BooleanWriter(type);
    case 'TINYINT':
      return new IntegerWriter(type, new Int8Array(ROWS_AT_FIRST));
    case 'SMALLINT':
      return new IntegerWriter(type, new Int16Array(ROWS_AT_FIRST));
    case 'INTEGER':
      return new IntegerWriter(type, new Int32Array(ROWS_AT_FIRST));
    case 'BIGINT':
      return new BigintWriter(type);
    case 'FLOAT':
      return new FloatingWriter(type, new Float32Array(ROWS_AT_FIRST));
    case 'DOUBLE':
      return new FloatingWriter(type, new Float64Array(ROWS_AT_FIRST));
    case 'DECIMAL':
      return new DecimalWriter(type, type.precision, type.scale);
    case 'CHAR':
    case 'VARCHAR':
      return new StringWriter(type, 'text');
    case 'BINARY':
    case 'VARBINARY':
      return new StringWriter(type, 'hex');
    case 'DATE':
      return new TextNumberWriter(type, daysOf);
    case 'TIME':
      return new TextNumberWriter(type, millisOfDay);
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return new TimestampWriter(type, type.precision);
    case 'ARRAY':
      return new ListWriter(type, columnWriter(type.element));
    case 'MAP':
      return new MapWriter(type, keyOf(type.key), columnWriter(type.key), columnWriter(type.value));
    case 'ROW':
      return new RowWriter(
        type,
        type.fields.map((field) => ({
          name: field.name,
          writer: columnWriter(field.type),
          empty: emptyValue(field.type),
        })),
      );
    default:
      throw unreadable(type);
  }
}

/** Members of an object are named by text, whatever the map's key is. */
function keyOf(type: LogicalType): (name: string) => unknown {
  if (type.kind === 'BIGINT') return BigInt;
  if (isExactInteger(type) || type.kind === 'FLOAT' || type.kind === 'DOUBLE') return Number;
  return (name) => name;
}

/** What stands in a field of a row that is NULL itself. */
function emptyValue(type: LogicalType): unknown {
  if (type.nullable) return null;
  switch (type.kind) {
    case 'BOOLEAN':
      return false;
    case 'BIGINT':
      return 0n;
    case 'DECIMAL':
      return '0';
    case 'CHAR':
    case 'VARCHAR':
    case 'BINARY':
    case 'VARBINARY':
      return '';
    case 'DATE':
      return '1970-01-01';
    case 'TIME':
      return '00:00:00';
    case 'ARRAY':
      return [];
    case 'MAP':
      return {};
    case 'ROW':
      return Object.fromEntries(type.fields.map((field) => [field.name, emptyValue(field.type)]));
    default:
      return 0;
  }
}

/** The message that the writers' columns make, behind `prefix` empty bytes. */
export function messageOf(writers: readonly ColumnWriter[], length: number, prefix = 0): Uint8Array {
  const parts: MessageParts = { nodes: [], buffers: [] };
  for (const writer of writers) writer.finish(parts);
  return writeMessage(length, parts.nodes, parts.buffers, prefix);
}
