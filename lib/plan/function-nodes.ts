// Nodes of the logical plan that call functions in TypeScript.
//
//   map((b) => ({ host: hostOf(b.url) }))   ->   user_function [columns of b, host] ( b )
//
// Data only; `nodes.ts` has the others.

import type { LogicalNode, Node } from './nodes.js';
import type { ProcessCode, UserFunction } from './user-function.js';

/**
 * Functions in TypeScript over every row: output is `columns` of the input, then the functions' results. All of them are compiled, or
 * all run in V8. If it `flattens`, its one function gives any number of rows for each.
 */
export interface UserFunctionNode extends Node {
  readonly op: 'user_function';
  readonly input: LogicalNode;
  readonly columns: readonly number[];
  readonly functions: readonly UserFunction[];
  readonly flattens: boolean;
}

/** How rows of a broadcast stream become a map that every subtask has. */
export interface BroadcastMap {
  /** So many columns, from the first, are the rows' own. */
  readonly width: number;
  readonly keys: readonly number[];
  /** A key is an object with these members; undefined: it is the value of the one key. */
  readonly keyNames: readonly string[] | undefined;
  /** The column that says which rows remove their key. */
  readonly removes: number | undefined;
}

/**
 * A function in V8 that sees every row of `left`, and the rows of `right` as a map by key: output is `columns` of the left, then what
 * it gives, any number of rows for each.
 */
export interface BroadcastProcessNode extends Node {
  readonly op: 'broadcast_process';
  readonly left: LogicalNode;
  readonly right: LogicalNode;
  /** Of the left: rows with equal keys meet in one subtask. None: rows stay where they are. */
  readonly keys: readonly number[];
  readonly broadcast: BroadcastMap;
  readonly columns: readonly number[];
  readonly function: UserFunction;
}

/**
 * A function in V8 with state and timers of the rows' keys: output is, if it has several outputs, which one (TINYINT, from 0); the
 * columns of all its outputs, of which those of the others are NULL; and the event time last, if rows have it.
 */
export interface KeyedProcessNode extends Node {
  readonly op: 'keyed_process';
  readonly input: LogicalNode;
  readonly keys: readonly number[];
  readonly time: number | undefined;
  readonly code: ProcessCode;
  /** How many columns each output has. */
  readonly outputs: readonly number[];
}

/** The same over the rows of `left`, with the rows of `right` as a map by key at hand; it may process these, too. */
export interface KeyedBroadcastProcessNode extends Omit<KeyedProcessNode, 'op' | 'input'> {
  readonly op: 'keyed_broadcast_process';
  readonly left: LogicalNode;
  readonly right: LogicalNode;
  readonly broadcast: BroadcastMap;
}
