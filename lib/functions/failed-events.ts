// What functions have failed at, as native is told (native/operators/failed_rows.h, ReplySchema).
//
//   push(3, 'TypeError: …')   ->   [row 3, key -1, time 0, error 'TypeError: …']
//
// State: what has failed since the last message.

import type { ColumnWriter } from '../batches/writer.js';
import { columnWriter, messageOf } from '../batches/writing.js';
import { notNull, types } from '../schema/types.js';

const TYPES = [types.integer(), types.integer(), types.bigint(), types.string()].map(notNull);
const NOTHING = new Uint8Array(0);

export class FailedEvents {
  private writers: readonly ColumnWriter[] = TYPES.map(columnWriter);
  private length = 0;

  /** -1: the event has no row, or no key. */
  push(row: number, error: string, key = -1, time = 0n): void {
    [row, key, time, error].forEach((value, i) => {
      this.writers[i]!.push(value);
    });
    this.length++;
  }

  message(): Uint8Array {
    if (this.length === 0) return NOTHING;
    const bytes = messageOf(this.writers, this.length);
    this.writers = TYPES.map(columnWriter);
    this.length = 0;
    return bytes;
  }
}
