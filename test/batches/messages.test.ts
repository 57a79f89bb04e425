// Batches as Arrow IPC messages: what we write, apache-arrow reads; what apache-arrow writes, we read; every type, with NULLs.

import {
  Field as ArrowField,
  Schema as ArrowSchema,
  Binary,
  Bool,
  type DataType,
  DateDay,
  Decimal,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  List,
  Map_,
  Struct,
  Table,
  TimeMillisecond,
  TimestampMicrosecond,
  TimestampMillisecond,
  TimestampNanosecond,
  tableFromIPC,
  tableToIPC,
  Utf8,
} from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { plainRows, readBatch, rowReader } from '../../lib/batches/reading.js';
import { columnWriter, messageOf } from '../../lib/batches/writing.js';
import { t } from '../../lib/schema/t.js';
import type { LogicalType, Schema } from '../../lib/schema/types.js';

const Everything = t.row({
  yes: t.boolean().nullable(),
  tiny: t.tinyint().nullable(),
  small: t.smallint().nullable(),
  int: t.int().nullable(),
  big: t.bigint().nullable(),
  float: t.float().nullable(),
  double: t.double().nullable(),
  decimal: t.decimal(38, 4).nullable(),
  string: t.string().nullable(),
  bytes: t.bytes().nullable(),
  date: t.date().nullable(),
  time: t.time(3).nullable(),
  seconds: t.timestamp(0).nullable(),
  millis: t.timestamp(3).nullable(),
  micros: t.timestamp(6).nullable(),
  nanos: t.timestamp(9).nullable(),
  instant: t.timestampLtz(3).nullable(),
  list: t.array(t.string().nullable()).nullable(),
  map: t.map(t.bigint()).nullable(),
  nested: t.array(t.row({ a: t.int(), b: t.array(t.double()) })).nullable(),
});
const schema: Schema = Everything.type.kind === 'ROW' ? Everything.type.fields : [];

const nothing = Object.fromEntries(schema.map(({ name }) => [name, null]));
const rows: Record<string, unknown>[] = [
  {
    yes: true,
    tiny: -128,
    small: 32767,
    int: -2147483648,
    big: 9223372036854775807n,
    float: 0.5,
    double: Number.MIN_VALUE,
    decimal: '1234567890123456789012345678901234.5678',
    string: 'short',
    bytes: '00ff10',
    date: '2024-02-29',
    time: '23:59:59.999',
    seconds: Date.UTC(2024, 0, 1, 12, 30, 15),
    millis: -1,
    micros: Date.UTC(2024, 0, 1) + 0.001,
    nanos: 1_500_000_000_000,
    instant: Date.UTC(1969, 11, 31, 23, 59, 59, 1),
    list: ['a', null, ''],
    map: { x: 1n, __proto__x: -1n },
    nested: [
      { a: 1, b: [0.1, 0.2] },
      { a: 2, b: [] },
    ],
  },
  nothing,
  {
    yes: false,
    tiny: 127,
    small: -32768,
    int: 0,
    big: -9223372036854775808n,
    float: Number.NEGATIVE_INFINITY,
    double: -0,
    decimal: '-0.0001',
    string: 'a string of more than twelve characters, ASCII',
    bytes: '',
    date: '0001-01-01',
    time: '00:00:00.000',
    seconds: -1000,
    millis: 253402300799999,
    micros: -0.001,
    nanos: 0,
    instant: 0,
    list: [],
    map: {},
    nested: [],
  },
];

function arrowType(type: LogicalType): DataType {
  switch (type.kind) {
    case 'BOOLEAN':
      return new Bool();
    case 'TINYINT':
      return new Int8();
    case 'SMALLINT':
      return new Int16();
    case 'INTEGER':
      return new Int32();
    case 'BIGINT':
      return new Int64();
    case 'FLOAT':
      return new Float32();
    case 'DOUBLE':
      return new Float64();
    case 'DECIMAL':
      return new Decimal(type.scale, type.precision, 128);
    case 'VARCHAR':
      return new Utf8();
    case 'VARBINARY':
      return new Binary();
    case 'DATE':
      return new DateDay();
    case 'TIME':
      return new TimeMillisecond();
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ': {
      const zone = type.kind === 'TIMESTAMP' ? null : 'UTC';
      if (type.precision > 6) return new TimestampNanosecond(zone);
      return type.precision > 3 ? new TimestampMicrosecond(zone) : new TimestampMillisecond(zone);
    }
    case 'ARRAY':
      return new List(arrowField('item', type.element));
    case 'MAP':
      return new Map_(
        new ArrowField(
          'entries',
          new Struct([arrowField('key', { ...type.key, nullable: false }), arrowField('value', type.value)]),
          false,
        ) as never,
      );
    case 'ROW':
      return new Struct(type.fields.map((field) => arrowField(field.name, field.type)));
    default:
      throw new Error(type.kind);
  }
}

const arrowField = (name: string, type: LogicalType): ArrowField =>
  new ArrowField(name, arrowType(type), type.nullable);

/** A stream of a schema and one message. */
function stream(of: Schema, message: Uint8Array): Uint8Array {
  const arrowSchema = new ArrowSchema(of.map(({ name, type }) => arrowField(name, type)));
  const empty = tableToIPC(new Table(arrowSchema), 'stream');
  const schemaBytes = 8 + new DataView(empty.buffer, empty.byteOffset).getInt32(4, true);
  return Buffer.concat([empty.subarray(0, schemaBytes), message]);
}

function write(of: Schema, values: readonly Record<string, unknown>[]): Uint8Array {
  const writers = of.map(({ type }) => columnWriter(type));
  for (const row of values) for (const [i, { name }] of of.entries()) writers[i]!.push(row[name]);
  return messageOf(writers, values.length);
}

const read = (of: Schema, message: Uint8Array) => [...plainRows(rowReader(of), readBatch(message, of))];

describe('a batch', () => {
  it('is what was written', () => {
    expect(read(schema, write(schema, rows))).toEqual(rows);
    expect(read(schema, write(schema, []))).toEqual([]);
  });

  it('keeps 3,000 rows in their places, whatever is NULL', () => {
    const many = Array.from({ length: 3000 }, (_, i) => (i % 7 === 3 ? nothing : rows[i % 5 === 0 ? 0 : 2]!));
    expect(read(schema, write(schema, many))).toEqual(many);
  });

  it('is read by apache-arrow', () => {
    const table = tableFromIPC(stream(schema, write(schema, rows)));
    expect(table.numRows).toBe(3);
    const column = (name: string) => table.getChild(name)!.toArray();
    expect([...table.getChild('big')!]).toEqual([9223372036854775807n, null, -9223372036854775808n]);
    expect([...table.getChild('string')!]).toEqual(rows.map((row) => row['string']));
    expect([...table.getChild('yes')!]).toEqual([true, null, false]);
    expect([...table.getChild('int')!]).toEqual([-2147483648, null, 0]);
    expect([...table.getChild('millis')!]).toEqual([-1, null, 253402300799999]);
    expect(table.getChild('list')!.get(0)!.toArray()).toEqual(['a', null, '']);
    expect([...table.getChild('map')!.get(0)!]).toEqual([
      ['x', 1n],
      ['__proto__x', -1n],
    ]);
    expect(table.getChild('nested')!.get(0)!.get(1)!.toJSON()['a']).toBe(2);
    expect(table.getChild('decimal')!.nullCount).toBe(1);
    expect(column('double')[0]).toBe(Number.MIN_VALUE);
  });

  it('is read when apache-arrow wrote it', () => {
    const again = tableToIPC(tableFromIPC(stream(schema, write(schema, rows))), 'stream');
    expect(read(schema, again)).toEqual(rows);
  });

  it('keeps every string, whatever its characters', () => {
    const of = [{ name: 's', type: t.string().type }];
    const strings = ['plain', 'ü', '', '😀 and more than twelve', 'x'.repeat(5_000_000), '\u0000', 'ß'.repeat(40)];
    const values = strings.map((s) => ({ s }));
    expect(read(of, write(of, values))).toEqual(values);
    // Halves of a character that no UTF-8 has become replacement characters, each in its own string.
    expect(read(of, write(of, [{ s: '\ud83d' }, { s: '\ude00' }]))).toEqual([{ s: '\ufffd' }, { s: '\ufffd' }]);
  });
});

describe('a value that its column cannot hold', () => {
  it.each<[string, LogicalType, unknown, string]>([
    ['a fraction', t.int().type, 1.5, '1.5 is no INT NOT NULL'],
    ['a number that is too large', t.tinyint().type, 128, '128 is no TINYINT NOT NULL'],
    ['a number for a bigint', t.bigint().type, 5, '5 is no BIGINT NOT NULL'],
    ['a bigint beyond 64 bits', t.bigint().type, 2n ** 63n, '9223372036854775808n is no BIGINT NOT NULL'],
    [
      'undefined',
      t.string().nullable().type,
      undefined,
      'undefined is no STRING; there is no undefined in a row, use null',
    ],
    ['null', t.string().type, null, 'null is no STRING NOT NULL'],
    ['truthiness', t.boolean().type, 1, '1 is no BOOLEAN NOT NULL'],
    ['a digit too many', t.decimal(4, 2).type, '123.00', "'123.00' is no DECIMAL(4, 2) NOT NULL"],
    ['a fraction too long', t.decimal(4, 2).type, '1.005', "'1.005' is no DECIMAL(4, 2) NOT NULL"],
    ['no date', t.date().type, '2023-02-29', "'2023-02-29' is no DATE NOT NULL"],
    ['no time', t.time().type, '24:00:00', "'24:00:00' is no TIME(0) NOT NULL"],
    ['no instant', t.timestamp(3).type, Number.NaN, 'NaN is no TIMESTAMP(3) NOT NULL'],
    ['no bytes', t.bytes().type, 'xyz', "'xyz' is no BYTES NOT NULL"],
    ['no list', t.array(t.int()).type, 'abc', "'abc' is no ARRAY<INT NOT NULL> NOT NULL"],
    ['an element', t.array(t.int()).type, [1, 'a'], "'a' is no INT NOT NULL"],
    ['no row', t.row({ a: t.int() }).type, [1], '[ 1 ] is no ROW<`a` INT NOT NULL> NOT NULL'],
  ])('%s is refused', (_, type, value, message) => {
    expect(() => columnWriter(type).push(value)).toThrow(message);
  });

  it('cuts digits that a timestamp does not have', () => {
    const of = [{ name: 'at', type: t.timestamp(0).type }];
    expect(read(of, write(of, [{ at: 1999 }, { at: -1 }]))).toEqual([{ at: 1000 }, { at: -1000 }]);
  });
});
