// topics: `sabot -A app.ts:app topics`. What an app reads, writes and makes.
//
//   topic   partitions      key       read by  written by
//   orders  4               customer  totals
//   totals  4 when started  customer           totals

import type { TopicUse } from '../app/app.js';
import { withApp } from './app-file.js';
import { reportFailure } from './failure.js';
import { Interrupt } from './interrupt.js';
import { renderAnswer } from './output.js';

export interface TopicsOptions {
  readonly app?: string;
  readonly output?: 'table' | 'json';
}

/** Prints the topics and returns the exit code. */
export async function topicsCommand({ app: given, output }: TopicsOptions): Promise<number> {
  using interrupt = new Interrupt();
  try {
    const run = { defaults: {}, signal: interrupt.signal, jobStarted: () => () => {} };
    const topics = await withApp(given, run, (app) => app.topics());
    const json = (output ?? (process.stdout.isTTY ? 'table' : 'json')) === 'json';
    process.stdout.write(json ? topics.map(lineOf).join('') : tableOf(topics));
    return 0;
  } catch (error) {
    const failure = reportFailure(error, ({ message }) => `error: ${message}`, interrupt.received);
    process.stderr.write(`${failure.text}\n`);
    return failure.exitCode;
  }
}

const lineOf = ({ partitions, makes, ...rest }: TopicUse): string =>
  `${JSON.stringify({ ...rest, partitions: partitions ?? null, makes: makes ?? null })}\n`;

function tableOf(topics: readonly TopicUse[]): string {
  const rows = topics.map(({ topic, partitions, makes, format, key, readBy, writtenBy }) => [
    topic,
    partitions === undefined ? (makes === undefined ? 'missing' : `${makes} when started`) : String(partitions),
    format,
    key.join(', '),
    readBy.join(', '),
    writtenBy.join(', '),
  ]);
  return renderAnswer(['topic', 'partitions', 'format', 'key', 'read by', 'written by'], rows);
}
