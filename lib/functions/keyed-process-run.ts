// Runs a keyed process function: what native asks of a keyed_process (native/operators/keyed_process_call.h).
//
//   keys with their states, rows or timers of these keys   ->   rows of every output, changes of states and timers
//
// Events of a key are worked off one after the other; those of other keys go on while a promise is waited for. What was changed is
// told with the last piece of rows, when every event has settled. State: the request under way.

import { inspect } from 'node:util';
import { type Batch, type RowReader, readBatch, rowReader } from '../batches/reading.js';
import { type ColumnWriter, ValueMismatch } from '../batches/writer.js';
import { columnWriter, messageOf } from '../batches/writing.js';
import type { SabotError } from '../errors.js';
import type { Answerer, ProcessCode, ProcessState } from '../plan/user-function.js';
import { type LogicalType, notNull, nullable, type Schema, types } from '../schema/types.js';
import { printRow, processError } from './function-error.js';
import { isPromise } from './function-loop.js';
import { type AnyCells, cellsOf, Edits } from './keyed-process-cells.js';
import { EventContext, type ProcessRequest, type TimerKindName } from './keyed-process-context.js';
import { type Event, type Events, RowEvents, TimerEvents } from './keyed-process-events.js';
import { membersOf, REPLY_HEADER_BYTES } from './results.js';

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
const PIECE_ROWS_MAX = 16_384;
const SIZE_BYTES = 8;
const MORE = 1;

const KEPT = { name: 'kept', type: notNull(types.integer()) };
const KEY = { name: 'key', type: notNull(types.integer()) };
const TIME = { name: 'time', type: notNull(types.timestamp(3)) };
const INT64_MAX = 2n ** 63n - 1n;

export class KeyedProcessRun implements Answerer {
  private readonly states: readonly (readonly [name: string, declared: ProcessState])[];
  private readonly sideOutputs: readonly string[];
  private readonly outputs: readonly Schema[];
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

/** How the columns of a request are read. */
interface Reading {
  readonly code: ProcessCode;
  readonly timed: boolean;
  readonly sideOutputs: readonly string[];
  readonly outputs: readonly Schema[];
  readonly cells: Readonly<Record<string, AnyCells>>;
  key(at: number): unknown;
  row(at: number): unknown;
  plainRow(at: number): object;
  record(at: number): unknown;
  /** Every event has settled: keeps what is to be kept. */
  end(): void;
}

interface Asked {
  readonly watermark: number;
  readonly processingTime: number;
  readonly events: Events;
  readonly timerKind: TimerKindName | undefined;
}

/** A context, and what the function sees of it. */
interface GivenContext {
  readonly of: EventContext;
  readonly given: object;
}

const TIMER_EDIT = [notNull(types.timestamp(3))];
const [SET, DELETE] = [0, 1];

class OpenRequest implements ProcessRequest {
  readonly watermark: number;
  readonly processingTime: number;
  readonly timerKind: TimerKindName | undefined;
  readonly timed: boolean;
  readonly cells: Readonly<Record<string, AnyCells>>;
  private readonly events: Events;
  private readonly timers = { eventTime: new Edits(TIMER_EDIT), processingTime: new Edits(TIMER_EDIT) };
  private rows: readonly OutputRows[];
  private numEmitted = 0;
  private context: GivenContext | undefined;
  private readonly open = new Set<Promise<void>>();
  private failure: { readonly error: unknown } | undefined;

  constructor(
    private readonly reading: Reading,
    asked: Asked,
  ) {
    this.watermark = asked.watermark;
    this.processingTime = asked.processingTime;
    this.timerKind = asked.timerKind;
    this.events = asked.events;
    this.timed = reading.timed;
    this.cells = reading.cells;
    this.rows = this.newRows();
  }

  /** The last piece is returned, those before it are yielded. */
  async *run(): AsyncGenerator<Uint8Array, Uint8Array, void> {
    const { concurrency } = this.reading.code.process;
    while (true) {
      const event = this.events.next();
      if (event !== undefined) {
        const given = this.call(event);
        if (given !== undefined) this.follow(event.key, given);
        if (this.open.size >= concurrency) await Promise.race(this.open);
      } else if (this.open.size > 0) {
        await Promise.race(this.open);
      } else {
        break;
      }
      if (this.failure !== undefined) throw this.failure.error;
      if (this.numEmitted >= PIECE_ROWS_MAX) yield this.piece(true);
    }
    this.reading.end();
    return this.piece(false);
  }

  key(at: number): unknown {
    return this.reading.key(at);
  }

  record(row: number): unknown {
    return this.reading.record(row);
  }

  emit(output: number, time: number, row: unknown): void {
    this.rows[output]!.push(row, time);
    this.numEmitted++;
  }

  setTimer(kind: TimerKindName, key: number, time: number): void {
    if (this.reading.code.onTimer === undefined) throw new TypeError('a timer needs onTimer(time, ctx)');
    if (kind === this.timerKind && (this.events as TimerEvents).set(key, time)) return;
    this.timers[kind].push(key, SET, time);
  }

  deleteTimer(kind: TimerKindName, key: number, time: number): void {
    if (kind === this.timerKind && (this.events as TimerEvents).delete(key, time)) return;
    this.timers[kind].push(key, DELETE, time);
  }

  /** Begins an event; undefined if that is all, else what is to be waited for. */
  private call(event: Event): Promise<void> | undefined {
    const { code } = this.reading;
    this.context ??= this.newContext();
    const { of: context, given: shown } = this.context;
    context.begin(this, event.key, event.row, this.timeOf(event));
    let given: unknown;
    try {
      given =
        this.timerKind === undefined
          ? code.definition.process(this.reading.row(event.row) as never, shown as never)
          : code.definition.onTimer!(event.time, shown as never);
    } catch (error) {
      context.end();
      throw this.failed(event, error);
    }
    if (isPromise(given)) return this.settled(event, given);
    context.end();
    return undefined;
  }

  /** The context stays with what is waited for. */
  private async settled(event: Event, given: PromiseLike<unknown>): Promise<void> {
    const { of: context } = this.context!;
    this.context = undefined;
    try {
      await given;
    } catch (error) {
      throw this.failed(event, error);
    } finally {
      context.end();
    }
  }

  private newContext(): GivenContext {
    const { code, sideOutputs } = this.reading;
    const of = new EventContext(code.states, sideOutputs);
    return { of, given: code.extras?.context(of as never) ?? of };
  }

  /** What waits for the key follows when its promise has settled. */
  private follow(key: number, given: Promise<void>): void {
    this.events.hold(key);
    const chain = async (): Promise<void> => {
      await given;
      for (let event = this.events.waiting(key); event !== undefined; event = this.events.waiting(key))
        await this.call(event);
      this.events.release(key);
    };
    const followed: Promise<void> = chain()
      .catch((error: unknown) => {
        this.failure ??= { error };
      })
      .finally(() => this.open.delete(followed));
    this.open.add(followed);
  }

  /** The event time of what is emitted. In a timer of processing time that is the first which is not late. */
  private timeOf({ time }: Event): number {
    if (this.timerKind !== 'processingTime') return time;
    return Number.isFinite(this.watermark) ? this.watermark + 1 : this.processingTime;
  }

  private failed({ key, row, time }: Event, error: unknown): SabotError {
    const { code } = this.reading;
    const of = `of key ${inspect(this.reading.key(key), { breakLength: Number.POSITIVE_INFINITY })}`;
    if (this.timerKind === undefined)
      return processError(code.process, `row ${printRow(this.reading.plainRow(row))} ${of}`, error);
    const kind = this.timerKind === 'eventTime' ? 'event-time' : 'processing-time';
    return processError(code.onTimer!, `the ${kind} timer ${timeText(time)} ${of}`, error);
  }

  private newRows(): readonly OutputRows[] {
    const { outputs, sideOutputs, code } = this.reading;
    const names = code.extras?.outputs ?? ['emit()', ...sideOutputs.map((name) => `sideOutput('${name}')`)];
    return outputs.map((schema, i) => new OutputRows(names[i]!, schema, this.timed));
  }

  private piece(more: boolean): Uint8Array {
    const edits = [...Object.values(this.cells), this.timers.eventTime, this.timers.processingTime];
    const broken = [...this.rows, ...edits].find((each) => each.broken !== undefined);
    if (broken !== undefined)
      throw processError(this.reading.code.process, 'a row, and caught the error', broken.broken);
    const messages = this.rows.map((rows) => rows.message());
    this.rows = this.newRows();
    this.numEmitted = 0;
    return replyOf([...messages, ...edits.map((each) => (more ? NOTHING : each.message()))], more);
  }
}

const NOTHING = new Uint8Array(0);

/** Rows of one output. */
class OutputRows {
  length = 0;
  private readonly time: ColumnWriter | undefined;
  private readonly writers: readonly ColumnWriter[];
  broken: unknown;

  constructor(
    private readonly name: string,
    private readonly schema: Schema,
    timed: boolean,
  ) {
    this.time = timed ? columnWriter(TIME.type) : undefined;
    this.writers = schema.map(({ type }) => columnWriter(type));
  }

  push(row: unknown, time: number): void {
    let place = -1;
    try {
      const members = membersOf(row);
      for (place = 0; place < this.writers.length; place++)
        this.writers[place]!.push(members[this.schema[place]!.name]);
      this.time?.push(time);
    } catch (error) {
      const of = place < 0 ? 'no row' : `a wrong value for '${this.schema[place]?.name}'`;
      this.broken = error instanceof ValueMismatch ? new TypeError(`${this.name} got ${of}: ${error.message}`) : error;
      throw this.broken;
    }
    this.length++;
  }

  message(): Uint8Array {
    if (this.length === 0) return NOTHING;
    return messageOf(this.time === undefined ? this.writers : [this.time, ...this.writers], this.length);
  }
}

/** Messages behind their sizes. */
function replyOf(messages: readonly Uint8Array[], more: boolean): Uint8Array {
  const size = messages.reduce((sum, message) => sum + SIZE_BYTES + message.byteLength, REPLY_HEADER_BYTES);
  const reply = new Uint8Array(size);
  if (more) reply[0] = MORE;
  const view = new DataView(reply.buffer);
  let at = REPLY_HEADER_BYTES;
  for (const message of messages) {
    view.setBigInt64(at, BigInt(message.byteLength), true);
    reply.set(message, at + SIZE_BYTES);
    at += SIZE_BYTES + message.byteLength;
  }
  return reply;
}

function timeText(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString();
}
