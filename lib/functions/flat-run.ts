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

export class FlatRun implements Answerer {
  private readonly reader: RowReader;
  private pieces: AsyncGenerator<Uint8Array, Uint8Array, void> | undefined;
  private writers: ColumnWriter[] = [];
  private length = 0;
  private readonly goesOn: boolean;
  private readonly failed = new FailedEvents();
  private readonly canonical: Canonical;

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
        for (const given of await this.whole(calls.next(), batch, row))
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
  private async whole(called: unknown, batch: Batch, row: number): Promise<readonly unknown[]> {
    const given: unknown[] = [];
    try {
      const writers = writersOf([this.of]);
      for await (const each of rowsIn(isPromise(called) ? await called : called)) {
        pushResult(this.of, each, writers, () => this.reader.plain(batch, row));
        given.push(this.canonical(each));
      }
      return given;
    } catch (error) {
      this.failed.push(row, failureText(this.of, error));
      return [];
    }
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
