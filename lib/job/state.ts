// state: what the operators of a job keep, read as rows: from a checkpoint or savepoint, or from the job while it runs.
//
//   openState('./checkpoints/counts').state('group_aggregate').get('a')   ->   { k: 'a', 'COUNT(*)': 2n }
//
// Nothing is ever written. No state but what native has open.

import { plainRows, readBatch, rowReader } from '../batches/reading.js';
import { ValueMismatch } from '../batches/writer.js';
import { columnWriter, messageOf } from '../batches/writing.js';
import { nearest } from '../connectors/options.js';
import { SabotError } from '../errors.js';
import { nativeAddon } from '../native.js';
import type { ScanNode } from '../plan/nodes.js';
import type { StateField } from '../plan/state.js';
import type { StateTable } from '../plan/state-table.js';

/** An operator that keeps state. */
export interface StateOperator {
  readonly uid: string;
  readonly operator: string;
  readonly subtasks: number;
  /** Of its files, or in memory. */
  readonly bytes: number;
  /** What it keeps, as a restore compares it. */
  readonly fields: readonly StateField[];
  /** Absent: it is nothing to look at. */
  readonly table?: StateTable;
}

/** What there is to read. */
export interface StateDescription {
  readonly job: string;
  readonly kind: 'checkpoint' | 'savepoint' | 'live';
  /** Absent: live. */
  readonly epoch?: number;
  readonly takenMs?: number;
  readonly operators: readonly StateOperator[];
}

/** What of an operator's state is read; null: all of it. */
export interface StateRequest {
  readonly uid: string;
  readonly columns: readonly string[] | null;
  readonly key: Uint8Array | null;
}

/** Somewhere that state can be read from. */
export interface StateStore {
  describe(): Promise<StateDescription>;
  /** Rows as Arrow IPC messages. */
  read(request: StateRequest): AsyncIterable<Uint8Array>;
}

/** A value of the one key column, or values by the key columns' names. */
export type StateKey = unknown;

/** One operator's state. Iterating reads all of it. */
export class State<R = Readonly<Record<string, unknown>>> implements AsyncIterable<R> {
  /** @internal */
  constructor(
    private readonly store: StateStore,
    readonly uid: string,
  ) {}

  /**
   * The row of a key: a value, or an object of values where there are several key columns; undefined if there is none. Of state that has
   * several rows under a key (windows, joins) it is one of them: see `rows`.
   *
   * @example await job.state('counts').get('a')
   */
  async get(key: StateKey): Promise<R | undefined> {
    for await (const row of this.rows(key)) return row;
    return undefined;
  }

  /** All rows of a key. */
  async *rows(key: StateKey): AsyncGenerator<R, void, void> {
    yield* this.read(key);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<R, void, void> {
    yield* this.read(undefined);
  }

  private async *read(key: StateKey): AsyncGenerator<R, void, void> {
    const table = tableOf(await this.store.describe(), this.uid);
    const request = { uid: this.uid, columns: null, key: key === undefined ? null : keyMessage(table, key, this.uid) };
    const reader = rowReader(table.columns);
    for await (const message of this.store.read(request))
      yield* plainRows(reader, readBatch(message, table.columns)) as Iterable<R>;
  }
}

/** The state of one checkpoint or savepoint, or of the newest checkpoint of a job's folder. */
export class SavedState {
  /** @internal */
  constructor(private readonly store: StateStore) {}

  /** The job, the operators, and what there is to read of each. */
  describe(): Promise<StateDescription> {
    return this.store.describe();
  }

  /** One operator's. */
  state<R = Readonly<Record<string, unknown>>>(uid: string): State<R> {
    return new State<R>(this.store, uid);
  }
}

/**
 * Opens a checkpoint folder, one checkpoint or a savepoint for reading; the job may run meanwhile.
 *
 * @example for await (const row of openState('./checkpoints/counts').state('group_aggregate')) console.log(row)
 */
export function openState(path: string): SavedState {
  return new SavedState(savedState(path));
}

/** Reads what is at a path, with the engine's own restore. */
export function savedState(path: string): StateStore {
  return {
    describe: async () => fromNative(() => JSON.parse(nativeAddon().describeState(path)) as StateDescription),
    async *read(request) {
      const reader = new (nativeAddon().StateReader)(path, request);
      for (;;) {
        const page = await fromNative(() => reader.next());
        if (page === null) return;
        yield page;
      }
    },
  };
}

/** What state('uid') of a query reads, by uid. */
export function stateTables(store: StateStore, { operators }: StateDescription): Map<string, ScanNode | null> {
  return new Map(
    operators.map(({ uid, table }): [string, ScanNode | null] => {
      if (table === undefined) return [uid, null];
      const schema = table.columns;
      const scan: ScanNode = {
        op: 'scan',
        table: {
          identifier: ['default_catalog', 'default_database', `state:${uid}`],
          columns: schema.map((field) => ({ kind: 'physical', ...field })),
          partitionedBy: [],
          options: {},
          temporary: true,
        },
        options: {},
        messages: (columns) => store.read({ uid, columns, key: null }),
        schema,
      };
      return [uid, scan];
    }),
  );
}

/** The table of an operator; says which there are if there is none. */
export function tableOf({ operators }: StateDescription, uid: string): StateTable {
  const found = operators.find((operator) => operator.uid === uid);
  if (found?.table !== undefined) return found.table;
  const known = operators.filter(({ table }) => table !== undefined).map((operator) => operator.uid);
  const near = found === undefined ? nearest(uid, known) : undefined;
  const what =
    found === undefined
      ? `There is no state of an operator '${uid}'`
      : `The state of '${uid}' (${found.operator}) has no rows to look at`;
  const hint = near === undefined ? `There are: ${known.join(', ') || 'none'}.` : `Did you mean '${near}'?`;
  throw stateError('unknown-state', uid, `${what}. ${hint}`);
}

const stateError = (kind: string, identifier: string, message: string): SabotError =>
  new SabotError('SABOT_E_STATE', message, { kind, identifier });

function keyMessage({ columns, keys }: StateTable, key: StateKey, uid: string): Uint8Array {
  if (keys.length === 0)
    throw stateError('state-key', uid, `The state of '${uid}' is not kept by a key: go through it.`);
  const fields = keys.map((column) => columns[column]!);
  const isValue = typeof key !== 'object' || key === null;
  const values = (isValue && fields.length === 1 ? { [fields[0]!.name]: key } : key) as Record<string, unknown>;
  const missing = fields.some(({ name }) => typeof values !== 'object' || !(name in values));
  if (missing) {
    const names = fields.map(({ name }) => name).join(', ');
    throw stateError('state-key', uid, `A key of '${uid}' needs a value for each of: ${names}.`);
  }
  const writers = fields.map(({ name, type }) => {
    const writer = columnWriter(type);
    try {
      writer.push(values[name]);
    } catch (error) {
      if (!(error instanceof ValueMismatch)) throw error;
      throw stateError('state-key', uid, `A key of '${uid}' has a wrong '${name}': ${error.message}`);
    }
    return writer;
  });
  return messageOf(writers, 1);
}

/** What native throws or rejects with, as a SabotError. */
async function fromNative<T>(call: () => T | Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    const { kind, identifier, message } = cause as { kind?: string; identifier?: string; message: string };
    if (kind === undefined) throw cause;
    const code = kind === 'io' ? 'SABOT_E_IO' : 'SABOT_E_STATE';
    throw new SabotError(code, message, { kind, cause, ...(identifier ? { identifier } : {}) });
  }
}
