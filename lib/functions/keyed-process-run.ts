// Runs a keyed process function: what native asks of a keyed_process (native/operators/keyed_process_call.h).
//
//   keys with their states, rows or timers of these keys   ->   rows of every output, changes of states and timers
//
// State: the request under way, and the states of keys that the engine has it keep.

import { type Canonical, canonicalOf } from '../batches/canonical.js';
import { type Batch, type RowReader, readBatch, rowReader } from '../batches/reading.js';
import type { Answerer, ProcessCode, ProcessState } from '../plan/user-function.js';
import { type LogicalType, notNull, nullable, type Schema, types } from '../schema/types.js';
import { cellsOf } from './keyed-process-cells.js';
import { type Events, RowEvents, TimerEvents } from './keyed-process-events.js';
import { OpenRequest, type Reading } from './keyed-process-request.js';
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

  async answer(request: Uint8Array): Promise<Uint8Array> {
    if (request.length > 0) this.replies = this.open(request).run();
    return (await this.replies!.next()).value;
  }

  /** Does not wait for a function that is busy: it may never come back. */
  close(): void {
    this.replies?.return(new Uint8Array(0)).catch(() => {});
  }

  private open(request: Uint8Array): OpenRequest {
    const view = new DataView(request.buffer, request.byteOffset, request.byteLength);
    const what = view.getUint8(0);
    const [watermark, processingTime, until] = [8, 16, 24].map((at) => millis(view.getBigInt64(at, true)));
    const events = HEADER_BYTES + Number(view.getBigInt64(32, true));
    const keys = readBatch(request.subarray(HEADER_BYTES, events), this.keySchema);
    const isRows = what === ROWS;
    const batch = readBatch(request.subarray(events), isRows ? this.rowSchema : [KEY, TIME]);
    return new OpenRequest(this.reading(keys, isRows ? batch : undefined), {
      watermark: watermark!,
      processingTime: processingTime!,
      events: isRows ? this.rowEvents(batch) : timerEvents(batch, keys.length, until!),
      timerKind: isRows ? undefined : what === EVENT_TIMERS ? 'eventTime' : 'processingTime',
    });
  }

  private rowEvents(batch: Batch): Events {
    const { reads, record, timed } = this.shape;
    const place = reads.length + record.length;
    const keys = (batch[`c${place}`] as unknown as { data: Int32Array }).data;
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
    const places = (keys[`c${this.keySchema.length - 1}`] as unknown as { data: Int32Array }).data;
    places.forEach((place, key) => {
      if (place >= 0 && place % 2 === 1)
        for (const [i, kept] of this.kept.get(place >> 1)!.entries()) cells[i]!.restore(key, kept);
    });
    return {
      code: this.code,
      timed: this.shape.timed,
      sideOutputs: this.sideOutputs,
      outputs: this.outputs,
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

function millis(ms: bigint): number {
  if (ms === INT64_MAX) return Number.POSITIVE_INFINITY;
  return ms === -INT64_MAX - 1n ? Number.NEGATIVE_INFINITY : Number(ms);
}

function timerEvents(batch: Batch, numKeys: number, until: number): TimerEvents {
  const { Row } = rowReader([KEY, TIME]);
  const keys = (batch['c0'] as unknown as { data: Int32Array }).data;
  const times = Array.from(keys, (_, row) => (new Row(batch, row) as unknown as { time: number }).time);
  return new TimerEvents(keys, times, numKeys, until);
}
