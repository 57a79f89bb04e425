// lag: `sabot lag JOB`. How far a running job is behind the end of its topics, partition by partition.
//
//   source            topic  partition  committed  end  lag
//   kafka_source:bids bids   0          40         42   2

import type { LagReport } from '../job/control.js';
import { askJob, findJob } from '../job/control-client.js';
import { reportFailure } from './failure.js';
import { renderAnswer } from './output.js';

export interface LagOptions {
  readonly dir: string;
  readonly output?: 'table' | 'json';
}

/** Prints the report and returns the exit code. */
export async function lagCommand(name: string, options: LagOptions): Promise<number> {
  try {
    const report = (await askJob(await findJob(name, options.dir), { request: 'lag' })) as LagReport;
    const json = (options.output ?? (process.stdout.isTTY ? 'table' : 'json')) === 'json';
    process.stdout.write(json ? linesOf(report) : tableOf(report));
    return 0;
  } catch (error) {
    const failure = reportFailure(error, ({ message }) => `error: ${message}`);
    process.stderr.write(`${failure.text}\n`);
    return failure.exitCode;
  }
}

const linesOf = ({ splits }: LagReport): string => splits.map((split) => `${JSON.stringify(split)}\n`).join('');

function tableOf({ splits }: LagReport): string {
  const rows = splits.map(({ uid, topic, partition, committed, end, lag }) =>
    [uid, topic, partition, committed, end, lag].map((value) => (value === null ? '' : String(value))),
  );
  return renderAnswer(['source', 'topic', 'partition', 'committed', 'end', 'lag'], rows);
}
