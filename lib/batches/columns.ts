// The columns of a message as typed arrays, one object per column; nothing is decoded yet.
//
//   message, [BIGINT, ARRAY<STRING>]   ->   { nulls, data: BigInt64Array }, { nulls, offsets, items: { … } }
//
// A column lives as long as somebody refers to it; its arrays are views into the message.

import { SabotError } from '../errors.js';
import { type LogicalType, printType, type Schema } from '../schema/types.js';
import type { Message } from './message.js';

type Values = Int8Array | Int16Array | Int32Array | BigInt64Array | Float32Array | Float64Array | Uint8Array;

/** Bit i of `nulls` is 0 where row i is NULL; null: no row is. */
interface AnyColumn {
  readonly nulls: Uint8Array | null;
}

export interface ValueColumn extends AnyColumn {
  readonly data: Values;
}
export interface ListColumn extends AnyColumn {
  readonly offsets: Int32Array;
  readonly items: Column;
}
export interface MapColumn extends AnyColumn {
  readonly offsets: Int32Array;
  readonly keys: Column;
  readonly values: Column;
}
export interface StructColumn extends AnyColumn {
  readonly fields: readonly Column[];
}
export type Column = ValueColumn | TextColumn | ListColumn | MapColumn | StructColumn;

// Up to here V8 copies a part of a string; beyond, the part would keep all of it in memory.
const COPIED_LENGTH_MAX = 12;

/** Text and bytes. Strings are decoded on first use. */
export class TextColumn implements AnyColumn {
  /** The whole column, if it is ASCII: then offsets of bytes are those of characters. */
  private ascii: string | null | undefined;

  constructor(
    readonly nulls: Uint8Array | null,
    readonly offsets: Int32Array,
    private readonly bytes: Buffer,
  ) {}

  text(row: number): string {
    const start = this.offsets[row]!;
    const end = this.offsets[row + 1]!;
    if (this.ascii === undefined) this.ascii = wholeAscii(this.bytes);
    if (this.ascii === null) return this.bytes.toString('utf8', start, end);
    return end - start > COPIED_LENGTH_MAX
      ? this.bytes.toString('latin1', start, end)
      : this.ascii.substring(start, end);
  }

  hex(row: number): string {
    return this.bytes.toString('hex', this.offsets[row]!, this.offsets[row + 1]!);
  }
}

function wholeAscii(bytes: Buffer): string | null {
  const text = bytes.toString('utf8');
  return text.length === bytes.length ? text : null;
}

/** The columns of a message whose rows have this schema. */
export function columnsOfMessage(message: Message, schema: Schema): Column[] {
  const reader = new ColumnReader(message);
  return schema.map(({ type }) => reader.next(type));
}

type ArrayConstructor<T> = new (buffer: ArrayBufferLike, offset: number, length: number) => T;

class ColumnReader {
  private node = 0;
  private buffer = 0;

  constructor(private readonly message: Message) {}

  next(type: LogicalType): Column {
    const { nullCount } = this.message.nodes[this.node++]!;
    if (type.kind === 'NULL') return { nulls: null, data: new Uint8Array(0) };
    const validity = this.message.buffers[this.buffer++]!;
    const nulls = nullCount === 0 ? null : validity;
    switch (type.kind) {
      case 'BOOLEAN':
        return { nulls, data: this.message.buffers[this.buffer++]! };
      case 'TINYINT':
        return { nulls, data: this.array(Int8Array, 1) };
      case 'SMALLINT':
        return { nulls, data: this.array(Int16Array, 2) };
      case 'INTEGER':
      case 'DATE':
      case 'TIME':
        return { nulls, data: this.array(Int32Array, 4) };
      case 'BIGINT':
      case 'DECIMAL':
        return { nulls, data: this.array(BigInt64Array, 8) };
      case 'TIMESTAMP':
      case 'TIMESTAMP_LTZ':
        return { nulls, data: type.precision > 6 ? this.array(BigInt64Array, 8) : this.array(Int32Array, 4) };
      case 'FLOAT':
        return { nulls, data: this.array(Float32Array, 4) };
      case 'DOUBLE':
        return { nulls, data: this.array(Float64Array, 8) };
      case 'CHAR':
      case 'VARCHAR':
      case 'BINARY':
      case 'VARBINARY': {
        const offsets = this.array(Int32Array, 4);
        const bytes = this.message.buffers[this.buffer++]!;
        return new TextColumn(nulls, offsets, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
      }
      case 'ARRAY':
        return { nulls, offsets: this.array(Int32Array, 4), items: this.next(type.element) };
      case 'MAP': {
        const offsets = this.array(Int32Array, 4);
        this.node++; // The entries.
        this.buffer++;
        return { nulls, offsets, keys: this.next(type.key), values: this.next(type.value) };
      }
      case 'ROW':
        return { nulls, fields: type.fields.map((field) => this.next(field.type)) };
      default:
        throw unreadable(type);
    }
  }

  private array<T>(Values: ArrayConstructor<T>, bytes: number): T {
    const { buffer, byteOffset, byteLength } = this.message.buffers[this.buffer++]!;
    return new Values(buffer, byteOffset, byteLength / bytes);
  }
}

/** A type that has no form in TypeScript. */
export function unreadable(type: LogicalType): SabotError {
  return new SabotError('SABOT_E_UNSUPPORTED', `Values of ${printType(type)} have no form in TypeScript.`, {
    kind: 'unsupported',
    identifier: printType(type),
  });
}
