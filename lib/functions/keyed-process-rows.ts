// What a keyed process function has emitted, and its reply as native reads it (native/operators/keyed_process_call.h).
//
//   push({ k: 'a' }, 5), push({ k: 'b' }, 6)   ->   [time 5, 6], [k 'a', 'b']
//
// State: the rows of one output since the last message.

import { type ColumnWriter, ValueMismatch } from '../batches/writer.js';
import { columnWriter, messageOf } from '../batches/writing.js';
import { notNull, type Schema, types } from '../schema/types.js';
import { membersOf, REPLY_HEADER_BYTES } from './results.js';

const SIZE_BYTES = 8;
export const MORE = 1;
export const TIME = { name: 'time', type: notNull(types.timestamp(3)) };
export const NOTHING = new Uint8Array(0);

/** Rows of one output. */
export class OutputRows {
  length = 0;
  private readonly time: ColumnWriter | undefined;
  private readonly writers: readonly ColumnWriter[];
  broken: unknown;

  constructor(
    private readonly name: string,
    private readonly schema: Schema,
    timed: boolean,
  ) {
    this.time = timed ? columnWriter(TIME.type) : undefined;
    this.writers = schema.map(({ type }) => columnWriter(type));
  }

  push(row: unknown, time: number): void {
    let place = -1;
    try {
      const members = membersOf(row);
      for (place = 0; place < this.writers.length; place++)
        this.writers[place]!.push(members[this.schema[place]!.name]);
      this.time?.push(time);
    } catch (error) {
      const of = place < 0 ? 'no row' : `a wrong value for '${this.schema[place]?.name}'`;
      this.broken = error instanceof ValueMismatch ? new TypeError(`${this.name} got ${of}: ${error.message}`) : error;
      throw this.broken;
    }
    this.length++;
  }

  message(): Uint8Array {
    if (this.length === 0) return NOTHING;
    return messageOf(this.time === undefined ? this.writers : [this.time, ...this.writers], this.length);
  }
}

/** Messages behind their sizes; `state`: whose keys are asked for before there is more. */
export function replyOf(messages: readonly Uint8Array[], more: boolean, state = -1): Uint8Array {
  const size = messages.reduce((sum, message) => sum + SIZE_BYTES + message.byteLength, REPLY_HEADER_BYTES);
  const reply = new Uint8Array(size);
  if (more) reply[0] = MORE;
  reply[1] = state + 1;
  const view = new DataView(reply.buffer);
  let at = REPLY_HEADER_BYTES;
  for (const message of messages) {
    view.setBigInt64(at, BigInt(message.byteLength), true);
    reply.set(message, at + SIZE_BYTES);
    at += SIZE_BYTES + message.byteLength;
  }
  return reply;
}
