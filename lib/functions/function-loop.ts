// The loop over a batch: generated per set of functions, so that V8 can inline the function, the row and the columns into it.
//
//   for (row = 0; row < batch.length; row++) { view[AT_ROW] = row; const r0 = run0(view); w0.push(r0); }
//
// No state. A function that keeps its row is given an object of its own for each.

import { AT_ROW, type Batch, type RowReader } from '../batches/reading.js';
import { type ColumnWriter, ValueMismatch } from '../batches/writer.js';
import type { UserFunction } from '../plan/user-function.js';
import { functionError } from './function-error.js';
import { membersOf, mismatch } from './results.js';

/** A row at which a function gave a promise, and what the functions gave for it. */
export interface Stopped {
  readonly row: number;
  readonly given: unknown[];
}

/** Calls the functions for every row and writes what they give; stops at the first promise. */
export type FunctionLoop = (batch: Batch, writers: readonly ColumnWriter[]) => Stopped | undefined;

export const isPromise = (given: unknown): given is PromiseLike<unknown> =>
  typeof given === 'object' && given !== null && typeof (given as { then?: unknown }).then === 'function';

export function functionLoop(functions: readonly UserFunction[], reader: RowReader): FunctionLoop {
  const results = functions.flatMap((of, k) => of.results.map((field) => ({ k, field })));
  const names = results.map((_, i) => `w${i}`).join(', ');
  const calls = functions.map(
    (of, k) => `at = ${k}; const r${k} = run${k}(${of.keepsRow ? 'plain(batch, row)' : 'view'});`,
  );
  const promises = functions.map((_, k) => `isPromise(r${k})`).join(' || ');
  const pushes = results.map(({ k, field }, i) =>
    functions[k]!.gives === 'value'
      ? `at = ${i}; w${i}.push(r${k});`
      : `at = ${i}; w${i}.push(membersOf(r${k})[${JSON.stringify(field.name)}]);`,
  );
  const source = `'use strict';
    const [${functions.map((_, k) => `run${k}`).join(', ')}] = runs;
    const isPromise = (given) => typeof given === 'object' && given !== null && typeof given.then === 'function';
    return (batch, [${names}]) => {
      const view = new Row(batch, 0);
      let row = 0, at = 0;
      try {
        for (; row < batch.length; row++) {
          view[AT_ROW] = row;
          ${calls.join('\n          ')}
          if (${promises}) return { row, given: [${functions.map((_, k) => `r${k}`).join(', ')}] };
          ${pushes.join('\n          ')}
        }
      } catch (error) {
        throw failure(error, at, plain(batch, row));
      }
    };`;
  const failure = (error: unknown, at: number, row: object): Error => {
    if (!(error instanceof ValueMismatch)) return functionError(functions[at]!, row, 'failed', error);
    const { k } = results[at]!;
    return mismatch(functions[k]!, at - results.findIndex((result) => result.k === k), error, row);
  };
  const runs = functions.map((of) => of.run);
  const make = new Function('runs', 'Row', 'plain', 'AT_ROW', 'membersOf', 'failure', source);
  return make(runs, reader.Row, reader.plain, AT_ROW, membersOf, failure) as FunctionLoop;
}
