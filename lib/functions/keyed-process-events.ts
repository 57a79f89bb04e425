// The events of one request in the order in which they are worked off: rows as they come, timers by their times.
//
//   rows a b a, the first a is waited for   ->   a, b, then the other a
//
// State of one request. What belongs to a key that is waited for waits; the rest goes on.

/** An event: a row by its number, or a timer by its time. */
export interface Event {
  readonly key: number;
  readonly row: number;
  readonly time: number;
}

export interface Events {
  /** The next event of a key that is not busy; undefined: none now. */
  next(): Event | undefined;
  /** Events of the key wait from now on, until `release`. */
  hold(key: number): void;
  /** The first of those that wait for the key. */
  waiting(key: number): Event | undefined;
  release(key: number): void;
}

export class RowEvents implements Events {
  private row = 0;
  private readonly held = new Map<number, Event[]>();

  constructor(
    private readonly keys: Int32Array,
    private readonly timeOf: (row: number) => number,
  ) {}

  next(): Event | undefined {
    while (this.row < this.keys.length) {
      const row = this.row++;
      const event = { key: this.keys[row]!, row, time: this.timeOf(row) };
      const held = this.held.size === 0 ? undefined : this.held.get(event.key);
      if (held === undefined) return event;
      held.push(event);
    }
    return undefined;
  }

  hold(key: number): void {
    this.held.set(key, []);
  }
  waiting(key: number): Event | undefined {
    return this.held.get(key)?.shift();
  }
  release(key: number): void {
    this.held.delete(key);
  }
}

export class TimerEvents implements Events {
  /** Those that have not fired, by key. */
  private readonly live: Set<number>[];
  private readonly queue: TimeHeap;
  private readonly held = new Map<number, TimeHeap>();

  /** `until`: what is set up to there fires, too. */
  constructor(
    keys: Int32Array,
    times: readonly number[],
    numKeys: number,
    private readonly until: number,
  ) {
    this.live = Array.from({ length: numKeys }, () => new Set());
    const events = times.map((time, row) => ({ key: keys[row]!, row, time }));
    for (const { key, time } of events) this.live[key]!.add(time);
    this.queue = new TimeHeap(events);
  }

  next(): Event | undefined {
    for (let event = this.queue.pop(); event !== undefined; event = this.queue.pop()) {
      const held = this.held.get(event.key);
      if (held !== undefined) held.push(event);
      else if (this.live[event.key]!.delete(event.time)) return event;
    }
    return undefined;
  }

  hold(key: number): void {
    this.held.set(key, new TimeHeap([]));
  }
  waiting(key: number): Event | undefined {
    const held = this.held.get(key)!;
    for (let event = held.pop(); event !== undefined; event = held.pop())
      if (this.live[key]!.delete(event.time)) return event;
    return undefined;
  }
  release(key: number): void {
    this.held.delete(key);
  }

  /** Whether it is among these events, or has been put there: then the engine need not know of it. */
  set(key: number, time: number): boolean {
    if (this.live[key]!.has(time)) return true;
    if (time > this.until) return false;
    this.live[key]!.add(time);
    (this.held.get(key) ?? this.queue).push({ key, row: -1, time });
    return true;
  }
  delete(key: number, time: number): boolean {
    return this.live[key]!.delete(time);
  }
}

/** A heap of events, the earliest first; of those of one time the one that came first. */
class TimeHeap {
  private readonly items: { readonly event: Event; readonly number: number }[] = [];
  private count = 0;

  /** In order. */
  constructor(events: readonly Event[]) {
    for (const event of events) this.items.push({ event, number: this.count++ });
  }

  push(event: Event): void {
    const { items } = this;
    let at = items.push({ event, number: this.count++ }) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!this.before(at, above)) return;
      this.swap(at, above);
      at = above;
    }
  }

  pop(): Event | undefined {
    const { items } = this;
    const first = items[0];
    const last = items.pop();
    if (first === undefined || items.length === 0) return first?.event;
    items[0] = last!;
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let least = at;
      if (left < items.length && this.before(left, least)) least = left;
      if (right < items.length && this.before(right, least)) least = right;
      if (least === at) return first.event;
      this.swap(at, least);
      at = least;
    }
  }

  private before(a: number, b: number): boolean {
    const [x, y] = [this.items[a]!, this.items[b]!];
    return x.event.time < y.event.time || (x.event.time === y.event.time && x.number < y.number);
  }
  private swap(a: number, b: number): void {
    [this.items[a], this.items[b]] = [this.items[b]!, this.items[a]!];
  }
}
