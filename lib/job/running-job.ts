// running-job: a job that the engine runs, as TypeScript sees it.
//
//   plan  ->  RunningJob  ->  for await (const bytes of job.results())   JSON lines, or Arrow IPC
//                             await job.done                             or a SabotError that says which operator failed and why
//
// State: pieces that were delivered and not yet taken. The engine stops delivering while 8 MiB are not acknowledged, so a slow
// reader slows the sources down.

import { RESULT_CHANNEL, resultSinkSpec } from '../connectors/sinks.js';
import { SabotError, type SabotErrorCode } from '../errors.js';
import { type NativeJob, type NativeJobError, nativeAddon } from '../native.js';
import { encodePlanBytes } from '../plan/encode.js';
import type { PhysicalPlan } from '../plan/physical.js';
import { AsyncQueue } from './async-queue.js';
import { commandRun } from './command-run.js';
import { type JobMetrics, type JobWarning, skippedRecordWarnings } from './metrics.js';
import type { StateRequest } from './state.js';
import { UserCalls } from './user-calls.js';

export interface StartOptions {
  /** Lines of print sinks; default: they go to standard output and standard error. Unsettled promises hold the sinks back. */
  readonly onPrint?: (channel: 'stdout' | 'stderr', lines: Uint8Array) => void | Promise<void>;
  /** Default: a line on standard error. */
  readonly onWarning?: (warning: JobWarning) => void;
  /** Cancels the job. */
  readonly signal?: AbortSignal;
}

const CODES: Readonly<Record<string, SabotErrorCode>> = {
  plan: 'SABOT_E_PLAN',
  'bad-record': 'SABOT_E_INPUT',
  io: 'SABOT_E_IO',
  cancelled: 'SABOT_E_CANCELLED',
  internal: 'SABOT_E_NATIVE',
  restore: 'SABOT_E_RESTORE',
  checkpoint: 'SABOT_E_RESTORE',
  fenced: 'SABOT_E_FENCED',
  savepoint: 'SABOT_E_SAVEPOINT',
  state: 'SABOT_E_STATE',
  'state-key': 'SABOT_E_STATE',
  'unknown-state': 'SABOT_E_STATE',
  'not-running': 'SABOT_E_STATE',
  'invalid-property': 'SABOT_E_OPTION',
  'forbidden-property': 'SABOT_E_OPTION',
  'unknown-topic': 'SABOT_E_IO',
  'topic-changed': 'SABOT_E_IO',
  'no-committed-offset': 'SABOT_E_IO',
  'offset-out-of-range': 'SABOT_E_IO',
  'authentication-failed': 'SABOT_E_IO',
  'delivery-failed': 'SABOT_E_IO',
  kafka: 'SABOT_E_IO',
};

const ENDED_BEFORE: NativeJobError = {
  kind: 'savepoint',
  identifier: '',
  operator: '',
  message: 'no savepoint was taken: the job has ended',
};

const NOT_RUNNING: NativeJobError = {
  kind: 'not-running',
  identifier: '',
  operator: '',
  message: 'the job does not run: its state can be read from its checkpoints',
};

const STATE_CHANNEL = 'state:';
const stateChannel = (id: number): string => `${STATE_CHANNEL}${id}`;

// process.exit() destroys what the engine's threads stand on: they end first.
const running = new Set<NativeJob>();

function stopAtExit(job: NativeJob): void {
  if (running.size === 0) process.once('exit', stopAll);
  running.add(job);
}

function stopAll(): void {
  for (const job of running) job.stop();
}

/** Starts a job; it runs until its input ends, it fails or it is cancelled. */
export function startJob(plan: PhysicalPlan, options: StartOptions = {}): RunningJob {
  const command = commandRun();
  if (command === undefined) return new RunningJob(plan, options);
  const job = new RunningJob(plan, { signal: command.signal, ...options });
  const ended = command.jobStarted(job);
  job.done.then(ended, ended);
  return job;
}

export class RunningJob implements AsyncDisposable {
  /** Settles when the job has ended; rejects with a SabotError if it failed or was cancelled. */
  readonly done: Promise<void>;
  private readonly job: string;
  private readonly native: NativeJob;
  private readonly calls: UserCalls;
  /** By channel: 'result', 'result:1', … */
  private readonly pieces = new Map<string, AsyncQueue<Buffer>>();
  private finished = false;
  /** The folder of the savepoint that the job was stopped with. */
  stoppedWith: string | undefined;
  /** Savepoints that were asked for, by id. */
  private readonly savepoints = new Map<number, (error: NativeJobError | null) => void>();
  private nextSavepoint = 0;

  constructor(plan: PhysicalPlan, { onPrint = print, onWarning = printWarning, signal }: StartOptions) {
    this.job = plan.job;
    let settle: (error: NativeJobError | null) => void = () => {};
    const ended = new Promise<void>((resolve, reject) => {
      settle = (error) => {
        this.finished = true;
        for (const warning of skippedRecordWarnings(this.metrics())) onWarning(warning);
        if (error?.kind === 'stopped') this.stoppedWith = error.identifier;
        const failed = error === null || error.kind === 'stopped' ? undefined : error;
        const failure = failed === undefined ? undefined : (this.calls.failureOf(failed) ?? jobError(failed, plan.job));
        for (const settleSavepoint of this.savepoints.values()) settleSavepoint(failed ?? ENDED_BEFORE);
        for (const [channel, queue] of this.pieces)
          queue.end(failure ?? (channel.startsWith(STATE_CHANNEL) ? jobError(NOT_RUNNING, plan.job) : undefined));
        this.calls.close().then(() => (failure === undefined ? resolve() : reject(failure)));
      };
    });
    this.calls = new UserCalls(plan);
    for (const { spec, config } of plan.sinks)
      if (spec === resultSinkSpec) this.pieces.set(String(config['channel']), new AsyncQueue());
    try {
      this.native = new (nativeAddon().Job)(encodePlanBytes(plan), {
        onData: (channel, bytes) => {
          if (channel === 'log') this.warn(bytes, onWarning);
          else this.take(channel, bytes, onPrint);
        },
        onCall: (call, node, subtask, request) => this.calls.run(this.native, call, node, subtask, request),
        onSavepoint: (id, error) => this.savepoints.get(id)?.(error),
        onState: (id, error) => this.endRead(stateChannel(id), error),
        onFinished: settle,
      });
    } catch (cause) {
      const { kind, identifier, operator, message } = cause as Partial<NativeJobError> & Error;
      if (typeof kind !== 'string') throw cause;
      throw jobError({ kind, identifier: identifier ?? '', operator: operator ?? '', message }, plan.job);
    }
    const abort = () => this.cancel();
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort, { once: true });
    stopAtExit(this.native);
    this.done = ended.finally(() => {
      signal?.removeEventListener('abort', abort);
      running.delete(this.native);
      if (running.size === 0) process.off('exit', stopAll);
    });
    // Whoever reads only results() sees the failure there.
    this.done.catch(() => {});
  }

  /** What a result sink hands over, piece by piece; throws when the job fails. May be read once; who stops reading drops the rest. */
  async *results(channel = RESULT_CHANNEL): AsyncGenerator<Buffer, void, void> {
    try {
      for await (const piece of this.pieces.get(channel)!) {
        yield piece;
        this.acknowledge(channel, piece);
      }
    } finally {
      this.pieces.get(channel)?.drop((piece) => this.acknowledge(channel, piece));
    }
  }

  /** Stops the job; `done` rejects with code SABOT_E_CANCELLED. */
  cancel(): void {
    if (!this.finished) this.native.cancel();
  }

  /**
   * Writes a savepoint to a folder that is absent or empty; with `stop` the job ends with it, and `done` resolves; with `drain` after
   * event time has come to its end.
   */
  savepoint(path: string, stop: boolean, drain = false): Promise<void> {
    return new Promise((resolve, reject) => {
      const id = this.nextSavepoint++;
      this.savepoints.set(id, (error) => {
        this.savepoints.delete(id);
        if (error === null) resolve();
        else reject(jobError(error, this.job));
      });
      if (this.finished) this.savepoints.get(id)!(ENDED_BEFORE);
      else this.native.savepoint(id, path, stop, drain);
    });
  }

  /** An operator's state as it is, in Arrow IPC messages; read on the operator's own thread, between its batches. */
  async *readState(request: StateRequest): AsyncGenerator<Buffer, void, void> {
    if (this.finished) throw jobError(NOT_RUNNING, this.job);
    // Few: those that are read at once.
    let id = 0;
    while (this.pieces.has(stateChannel(id))) id++;
    const channel = stateChannel(id);
    const queue = new AsyncQueue<Buffer>();
    this.pieces.set(channel, queue);
    this.native.readState(id, request);
    try {
      for await (const piece of queue) {
        yield piece;
        this.acknowledge(channel, piece);
      }
    } finally {
      queue.drop((piece) => this.acknowledge(channel, piece));
      if (this.pieces.get(channel) === queue && !this.finished) this.native.cancelStateRead(id);
    }
  }

  /** Nothing comes on the channel any more: it is free for another read. */
  private endRead(channel: string, error: NativeJobError | null): void {
    this.pieces.get(channel)?.end(error === null ? undefined : jobError(error, this.job));
    this.pieces.delete(channel);
  }

  /** Counters of every subtask, as they are now. */
  metrics(): JobMetrics {
    const { checkpoints, ...rest } = JSON.parse(this.native.metrics()) as JobMetrics;
    return checkpoints?.attempt === undefined ? rest : { ...rest, checkpoints };
  }

  /** Cancels the job if it still runs, and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.cancel();
    await this.done.catch(() => {});
  }

  private warn(lines: Buffer, onWarning: NonNullable<StartOptions['onWarning']>): void {
    for (const line of lines.toString().split('\n')) if (line !== '') onWarning(JSON.parse(line) as JobWarning);
    this.acknowledge('log', lines);
  }

  private take(channel: string, bytes: Buffer, onPrint: NonNullable<StartOptions['onPrint']>): void {
    const results = this.pieces.get(channel);
    if (results !== undefined) {
      results.push(bytes);
      return;
    }
    const taken = onPrint(channel === 'stderr' ? 'stderr' : 'stdout', bytes);
    const acknowledge = () => this.acknowledge(channel, bytes);
    if (taken === undefined) acknowledge();
    else taken.then(acknowledge, () => this.cancel());
  }

  private acknowledge(channel: string, bytes: Buffer): void {
    if (!this.finished) this.native.acknowledge(channel, bytes.length);
  }
}

function print(channel: 'stdout' | 'stderr', lines: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process[channel].write(lines, (error) => (error ? reject(error) : resolve()));
  });
}

/** Where a warning comes from, and what it says. */
export const warningText = ({ operator, subtask, message }: JobWarning): string =>
  operator === '' ? message : `${operator}[${subtask}]: ${message}`;

export function printWarning(warning: JobWarning): void {
  process.stderr.write(`warning: ${warningText(warning)}\n`);
}

function jobError(error: NativeJobError, job: string): SabotError {
  return new SabotError(errorCode(error.kind), error.message, {
    kind: error.kind,
    job,
    ...(error.identifier === '' ? {} : { identifier: error.identifier }),
    ...(error.operator === '' ? {} : { operator: error.operator }),
  });
}

/** Kinds that begin with "unsupported" are mistakes of the script, found while the engine made its operators. */
const errorCode = (kind: string): SabotErrorCode =>
  kind.startsWith('unsupported') ? 'SABOT_E_UNSUPPORTED' : (CODES[kind] ?? 'SABOT_E_RUNTIME');
