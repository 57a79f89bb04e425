// A TypeScript function over rows, as plans carry it, and the code that native calls for it.
//
//   filter((b) => seen.has(b.id))   ->   { use: 'filter', reads: [id], results: [BOOLEAN], reason: "'seen' comes from outside …" }

import type { Expression } from '../expressions/expression.js';
import type { Field, LogicalType } from '../schema/types.js';
import type { OnError } from './dead-letters.js';

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
  /** What becomes of a row that it throws at; absent: the job fails. */
  readonly onError?: OnError | undefined;
}

/** A state that a keyed process function keeps of every key. */
export interface ProcessState {
  readonly kind: 'value' | 'list' | 'map';
  /** Of its value, its elements, its entries. */
  readonly type: LogicalType;
  /** Of a map's entries. */
  readonly key: LogicalType | undefined;
  /** What the value is as long as none is set. */
  readonly initial: unknown;
  readonly ttl: StateTtl | undefined;
}

/** The user's own object, whose methods are called. */
export interface ProcessDefinition {
  readonly output: OutputType;
  readonly sideOutputs?: Readonly<Record<string, OutputType>>;
  process(row: never, ctx: never): unknown;
  onTimer?(timeMs: number, ctx: never): unknown;
  processBroadcast?(row: never, ctx: never): unknown;
}

/** What rows carry that the function sees through its context only. */
export interface ProcessExtras {
  /** Columns of the node's input behind those that it reads. */
  readonly record: readonly number[];
  /** How messages name a call that gives a row, by output. */
  readonly outputs: readonly string[];
  /** What it is given in place of its context, made of that. */
  readonly context: (of: never) => object;
}

interface OutputType {
  readonly fields: Readonly<Record<string, { readonly type: LogicalType }>>;
}

/** A keyed process function. */
export interface ProcessCode {
  readonly definition: ProcessDefinition;
  readonly states: Readonly<Record<string, ProcessState>>;
  readonly process: UserFunction;
  readonly onTimer: Pick<UserFunction, 'use' | 'text'> | undefined;
  readonly processBroadcast: Pick<UserFunction, 'use' | 'text'> | undefined;
  readonly extras: ProcessExtras | undefined;
  /** A key is an object with these members; undefined: it is the value of the one key. */
  readonly keyNames: readonly string[] | undefined;
}

/** How long a key's state is kept that is not used, in processing time. */
export interface StateTtl {
  readonly ms: number;
  /** What counts as use: a row of the key, or also somebody who reads its state. */
  readonly update: 'createAndWrite' | 'readAndWrite';
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
