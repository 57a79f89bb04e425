// Broadcast state as functions in V8 see it: a mirror of the engine's map, which is the one that counts.
//
//   map { 1: rule 1 }   ->   change -[1], +[2, rule 2]   ->   get(2n) gives rule 2, get(1n) undefined
//
// State: the rows by key, changed by what the engine sends, and sent anew when a job is restored.

import { type Batch, type RowReader, readBatch, rowReader } from '../batches/reading.js';
import type { BroadcastMap } from '../plan/nodes.js';
import { notNull, type Schema, types } from '../schema/types.js';

/**
 * A map that every subtask holds the same of: the newest row of every key of a broadcast stream. Functions only read it.
 *
 * Rows must not be changed.
 */
export interface BroadcastState<K, R> {
  /** How many keys there are. */
  readonly size: number;
  /** The newest row of a key; undefined if there is none, or it was removed. */
  get(key: K): R | undefined;
  has(key: K): boolean;
  /** Keys and rows, in no certain order. */
  entries(): IterableIterator<readonly [K, R]>;
  /** Rows, in no certain order. */
  values(): IterableIterator<R>;
}

type Row = Readonly<Record<string, unknown>>;
const REMOVED = { name: 'removed', type: notNull(types.tinyint()) } as const;

/** A row that has come, and what it has done. */
export interface MapChange {
  readonly row: Row;
  /** The row that its key had before. */
  readonly previous: Row | undefined;
  /** It has taken its key away. */
  readonly removed: boolean;
}

export class MirroredState implements BroadcastState<unknown, Row> {
  private readonly rows = new Map<unknown, readonly [key: unknown, row: Row]>();
  private readonly schema: Schema;
  private readonly reader: RowReader;

  /** `sent`: the columns of the rows that the engine sends. */
  constructor(
    private readonly map: BroadcastMap,
    private readonly sent: Schema,
  ) {
    // By their places: what is not shown may have a name that is.
    this.schema = [REMOVED, ...sent.map(({ type }, i) => ({ name: String(i), type }))];
    this.reader = rowReader(this.schema);
  }

  get size(): number {
    return this.rows.size;
  }

  get(key: unknown): Row | undefined {
    return this.rows.get(this.lookupKey(key))?.[1];
  }

  has(key: unknown): boolean {
    return this.rows.has(this.lookupKey(key));
  }

  entries(): IterableIterator<readonly [unknown, Row]> {
    return this.rows.values();
  }

  *values(): IterableIterator<Row> {
    for (const [, row] of this.rows.values()) yield row;
  }

  /** Applies rows in order; `anew`: what was there before is void. */
  change(message: Uint8Array, anew: boolean): void {
    if (anew) this.rows.clear();
    for (const _ of this.changes(message));
  }

  /** Applies rows one by one, as they are asked for, and tells of each. */
  *changes(message: Uint8Array): IterableIterator<MapChange> {
    const batch = readBatch(message, this.schema);
    for (let row = 0; row < batch.length; row++) yield this.changeRow(batch, row);
  }

  private changeRow(batch: Batch, place: number): MapChange {
    const { keys, keyNames, width } = this.map;
    const sent = this.reader.plain(batch, place);
    const values = keys.map((column) => sent[column]);
    const lookup = keyNames === undefined ? values[0] : textOf(values);
    const row = Object.freeze(Object.fromEntries(this.sent.slice(0, width).map(({ name }, i) => [name, sent[i]])));
    const previous = this.rows.get(lookup)?.[1];
    const removed = sent[REMOVED.name] !== 0;
    if (removed) {
      this.rows.delete(lookup);
    } else {
      const key = keyNames === undefined ? values[0] : Object.fromEntries(keyNames.map((name, i) => [name, values[i]]));
      this.rows.set(lookup, [key, row]);
    }
    return { row, previous, removed };
  }

  private lookupKey(key: unknown): unknown {
    const { keyNames } = this.map;
    return keyNames === undefined ? key : textOf(keyNames.map((name) => (key as Row)[name]));
  }
}

/** Values of several columns as one; those of a column have one type. */
const textOf = (values: readonly unknown[]): string =>
  JSON.stringify(values.map((value) => (typeof value === 'bigint' || typeof value === 'number' ? `${value}` : value)));
