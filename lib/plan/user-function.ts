// A TypeScript function over rows, as plans carry it, and the code that native calls for it.
//
//   filter((b) => seen.has(b.id))   ->   { use: 'filter', reads: [id], results: [BOOLEAN], reason: "'seen' comes from outside …" }

import type { Expression } from '../expressions/expression.js';
import type { Field } from '../schema/types.js';

export interface UserFunction {
  /** Where it stands, for people: 'filter', "sum 'total'". */
  readonly use: string;
  readonly run: (row: never) => unknown;
  readonly text: string;
  /** Columns of the node's input that it reads. */
  readonly reads: readonly number[];
  /** It may hold on to its row, or change it: every row is an object of its own. */
  readonly keepsRow: boolean;
  /** Whether it gives its one result itself, or an object whose members the results are. */
  readonly gives: 'value' | 'object';
  readonly results: readonly Field[];
  /** Its exact native forms, one per result, where it was compiled: it runs in V8 only where they fail. */
  readonly native: readonly Expression[] | undefined;
  /** Why it runs in V8. */
  readonly reason: string;
  /** How many promises of an async function may be open at a time. */
  readonly concurrency: number;
}

/**
 * Code that native calls for one subtask of a node while a job runs: bytes in, bytes out (native/operators/row_call.h). What it throws
 * fails the job.
 */
export interface Answerer {
  answer(request: Uint8Array): Uint8Array | Promise<Uint8Array>;
  /** The job has ended, however it did. */
  close?(): Promise<void> | void;
}
