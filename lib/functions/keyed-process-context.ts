// What a keyed process function is given beside its row: key, states, timers, outputs.
//
//   event of key 3   ->   ctx.key 'a', ctx.state.last.value 5, ctx.emit({ … })
//
// A context stands for one event after the other; that of an event that is waited for (a promise) stays with it. State: where it
// stands, and whether its event is under way.

import type { ProcessState } from '../plan/user-function.js';
import type { BroadcastState } from './broadcast-state.js';
import type { AnyCells, ListCells, MapCells, ValueCells } from './keyed-process-cells.js';
import type { ListState, MapState, ValueState } from './keyed-process-state.js';

export type TimerKindName = 'eventTime' | 'processingTime';

/** What contexts share while a request is worked off. */
export interface ProcessRequest {
  readonly watermark: number;
  readonly processingTime: number;
  /** Undefined where rows have no event time. */
  readonly timed: boolean;
  readonly timerKind: TimerKindName | undefined;
  readonly cells: Readonly<Record<string, AnyCells>>;
  key(at: number): unknown;
  /** What the row carries beside its columns. */
  record(row: number): unknown;
  emit(output: number, key: number, time: number, row: unknown): void;
  setTimer(kind: TimerKindName, key: number, time: number): void;
  deleteTimer(kind: TimerKindName, key: number, time: number): void;
}

export class EventContext {
  private request: ProcessRequest | undefined;
  private at = 0;
  private row = 0;
  private time = 0;
  readonly state: Readonly<Record<string, unknown>>;
  readonly timers: EventTimers;

  constructor(
    states: Readonly<Record<string, ProcessState>>,
    private readonly sideOutputs: readonly string[],
    /** Undefined: there is none. */
    readonly broadcast: BroadcastState<unknown, unknown> | undefined,
  ) {
    this.state = Object.fromEntries(
      Object.entries(states).map(([name, { kind, initial }]) => [name, handleOf(this, name, kind, initial)]),
    );
    this.timers = new EventTimers(this);
  }

  /** Stands for an event of the key at `at`, until `end`. */
  begin(request: ProcessRequest, at: number, row: number, time: number): void {
    this.request = request;
    this.at = at;
    this.row = row;
    this.time = time;
  }

  end(): void {
    this.request = undefined;
  }

  get key(): unknown {
    return this.open().key(this.at);
  }
  get timestamp(): number | undefined {
    return this.open().timed ? this.time : undefined;
  }
  get watermark(): number {
    return this.open().watermark;
  }
  get processingTime(): number {
    return this.open().processingTime;
  }
  get timerKind(): TimerKindName | undefined {
    return this.open().timerKind;
  }

  /** What the row carries beside its columns; undefined in a timer. */
  record(): unknown {
    const request = this.open();
    return request.timerKind === undefined ? request.record(this.row) : undefined;
  }

  // Not methods: `const { emit } = ctx` works.
  readonly emit = (row: unknown): void => this.open().emit(0, this.at, this.time, row);

  readonly sideOutput = (name: string, row: unknown): void => {
    const output = this.sideOutputs.indexOf(name);
    if (output < 0) throw new TypeError(`there is no side output '${name}'`);
    this.open().emit(output + 1, this.at, this.time, row);
  };

  /** The request under way, and the key's place in it. */
  open(): ProcessRequest {
    if (this.request === undefined)
      throw new Error('its context was used after the function had returned, or its promise had settled');
    return this.request;
  }
  keyAt(): number {
    return this.at;
  }
}

class EventTimers {
  constructor(private readonly context: EventContext) {}

  eventTime(timeMs: number): void {
    this.set('eventTime', timeMs);
  }
  processingTime(timeMs: number): void {
    this.set('processingTime', timeMs);
  }
  deleteEventTime(timeMs: number): void {
    this.context.open().deleteTimer('eventTime', this.context.keyAt(), wholeMs(timeMs));
  }
  deleteProcessingTime(timeMs: number): void {
    this.context.open().deleteTimer('processingTime', this.context.keyAt(), wholeMs(timeMs));
  }
  private set(kind: TimerKindName, timeMs: number): void {
    this.context.open().setTimer(kind, this.context.keyAt(), wholeMs(timeMs));
  }
}

function wholeMs(timeMs: number): number {
  if (Number.isSafeInteger(timeMs)) return timeMs + 0;
  throw new TypeError(`a timer has a time in whole milliseconds, not ${String(timeMs)}`);
}

function handleOf(context: EventContext, name: string, kind: 'value' | 'list' | 'map', initial: unknown): unknown {
  switch (kind) {
    case 'value':
      return new ValueHandle(context, name, initial);
    case 'list':
      return new ListHandle(context, name);
    case 'map':
      return new MapHandle(context, name);
  }
}

abstract class Handle<C extends AnyCells> {
  constructor(
    private readonly context: EventContext,
    private readonly name: string,
  ) {}
  protected get cells(): C {
    return this.context.open().cells[this.name] as C;
  }
  protected get key(): number {
    return this.context.keyAt();
  }
  clear(): void {
    this.cells.clear(this.key);
  }
}

class ValueHandle extends Handle<ValueCells> implements ValueState<unknown, unknown> {
  constructor(
    context: EventContext,
    name: string,
    private readonly initial: unknown,
  ) {
    super(context, name);
  }
  get value(): unknown {
    return this.cells.get(this.key) ?? this.initial;
  }
  set(value: unknown): void {
    this.cells.set(this.key, value);
  }
}

class ListHandle extends Handle<ListCells> implements ListState<unknown> {
  get length(): number {
    return this.cells.all(this.key).length;
  }
  add(value: unknown): void {
    this.cells.add(this.key, value);
  }
  set(values: Iterable<unknown>): void {
    const all = [...values];
    this.clear();
    for (const value of all) this.add(value);
  }
  [Symbol.iterator](): Iterator<unknown> {
    return this.cells.all(this.key)[Symbol.iterator]();
  }
}

class MapHandle extends Handle<MapCells> implements MapState<unknown, unknown> {
  get size(): number {
    return this.cells.all(this.key).size;
  }
  get(key: unknown): unknown {
    return this.cells.all(this.key).get(key);
  }
  has(key: unknown): boolean {
    return this.cells.all(this.key).has(key);
  }
  set(key: unknown, value: unknown): void {
    this.cells.set(this.key, key, value);
  }
  delete(key: unknown): boolean {
    return this.cells.remove(this.key, key);
  }
  keys(): IterableIterator<unknown> {
    return this.cells.all(this.key).keys();
  }
  values(): IterableIterator<unknown> {
    return this.cells.all(this.key).values();
  }
  entries(): IterableIterator<readonly [unknown, unknown]> {
    return this.cells.all(this.key).entries();
  }
  [Symbol.iterator](): IterableIterator<readonly [unknown, unknown]> {
    return this.entries();
  }
}
