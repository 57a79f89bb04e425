// One run of a job for everything that asked for it in the same turn of the event loop: run(), and loops over streams.
//
//   for await (const a of as) …      run([as, bs])   ->   one job with two result sinks
//   for await (const b of bs) …
//
// State: who has joined; who still reads. A loop that is left early drops its rows; when the last one is left, the job is cancelled,
// unless run() is among those who asked.

import type { LogicalNode } from '../plan/nodes.js';

/** A run that has started. */
export interface StartedRun extends AsyncDisposable {
  readonly done: Promise<void>;
  /** The rows of reader number `index`. */
  rows(index: number): AsyncIterable<Record<string, unknown>>;
}

export class SharedRun<Options> {
  private readonly readers: LogicalNode[] = [];
  private reading = 0;
  private options: Options | undefined;
  private readonly started: Promise<StartedRun>;

  constructor(start: (readers: readonly LogicalNode[], options: Options | undefined) => StartedRun) {
    this.started = new Promise((resolve, reject) => {
      setImmediate(() => {
        try {
          resolve(start(this.readers, this.options));
        } catch (error) {
          reject(error);
        }
      });
    });
    this.started.catch(() => {}); // Whoever joined gets it.
  }

  /** Runs the job's sinks too. False: somebody has asked for that before. */
  joinSinks(options: Options): boolean {
    if (this.options !== undefined) return false;
    this.options = options;
    return true;
  }

  /** Settles when the run that joinSinks asked for has ended. */
  async run(): Promise<void> {
    await using running = await this.started;
    await running.done;
  }

  /** The rows of a stream. */
  async *read(node: LogicalNode): AsyncGenerator<Record<string, unknown>, void, void> {
    const index = this.readers.push(node) - 1;
    this.reading++;
    let ended = false;
    try {
      const running = await this.started;
      yield* running.rows(index);
      ended = true;
      await running.done;
    } finally {
      this.reading--;
      if (!ended) await this.leave();
    }
  }

  private async leave(): Promise<void> {
    if (this.reading > 0 || this.options !== undefined) return;
    const running = await this.started.catch(() => undefined);
    await running?.[Symbol.asyncDispose]();
  }
}
