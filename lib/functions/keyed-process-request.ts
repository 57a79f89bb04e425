// A request to a keyed process function while it is worked off: its events one after the other, and what these have done.
//
//   rows a b a, concurrency 2   ->   process(a), process(b), then the other a   ->   pieces of rows; edits of states and timers with the last
//
// Events of a key are worked off one after the other; those of other keys go on while a promise is waited for. State of one request.

import { inspect } from 'node:util';
import type { Canonical } from '../batches/canonical.js';
import type { SabotError } from '../errors.js';
import { goesOn } from '../plan/dead-letters.js';
import type { ProcessCode } from '../plan/user-function.js';
import { notNull, type Schema, types } from '../schema/types.js';
import type { BroadcastState } from './broadcast-state.js';
import { EventJournal, type Journals } from './event-journal.js';
import { FailedEvents } from './failed-events.js';
import { failureText, printRow, processError } from './function-error.js';
import { isPromise } from './function-loop.js';
import { type AnyCells, Edits } from './keyed-process-cells.js';
import { EventContext, type ProcessRequest, type TimerKindName } from './keyed-process-context.js';
import type { Event, Events, TimerEvents } from './keyed-process-events.js';
import { NOTHING, OutputRows, replyOf } from './keyed-process-rows.js';

const PIECE_ROWS_MAX = 16_384;
/** How many rows are tried on the same columns. */
const TRIED_MAX = 1024;

/** What a function may emit. */
export interface Emitting {
  readonly code: ProcessCode;
  readonly timed: boolean;
  readonly sideOutputs: readonly string[];
  readonly outputs: readonly Schema[];
}

/** How the columns of a request are read. */
export interface Reading extends Emitting {
  /** Rows of the outputs as nobody changes them any more. */
  readonly canonical: readonly Canonical[];
  readonly cells: Readonly<Record<string, AnyCells>>;
  readonly broadcast: BroadcastState<unknown, unknown> | undefined;
  key(at: number): unknown;
  row(at: number): unknown;
  plainRow(at: number): object;
  record(at: number): unknown;
  /** Every event has settled: keeps what is to be kept. */
  end(): void;
}

/** What is asked. */
export interface Asked {
  readonly watermark: number;
  readonly processingTime: number;
  readonly events: Events;
  readonly timerKind: TimerKindName | undefined;
  /** Called for every key, in place of the definition's functions. */
  readonly forEachKey: ((ctx: object) => unknown) | undefined;
}

/** A context, and what the function sees of it. */
interface GivenContext {
  readonly of: EventContext;
  readonly given: object;
}

const TIMER_EDIT = [notNull(types.timestamp(3))];
const [SET, DELETE] = [0, 1];

export class OpenRequest implements ProcessRequest {
  readonly watermark: number;
  readonly processingTime: number;
  readonly timerKind: TimerKindName | undefined;
  readonly timed: boolean;
  readonly cells: Readonly<Record<string, AnyCells>>;
  private readonly events: Events;
  private readonly forEachKey: Asked['forEachKey'];
  private readonly timers = { eventTime: new Edits(TIMER_EDIT), processingTime: new Edits(TIMER_EDIT) };
  private rows: readonly OutputRows[];
  private numEmitted = 0;
  private context: GivenContext | undefined;
  private readonly open = new Set<Promise<void>>();
  private failure: { readonly error: unknown } | undefined;
  /** Where events may fail, each on its own. */
  private readonly journals: Journals | undefined;
  private readonly failed = new FailedEvents();
  private readonly tried: (OutputRows | undefined)[] = [];

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
    this.forEachKey = asked.forEachKey;
    if (!goesOn(reading.code.process.onError) || this.forEachKey !== undefined) return;
    this.journals = [];
    for (const cells of Object.values(this.cells)) cells.journals = this.journals;
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

  emit(output: number, key: number, time: number, row: unknown): void {
    const journal = this.journals?.[key];
    if (journal === undefined) {
      this.push(output, row, time);
    } else {
      const copy = this.try(output, row, time, journal);
      journal.add(() => this.push(output, copy, time));
    }
  }

  private push(output: number, row: unknown, time: number): void {
    this.rows[output]!.push(row, time);
    this.numEmitted++;
  }

  /** The row as it is now, if it is one. */
  private try(output: number, row: unknown, time: number, journal: EventJournal): unknown {
    const tried = this.tried[output];
    const rows = tried === undefined || tried.length >= TRIED_MAX ? emptyRows(this.reading, output) : tried;
    this.tried[output] = rows;
    try {
      rows.push(row, time);
    } catch (error) {
      this.tried[output] = undefined;
      journal.broken ??= { error };
      throw error;
    }
    return this.reading.canonical[output]!(row);
  }

  setTimer(kind: TimerKindName, key: number, time: number): void {
    if (this.reading.code.onTimer === undefined) throw new TypeError('a timer needs onTimer(time, ctx)');
    const journal = this.journals?.[key];
    if (journal === undefined) this.applySet(kind, key, time);
    else journal.add(() => this.applySet(kind, key, time));
  }

  deleteTimer(kind: TimerKindName, key: number, time: number): void {
    const journal = this.journals?.[key];
    if (journal === undefined) this.applyDelete(kind, key, time);
    else journal.add(() => this.applyDelete(kind, key, time));
  }

  private applySet(kind: TimerKindName, key: number, time: number): void {
    if (kind === this.timerKind && (this.events as TimerEvents).set(key, time)) return;
    this.timers[kind].push(key, SET, time);
  }

  private applyDelete(kind: TimerKindName, key: number, time: number): void {
    if (kind === this.timerKind && (this.events as TimerEvents).delete(key, time)) return;
    this.timers[kind].push(key, DELETE, time);
  }

  /** Begins an event; undefined if that is all, else what is to be waited for. */
  private call(event: Event): Promise<void> | undefined {
    this.context ??= this.newContext();
    const { of: context, given: shown } = this.context;
    context.begin(this, event.key, event.row, this.timeOf(event));
    if (this.journals !== undefined) this.journals[event.key] = new EventJournal();
    let given: unknown;
    try {
      given = this.invoke(event, shown);
    } catch (error) {
      context.end();
      return this.fail(event, error);
    }
    if (isPromise(given)) return this.settled(event, given);
    context.end();
    this.settle(event);
    return undefined;
  }

  private invoke(event: Event, shown: object): unknown {
    const { definition } = this.reading.code;
    if (this.forEachKey !== undefined) return this.forEachKey(shown);
    return this.timerKind === undefined
      ? definition.process(this.reading.row(event.row) as never, shown as never)
      : definition.onTimer!(event.time, shown as never);
  }

  /** The context stays with what is waited for. */
  private async settled(event: Event, given: PromiseLike<unknown>): Promise<void> {
    const { of: context } = this.context!;
    this.context = undefined;
    try {
      await given;
    } catch (error) {
      return this.fail(event, error);
    } finally {
      context.end();
    }
    this.settle(event);
  }

  /** What the event has done counts. */
  private settle(event: Event): void {
    const journal = this.journals?.[event.key];
    if (journal?.broken !== undefined) this.fail(event, journal.broken.error);
    else journal?.commit();
  }

  /** Ends the job, or only the event. */
  private fail(event: Event, error: unknown): undefined {
    const journal = this.journals?.[event.key];
    if (journal === undefined) throw this.failureOf(event, error);
    journal.rollback();
    const { code } = this.reading;
    const [of, time] = this.timerKind === undefined ? [code.process, 0] : [code.onTimer!, event.time];
    this.failed.push(event.row, failureText(of, error), event.key, BigInt(time));
  }

  private newContext(): GivenContext {
    const { code, sideOutputs } = this.reading;
    const of = new EventContext(code.states, sideOutputs, this.reading.broadcast);
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

  /** The event time of what is emitted. */
  private timeOf({ time }: Event): number {
    const hasTime = this.timerKind !== 'processingTime' && this.forEachKey === undefined;
    return hasTime ? time : firstNotLate(this);
  }

  private failureOf({ key, row, time }: Event, error: unknown): SabotError {
    const { code } = this.reading;
    const of = `of key ${inspect(this.reading.key(key), { breakLength: Number.POSITIVE_INFINITY })}`;
    if (this.forEachKey !== undefined) return processError(code.processBroadcast!, `forEachKey() ${of}`, error);
    if (this.timerKind === undefined)
      return processError(code.process, `row ${printRow(this.reading.plainRow(row))} ${of}`, error);
    const kind = this.timerKind === 'eventTime' ? 'event-time' : 'processing-time';
    return processError(code.onTimer!, `the ${kind} timer ${timeText(time)} ${of}`, error);
  }

  private newRows(): readonly OutputRows[] {
    return this.reading.outputs.map((_, i) => emptyRows(this.reading, i));
  }

  private piece(more: boolean): Uint8Array {
    const edits = [...Object.values(this.cells), this.timers.eventTime, this.timers.processingTime];
    const broken = [...this.rows, ...edits].find((each) => each.broken !== undefined);
    if (broken !== undefined)
      throw processError(this.reading.code.process, 'a row, and caught the error', broken.broken);
    const messages = this.rows.map((rows) => rows.message());
    this.rows = this.newRows();
    this.numEmitted = 0;
    const failed = goesOn(this.reading.code.process.onError) ? [this.failed.message()] : [];
    return replyOf([...messages, ...edits.map((each) => (more ? NOTHING : each.message())), ...failed], more);
  }
}

/** The rows of an output, none as yet. */
export function emptyRows({ outputs, sideOutputs, code, timed }: Emitting, output: number): OutputRows {
  const names = code.extras?.outputs ?? ['emit()', ...sideOutputs.map((name) => `sideOutput('${name}')`)];
  return new OutputRows(names[output]!, outputs[output]!, timed);
}

/** The event time of what has none of its own: the first that the watermark has not passed. */
export const firstNotLate = ({ watermark, processingTime }: Pick<ProcessRequest, 'watermark' | 'processingTime'>) =>
  Number.isFinite(watermark) ? watermark + 1 : processingTime;

function timeText(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString();
}
