// The states of the keys in one request, as a function reads and changes them; and the changes, as the engine is told of them.
//
//   sent [5, null]   ->   get(0) 5, set(1, 7), clear(0)   ->   edits [1, put, 7] [0, clear]
//
// State of one request. A value is read when it is first asked for; what is set is checked by its column's writer.

import type { Canonical } from '../batches/canonical.js';
import { canonicalOf, deepFrozen } from '../batches/canonical.js';
import { type ColumnWriter, ValueMismatch } from '../batches/writer.js';
import { columnWriter, messageOf } from '../batches/writing.js';
import type { ProcessState } from '../plan/user-function.js';
import { type LogicalType, notNull, nullable, types } from '../schema/types.js';
import type { Journals } from './event-journal.js';

const PUT = 0;
const CLEAR = 1;
const TOUCH = 2;
const REMOVE = 3;

/** What the engine has sent of a state for the key at a position; null: nothing. */
export type Sent = (key: number) => unknown;

const NOTHING = new Uint8Array(0);
/** How many edits are tried on the same columns. */
const TRIED_MAX = 1024;

/** Changes in their order: key, kind, and what the kind has. */
export class Edits {
  private readonly keys = columnWriter(notNull(types.integer()));
  private readonly kinds = columnWriter(notNull(types.tinyint()));
  private readonly values: readonly ColumnWriter[];
  private length = 0;
  /** Something did not fit: nothing that was written counts, also if the function has caught that. */
  broken: unknown;

  constructor(readonly columns: readonly LogicalType[]) {
    this.values = columns.map(columnWriter);
  }
  get size(): number {
    return this.length;
  }

  push(key: number, kind: number, ...values: readonly unknown[]): void {
    for (let i = 0; i < this.values.length; i++) this.values[i]!.push(values[i] ?? null);
    this.keys.push(key);
    this.kinds.push(kind);
    this.length++;
  }

  message(): Uint8Array {
    return this.length === 0 ? NOTHING : messageOf([this.keys, this.kinds, ...this.values], this.length);
  }
}

abstract class Cells<T> {
  protected readonly read: (T | undefined)[];
  private readonly touched: Set<number> | undefined;
  /** Where events may fail, each on its own. */
  journals: Journals | undefined;
  private tried: Edits | undefined;

  constructor(
    private readonly name: string,
    protected readonly declared: ProcessState,
    protected readonly sent: Sent,
    protected readonly edits: Edits,
    keys: number,
  ) {
    this.read = new Array(keys).fill(undefined);
    this.touched = declared.ttl?.update === 'readAndWrite' ? new Set() : undefined;
  }

  message(): Uint8Array {
    return this.edits.message();
  }
  get broken(): unknown {
    return this.edits.broken;
  }

  /** NULL only where the type has it; `undefined` is none. */
  protected put(key: number, value: unknown, ...before: readonly unknown[]): void {
    const { type } = this.declared;
    const journal = this.journals?.[key];
    try {
      if (value === undefined || (value === null && !type.nullable)) throw new ValueMismatch(value, type);
      if (journal === undefined) this.edits.push(key, PUT, ...before, value);
      else this.try(key, ...before, value);
    } catch (error) {
      const broken = error instanceof ValueMismatch ? new TypeError(`state '${this.name}': ${error.message}`) : error;
      if (journal === undefined) this.edits.broken = broken;
      else journal.broken ??= { error: broken };
      throw broken;
    }
  }

  /** Tells the engine of a change, in a journal once its event has settled; what is put has been checked. */
  protected edit(key: number, kind: number, ...values: readonly unknown[]): void {
    const journal = this.journals?.[key];
    if (journal === undefined) this.edits.push(key, kind, ...values);
    else journal.add(() => this.edits.push(key, kind, ...values));
  }

  /** The same for what `put` has let pass. */
  protected editPut(key: number, ...canonical: readonly unknown[]): void {
    if (this.journals?.[key] !== undefined) this.edit(key, PUT, ...canonical);
  }

  /** Before a change of what stands for the key: an event that fails has not changed it. */
  protected save(key: number): void {
    this.journals?.[key]?.save(this, () => {
      const before = this.copyOf(this.read[key]);
      return () => {
        this.read[key] = before;
      };
    });
  }
  protected abstract copyOf(kept: T | undefined): T | undefined;

  private try(...edit: readonly [key: number, ...values: readonly unknown[]]): void {
    const [key, ...values] = edit;
    if (this.tried === undefined || this.tried.size >= TRIED_MAX) this.tried = new Edits(this.edits.columns);
    try {
      this.tried.push(key, PUT, ...values);
    } catch (error) {
      this.tried = undefined;
      throw error;
    }
  }

  /** What stands for the key, for a later request; with all that was sent. */
  abstract keep(key: number): T;
  /** What an earlier request has kept. */
  restore(key: number, kept: unknown): void {
    this.read[key] = kept as T;
  }

  /** Reading is use, where the time to live says so. */
  protected use(key: number): void {
    if (this.touched === undefined || this.touched.has(key) || this.sent(key) === null) return;
    const { touched } = this;
    touched.add(key);
    this.journals?.[key]?.save(touched, () => () => touched.delete(key));
    this.edit(key, TOUCH);
  }
}

const ABSENT = Symbol('absent');

export class ValueCells extends Cells<unknown> {
  private readonly canonical: Canonical;

  constructor(name: string, declared: ProcessState, sent: Sent, keys: number) {
    super(name, declared, sent, new Edits([nullable(declared.type)]), keys);
    this.canonical = canonicalOf(declared.type);
  }

  get(key: number): unknown {
    this.use(key);
    const value = this.keep(key);
    return value === ABSENT ? undefined : value;
  }

  keep(key: number): unknown {
    this.read[key] ??= deepFrozen(this.sent(key)) ?? ABSENT;
    return this.read[key];
  }

  set(key: number, value: unknown): void {
    this.put(key, value);
    const canonical = this.canonical(value);
    this.editPut(key, canonical);
    this.save(key);
    this.read[key] = canonical;
  }

  clear(key: number): void {
    this.edit(key, CLEAR, null);
    this.save(key);
    this.read[key] = ABSENT;
  }

  protected copyOf(kept: unknown): unknown {
    return kept;
  }
}

interface Items {
  values: unknown[];
  /** What was sent is among them. */
  whole: boolean;
}

export class ListCells extends Cells<Items> {
  private readonly canonical: Canonical;

  constructor(name: string, declared: ProcessState, sent: Sent, keys: number) {
    super(name, declared, sent, new Edits([nullable(declared.type)]), keys);
    this.canonical = canonicalOf(declared.type);
  }

  all(key: number): readonly unknown[] {
    this.use(key);
    return this.keep(key).values;
  }

  keep(key: number): Items {
    const items = this.items(key);
    if (!items.whole) {
      items.values = [...((deepFrozen(this.sent(key)) as readonly unknown[] | null) ?? []), ...items.values];
      items.whole = true;
    }
    return items;
  }

  add(key: number, value: unknown): void {
    this.put(key, value);
    const canonical = this.canonical(value);
    this.editPut(key, canonical);
    this.save(key);
    this.items(key).values.push(canonical);
  }

  clear(key: number): void {
    this.edit(key, CLEAR, null);
    this.save(key);
    this.read[key] = { values: [], whole: true };
  }

  protected copyOf(kept: Items | undefined): Items | undefined {
    return kept && { values: [...kept.values], whole: kept.whole };
  }

  private items(key: number): Items {
    this.read[key] ??= { values: [], whole: false };
    return this.read[key];
  }
}

export class MapCells extends Cells<Map<unknown, unknown>> {
  private readonly canonicalKey: Canonical;
  private readonly canonical: Canonical;

  constructor(name: string, declared: ProcessState, sent: Sent, keys: number) {
    super(name, declared, sent, new Edits([nullable(declared.key!), nullable(declared.type)]), keys);
    this.canonicalKey = canonicalOf(declared.key!);
    this.canonical = canonicalOf(declared.type);
  }

  all(key: number): ReadonlyMap<unknown, unknown> {
    this.use(key);
    return this.keep(key);
  }

  set(key: number, mapKey: unknown, value: unknown): void {
    if (mapKey === null || mapKey === undefined) throw new TypeError(`a key of a map state is never ${String(mapKey)}`);
    this.put(key, value, mapKey);
    const [canonicalKey, canonical] = [this.canonicalKey(mapKey), this.canonical(value)];
    this.editPut(key, canonicalKey, canonical);
    this.save(key);
    this.keep(key).set(canonicalKey, canonical);
  }

  remove(key: number, mapKey: unknown): boolean {
    const entries = this.keep(key);
    if (!entries.has(mapKey)) return false;
    this.edit(key, REMOVE, mapKey, null);
    this.save(key);
    return entries.delete(mapKey);
  }

  clear(key: number): void {
    this.edit(key, CLEAR, null, null);
    this.save(key);
    this.read[key] = new Map();
  }

  protected copyOf(kept: Map<unknown, unknown> | undefined): Map<unknown, unknown> | undefined {
    return kept && new Map(kept);
  }

  keep(key: number): Map<unknown, unknown> {
    let entries = this.read[key];
    if (entries === undefined) {
      const sent = (deepFrozen(this.sent(key)) as readonly { key: unknown; value: unknown }[] | null) ?? [];
      entries = new Map(sent.map((entry) => [entry.key, entry.value]));
      this.read[key] = entries;
    }
    return entries;
  }
}

export type AnyCells = ValueCells | ListCells | MapCells;

export function cellsOf(name: string, declared: ProcessState, sent: Sent, keys: number): AnyCells {
  switch (declared.kind) {
    case 'value':
      return new ValueCells(name, declared, sent, keys);
    case 'list':
      return new ListCells(name, declared, sent, keys);
    case 'map':
      return new MapCells(name, declared, sent, keys);
  }
}
