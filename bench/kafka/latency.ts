// latency: from the record with which a window's end is known, in Kafka, to the window's results, read from Kafka.
//
//   native/latency.cc writes bids at a rate and reads results; between them one job of queries/latency.sql, with checkpoints
//
// See native/latency.cc and README.md for what exactly is measured.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { type Broker, PROGRAM } from './topics.js';

export interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export interface LatencyFigures {
  readonly guarantee: string;
  /** Records a second that were written. */
  readonly rate: number;
  readonly windows: number;
  /** Windows without a result. */
  readonly missing: number;
  readonly results: number;
  /** Until the result was read. */
  readonly arrivedMs: Percentiles;
  /** Until the broker had appended it. */
  readonly appendedMs: Percentiles;
}

export interface LatencyOptions {
  readonly guarantee: 'at-least-once' | 'exactly-once';
  readonly rate: number;
  readonly seconds: number;
  readonly windowMs: number;
  readonly partitions: number;
}

/** `script` makes the job's file. */
export async function measureLatency(
  broker: Broker,
  options: LatencyOptions,
  script: (values: Readonly<Record<string, string>>) => string,
): Promise<LatencyFigures> {
  const { guarantee, rate, seconds, windowMs, partitions } = options;
  const name = `latency-${guarantee}-${Math.random().toString(36).slice(2)}`;
  const results = `${name}-results`;
  await broker.create(name, { partitions, stampedByBroker: true });
  await broker.create(results, { partitions, stampedByBroker: true });
  const file = script({
    TOPIC: name,
    RESULTS: results,
    GUARANTEE: guarantee,
    WINDOW: (windowMs / 1000).toFixed(3),
  });
  const job = spawn(process.execPath, ['dist/cli.cjs', 'sql', '-f', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  job.stderr.on('data', (bytes: Buffer) => (complaint += bytes.toString()));
  const ended = once(job, 'exit');
  try {
    const isolation = guarantee === 'exactly-once' ? 'read_committed' : 'read_uncommitted';
    const measured = [broker.servers, name, results, isolation, rate, seconds, windowMs].map(String);
    const { stdout } = await promisify(execFile)(PROGRAM, ['latency', ...measured]);
    if (job.exitCode !== null) throw new Error(`The job has ended: ${complaint}`);
    return { guarantee, ...(JSON.parse(stdout) as Omit<LatencyFigures, 'guarantee'>) };
  } finally {
    job.kill('SIGKILL');
    await ended;
  }
}

export function renderLatency(figures: readonly LatencyFigures[]): string {
  return figures
    .flatMap(({ guarantee, rate, windows, missing, results, ...measured }) => [
      `${guarantee}, ${rate.toLocaleString('en-US')} records/s: ${results} results of ${windows} windows${missing > 0 ? `, ${missing} WINDOWS WITHOUT A RESULT` : ''}`,
      ...(['arrivedMs', 'appendedMs'] as const).map((which) => {
        const { p50, p90, p99, p999, max } = measured[which];
        const told = which === 'arrivedMs' ? 'read ' : 'in Kafka';
        return `  until ${told.padEnd(9)} p50 ${p50}  p90 ${p90}  p99 ${p99}  p99.9 ${p999}  most ${max} ms`;
      }),
    ])
    .join('\n');
}
