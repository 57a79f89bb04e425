// recovering-job: a job that is started again when it fails, as its restart strategy says, from its last checkpoint.
//
//   start -> fails -> wait -> start, restoring the latest checkpoint -> … -> ends, or fails for good
//
// State: the attempt that runs. Results of all attempts come one after the other: what was printed between the last checkpoint and
// a failure comes again.

import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSabotError, SabotError } from '../errors.js';
import { encodePlan } from '../plan/encode.js';
import { type PhysicalNode, topological } from '../plan/physical.js';
import type { PlannedJob } from '../planner/plan.js';
import type { DeadLetterReport, LagReport } from './control.js';
import { type ControlServer, listenForControl } from './control-server.js';
import { liveDescription } from './live-state.js';
import { blockedText, lagOf } from './metrics.js';
import { type RunningJob, type StartOptions, startJob } from './running-job.js';
import { type StateStore, savedState } from './state.js';

/** Failures that another start would only repeat. */
const LASTING = new Set([
  ...['plan', 'cancelled', 'fenced', 'restore', 'checkpoint', 'unsupported'],
  // Of Kafka: what the table says, or what has become of the topic.
  ...['invalid-property', 'forbidden-property', 'no-committed-offset', 'offset-out-of-range', 'topic-changed'],
]);

/** Starts a job and keeps it up. Throws what is wrong with the plan. */
export function runJob(plan: PlannedJob, options: StartOptions = {}): RecoveringJob {
  if (plan.refusal !== undefined) throw plan.refusal;
  return new RecoveringJob(plan, options);
}

export class RecoveringJob implements AsyncDisposable {
  /** Settles when the job has ended; rejects with the error of the last attempt. */
  readonly done: Promise<void>;
  private attempt: RunningJob;
  /** The first one's number in the checkpoint folder, once it has claimed it. */
  private firstAttempt: number | undefined;
  private readonly stopping = new AbortController();
  private readonly startedMs = Date.now();
  private waiting = false;
  /** Settles when the next attempt has started, or when there will be none. */
  private next: Promise<RunningJob | undefined> = Promise.resolve(undefined);

  constructor(
    private readonly plan: PlannedJob,
    private readonly options: StartOptions,
  ) {
    this.attempt = startJob(plan, options);
    for (const warning of plan.warnings) this.say(warning);
    this.done = this.supervise();
    this.done.catch(() => {}); // Whoever reads only results() sees the failure there.
  }

  /** What the result sink hands over; throws when the job fails for good. May be read once. */
  async *results(channel?: string): AsyncGenerator<Buffer, void, void> {
    for (let job = this.attempt; ; ) {
      // Of this attempt: as soon as the next one has started, it is that one's.
      const { next } = this;
      try {
        yield* job.results(channel);
        return;
      } catch (error) {
        const started = await next;
        if (started === undefined) throw error;
        job = started;
      }
    }
  }

  /** Stops the job; `done` rejects with code SABOT_E_CANCELLED. */
  cancel(): void {
    this.stopping.abort();
    this.attempt.cancel();
  }

  /** Writes a savepoint, by default to a new folder beside the job's checkpoints; returns where. */
  savepoint(path?: string): Promise<string> {
    return this.takeSavepoint(path, false);
  }

  /**
   * Ends the job with a savepoint: its sources stop, all their rows are processed, sinks commit. `done` resolves. With `drain` event time
   * comes to its end first: every window fires, and there is nothing to go on with.
   */
  async stop(path?: string, drain = false): Promise<string> {
    const taken = await this.takeSavepoint(path, true, drain);
    await this.done;
    return taken;
  }

  /** The savepoint that the job was stopped with. */
  get stoppedWith(): string | undefined {
    return this.attempt.stoppedWith;
  }

  /** Where the job's state is read: its checkpoints, or the job itself. Default: checkpoints, if it takes any. */
  stateStore(read: 'live' | 'committed' = this.plan.checkpoint === undefined ? 'live' : 'committed'): StateStore {
    if (read === 'live') {
      return {
        describe: async () => liveDescription(this.plan, this.metrics()),
        read: (request) => this.attempt.readState(request),
      };
    }
    if (this.plan.checkpoint !== undefined) return savedState(this.plan.checkpoint.folder);
    const message = `Job '${this.plan.job}' takes no checkpoints: only its live state can be read.`;
    throw new SabotError('SABOT_E_STATE', message, { kind: 'state', job: this.plan.job });
  }

  private async takeSavepoint(path: string | undefined, stop: boolean, drain = false): Promise<string> {
    const { savepointsAt, job } = this.plan;
    if (savepointsAt === undefined) {
      const message = `Job '${job}' takes no savepoints: it has no folder for checkpoints (execution.checkpointing.dir).`;
      throw new SabotError('SABOT_E_SAVEPOINT', message, { kind: 'savepoint', job });
    }
    if (this.waiting) {
      const message = `Job '${job}' has failed and waits for its restart: no savepoint can be taken now.`;
      throw new SabotError('SABOT_E_SAVEPOINT', message, { kind: 'savepoint', job });
    }
    const taken = resolve(path ?? join(savepointsAt, new Date().toISOString().replaceAll(/[-:]/g, '')));
    await this.attempt.savepoint(taken, stop, drain);
    return taken;
  }

  /** Counters of the attempt that runs, or ran last. */
  metrics(): ReturnType<RunningJob['metrics']> {
    return this.attempt.metrics();
  }

  /** Cancels the job if it still runs, and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.cancel();
    await this.done.catch(() => {});
  }

  private async supervise(): Promise<void> {
    const control = this.listen();
    try {
      await this.keepUp();
    } finally {
      await (await control)?.[Symbol.asyncDispose]();
    }
  }

  private async keepUp(): Promise<void> {
    for (;;) {
      let settle: (next: RunningJob | undefined) => void = () => {};
      this.next = new Promise((resolve) => {
        settle = resolve;
      });
      try {
        await this.attempt.done;
        settle(undefined);
        return;
      } catch (error) {
        const delayMs = this.delayAfter(error);
        if (delayMs === undefined) {
          settle(undefined);
          throw error;
        }
        this.say(
          `the job failed: ${(error as Error).message}. It starts again in ${delayMs} ms (${this.plan.restartStrategy.name})`,
        );
        this.waiting = true;
        await sleep(delayMs, undefined, { signal: this.stopping.signal }).catch(() => {});
        this.waiting = false;
        if (this.stopping.signal.aborted) {
          settle(undefined);
          throw error;
        }
        this.firstAttempt ??= this.attempt.metrics().checkpoints?.attempt;
        this.attempt = startJob(restarted(this.plan, this.firstAttempt), this.options);
        settle(this.attempt);
      }
    }
  }

  /** On a socket in the checkpoint folder, for `sabot jobs` and the like. */
  private async listen(): Promise<ControlServer | undefined> {
    const { job, checkpoint } = this.plan;
    if (checkpoint === undefined) return undefined;
    try {
      return await listenForControl(checkpoint.folder, {
        describe: () => {
          const metrics = this.metrics();
          const { checkpoints } = metrics;
          const blocked = blockedText(metrics);
          const lag = lagOf(metrics);
          const state = this.waiting ? 'restarting' : checkpoints === undefined ? 'starting' : 'running';
          const { pid } = process;
          const told = {
            ...(checkpoints === undefined ? {} : { checkpoints }),
            ...(blocked === undefined ? {} : { blocked }),
            ...(lag === undefined ? {} : { lag }),
          };
          return { job, folder: resolve(checkpoint.folder), pid, startedMs: this.startedMs, state, ...told };
        },
        watermarks: () => {
          const { operators, splits, holds } = this.metrics();
          const times = operators.map(({ name, uid, subtask, watermarkMs }) => ({ name, uid, subtask, watermarkMs }));
          return { job, operators: times, splits, holds };
        },
        lag: () => committedLag(this.plan),
        deadLetters: () => deadLettersOf(this.plan),
        cancel: () => this.cancel(),
        savepoint: (path) => this.savepoint(path),
        stop: (path, drain) => this.stop(path, drain),
        describeState: () => this.stateStore('live').describe(),
        readState: (request) => this.stateStore('live').read(request),
      });
    } catch (error) {
      // The job does its work all the same, if the folder lets it.
      this.say(`commands cannot reach the job: ${(error as Error).message}`);
      return undefined;
    }
  }

  private delayAfter(error: unknown): number | undefined {
    const lasting = !isSabotError(error) || LASTING.has(error.kind ?? '');
    if (lasting || this.stopping.signal.aborted || this.options.signal?.aborted) return undefined;
    return this.plan.restartStrategy.onFailure(Date.now());
  }

  private say(message: string): void {
    const { onWarning } = this.options;
    const warning = { operator: '', uid: '', subtask: 0, message };
    if (onWarning === undefined) process.stderr.write(`warning: ${message}\n`);
    else onWarning(warning);
  }
}

async function committedLag(plan: PlannedJob): Promise<LagReport> {
  const uids = encodePlan(plan).nodes.map(({ uid }) => uid);
  const splits = topological(plan.sinks).map(async ({ spec, config }, i) =>
    ((await spec.lag?.(config)) ?? []).map((split) => ({ uid: uids[i]!, ...split })),
  );
  return { job: plan.job, splits: (await Promise.all(splits)).flat() };
}

function deadLettersOf({ job, sinks }: PlannedJob): DeadLetterReport {
  const readsLetters = (sink: PhysicalNode): boolean =>
    topological([sink]).some(({ inputs }) => inputs.some((input) => input.deadLetters === true));
  const letterSinks = sinks.filter(readsLetters);
  const topics = letterSinks.flatMap(({ spec, config }) => spec.topics?.(config) ?? []);
  const folders = letterSinks.flatMap(({ spec, config }) => spec.folder?.(config) ?? []);
  return { job, topics, folders: folders.map(({ path, format }) => ({ path: resolve(path), format })) };
}

/** The same job, from what its first attempt or a later one has committed, else as it began. */
function restarted({ checkpoint, ...plan }: PlannedJob, firstAttempt: number | undefined): PlannedJob {
  if (checkpoint === undefined) return plan;
  const restore = { from: 'nothing', ...checkpoint.restore } as const;
  return {
    ...plan,
    checkpoint: {
      ...checkpoint,
      restore: firstAttempt === undefined ? restore : { ...restore, sinceAttempt: firstAttempt },
    },
  };
}
