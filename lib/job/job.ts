// job: a dataflow of the Stream API, from its sources to its sinks.
//
//   new Job('hot-items')  ->  source(...), streams, to(...)  ->  explain(), run()
//
// State: the sinks that streams were sent to. Nothing runs before run(), or before a stream is iterated.

import { plainRows, readBatch, rowReader } from '../batches/reading.js';
import { resultChannel } from '../connectors/sinks.js';
import { iterableTable, type Source } from '../connectors/tables.js';
import { SabotError, type SabotErrorCode } from '../errors.js';
import { functionsIn } from '../functions/append.js';
import { explainPlan } from '../plan/explain.js';
import type { IterableOrMaker, LogicalNode, SinkNode } from '../plan/nodes.js';
import type { PhysicalNode } from '../plan/physical.js';
import { scanSchema } from '../plan/table.js';
import { settingWarning } from '../planner/known-settings.js';
import { type PlannedJob, planJob } from '../planner/plan.js';
import type { Fields, RowColumnType, RowOf } from '../schema/t.js';
import type { Schema } from '../schema/types.js';
import { Stream, type StreamOwner, TimedStream } from '../stream/stream.js';
import { commandRun, defaultsOf } from './command-run.js';
import { JobTables } from './job-tables.js';
import type { JobMetrics, JobWarning } from './metrics.js';
import { type RecoveringJob, runJob } from './recovering-job.js';
import { printWarning } from './running-job.js';
import { SharedRun, type StartedRun } from './shared-run.js';
import { State } from './state.js';

export interface JobOptions {
  /** Flink's settings and sabot's: `{ 'table.local-time-zone': 'Asia/Kolkata' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly parallelism?: number;
}

/** Where checkpoints go and how often they are taken. */
export interface CheckpointOptions {
  /** The job's own folder is made in it, under the job's name. */
  readonly dir: string;
  /** A duration such as '1 s', or milliseconds; default: one checkpoint, at the end of the input. */
  readonly interval?: string | number;
}

export interface StateReadOptions {
  readonly read?: 'live' | 'committed';
}

export interface RunOptions extends JobOptions {
  readonly checkpoint?: CheckpointOptions;
  /** What to begin from: 'latest', or the path of a checkpoint or savepoint. Default: what `sabot run --restore` says, else nothing. */
  readonly restore?: string;
  /** What is restored from a path becomes the job's, and is removed once enough checkpoints are newer. Default: it stays as it is. */
  readonly claim?: boolean;
  /** Leaves state behind that no operator of the job claims, and lets new operators start empty. */
  readonly allowNonRestoredState?: boolean;
  /** Goes on from an older checkpoint if the latest is damaged, though its output is visible already. */
  readonly acceptDuplicates?: boolean;
  /** Cancels the job. */
  readonly signal?: AbortSignal;
  /** Takes what the job's owner should know: late rows, a split that holds event time back; default: a line on standard error. */
  readonly onWarning?: (warning: JobWarning) => void;
}

/**
 * A job of streams.
 *
 * @example
 * const job = new Job('hot-items');
 * job.source(file({ path: './bids', format: 'json', schema: Bid })).filter((b) => b.price > 100n).to(print());
 * await job.run();
 */
export class Job {
  /** True once run() has been called. */
  started = false;
  private running: RecoveringJob | undefined;
  private readonly sinks: SinkNode[] = [];
  private readonly tables = new JobTables();
  /** What run() and loops of this turn of the event loop join. */
  private starting: SharedRun<RunOptions> | undefined;
  private readonly owner: StreamOwner;

  constructor(
    readonly name: string,
    private readonly options: JobOptions = {},
  ) {
    this.owner = {
      addSink: (sink) => this.sinks.push(sink),
      rows: (node) => ({ [Symbol.asyncIterator]: () => this.rows(node) }),
    };
  }

  /**
   * Rows of a source: a connector, or any AsyncIterable or Iterable of rows. A restart begins an iterable anew and leaves out what it
   * has had, so give a function that makes it if it can be gone through only once.
   *
   * @example job.source(() => readings(), t.row({ sensor: t.string(), value: t.double() }))
   */
  source<T>(source: Source<T>): Stream<T>;
  source<F extends Fields>(
    rows: IterableOrMaker<RowOf<F>>,
    schema: RowColumnType<F>,
    options?: { readonly unbounded?: boolean },
  ): Stream<RowOf<F>>;
  source(
    source: Source<unknown> | IterableOrMaker<unknown>,
    schema?: RowColumnType<Fields>,
    { unbounded = false }: { readonly unbounded?: boolean } = {},
  ): Stream<unknown> {
    if (schema === undefined) {
      const { table } = source as Partial<Source<unknown>>;
      if (table === undefined) {
        throw new SabotError(
          'SABOT_E_VALIDATION',
          'An iterable needs the type of its rows: source(rows, t.row({ … })).',
        );
      }
      const { deadLetters } = source as Source<unknown>;
      return new Stream(this.owner, {
        op: 'scan',
        table,
        options: table.options,
        schema: scanSchema(table),
        ...(deadLetters === undefined ? {} : { deadLetters }),
      });
    }
    const table = iterableTable(schema);
    const rows = { rows: source as IterableOrMaker<unknown>, unbounded };
    return new Stream(this.owner, { op: 'scan', table, options: {}, rows, schema: scanSchema(table) });
  }

  /**
   * Takes statements of SQL as parts of this job: CREATE defines, SET is a setting of the job, and every INSERT INTO is a sink of it.
   *
   * @example job.sql("CREATE TABLE bids (…) WITH (…); CREATE VIEW dear AS SELECT * FROM bids WHERE price > 100;")
   */
  sql(statements: string): this {
    this.sinks.push(...this.tables.execute(statements));
    return this;
  }

  /**
   * The rows of a table or view that SQL has defined: of its columns those that the schema names, whose types it must have. `time`
   * names the column that is their event time.
   *
   * @example job.table('dear', t.row({ auction: t.bigint(), at: t.timestamp(3) }), { time: 'at' })
   */
  table<F extends Fields>(name: string, schema: RowColumnType<F>): Stream<RowOf<F>>;
  table<F extends Fields>(
    name: string,
    schema: RowColumnType<F>,
    options: { readonly time: string },
  ): TimedStream<RowOf<F>>;
  table(name: string, { fields }: RowColumnType<Fields>, { time }: { readonly time?: string } = {}): Stream<unknown> {
    const node = this.tables.rows(name, fields, time);
    return time === undefined ? new Stream(this.owner, node) : new TimedStream(this.owner, node);
  }

  /**
   * Lets SQL read a stream under a name. Its event time stays one; if it has no column of its own, `time` gives it a name.
   *
   * @example job.createView('checked', checked, { time: 'at' }).sql('INSERT INTO t SELECT * FROM checked')
   */
  createView(name: string, stream: Stream<unknown>): this;
  createView(name: string, stream: TimedStream<unknown>, options: { readonly time: string }): this;
  createView(name: string, stream: Stream<unknown>, { time }: { readonly time?: string } = {}): this {
    if (!stream.isOf(this.owner)) {
      const message = `The stream that view '${name}' shows belongs to another job than '${this.name}'.`;
      throw new SabotError('SABOT_E_VALIDATION', message, { job: this.name });
    }
    this.tables.addView(name, stream.node, time);
    return this;
  }

  /** The rows of a node that somebody else has made; @internal */
  stream<T>(node: LogicalNode): Stream<T> {
    return new Stream(this.owner, node);
  }

  /** The same with event time; @internal */
  timedStream<T>(node: LogicalNode): TimedStream<T> {
    return new TimedStream(this.owner, node);
  }

  /** The physical plan as text: operators, changes, and where functions run. */
  explain(options: JobOptions = {}): string {
    return explainPlan(this.plan(this.sinks, options), functionsIn(this.sinks));
  }

  /** Runs until all input has ended; rejects if the job fails. */
  async run(options: RunOptions = {}): Promise<void> {
    if (this.sinks.length === 0) {
      throw new SabotError('SABOT_E_VALIDATION', `Job '${this.name}' has no sink: end a stream with .to(...).`, {
        job: this.name,
      });
    }
    this.started = true;
    const shared = this.join();
    if (!shared.joinSinks(options)) {
      throw new SabotError('SABOT_E_VALIDATION', `Job '${this.name}' is started twice at once.`, { job: this.name });
    }
    await shared.run();
  }

  /** Counters of every operator and task as they are now, or were at the end; undefined before run(). */
  metrics(): JobMetrics | undefined {
    return this.running?.metrics();
  }

  /**
   * Writes a savepoint of the running job, all its state in one folder that may be moved; returns the folder. Without a path it is a
   * new one beside the checkpoints.
   *
   * @example await job.savepoint('./before-upgrade')
   */
  savepoint(path?: string): Promise<string> {
    return this.whileRunning().savepoint(path);
  }

  /**
   * Ends the job with a savepoint, and returns its folder: sources stop, what they have read is processed, sinks commit; run() resolves.
   *
   * With `drain` event time comes to its end first: every window fires; a later run would fire windows once more, or find its rows late.
   *
   * @example await job.stop({ savepoint: './before-upgrade' })
   */
  stop({ savepoint, drain }: { readonly savepoint?: string; readonly drain?: boolean } = {}): Promise<string> {
    return this.whileRunning().stop(savepoint, drain);
  }

  /**
   * What an operator of the running job keeps, by the uid or the stream that was given one. `read: 'committed'` is as the newest
   * checkpoint has it, the default if the job takes checkpoints; `live` is as it is now, read between two batches.
   *
   * @example const counts = bids.keyBy((b) => b.auction).aggregate({ bids: count() }).uid('counts'); … await job.state(counts).get(5n)
   */
  state<R = Readonly<Record<string, unknown>>>(of: string | Stream<R>, { read }: StateReadOptions = {}): State<R> {
    const uid = typeof of === 'string' ? of : of.node.uid;
    if (uid === undefined) {
      throw new SabotError('SABOT_E_VALIDATION', "This stream's state has no name: give it one with .uid('…').", {
        job: this.name,
      });
    }
    return new State<R>(this.whileRunning('SABOT_E_STATE').stateStore(read), uid);
  }

  private whileRunning(code: SabotErrorCode = 'SABOT_E_SAVEPOINT'): RecoveringJob {
    if (this.running !== undefined) return this.running;
    throw new SabotError(code, `Job '${this.name}' does not run.`, { kind: 'not-running', job: this.name });
  }

  private async *rows(node: LogicalNode): AsyncGenerator<Record<string, unknown>, void, void> {
    yield* this.join().read(node);
  }

  private join(): SharedRun<RunOptions> {
    this.starting ??= new SharedRun((readers, options) => {
      this.starting = undefined;
      return this.start(readers, options);
    });
    return this.starting;
  }

  private start(readers: readonly LogicalNode[], options: RunOptions | undefined): StartedRun {
    const { signal, onWarning, ...rest } = options ?? {};
    const plan = this.plan([...readers, ...(options === undefined ? [] : this.sinks)], rest);
    for (const [key, value] of Object.entries(this.settingsFor(rest))) {
      const message = settingWarning(key, value);
      if (message !== undefined) (onWarning ?? printWarning)({ operator: '', uid: '', subtask: 0, message });
    }
    const planned = commandRun()?.planned;
    if (planned !== undefined) {
      planned(plan);
      return NOTHING_RUNS;
    }
    const running = runJob(plan, {
      ...(signal === undefined ? {} : { signal }),
      ...(onWarning === undefined ? {} : { onWarning }),
    });
    this.running = running;
    return {
      done: running.done,
      rows: (index) => rowsOf(running.results(resultChannel(index)), plan.sinks[index]!.schema),
      [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
    };
  }

  private settingsFor(options: RunOptions): Record<string, string> {
    return {
      ...this.options.settings,
      ...this.tables.settings,
      ...options.settings,
      ...checkpointSettings(options.checkpoint),
    };
  }

  private plan(plans: readonly LogicalNode[], options: RunOptions): PlannedJob {
    const settings = this.settingsFor(options);
    const { restore, claim, allowNonRestoredState, acceptDuplicates } = options;
    const defaults = restore === undefined ? defaultsOf(this.name) : (commandRun()?.defaults ?? {});
    const { parallelism: asked = 1, ...restoring } = defaults;
    const parallelism = options.parallelism ?? this.options.parallelism ?? asked;
    const plan = this.tables.explaining(() =>
      planJob({
        name: this.name,
        plans,
        settings,
        parallelism,
        queryStartMs: Date.now(),
        result: { format: 'arrow' },
        checkpoint: {
          ...restoring,
          ...(restore === undefined ? {} : { restore }),
          ...(claim === undefined ? {} : { claim }),
          ...(allowNonRestoredState === undefined ? {} : { allowNonRestoredState }),
          ...(acceptDuplicates === undefined ? {} : { acceptDuplicates }),
        },
      }),
    );
    const readers = plan.sinks.filter((_, i) => i < plans.length && plans[i]!.op !== 'sink');
    if (plan.results === 'changelog' && readers.some(updates)) {
      throw new SabotError(
        'SABOT_E_UNSUPPORTED',
        'An updating stream without end cannot be iterated: send it to a sink.',
        { job: this.name },
      );
    }
    return plan;
  }
}

/** What a job that is only planned gives its readers. */
const NOTHING_RUNS: StartedRun = {
  done: Promise.resolve(),
  rows: async function* () {},
  [Symbol.asyncDispose]: async () => {},
};

/** The same as settings, Flink's keys. */
function checkpointSettings(checkpoint: CheckpointOptions | undefined): Record<string, string> {
  if (checkpoint === undefined) return {};
  const { dir, interval } = checkpoint;
  return {
    'execution.checkpointing.dir': dir,
    ...(interval === undefined ? {} : { 'execution.checkpointing.interval': String(interval) }),
  };
}

/** What the pieces of a result sink say, as objects. */
async function* rowsOf(pieces: AsyncIterable<Uint8Array>, schema: Schema): AsyncGenerator<Record<string, unknown>> {
  const reader = rowReader(schema);
  for await (const piece of pieces) yield* plainRows(reader, readBatch(piece, schema));
}

/** Whether rows of the result are taken back. */
const updates = (sink: PhysicalNode): boolean => {
  const changes = sink.inputs[0]!.node.changelog?.changes;
  return changes !== undefined && (changes.updates || changes.deletes);
};
