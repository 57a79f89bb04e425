// Runs a function over rows and broadcast state: what native asks of a broadcast_process.
//
//   changes of the map, rows, rows, changes, …   ->   nothing, results, results, nothing, …
//
// State: the mirrored map, and the rows of the batch that are not worked off yet.

import type { BroadcastMap } from '../plan/nodes.js';
import type { Answerer, UserFunction } from '../plan/user-function.js';
import type { Schema } from '../schema/types.js';
import { type BroadcastState, MirroredState } from './broadcast-state.js';
import { FlatRun } from './flat-run.js';
import { isPromise } from './function-loop.js';
import { REPLY_HEADER_BYTES } from './results.js';

// The first byte of a request; the rest of its header is empty (native/operators/broadcast_process.cc).
const TO_PROCESS = 0;
const WHOLE_MAP = 2;
const HEADER_BYTES = 8;

type Process = (row: never, state: BroadcastState<unknown, unknown>) => unknown;

export class BroadcastRun implements Answerer {
  private readonly state: MirroredState;
  private readonly rows: FlatRun;

  constructor(of: UserFunction, rows: Schema, map: BroadcastMap, broadcast: Schema) {
    this.state = new MirroredState(map, broadcast);
    const process = of.run as Process;
    this.rows = new FlatRun({ ...of, run: (row) => rowsOf(process(row, this.state)) }, rows);
  }

  answer(request: Uint8Array): Uint8Array | Promise<Uint8Array> {
    const what = request.length === 0 ? TO_PROCESS : request[0]!;
    const message = request.subarray(HEADER_BYTES);
    if (what === TO_PROCESS) return this.rows.answer(message);
    this.state.change(message, what === WHOLE_MAP);
    return new Uint8Array(REPLY_HEADER_BYTES);
  }

  close(): void {
    this.rows.close();
  }
}

/** Nothing, a row, or an iterable of rows; or a promise of these. */
function rowsOf(given: unknown): unknown {
  if (isPromise(given)) return given.then(rowsOf);
  if (given === undefined) return [];
  const isIterable =
    typeof given === 'object' && given !== null && (Symbol.iterator in given || Symbol.asyncIterator in given);
  return isIterable ? given : [given];
}
