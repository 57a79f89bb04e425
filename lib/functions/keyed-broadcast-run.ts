// Runs a keyed process function with broadcast state: what native asks of a keyed_broadcast_process.
//
//   changes of the map              ->   processBroadcast(row, ctx), …   ->   rows of every output, or a state whose keys are asked for
//   its keys, rows, timers of keys  ->   as KeyedProcessRun, with the map at hand
//
// State: the mirrored map, and the rows of the broadcast stream that are not worked off yet.

import { goesOn } from '../plan/dead-letters.js';
import type { BroadcastMap } from '../plan/nodes.js';
import type { Answerer, ProcessCode } from '../plan/user-function.js';
import type { Schema } from '../schema/types.js';
import { type BroadcastState, type MapChange, MirroredState } from './broadcast-state.js';
import { printRow, processError } from './function-error.js';
import { emptyRows, firstNotLate } from './keyed-process-request.js';
import { MORE, NOTHING, type OutputRows, replyOf } from './keyed-process-rows.js';
import { KeyedProcessRun, type ProcessShape, requestOf } from './keyed-process-run.js';

// What a request is (native/operators/keyed_process_call.h).
const [BROADCAST, WHOLE_MAP, MAP_PIECE] = [3, 4, 5];
const PIECE_ROWS_MAX = 16_384;
const TIMERS = 2;

/** A call of forEachKey: for the keys of a state, by its place. */
interface Visit {
  readonly state: number;
  readonly to: (ctx: object) => unknown;
}

export class KeyedBroadcastRun implements Answerer {
  private readonly state: MirroredState;
  private readonly keyed: KeyedProcessRun;
  private readonly states: readonly string[];
  private rows: AsyncGenerator<Uint8Array, Uint8Array, void> | undefined;
  /** What is called for the keys that are asked for now. */
  private visiting: Visit['to'] | undefined;
  /** The last request for a key's rows or timers has more to say. */
  private keyedGoesOn = false;

  constructor(
    private readonly code: ProcessCode,
    shape: ProcessShape,
    { map, schema }: { readonly map: BroadcastMap; readonly schema: Schema },
  ) {
    this.state = new MirroredState(map, schema);
    this.keyed = new KeyedProcessRun(code, shape, this.state);
    this.states = Object.keys(code.states);
  }

  async answer(request: Uint8Array): Promise<Uint8Array> {
    const what = request[0];
    if (what === undefined) return this.keyedGoesOn ? this.askKeyed(request) : this.next();
    if (what === WHOLE_MAP || what === MAP_PIECE) {
      this.state.change(requestOf(request).events, what === WHOLE_MAP);
      return this.reply([], false);
    }
    if (what !== BROADCAST) return this.askKeyed(request);
    this.rows = this.run(request);
    return this.next();
  }

  close(): void {
    this.rows?.return(NOTHING).catch(() => {});
    this.keyed.close();
  }

  private async askKeyed(request: Uint8Array): Promise<Uint8Array> {
    const reply = await this.keyed.answer(request, this.visiting);
    this.keyedGoesOn = (reply[0]! & MORE) !== 0;
    return reply;
  }

  private async next(): Promise<Uint8Array> {
    return (await this.rows!.next()).value;
  }

  /** The last piece is returned; those before it are yielded, and so is what asks for keys. */
  private async *run(request: Uint8Array): AsyncGenerator<Uint8Array, Uint8Array, void> {
    const asked = requestOf(request);
    const emitting = this.keyed.emitting;
    const begin = () => emitting.outputs.map((_, i) => emptyRows(emitting, i));
    let rows = begin();
    const piece = (more: boolean, state?: number): Uint8Array => {
      const said = rows;
      rows = begin();
      return this.reply(said, more, state);
    };
    for (const change of this.state.changes(asked.events)) {
      const ctx = new RowContext(this.state, change, asked.processingTime, {
        states: this.states,
        sideOutputs: emitting.sideOutputs,
        emit: (output, row) => rows[output]!.push(row, firstNotLate(asked)),
      });
      await this.call(change, ctx);
      for (const { state, to } of ctx.visits) {
        this.visiting = to;
        yield piece(true, state);
        this.visiting = undefined;
      }
      if (rows.some(({ length }) => length >= PIECE_ROWS_MAX)) yield piece(true);
    }
    return piece(false);
  }

  private async call(change: MapChange, ctx: RowContext): Promise<void> {
    const { definition, processBroadcast } = this.code;
    if (processBroadcast === undefined) return;
    try {
      await definition.processBroadcast!(change.row as never, ctx as never);
    } catch (error) {
      throw processError(processBroadcast, `row ${printRow(change.row)}`, error);
    } finally {
      ctx.end();
    }
  }

  private reply(rows: readonly OutputRows[], more: boolean, state?: number): Uint8Array {
    const broken = rows.find((each) => each.broken !== undefined);
    if (broken !== undefined)
      throw processError(this.code.processBroadcast!, 'a row, and caught the error', broken.broken);
    const outputs = this.keyed.emitting.outputs.map((_, i) => rows[i]?.message() ?? NOTHING);
    const edits = Array.from({ length: this.states.length + TIMERS }, () => NOTHING);
    return replyOf([...outputs, ...edits, ...(goesOn(this.code.process.onError) ? [NOTHING] : [])], more, state);
  }
}

interface Allowed {
  readonly states: readonly string[];
  readonly sideOutputs: readonly string[];
  emit(output: number, row: unknown): void;
}

/** What `processBroadcast` is given beside its row. */
class RowContext {
  readonly visits: Visit[] = [];
  private allowed: Allowed | undefined;

  constructor(
    readonly broadcast: BroadcastState<unknown, unknown>,
    private readonly change: MapChange,
    readonly processingTime: number,
    allowed: Allowed,
  ) {
    this.allowed = allowed;
  }

  get previous(): object | undefined {
    return this.change.previous;
  }
  get removed(): boolean {
    return this.change.removed;
  }

  // Not methods: `const { emit } = ctx` works.
  readonly emit = (row: unknown): void => this.open().emit(0, row);

  readonly sideOutput = (name: string, row: unknown): void => {
    const output = this.open().sideOutputs.indexOf(name);
    if (output < 0) throw new TypeError(`there is no side output '${name}'`);
    this.open().emit(output + 1, row);
  };

  readonly forEachKey = (name: string, to: Visit['to']): void => {
    const state = this.open().states.indexOf(name);
    if (state < 0) throw new TypeError(`there is no state '${name}'`);
    if (typeof to !== 'function') throw new TypeError(`forEachKey('${name}', …) takes a function`);
    this.visits.push({ state, to });
  };

  end(): void {
    this.allowed = undefined;
  }

  private open(): Allowed {
    if (this.allowed === undefined)
      throw new Error('its context was used after the function had returned, or its promise had settled');
    return this.allowed;
  }
}
