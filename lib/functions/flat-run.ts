// Runs a function that gives any number of rows for each: flatMap.
//
//   { words: ['a', 'b'] }, { words: [] }, { words: ['c'] }   ->   rows 0 a, 0 b, 2 c, in pieces of bounded size
//
// Some promises are open at a time, and what they give keeps the order of rows; async iterables are read one after the other. State: the
// rows of the batch that are not worked off yet.

import { type Canonical, canonicalOf } from '../batches/canonical.js';
import { type Batch, ROW_NUMBER, type RowReader, readBatch, rowReader } from '../batches/reading.js';
import type { ColumnWriter } from '../batches/writer.js';
import { columnWriter } from '../batches/writing.js';
import { SabotError } from '../errors.js';
import { goesOn } from '../plan/dead-letters.js';
import type { Answerer, UserFunction } from '../plan/user-function.js';
import { type Schema, types } from '../schema/types.js';
import { FailedEvents } from './failed-events.js';
import { failureText, functionError } from './function-error.js';
import { isPromise } from './function-loop.js';
import { pushResult, replyOf, writersOf } from './results.js';

const PIECE_ROWS_MAX = 16_384;
/** How many rows are tried on the same columns. */
const TRIED_MAX = 1024;

export class FlatRun implements Answerer {
  private readonly reader: RowReader;
  private pieces: AsyncGenerator<Uint8Array, Uint8Array, void> | undefined;
  private writers: ColumnWriter[] = [];
  private length = 0;
  private readonly goesOn: boolean;
  private readonly failed = new FailedEvents();
  private readonly canonical: Canonical;
  private tried: ColumnWriter[] = [];
  private numTried = TRIED_MAX;

  constructor(
    private readonly of: UserFunction,
    private readonly rows: Schema,
  ) {
    this.reader = rowReader(rows);
    this.goesOn = goesOn(of.onError);
    this.canonical = canonicalOf(types.row(of.results));
  }

  async answer(request: Uint8Array): Promise<Uint8Array> {
    if (request.length > 0) this.pieces = this.run(readBatch(request, this.rows));
    return (await this.pieces!.next()).value;
  }

  /** Does not wait for a function that is busy: it may never come back. */
  close(): void {
    this.pieces?.return(new Uint8Array(0)).catch(() => {});
  }

  /** The last piece is returned, those before it are yielded. */
  private async *run(batch: Batch): AsyncGenerator<Uint8Array, Uint8Array, void> {
    this.begin();
    const calls = new CallsAhead(batch.length, this.of.concurrency, (row) => this.call(batch, row));
    for (let row = 0; row < batch.length; row++) {
      if (this.goesOn) {
        const whole = this.whole(calls.next(), batch, row);
        // Nothing is awaited without need: that costs more than most functions do.
        for (const given of isPromise(whole) ? await whole : whole)
          if (this.push(given, batch, row)) yield this.piece();
        continue;
      }
      try {
        const called = calls.next();
        const rows = rowsIn(isPromise(called) ? await called : called);
        if (Symbol.iterator in rows) {
          for (const given of rows) if (this.push(given, batch, row)) yield this.piece();
        } else {
          for await (const given of rows) if (this.push(given, batch, row)) yield this.piece();
        }
      } catch (error) {
        throw this.failureOf(batch, row, error);
      }
    }
    return replyOf(this.writers, this.length, false, this.failed.message());
  }

  /** All that the function gives for a row, as it then was; nothing if it fails anywhere. */
  private whole(called: unknown, batch: Batch, row: number): readonly unknown[] | Promise<readonly unknown[]> {
    if (isPromise(called)) return this.wholeLater(called, batch, row);
    try {
      const rows = rowsIn(called);
      if (!(Symbol.iterator in rows)) return this.wholeLater(rows, batch, row);
      const given: unknown[] = [];
      for (const each of rows) given.push(this.checked(each, batch, row));
      return given;
    } catch (error) {
      return this.without(row, error);
    }
  }

  private async wholeLater(called: unknown, batch: Batch, row: number): Promise<readonly unknown[]> {
    try {
      const given: unknown[] = [];
      for await (const each of rowsIn(await called)) given.push(this.checked(each, batch, row));
      return given;
    } catch (error) {
      return this.without(row, error);
    }
  }

  private without(row: number, error: unknown): readonly unknown[] {
    this.failed.push(row, failureText(this.of, error));
    return [];
  }

  /** A row that the function has given, as nobody changes it any more, if its columns can hold it. */
  private checked(given: unknown, batch: Batch, row: number): unknown {
    if (this.numTried === TRIED_MAX) {
      this.tried = writersOf([this.of]);
      this.numTried = 0;
    }
    this.numTried++;
    try {
      pushResult(this.of, given, this.tried, () => this.reader.plain(batch, row));
    } catch (error) {
      this.numTried = TRIED_MAX;
      throw error;
    }
    return this.canonical(given);
  }

  private call(batch: Batch, row: number): unknown {
    try {
      return this.of.run(this.reader.plain(batch, row) as never);
    } catch (error) {
      // That row's, when its turn comes.
      if (this.goesOn) return Promise.reject(error);
      throw this.failureOf(batch, row, error);
    }
  }

  private failureOf(batch: Batch, row: number, error: unknown): SabotError {
    return error instanceof SabotError ? error : functionError(this.of, this.reader.plain(batch, row), 'failed', error);
  }

  /** Whether the piece is full. */
  private push(given: unknown, batch: Batch, row: number): boolean {
    this.writers[0]!.push(row);
    pushResult(this.of, given, this.writers.slice(1), () => this.reader.plain(batch, row));
    return ++this.length === PIECE_ROWS_MAX;
  }

  private piece(): Uint8Array {
    const piece = replyOf(this.writers, this.length, true, this.failed.message());
    this.begin();
    return piece;
  }

  private begin(): void {
    this.writers = [columnWriter(ROW_NUMBER.type), ...writersOf([this.of])];
    this.length = 0;
  }
}

/** Calls for row after row: as long as they give promises, up to `concurrency` of them ahead. */
class CallsAhead {
  private readonly open: unknown[] = [];
  private row = 0;

  constructor(
    private readonly rows: number,
    private readonly concurrency: number,
    private readonly call: (row: number) => unknown,
  ) {}

  /** What the next row's call gave. */
  next(): unknown {
    do {
      if (this.row === this.rows) break;
      const given = this.call(this.row++);
      this.open.push(given);
      if (!isPromise(given)) break;
      // It is seen in its turn, if nothing before it fails.
      given.then(undefined, () => {});
    } while (this.open.length < this.concurrency);
    return this.open.shift();
  }
}

function rowsIn(given: unknown): Iterable<unknown> | AsyncIterable<unknown> {
  if (typeof given === 'object' && given !== null) {
    if (Symbol.iterator in given) return given as Iterable<unknown>;
    if (Symbol.asyncIterator in given) return given as AsyncIterable<unknown>;
  }
  throw new TypeError('it must give an array, or another iterable of rows');
}
