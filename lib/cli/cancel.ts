// cancel: `sabot cancel JOB`. Ends a running job where it stands; `--restore latest` goes on from its last checkpoint.

import { askJob, findJob, nameOf } from '../job/control-client.js';
import { reportFailure } from './failure.js';

export interface CancelOptions {
  readonly dir: string;
}

/** Returns the exit code. */
export async function cancelCommand(name: string, options: CancelOptions): Promise<number> {
  try {
    const job = await findJob(name, options.dir);
    await askJob(job, { request: 'cancel' });
    process.stderr.write(`cancelled ${nameOf(job)}\n`);
    return 0;
  } catch (error) {
    const report = reportFailure(error, (failure) => `error: ${failure.message}`);
    process.stderr.write(`${report.text}\n`);
    return report.exitCode;
  }
}
