// What every column's writer has: rows so far, which of them are NULL, room that grows.
//
//   push(5), push(null)   ->   length 2, nullCount 1, validity bits 01, then what the type adds
//
// A writer serves one batch.

import { inspect } from 'node:util';
import { type LogicalType, printType } from '../schema/types.js';
import type { MessageNode } from './message.js';

/** A value that its column cannot hold. */
export class ValueMismatch extends Error {
  constructor(value: unknown, type: LogicalType) {
    const text = inspect(value, {
      depth: 2,
      breakLength: Number.POSITIVE_INFINITY,
      maxStringLength: 80,
      maxArrayLength: 5,
    });
    const hint = value === undefined ? '; there is no undefined in a row, use null' : '';
    super(`${text} is no ${printType(type)}${hint}`);
  }
}

/** What is written so far, in the order of Arrow's nodes and buffers. */
export interface MessageParts {
  readonly nodes: MessageNode[];
  readonly buffers: Uint8Array[];
}

export interface ColumnWriter {
  push(value: unknown): void;
  /** About how much memory the values take. */
  bytes(): number;
  finish(into: MessageParts): void;
}

export const ROWS_AT_FIRST = 1024;

/** Nulls and length, which all columns have. */
export abstract class Writer implements ColumnWriter {
  protected length = 0;
  private nullCount = 0;
  private valid = new Uint8Array(0);

  constructor(protected readonly type: LogicalType) {}

  push(value: unknown): void {
    if (value === null && this.type.nullable) {
      this.markNull();
      this.pushNull();
    } else {
      this.pushValue(value);
    }
    this.length++;
  }

  bytes(): number {
    return 8 * this.length;
  }

  finish(into: MessageParts): void {
    const { length, nullCount } = this;
    into.nodes.push({ length, nullCount });
    into.buffers.push(nullCount === 0 ? new Uint8Array(0) : this.validity());
    this.finishValues(into);
  }

  protected abstract pushValue(value: unknown): void;
  protected abstract pushNull(): void;
  protected abstract finishValues(into: MessageParts): void;

  protected refuse(value: unknown): never {
    throw new ValueMismatch(value, this.type);
  }

  private markNull(): void {
    if (this.nullCount === 0 || this.length >> 3 >= this.valid.length) {
      const wider = new Uint8Array(Math.max(ROWS_AT_FIRST / 8, 2 * ((this.length >> 3) + 1))).fill(0xff);
      if (this.nullCount > 0) wider.set(this.valid);
      this.valid = wider;
    }
    this.valid[this.length >> 3]! &= ~(1 << (this.length & 7));
    this.nullCount++;
  }

  private validity(): Uint8Array {
    const bits = new Uint8Array((this.length + 7) >> 3).fill(0xff);
    bits.set(this.valid.subarray(0, bits.length));
    return bits;
  }
}

type Array64 = BigInt64Array;
type ArrayOf32 = Int8Array | Int16Array | Int32Array | Float32Array | Float64Array | Uint8Array;

export const bytesOf = (array: ArrayOf32 | Array64, length: number): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, length * array.BYTES_PER_ELEMENT);

export const wider = <A extends ArrayOf32 | Array64>(array: A): A => {
  const copy = new (array.constructor as new (length: number) => A)(array.length * 2);
  (copy as Uint8Array).set(array as Uint8Array);
  return copy;
};
