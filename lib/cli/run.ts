// run: `sabot run job.ts`. Runs the jobs of a file; the command's flags are what they take unless they say otherwise.

import type { RunDefaults } from '../job/command-run.js';
import { reportFailure } from './failure.js';
import { Interrupt } from './interrupt.js';
import { nothingRan, runJobFile } from './job-file.js';
import { showProgress } from './progress.js';

/** Runs the file and returns the exit code. */
export async function runCommand(path: string, options: RunDefaults): Promise<number> {
  using interrupt = new Interrupt();
  let numJobs = 0;
  try {
    await runJobFile(path, {
      defaults: options,
      signal: interrupt.signal,
      jobStarted: (job) => {
        numJobs++;
        return showProgress(job);
      },
    });
    if (numJobs === 0) throw nothingRan(path);
    return 0;
  } catch (error) {
    const report = reportFailure(error, (failure) => `error: ${failure.message}`, interrupt.received);
    process.stderr.write(`${report.text}\n`);
    return report.exitCode;
  }
}
