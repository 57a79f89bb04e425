// command-run: what a command that runs a file of jobs offers to them.
//
//   sabot run job.ts   ->   import job.ts   ->   its jobs find the command: its flags are their defaults, its signal cancels them
//   sabot check -f job.ts                   ->   … or they are planned only, and hand over their plans
//
// The file has a copy of sabot of its own, so the two meet at a property of globalThis. State: that property.

import type { PlannedJob } from '../planner/plan.js';
import type { RunningJob } from './running-job.js';

const PLACE = Symbol.for('sabot.command-run');

/** What a job takes unless it says otherwise itself. */
export interface RunDefaults {
  readonly parallelism?: number;
  readonly restore?: string;
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
}

/** The command that runs this process's jobs, if there is one. */
export function commandRun(): CommandRun | undefined {
  return (globalThis as { [PLACE]?: CommandRun })[PLACE];
}

export function setCommandRun(run: CommandRun): void {
  (globalThis as { [PLACE]?: CommandRun })[PLACE] = run;
}
