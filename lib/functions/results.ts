// What a function gave, into the columns of its results.
//
//   { cents: 5n, tag: 'a' }   ->   cents.push(5n), tag.push('a')
//
// A value that its column cannot hold is the function's error, and names the member and the row.

import { type ColumnWriter, ValueMismatch } from '../batches/writer.js';
import { columnWriter, messageOf } from '../batches/writing.js';
import type { UserFunction } from '../plan/user-function.js';
import { types } from '../schema/types.js';
import { functionError } from './function-error.js';

/** What stands before the message in a reply; it keeps the message aligned. */
export const REPLY_HEADER_BYTES = 8;
const MORE = 1;
const FAILED = 2;
const SIZE_BYTES = 8;

/** What native is answered: whether it should ask for more, what has failed, and rows. */
export function replyOf(
  writers: readonly ColumnWriter[],
  rows: number,
  more = false,
  failed: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const some = failed.byteLength > 0;
  const before = REPLY_HEADER_BYTES + (some ? SIZE_BYTES + failed.byteLength : 0);
  const bytes = messageOf(writers, rows, before);
  bytes[0] = (more ? MORE : 0) | (some ? FAILED : 0);
  if (some) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    view.setBigInt64(REPLY_HEADER_BYTES, BigInt(failed.byteLength), true);
    bytes.set(failed, REPLY_HEADER_BYTES + SIZE_BYTES);
  }
  return bytes;
}

export const writersOf = (functions: readonly UserFunction[]): ColumnWriter[] =>
  functions.flatMap((of) => of.results.map(({ type }) => columnWriter(type)));

/** Writes what `of` gave for one row to its own writers. */
export function pushResult(
  of: UserFunction,
  given: unknown,
  writers: readonly ColumnWriter[],
  row: () => object,
): void {
  let place = 0;
  try {
    if (of.gives === 'value') {
      writers[0]?.push(given);
      return;
    }
    const members = membersOf(given);
    for (; place < writers.length; place++) writers[place]!.push(members[of.results[place]!.name]);
  } catch (error) {
    throw mismatch(of, place, error, row());
  }
}

/** The members of an object; anything else is no row. */
export function membersOf(given: unknown): Readonly<Record<string, unknown>> {
  if (typeof given !== 'object' || given === null) throw new ValueMismatch(given, types.row([]));
  return given as Record<string, unknown>;
}

/** Result `place` of a function is no value of its column. */
export function mismatch(of: UserFunction, place: number, error: unknown, row: object): Error {
  const name = of.gives === 'object' ? ` for '${of.results[place]?.name}'` : '';
  return functionError(of, row, `gave a wrong value${name}`, error);
}
