// jobs: `sabot jobs [FOLDER]`. Lists jobs by their checkpoint folders, and what those that run tell of themselves.
//
//   {"job":"hot-items","state":"running","pid":4711,"attempt":3,"checkpoints":12,"newestEpoch":14,…,"folder":"/data/chk/hot-items"}
//
// A table on a terminal, a line of JSON per job in a pipe.

import { type FoundJob, findJobs, nameOf } from '../job/control-client.js';
import { renderAnswer } from './output.js';

export interface JobsOptions {
  readonly output?: 'table' | 'json';
}

/** Prints the jobs and returns the exit code. */
export async function jobsCommand(folder: string, options: JobsOptions): Promise<number> {
  const lines = (await findJobs(folder)).flatMap(linesOf);
  if ((options.output ?? (process.stdout.isTTY ? 'table' : 'json')) === 'json') {
    for (const line of lines) process.stdout.write(`${JSON.stringify(line)}\n`);
    return 0;
  }
  const columns = Object.keys(lines[0] ?? lineOf({ folder: '', running: [], silent: [], newestEpoch: 0 }, 'stopped'));
  const rows = lines.map((line) => Object.values(line).map((value) => (value === null ? '' : String(value))));
  process.stdout.write(renderAnswer(columns, rows));
  return 0;
}

/** One line per process that runs the job, or one for a job that does not run. */
function linesOf(job: FoundJob): JobLine[] {
  const lines = job.running.map((running): JobLine => {
    const { checkpoints } = running;
    return {
      ...lineOf(job, running.blocked === undefined ? running.state : `${running.state}, ${running.blocked}`),
      job: running.job,
      pid: running.pid,
      since: new Date(running.startedMs).toISOString(),
      attempt: checkpoints?.attempt ?? null,
      checkpoints: checkpoints?.completed ?? null,
      failed: checkpoints?.failed ?? null,
      lastMs: checkpoints?.lastCompleted?.durationMs ?? null,
      lastBytes: checkpoints?.lastCompleted?.bytesTotal ?? null,
      lag: running.lag ?? null,
    };
  });
  const silent = job.silent.map(
    (socket): JobLine => ({ ...lineOf(job, 'does not answer'), pid: Number.parseInt(socket, 10) }),
  );
  return lines.length + silent.length > 0 ? [...lines, ...silent] : [lineOf(job, 'stopped')];
}

type JobLine = ReturnType<typeof lineOf>;

const lineOf = (job: FoundJob, state: string) => ({
  job: nameOf(job),
  state,
  pid: null as number | null,
  since: null as string | null,
  attempt: null as number | null,
  checkpoints: null as number | null,
  failed: null as number | null,
  newestEpoch: job.newestEpoch === 0 ? null : job.newestEpoch,
  lastMs: null as number | null,
  lastBytes: null as number | null,
  lag: null as number | null,
  folder: job.folder,
});
