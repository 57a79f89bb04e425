// command-run: what `sabot run` offers to the jobs of the file that it runs.
//
//   sabot run job.ts   ->   import job.ts   ->   its jobs find the command: its signal cancels them, its progress line shows them
//
// The file has a copy of sabot of its own, so the two meet at a property of globalThis. State: that property.

import type { RunningJob } from './running-job.js';

const PLACE = Symbol.for('sabot.command-run');

export interface CommandRun {
  /** Cancels jobs that were given no signal of their own. */
  readonly signal: AbortSignal;
  /** A job has started; the returned function is called when it has ended. */
  readonly jobStarted: (job: RunningJob) => () => void;
}

/** The command that runs this process's jobs, if there is one. */
export function commandRun(): CommandRun | undefined {
  return (globalThis as { [PLACE]?: CommandRun })[PLACE];
}

export function setCommandRun(run: CommandRun): void {
  (globalThis as { [PLACE]?: CommandRun })[PLACE] = run;
}
