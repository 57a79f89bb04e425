// command-run: what a command that runs a file of jobs offers to them.
//
//   sabot run job.ts   ->   import job.ts   ->   its jobs find the command: its flags are their defaults, its signal cancels them
//   sabot check -f job.ts                   ->   … or they are planned only, and hand over their plans
//
// The file has a copy of sabot of its own, so the two meet at a property of globalThis. State: that property.

import { SabotError } from '../errors.js';
import type { PlannedJob } from '../planner/plan.js';
import type { RunningJob } from './running-job.js';

const PLACE = Symbol.for('sabot.command-run');

/** What a job takes unless it says otherwise itself. */
export interface RunDefaults {
  readonly parallelism?: number;
  readonly restore?: string;
  readonly claim?: boolean;
  readonly allowNonRestoredState?: boolean;
  readonly acceptDuplicates?: boolean;
}

export interface CommandRun {
  readonly defaults: RunDefaults;
  /** Cancels jobs that were given no signal of their own. */
  readonly signal: AbortSignal;
  /** A job has started; the returned function is called when it has ended. */
  readonly jobStarted: (job: RunningJob) => () => void;
  /** Takes the plans of jobs, which then do not run. */
  readonly planned?: (plan: PlannedJob) => void;
  /** The job that `--restore PATH` went to. */
  restored?: string;
}

/** The command that runs this process's jobs, if there is one. */
export function commandRun(): CommandRun | undefined {
  return (globalThis as { [PLACE]?: CommandRun })[PLACE];
}

/** The command's defaults for a job. A checkpoint is one job's: with `--restore PATH` a second job cannot go on from it. */
export function defaultsOf(job: string): RunDefaults {
  const run = commandRun();
  const restore = run?.defaults.restore;
  if (run === undefined || restore === undefined || restore === 'latest') return run?.defaults ?? {};
  run.restored ??= job;
  if (run.restored === job) return run.defaults;
  const message = `--restore ${restore} is the state of one job, and job '${run.restored}' goes on from it already. Say in the file whose it is: run({ restore: '${restore}' }). Or let all jobs go on from their own checkpoints: --restore latest.`;
  throw new SabotError('SABOT_E_OPTION', message, { kind: 'ambiguous-restore', identifier: restore, job });
}

export function setCommandRun(run: CommandRun): void {
  (globalThis as { [PLACE]?: CommandRun })[PLACE] = run;
}
