// Runs functions over batches: what native asks of a user_function, and of a compiled_function whose kernels failed.
//
//   rows as one Arrow IPC message   ->   fn(row), fn(row), …   ->   results as one Arrow IPC message
//
// From the first row whose function gives a promise, rows are under way together, as many as `concurrency` says; results keep the
// order of the rows. No state between batches.

import { type Batch, type RowReader, readBatch, rowReader } from '../batches/reading.js';
import type { ColumnWriter } from '../batches/writer.js';
import type { Answerer, UserFunction } from '../plan/user-function.js';
import type { Schema } from '../schema/types.js';
import { functionError } from './function-error.js';
import { type FunctionLoop, functionLoop, type Stopped } from './function-loop.js';
import { pushResult, replyOf, writersOf } from './results.js';

export class BatchRun implements Answerer {
  private readonly reader: RowReader;
  private readonly loop: FunctionLoop;

  constructor(
    private readonly functions: readonly UserFunction[],
    private readonly rows: Schema,
  ) {
    this.reader = rowReader(rows);
    this.loop = functionLoop(functions, this.reader);
  }

  answer(request: Uint8Array): Uint8Array | Promise<Uint8Array> {
    const batch = readBatch(request, this.rows);
    const writers = writersOf(this.functions);
    const stopped = this.loop(batch, writers);
    return stopped === undefined ? replyOf(writers, batch.length) : this.finish(batch, writers, stopped);
  }

  private async finish(batch: Batch, writers: readonly ColumnWriter[], from: Stopped): Promise<Uint8Array> {
    const settled: unknown[][] = new Array(batch.length);
    let next = from.row;
    let failed = false;
    const work = async (): Promise<void> => {
      while (next < batch.length && !failed) {
        const row = next++;
        const given = row === from.row ? from.given : this.functions.map((of) => this.call(of, batch, row));
        settled[row] = await Promise.all(given.map((each, k) => this.awaited(this.functions[k]!, each, batch, row)));
      }
    };
    const concurrency = Math.min(...this.functions.map((of) => of.concurrency), batch.length - from.row);
    try {
      await Promise.all(Array.from({ length: concurrency }, work));
    } finally {
      failed = true;
    }
    for (let row = from.row; row < batch.length; row++) this.push(writers, settled[row]!, batch, row);
    return replyOf(writers, batch.length);
  }

  /** What the function gives for a row; if it throws, a promise of that. */
  private call(of: UserFunction, batch: Batch, row: number): unknown {
    const { plain, Row } = this.reader;
    try {
      return of.run((of.keepsRow ? plain(batch, row) : new Row(batch, row)) as never);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  private async awaited(of: UserFunction, given: unknown, batch: Batch, row: number): Promise<unknown> {
    try {
      return await given;
    } catch (error) {
      throw functionError(of, this.reader.plain(batch, row), 'failed', error);
    }
  }

  private push(writers: readonly ColumnWriter[], given: readonly unknown[], batch: Batch, row: number): void {
    let place = 0;
    this.functions.forEach((of, k) => {
      const end = place + of.results.length;
      pushResult(of, given[k], writers.slice(place, end), () => this.reader.plain(batch, row));
      place = end;
    });
  }
}
