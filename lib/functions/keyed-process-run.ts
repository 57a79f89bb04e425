// Runs a keyed process function: what native asks of a keyed_process (native/operators/keyed_process_call.h).
//
//   keys with their states, rows or timers of these keys   ->   rows of every output, changes of states and timers
//
// State: the request under way, and the states of keys that the engine has it keep.

import { type Canonical, canonicalOf } from '../batches/canonical.js';
import { type Batch, type RowReader, readBatch, rowReader } from '../batches/reading.js';
import type { Answerer, ProcessCode, ProcessState } from '../plan/user-function.js';
import { type LogicalType, notNull, nullable, type Schema, types } from '../schema/types.js';
import type { BroadcastState } from './broadcast-state.js';
import { cellsOf } from './keyed-process-cells.js';
import { type Events, RowEvents, TimerEvents } from './keyed-process-events.js';
import { type Asked, type Emitting, OpenRequest, type Reading } from './keyed-process-request.js';
import { TIME } from './keyed-process-rows.js';

/** What crosses. */
export interface ProcessShape {
  readonly reads: Schema;
  /** What rows carry that only contexts show. */
  readonly record: Schema;
  readonly keys: readonly LogicalType[];
  readonly timed: boolean;
}

const HEADER_BYTES = 40;
const [ROWS, EVENT_TIMERS] = [0, 1];

const KEPT = { name: 'kept', type: notNull(types.integer()) };
const KEY = { name: 'key', type: notNull(types.integer()) };
const INT64_MAX = 2n ** 63n - 1n;

export class KeyedProcessRun implements Answerer {
  private readonly states: readonly (readonly [name: string, declared: ProcessState])[];
  private readonly sideOutputs: readonly string[];
  private readonly outputs: readonly Schema[];
  private readonly canonical: readonly Canonical[];
  private readonly keySchema: Schema;
  private readonly keyReader: RowReader;
  private readonly rowSchema: Schema;
  private readonly rowReader: RowReader;
  private readonly timeReader: RowReader;
  private readonly recordReader: RowReader;
  /** States of keys by the numbers that the engine gives, from one request to the next. */
  private readonly kept = new Map<number, readonly unknown[]>();
  private replies: AsyncGenerator<Uint8Array, Uint8Array, void> | undefined;

  constructor(
    readonly code: ProcessCode,
    readonly shape: ProcessShape,
    private readonly broadcast?: BroadcastState<unknown, unknown>,
  ) {
    const { sideOutputs = {}, output } = code.definition;
    this.states = Object.entries(code.states);
    this.sideOutputs = Object.keys(sideOutputs);
    this.outputs = [output, ...Object.values(sideOutputs)].map(({ fields }) =>
      Object.entries(fields).map(([name, { type }]) => ({ name, type })),
    );
    this.canonical = this.outputs.map((schema) => canonicalOf(types.row(schema)));
    this.keySchema = [
      ...shape.keys.map((type, i) => ({ name: keyName(i), type })),
      ...this.states.map(([, declared], i) => ({ name: stateName(i), type: sentType(declared) })),
      KEPT,
    ];
    this.keyReader = rowReader(this.keySchema);
    this.rowSchema = [...shape.reads, ...shape.record, KEY, ...(shape.timed ? [TIME] : [])];
    this.rowReader = rowReader(shape.reads);
    // Only time, behind columns whose names may be any.
    this.timeReader = rowReader(this.rowSchema.map(({ type }, i) => ({ name: String(i), type })));
    this.recordReader = rowReader([...shape.reads.map(({ type }, i) => ({ name: String(i), type })), ...shape.record]);
  }

  /** `forEachKey`: what a request for keys calls. */
  async answer(request: Uint8Array, forEachKey?: (ctx: object) => unknown): Promise<Uint8Array> {
    if (request.length > 0) this.replies = this.open(request, forEachKey).run();
    return (await this.replies!.next()).value;
  }

  /** What the function may emit. */
  get emitting(): Emitting {
    const { code, shape, sideOutputs, outputs } = this;
    return { code, timed: shape.timed, sideOutputs, outputs };
  }

  /** Does not wait for a function that is busy: it may never come back. */
  close(): void {
    this.replies?.return(new Uint8Array(0)).catch(() => {});
  }

  private open(request: Uint8Array, forEachKey: Asked['forEachKey']): OpenRequest {
    const { what, watermark, processingTime, until, keys: keyBytes, events } = requestOf(request);
    const keys = readBatch(keyBytes, this.keySchema);
    const isRows = what === ROWS;
    const batch = readBatch(events, isRows ? this.rowSchema : [KEY, TIME]);
    const asked = { watermark, processingTime, forEachKey };
    if (isRows)
      return new OpenRequest(this.reading(keys, batch), {
        ...asked,
        events: this.rowEvents(batch),
        timerKind: undefined,
      });
    if (forEachKey !== undefined)
      return new OpenRequest(this.reading(keys, undefined), {
        ...asked,
        events: new RowEvents(keysOf(batch, 0), () => Number.NaN),
        timerKind: undefined,
      });
    return new OpenRequest(this.reading(keys, undefined), {
      ...asked,
      events: timerEvents(batch, keys.length, until),
      timerKind: what === EVENT_TIMERS ? 'eventTime' : 'processingTime',
    });
  }

  private rowEvents(batch: Batch): Events {
    const { reads, record, timed } = this.shape;
    const place = reads.length + record.length;
    const keys = keysOf(batch, place);
    if (!timed) return new RowEvents(keys, () => Number.NaN);
    const view = new this.timeReader.Row(batch, 0) as unknown as Record<string, number>;
    const [name, row] = [String(place + 1), '\u0000row'];
    return new RowEvents(keys, (at) => {
      view[row] = at;
      return view[name]!;
    });
  }

  private reading(keys: Batch, rows: Batch | undefined): Reading {
    const views: Record<string, unknown>[] = new Array(keys.length);
    const view = (at: number) => {
      views[at] ??= new this.keyReader.Row(keys, at) as unknown as Record<string, unknown>;
      return views[at];
    };
    const { keyNames } = this.code;
    const named: unknown[] = new Array(keyNames === undefined ? 0 : keys.length);
    const cells = this.states.map(([name, declared], i) =>
      cellsOf(name, declared, (key) => view(key)[stateName(i)], keys.length),
    );
    const places = keysOf(keys, this.keySchema.length - 1);
    places.forEach((place, key) => {
      if (place >= 0 && place % 2 === 1)
        for (const [i, kept] of this.kept.get(place >> 1)!.entries()) cells[i]!.restore(key, kept);
    });
    return {
      ...this.emitting,
      broadcast: this.broadcast,
      canonical: this.canonical,
      cells: Object.fromEntries(this.states.map(([name], i) => [name, cells[i]!])),
      end: () => {
        places.forEach((place, key) => {
          if (place >= 0)
            this.kept.set(
              place >> 1,
              cells.map((each) => each.keep(key)),
            );
        });
      },
      key: (at) => {
        if (keyNames === undefined) return view(at)[keyName(0)];
        named[at] ??= Object.freeze(Object.fromEntries(keyNames.map((name, i) => [name, view(at)[keyName(i)]])));
        return named[at];
      },
      row: (at) => (this.code.process.keepsRow ? this.rowReader.plain(rows!, at) : new this.rowReader.Row(rows!, at)),
      plainRow: (at) => this.rowReader.plain(rows!, at),
      record: (at) => new this.recordReader.Row(rows!, at),
    };
  }
}

const keyName = (i: number): string => `k${i}`;
const stateName = (i: number): string => `s${i}`;

/** What the engine sends of a state for one key; null: nothing. */
function sentType({ kind, type, key }: ProcessState): LogicalType {
  if (kind === 'value') return nullable(type);
  if (kind === 'list') return nullable(types.array(type));
  const entry = types.row([
    { name: 'key', type: key! },
    { name: 'value', type },
  ]);
  return nullable(types.array(notNull(entry)));
}

/** A request as native sends it. */
export function requestOf(request: Uint8Array) {
  const view = new DataView(request.buffer, request.byteOffset, request.byteLength);
  const time = (at: number) => millis(view.getBigInt64(at, true));
  const events = HEADER_BYTES + Number(view.getBigInt64(32, true));
  return {
    what: view.getUint8(0),
    watermark: time(8),
    processingTime: time(16),
    until: time(24),
    keys: request.subarray(HEADER_BYTES, events),
    events: request.subarray(events),
  };
}

/** A column of positions of keys. */
const keysOf = (batch: Batch, column: number): Int32Array =>
  (batch[`c${column}`] as unknown as { data: Int32Array }).data;

function millis(ms: bigint): number {
  if (ms === INT64_MAX) return Number.POSITIVE_INFINITY;
  return ms === -INT64_MAX - 1n ? Number.NEGATIVE_INFINITY : Number(ms);
}

function timerEvents(batch: Batch, numKeys: number, until: number): TimerEvents {
  const { Row } = rowReader([KEY, TIME]);
  const keys = keysOf(batch, 0);
  const times = Array.from(keys, (_, row) => (new Row(batch, row) as unknown as { time: number }).time);
  return new TimerEvents(keys, times, numKeys, until);
}
