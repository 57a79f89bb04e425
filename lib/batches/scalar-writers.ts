// Writers of columns without children: numbers, text, times.
//
//   BigintWriter.push(5n)   ->   BigInt64Array [5n]        push(5)   ->   ValueMismatch: 5 is no BIGINT
//
// State: the values so far.

import type { LogicalType } from '../schema/types.js';
import { TextWriter } from './text-writer.js';
import { unscaledOf } from './value-text.js';
import { bytesOf, type MessageParts, ROWS_AT_FIRST, Writer, wider } from './writer.js';

export class BooleanWriter extends Writer {
  private bits = new Uint8Array(ROWS_AT_FIRST / 8);

  protected pushValue(value: unknown): void {
    if (typeof value !== 'boolean') this.refuse(value);
    if (this.length >> 3 >= this.bits.length) this.bits = wider(this.bits);
    if (value) this.bits[this.length >> 3]! |= 1 << (this.length & 7);
  }
  protected pushNull(): void {
    if (this.length >> 3 >= this.bits.length) this.bits = wider(this.bits);
  }
  protected finishValues(into: MessageParts): void {
    into.buffers.push(this.bits.slice(0, (this.length + 7) >> 3));
  }
}

export class IntegerWriter extends Writer {
  private readonly min: number;
  private readonly max: number;

  constructor(
    type: LogicalType,
    private data: Int8Array | Int16Array | Int32Array,
  ) {
    super(type);
    this.max = 2 ** (8 * data.BYTES_PER_ELEMENT - 1) - 1;
    this.min = -this.max - 1;
  }

  protected pushValue(value: unknown): void {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < this.min || value > this.max)
      this.refuse(value);
    this.set(value);
  }
  protected pushNull(): void {
    this.set(0);
  }
  protected finishValues(into: MessageParts): void {
    into.buffers.push(bytesOf(this.data, this.length));
  }
  private set(value: number): void {
    if (this.length === this.data.length) this.data = wider(this.data);
    this.data[this.length] = value;
  }
}

export class FloatingWriter extends Writer {
  constructor(
    type: LogicalType,
    private data: Float32Array | Float64Array,
  ) {
    super(type);
  }

  protected pushValue(value: unknown): void {
    if (typeof value !== 'number') this.refuse(value);
    if (this.length === this.data.length) this.data = wider(this.data);
    this.data[this.length] = value;
  }
  protected pushNull(): void {
    this.pushValue(0);
  }
  protected finishValues(into: MessageParts): void {
    into.buffers.push(bytesOf(this.data, this.length));
  }
}

export class BigintWriter extends Writer {
  private data = new BigInt64Array(ROWS_AT_FIRST);

  protected pushValue(value: unknown): void {
    if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) this.refuse(value);
    if (this.length === this.data.length) this.data = wider(this.data);
    this.data[this.length] = value;
  }
  protected pushNull(): void {
    this.pushValue(0n);
  }
  protected finishValues(into: MessageParts): void {
    into.buffers.push(bytesOf(this.data, this.length));
  }
}

/** Values that are text in TypeScript and a number in Arrow: DATE, TIME. */
export class TextNumberWriter extends Writer {
  private data = new Int32Array(ROWS_AT_FIRST);

  constructor(
    type: LogicalType,
    private readonly read: (text: string) => number | undefined,
  ) {
    super(type);
  }

  protected pushValue(value: unknown): void {
    const number = typeof value === 'string' ? this.read(value) : undefined;
    this.set(number ?? this.refuse(value));
  }
  protected pushNull(): void {
    this.set(0);
  }
  protected finishValues(into: MessageParts): void {
    into.buffers.push(bytesOf(this.data, this.length));
  }
  private set(value: number): void {
    if (this.length === this.data.length) this.data = wider(this.data);
    this.data[this.length] = value;
  }
}

export class DecimalWriter extends Writer {
  private words = new BigInt64Array(2 * ROWS_AT_FIRST);

  constructor(
    type: LogicalType,
    private readonly precision: number,
    private readonly scale: number,
  ) {
    super(type);
  }

  protected pushValue(value: unknown): void {
    const unscaled = typeof value === 'string' ? unscaledOf(value, this.precision, this.scale) : undefined;
    this.set(unscaled ?? this.refuse(value));
  }
  protected pushNull(): void {
    this.set(0n);
  }
  protected finishValues(into: MessageParts): void {
    into.buffers.push(bytesOf(this.words, 2 * this.length));
  }
  private set(unscaled: bigint): void {
    if (2 * this.length === this.words.length) this.words = wider(this.words);
    this.words[2 * this.length] = BigInt.asIntN(64, unscaled);
    this.words[2 * this.length + 1] = unscaled >> 64n;
  }
}

/** Epoch milliseconds in ticks of the column's unit; digits that the precision does not have are cut off. */
export class TimestampWriter extends Writer {
  private ticks = new BigInt64Array(ROWS_AT_FIRST);
  private readonly step: number;
  private readonly ticksPerMs: number;

  constructor(type: LogicalType, precision: number) {
    super(type);
    this.ticksPerMs = precision > 6 ? 1e6 : precision > 3 ? 1000 : 1;
    this.step = 10 ** (Math.log10(this.ticksPerMs * 1000) - precision);
  }

  protected pushValue(value: unknown): void {
    if (typeof value !== 'number' || !Number.isFinite(value)) this.refuse(value);
    const ticks = this.ticksOf(value);
    if (BigInt.asIntN(64, ticks) !== ticks) this.refuse(value);
    this.set(ticks);
  }
  protected pushNull(): void {
    this.set(0n);
  }
  protected finishValues(into: MessageParts): void {
    into.buffers.push(bytesOf(this.ticks, this.length));
  }
  private ticksOf(ms: number): bigint {
    // Rounding undoes the division by which ticks became milliseconds.
    const ticks = this.ticksPerMs === 1 ? Math.floor(ms) : Math.round(ms * this.ticksPerMs);
    return BigInt(this.step === 1 ? ticks : Math.floor(ticks / this.step) * this.step);
  }
  private set(ticks: bigint): void {
    if (this.length === this.ticks.length) this.ticks = wider(this.ticks);
    this.ticks[this.length] = ticks;
  }
}

export class StringWriter extends Writer {
  private readonly text: TextWriter;

  constructor(
    type: LogicalType,
    private readonly form: 'text' | 'hex',
  ) {
    super(type);
    this.text = new TextWriter(form === 'text' ? 'utf8' : 'hex');
  }

  override bytes(): number {
    return this.text.bytes();
  }

  protected pushValue(value: unknown): void {
    if (typeof value !== 'string' || (this.form === 'hex' && !/^(?:[0-9a-f]{2})*$/i.test(value))) this.refuse(value);
    this.text.push(value);
  }
  protected pushNull(): void {
    this.text.push('');
  }
  protected finishValues(into: MessageParts): void {
    into.buffers.push(...this.text.finish());
  }
}
