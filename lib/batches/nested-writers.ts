// Writers of columns that hold columns: ARRAY, MAP, ROW.
//
//   ListWriter.push(['a', 'b'])   ->   offsets 0 2, items a b
//
// State: the offsets so far; the children have their own.

import type { LogicalType } from '../schema/types.js';
import { bytesOf, type ColumnWriter, type MessageParts, Writer } from './writer.js';

export class ListWriter extends Writer {
  private readonly ends: number[] = [0];
  private size = 0;

  constructor(
    type: LogicalType,
    private readonly items: ColumnWriter,
  ) {
    super(type);
  }

  override bytes(): number {
    return 4 * this.length + this.items.bytes();
  }

  protected pushValue(value: unknown): void {
    if (!Array.isArray(value)) this.refuse(value);
    for (const item of value) this.items.push(item);
    this.size += value.length;
    this.ends.push(this.size);
  }
  protected pushNull(): void {
    this.ends.push(this.size);
  }
  protected finishValues(into: MessageParts): void {
    into.buffers.push(bytesOf(Int32Array.from(this.ends), this.ends.length));
    this.items.finish(into);
  }
}

export class MapWriter extends Writer {
  private readonly ends: number[] = [0];
  private size = 0;

  constructor(
    type: LogicalType,
    private readonly keyOf: (name: string) => unknown,
    private readonly keys: ColumnWriter,
    private readonly values: ColumnWriter,
  ) {
    super(type);
  }

  override bytes(): number {
    return 4 * this.length + this.keys.bytes() + this.values.bytes();
  }

  protected pushValue(value: unknown): void {
    if (!isRecord(value)) this.refuse(value);
    for (const [name, each] of Object.entries(value)) {
      this.keys.push(this.keyOf(name));
      this.values.push(each);
      this.size++;
    }
    this.ends.push(this.size);
  }
  protected pushNull(): void {
    this.ends.push(this.size);
  }
  protected finishValues(into: MessageParts): void {
    into.buffers.push(bytesOf(Int32Array.from(this.ends), this.ends.length), new Uint8Array(0));
    into.nodes.push({ length: this.size, nullCount: 0 });
    this.keys.finish(into);
    this.values.finish(into);
  }
}

export interface FieldWriter {
  readonly name: string;
  readonly writer: ColumnWriter;
  /** What stands in the field of a row that is NULL itself. */
  readonly empty: unknown;
}

export class RowWriter extends Writer {
  constructor(
    type: LogicalType,
    private readonly fields: readonly FieldWriter[],
  ) {
    super(type);
  }

  override bytes(): number {
    return this.fields.reduce((sum, { writer }) => sum + writer.bytes(), 0);
  }

  protected pushValue(value: unknown): void {
    if (!isRecord(value)) this.refuse(value);
    for (const { name, writer } of this.fields) writer.push(value[name]);
  }
  protected pushNull(): void {
    for (const { writer, empty } of this.fields) writer.push(empty);
  }
  protected finishValues(into: MessageParts): void {
    for (const { writer } of this.fields) writer.finish(into);
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
