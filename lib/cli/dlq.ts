// dlq: `sabot dlq list|redrive`. Dead letters in a topic: what they are, and sending them to where they came from.
//
//   at       topic  partition  offset  error                  operator           attempts
//   0@17     bids   0          42      cannot read topic …    kafka_source:bids  1
//
// The topic, or the folder, is that of a running job, or is named. Letters in files are listed, and cannot be re-driven: nothing
// remembers which of them have been.

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { clientProperties } from '../connectors/kafka-properties.js';
import { SabotError } from '../errors.js';
import type { DeadLetterReport } from '../job/control.js';
import { askJob, findJob } from '../job/control-client.js';
import {
  type FiledLetter,
  type Letter,
  type LetterTopic,
  readFiledLetters,
  readLetters,
  redriveLetters,
} from '../job/dead-letters.js';
import type { SinkFolder } from '../plan/physical.js';
import { reportFailure } from './failure.js';
import { renderAnswer } from './output.js';

interface TopicOptions {
  readonly dir: string;
  readonly path?: string;
  readonly topic?: string;
  readonly brokers?: string;
  readonly property?: readonly string[];
  readonly limit?: string;
  readonly output?: 'table' | 'json';
}

export interface DlqListOptions extends TopicOptions {
  readonly all?: boolean;
}

export interface DlqRedriveOptions extends TopicOptions {
  readonly to?: string;
  readonly skip?: boolean;
}

const LIMIT_DEFAULT = 20;
const ERROR_SHOWN_MAX = 100;

/** Prints letters and returns the exit code. */
export function dlqListCommand(job: string | undefined, options: DlqListOptions): Promise<number> {
  return reported(async () => {
    const json = asJson(options);
    const limit = options.limit === undefined ? (json ? Number.POSITIVE_INFINITY : LIMIT_DEFAULT) : limitOf(options);
    const rows: string[][] = [];
    let count = 0;
    let more = false;
    const place = await placeOf(job, options);
    await asking(place, async () => {
      for await (const letter of lettersOf(place, options)) {
        if (count++ >= limit) {
          more = true;
          break;
        }
        if (json) process.stdout.write(`${JSON.stringify(lineOf(letter))}\n`);
        else rows.push(cellsOf(letter));
      }
    });
    if (json) return;
    const columns = ['at', 'topic', 'partition', 'offset', 'error', 'operator', 'attempts'];
    process.stdout.write(renderAnswer(columns, rows));
    if (more) process.stdout.write(`There are more: --limit N\n`);
  });
}

/** Sends letters to where they came from, and returns the exit code. */
export function dlqRedriveCommand(job: string | undefined, options: DlqRedriveOptions): Promise<number> {
  return reported(async () => {
    const { to, skip } = options;
    const topic = await placeOf(job, options);
    if (!('topic' in topic)) throw notRedriven(topic.path);
    const redrive = {
      ...(to === undefined ? {} : { to }),
      ...(skip === undefined ? {} : { skip }),
      ...(options.limit === undefined ? {} : { limit: limitOf(options) }),
    };
    const done = await asking(topic, () => redriveLetters(topic, redrive));
    const skipped = done.skipped === 0 ? '' : `, ${done.skipped} passed over`;
    process.stdout.write(
      asJson(options)
        ? `${JSON.stringify(done)}\n`
        : `${done.sent} ${done.sent === 1 ? 'letter' : 'letters'} of '${topic.topic}' re-driven${skipped}\n`,
    );
  });
}

const asJson = ({ output }: TopicOptions): boolean => (output ?? (process.stdout.isTTY ? 'table' : 'json')) === 'json';

async function reported(action: () => Promise<void>): Promise<number> {
  try {
    await action();
    return 0;
  } catch (error) {
    const failure = reportFailure(error, ({ message }) => `error: ${message}`);
    process.stderr.write(`${failure.text}\n`);
    return failure.exitCode;
  }
}

/** What kafkajs fails with is about brokers and topics. */
async function asking<T>(place: LetterTopic | SinkFolder, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    if (!('topic' in place) || !(cause instanceof Error) || !cause.name.startsWith('KafkaJS')) throw cause;
    const { topic, properties } = place;
    const message = `Topic '${topic}' at ${properties['bootstrap.servers']} cannot be asked for letters: ${cause.message}`;
    throw new SabotError('SABOT_E_IO', message, { kind: 'kafka', identifier: topic, cause });
  }
}

function lettersOf(place: LetterTopic | SinkFolder, options: DlqListOptions): AsyncIterable<AnyLetter> {
  return 'topic' in place ? readLetters(place, options.all === true ? 'all' : 'waiting') : filedLetters(place);
}

async function* filedLetters({ path, format }: SinkFolder): AsyncIterable<AnyLetter> {
  if (format !== 'json')
    throw usage(
      `The letters in ${path} are '${format}': they are listed where they are 'json', with all columns of a letter.`,
    );
  // The job makes it with its first letter.
  if (existsSync(path)) yield* readFiledLetters(path);
}

/** A topic or a folder: by its name, or the one that a running job writes its letters to. */
async function placeOf(job: string | undefined, options: TopicOptions): Promise<LetterTopic | SinkFolder> {
  const { dir, topic, path, brokers, property = [] } = options;
  if (job === undefined) {
    if (path !== undefined && topic === undefined) return { path, format: 'json' };
    if (topic !== undefined && brokers !== undefined) return namedTopic(topic, brokers, property);
    throw usage('Say whose letters: a running JOB, or --topic TOPIC and --brokers HOST:PORT, or --path FOLDER.');
  }
  const { topics, folders } = (await askJob(await findJob(job, dir), { request: 'dead-letters' })) as DeadLetterReport;
  const all = [...topics, ...folders];
  const found = all.filter((each) => {
    if (topic === undefined && path === undefined) return true;
    return 'topic' in each ? each.topic === topic : path !== undefined && each.path === resolve(path);
  });
  if (found.length === 1) return found[0]!;
  const named = all.map((each) => ('topic' in each ? `--topic ${each.topic}` : `--path ${each.path}`)).join(', ');
  if (found.length > 1) throw usage(`Job '${job}' has several: say which: ${named}.`);
  throw usage(
    all.length === 0
      ? `Job '${job}' writes no dead letters to a topic or a folder.`
      : `Job '${job}' writes no dead letters there, but to ${named}.`,
  );
}

const notRedriven = (path: string): SabotError =>
  usage(
    `In ${path} letters are in files, where nothing remembers which of them have been re-driven. Read them in a job (format 'json'; \`value\` has the bytes) and write what is mended to where it belongs, or let the job write its letters to a topic: sabot dlq re-drives those.`,
  );

function namedTopic(topic: string, brokers: string, property: readonly string[]): LetterTopic {
  const given = property.map((each): [string, string] => {
    const at = each.indexOf('=');
    if (at < 1) throw usage(`--property takes NAME=VALUE, not '${each}'.`);
    return [`properties.${each.slice(0, at)}`, each.slice(at + 1)];
  });
  const all = { 'properties.bootstrap.servers': brokers, ...Object.fromEntries(given) };
  return { topic, properties: clientProperties(all, 'consumer', `topic '${topic}'`).properties };
}

function limitOf({ limit }: TopicOptions): number {
  const count = Number(limit);
  if (Number.isSafeInteger(count) && count >= 1) return count;
  throw usage(`--limit takes a whole number from 1, not '${limit}'.`);
}

const usage = (message: string): SabotError => new SabotError('SABOT_E_OPTION', message, { kind: 'invalid-arguments' });

/** Of a topic, or of a file. */
type AnyLetter = FiledLetter & Partial<Letter>;

function cellsOf(letter: AnyLetter): string[] {
  const { letter_partition, letter_offset, topic, file, partition, offset, error, operator, attempts } = letter;
  const shown = (error ?? '').slice(0, ERROR_SHOWN_MAX);
  const at = letter_offset === undefined ? undefined : `${letter_partition}@${letter_offset}`;
  return [at, topic ?? file, partition, offset, shown, operator, attempts].map((cell) => String(cell ?? ''));
}

/** Bytes in base64, as they are in the topic; text where they are such. */
function lineOf({ letter_partition, letter_offset, ...letter }: AnyLetter): object {
  const bytes = (hex: string | null) => hex && Buffer.from(hex, 'hex').toString('base64');
  const instant = (ms: number | null) => ms && new Date(ms).toISOString();
  return {
    ...(letter_offset === undefined ? {} : { at: { partition: letter_partition, offset: Number(letter_offset) } }),
    ...letter,
    value: bytes(letter.value),
    key: bytes(letter.key),
    headers: letter.headers?.map(({ name, value }) => ({ name, value: bytes(value) })) ?? null,
    offset: letter.offset === null ? null : Number(letter.offset),
    timestamp: instant(letter.timestamp),
    failed_at: instant(letter.failed_at),
  };
}
