// savepoint: `sabot savepoint JOB [PATH] [--stop | --drain]`. Has a running job write a savepoint; prints the folder.
//
//   sabot savepoint hot-items ./before-upgrade --stop   ->   the job has ended; --restore ./before-upgrade goes on from there

import { resolve } from 'node:path';
import { askJob, findJob } from '../job/control-client.js';
import { reportFailure } from './failure.js';

export interface SavepointOptions {
  readonly dir: string;
  readonly stop?: boolean;
  readonly drain?: boolean;
}

/** Returns the exit code. */
export async function savepointCommand(
  name: string,
  path: string | undefined,
  options: SavepointOptions,
): Promise<number> {
  try {
    const job = await findJob(name, options.dir);
    const folder = await askJob(job, {
      ...(options.drain === true
        ? { request: 'stop', drain: true }
        : { request: options.stop === true ? 'stop' : 'savepoint' }),
      ...(path === undefined ? {} : { path: resolve(path) }),
    });
    process.stdout.write(`${folder}\n`);
    return 0;
  } catch (error) {
    const report = reportFailure(error, (failure) => `error: ${failure.message}`);
    process.stderr.write(`${report.text}\n`);
    return report.exitCode;
  }
}
