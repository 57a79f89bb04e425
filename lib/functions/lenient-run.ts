// Runs functions over batches whose rows may fail: their `onError` says that the job goes on.
//
//   rows 1, 2, 3, fn throws at 2   ->   results of 1 and 3, and that row 2 has failed
//
// What a function gives is tried on columns of its own first, so that a row is written whole or not at all. Otherwise as BatchRun.

import { AT_ROW, type Batch, type RowReader, readBatch, rowReader } from '../batches/reading.js';
import type { ColumnWriter } from '../batches/writer.js';
import { goesOn } from '../plan/dead-letters.js';
import type { Answerer, UserFunction } from '../plan/user-function.js';
import type { Schema } from '../schema/types.js';
import { BatchRun } from './batch-run.js';
import { FailedEvents } from './failed-events.js';
import { failureText } from './function-error.js';
import { isPromise } from './function-loop.js';
import { pushResult, replyOf, writersOf } from './results.js';

/** How functions that cross together run: their `onError` is one. */
export const batchRun = (functions: readonly UserFunction[], rows: Schema): Answerer =>
  goesOn(functions[0]!.onError) ? new LenientRun(functions, rows) : new BatchRun(functions, rows);

/** How many rows are tried on the same columns. */
const TRIED_MAX = 1024;

/** What a row has come to. */
type Settled = { readonly given: readonly unknown[] } | { readonly error: string };

class LenientRun implements Answerer {
  private readonly reader: RowReader;
  private tried: ColumnWriter[] = [];
  private numTried = TRIED_MAX;

  constructor(
    private readonly functions: readonly UserFunction[],
    private readonly rows: Schema,
  ) {
    this.reader = rowReader(rows);
  }

  answer(request: Uint8Array): Uint8Array | Promise<Uint8Array> {
    const batch = readBatch(request, this.rows);
    const results = new Results(this.functions);
    const view = new this.reader.Row(batch, 0);
    for (let row = 0; row < batch.length; row++) {
      view[AT_ROW] = row;
      const called = this.call(batch, row, view);
      if ('given' in called && called.given.some(isPromise)) return this.finish(batch, results, row, called.given);
      this.write(called, batch, row, results);
    }
    return results.reply();
  }

  private async finish(batch: Batch, results: Results, first: number, given: readonly unknown[]): Promise<Uint8Array> {
    const settled: Settled[] = new Array(batch.length);
    let next = first;
    const work = async (): Promise<void> => {
      while (next < batch.length) {
        const row = next++;
        const called = row === first ? { given } : this.call(batch, row, new this.reader.Row(batch, row));
        settled[row] = 'given' in called ? await this.awaited(called.given) : called;
      }
    };
    const concurrency = Math.min(...this.functions.map((of) => of.concurrency), batch.length - first);
    await Promise.all(Array.from({ length: concurrency }, work));
    for (let row = first; row < batch.length; row++) this.write(settled[row]!, batch, row, results);
    return results.reply();
  }

  /** What the functions give for a row; one that throws is the last. */
  private call(batch: Batch, row: number, view: object): Settled {
    const given: unknown[] = [];
    for (const of of this.functions) {
      try {
        given.push(of.run((of.keepsRow ? this.reader.plain(batch, row) : view) as never));
      } catch (error) {
        // Nobody waits for what the others have begun.
        for (const each of given) if (isPromise(each)) Promise.resolve(each).catch(() => {});
        return { error: failureText(of, error) };
      }
    }
    return { given };
  }

  private async awaited(given: readonly unknown[]): Promise<Settled> {
    const all = await Promise.allSettled(given);
    const failed = all.findIndex((each) => each.status === 'rejected');
    if (failed >= 0)
      return { error: failureText(this.functions[failed]!, (all[failed] as PromiseRejectedResult).reason) };
    return { given: all.map((each) => (each as PromiseFulfilledResult<unknown>).value) };
  }

  private write(settled: Settled, batch: Batch, row: number, results: Results): void {
    const error = 'error' in settled ? settled.error : this.mistakeIn(settled.given, batch, row);
    if (error !== undefined) results.failed.push(row, error);
    else results.push((settled as { given: readonly unknown[] }).given, () => this.reader.plain(batch, row));
  }

  private mistakeIn(given: readonly unknown[], batch: Batch, row: number): string | undefined {
    if (this.numTried === TRIED_MAX) {
      this.tried = writersOf(this.functions);
      this.numTried = 0;
    }
    this.numTried++;
    try {
      pushAll(this.functions, given, this.tried, () => this.reader.plain(batch, row));
      return undefined;
    } catch (error) {
      this.numTried = TRIED_MAX;
      return failureText(this.functions[0]!, error);
    }
  }
}

class Results {
  readonly failed = new FailedEvents();
  private readonly writers: ColumnWriter[];
  private length = 0;

  constructor(private readonly functions: readonly UserFunction[]) {
    this.writers = writersOf(functions);
  }
  push(given: readonly unknown[], row: () => object): void {
    pushAll(this.functions, given, this.writers, row);
    this.length++;
  }
  reply(): Uint8Array {
    return replyOf(this.writers, this.length, false, this.failed.message());
  }
}

function pushAll(
  functions: readonly UserFunction[],
  given: readonly unknown[],
  writers: readonly ColumnWriter[],
  row: () => object,
): void {
  let place = 0;
  functions.forEach((of, k) => {
    const end = place + of.results.length;
    pushResult(of, given[k], writers.slice(place, end), row);
    place = end;
  });
}
