// Hands rows of an iterable to the engine, batch by batch, as it asks for them.
//
//   for await (const row of rows)   ->   8192 rows, or what came within 10 ms of the first, as one Arrow IPC message
//
// State: the iterator, and the rows of the next batch. The iterator is asked for at most one batch ahead of the engine.

import { type ColumnWriter, ValueMismatch } from '../batches/writer.js';
import { columnWriter } from '../batches/writing.js';
import { SabotError } from '../errors.js';
import type { IterableRows } from '../plan/nodes.js';
import type { Answerer } from '../plan/user-function.js';
import type { Schema } from '../schema/types.js';
import { messageOf, printRow } from './function-error.js';
import { membersOf, replyOf } from './results.js';

/** Rows are looked at for their size this often; a batch ends when it is above. */
const ROWS_BETWEEN_SIZES = 64;
const BATCH_BYTES_MAX = 4 << 20;

/** What the engine asks for: rows from `position` on. */
interface Request {
  readonly position: number;
  readonly rowsMax: number;
  readonly delayMs: number;
}

function readRequest(bytes: Uint8Array): Request {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [position, rowsMax, delayMs] = [0, 8, 16].map((at) => Number(view.getBigInt64(at, true)));
  return { position: position!, rowsMax: rowsMax!, delayMs: delayMs! };
}

export class IterableRun implements Answerer {
  private run: SyncRun | AsyncRun | undefined;

  constructor(
    private readonly source: IterableRows,
    private readonly schema: Schema,
  ) {}

  answer(bytes: Uint8Array): Uint8Array | Promise<Uint8Array> {
    const request = readRequest(bytes);
    this.run ??= this.open(request);
    return this.run.next(request);
  }

  close(): Promise<void> | void {
    return this.run?.close();
  }

  private open(request: Request): SyncRun | AsyncRun {
    const { rows } = this.source;
    const iterable = typeof rows === 'function' ? rows() : rows;
    const pending = new PendingRows(this.schema, request.position);
    if (Symbol.asyncIterator in iterable)
      return new AsyncRun(once(iterable, iterable[Symbol.asyncIterator]()), pending, request);
    return new SyncRun(once(iterable, iterable[Symbol.iterator]()), pending);
  }
}

const used = new WeakSet<object>();

/** A generator can be gone through once; another job that got it would see no rows and think that it ended. */
function once<I extends object>(iterable: object, iterator: I): I {
  if (iterable !== iterator) return iterator;
  if (used.has(iterator)) {
    throw new SabotError(
      'SABOT_E_INPUT',
      'The rows of a source come from a generator that has been read before. Give a function that makes it anew: source(() => rows(), Row).',
      { kind: 'iterable' },
    );
  }
  used.add(iterator);
  return iterator;
}

/** The rows of the next batch. */
class PendingRows {
  length = 0;
  private writers: ColumnWriter[] = [];
  private taken = 0;

  /** The first `skipped` rows were handed over before the job was restored. */
  constructor(
    private readonly schema: Schema,
    private readonly skipped: number,
  ) {
    this.begin();
  }

  add(row: unknown): void {
    if (this.taken++ < this.skipped) return;
    let place = 0;
    try {
      const members = membersOf(row);
      for (; place < this.writers.length; place++) this.writers[place]!.push(members[this.schema[place]!.name]);
      this.length++;
    } catch (error) {
      const name =
        error instanceof ValueMismatch && typeof row === 'object'
          ? ` has a wrong '${this.schema[place]!.name}'`
          : ' is none';
      throw iterableError(`Row ${this.taken} of the iterable${name}: ${printRow(row as object)}`, error);
    }
  }

  isFull({ rowsMax }: Request): boolean {
    if (this.length >= rowsMax) return true;
    return this.length % ROWS_BETWEEN_SIZES === 0 && this.bytes() >= BATCH_BYTES_MAX;
  }

  take(more: boolean): Uint8Array {
    const reply = replyOf(this.writers, this.length, more);
    this.begin();
    return reply;
  }

  failure(error: unknown): SabotError {
    return error instanceof SabotError ? error : iterableError(`The iterable failed after ${this.taken} rows`, error);
  }

  private bytes(): number {
    return this.writers.reduce((sum, writer) => sum + writer.bytes(), 0);
  }

  private begin(): void {
    this.writers = this.schema.map(({ type }) => columnWriter(type));
    this.length = 0;
  }
}

function iterableError(what: string, cause: unknown): SabotError {
  return new SabotError('SABOT_E_INPUT', `${what}: ${messageOf(cause)}`, {
    kind: 'iterable',
    operator: 'iterable_source',
    cause,
  });
}

class SyncRun {
  private ended = false;

  constructor(
    private readonly iterator: Iterator<unknown>,
    private readonly rows: PendingRows,
  ) {}

  next(request: Request): Uint8Array {
    const deadline = performance.now() + request.delayMs;
    try {
      do {
        const next = this.iterator.next();
        this.ended = next.done === true;
        if (this.ended) break;
        this.rows.add(next.value);
      } while (!this.rows.isFull(request) && (this.rows.length === 0 || performance.now() < deadline));
    } catch (error) {
      throw this.rows.failure(error);
    }
    return this.rows.take(!this.ended);
  }

  close(): void {
    if (!this.ended) this.iterator.return?.();
  }
}

class AsyncRun {
  private waiting = true;
  private ended = false;
  private closed = false;
  private error: unknown;
  /** The engine waits: called when there is a batch, or nothing more to come. */
  private ready: (() => void) | undefined;
  private resume: (() => void) | undefined;
  private timer: NodeJS.Timeout | undefined;
  private due = false;

  constructor(
    private readonly iterator: AsyncIterator<unknown>,
    private readonly rows: PendingRows,
    private request: Request,
  ) {
    void this.pull();
  }

  async next(request: Request): Promise<Uint8Array> {
    this.request = request;
    if (!this.isReady()) {
      await new Promise<void>((resolve) => {
        this.ready = resolve;
      });
    }
    this.ready = undefined;
    if (this.error !== undefined && this.rows.length === 0) throw this.rows.failure(this.error);
    clearTimeout(this.timer);
    this.timer = undefined;
    this.due = false;
    const reply = this.rows.take(!this.ended || this.error !== undefined);
    this.resume?.();
    return reply;
  }

  /** Does not wait for an iterator that is busy with its next row: that may never come. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    this.resume?.();
    if (this.ended) return;
    const returned = this.iterator.return?.();
    if (this.waiting) returned?.then(undefined, () => {});
    else await returned;
  }

  private async pull(): Promise<void> {
    try {
      while (!this.closed) {
        this.waiting = true;
        const next = await this.iterator.next();
        this.waiting = false;
        if (next.done === true) break;
        this.rows.add(next.value);
        await this.afterRow();
      }
    } catch (error) {
      this.error = error;
    }
    this.waiting = false;
    this.ended ||= !this.closed;
    this.tell();
  }

  private isReady(): boolean {
    return this.ended || this.due || (this.rows.length > 0 && this.rows.isFull(this.request));
  }

  private afterRow(): Promise<void> | undefined {
    if (this.rows.length === 0) return undefined;
    if (!this.rows.isFull(this.request)) {
      this.timer ??= setTimeout(() => {
        this.due = true;
        this.tell();
      }, this.request.delayMs);
      return undefined;
    }
    this.tell();
    return new Promise<void>((resolve) => {
      this.resume = resolve;
    });
  }

  private tell(): void {
    this.ready?.();
  }
}
