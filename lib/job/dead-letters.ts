// Dead letters in a topic: reading them, and sending what is in them to where it came from. Those in files are read only.
//
//   letters at offsets 0..9, the group has 4   ->   redrive: 4..9, in transactions of some records and the group's next offset
//
// The group's offsets are the only memory of what has been re-driven, and they are committed with the records: whatever is killed
// and when, every letter is sent once. Letters are read by a job of the engine, records are sent by kafkajs.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin, IHeaders, Kafka, Message, Producer } from 'kafkajs';
import { clientConfig, type Properties } from '../connectors/kafka-admin.js';
import { type KafkaStart, kafka } from '../connectors/kafka-tables.js';
import { file } from '../connectors/tables.js';
import { SabotError } from '../errors.js';
import { type Infer, t } from '../schema/t.js';
import { Job } from './job.js';

/** How often a record has failed by the time it is sent once more (native/operators/dead_letter_writer.h). */
const ATTEMPTS_HEADER = 'sabot.dlq.attempts';
/** Which letter it was sent for. */
const LETTER_HEADER = 'sabot.dlq.letter';
const RECORDS_PER_TRANSACTION = 200;
const BYTES_PER_TRANSACTION = 8 << 20;
const RETRY = { retries: 5, initialRetryTime: 100 };

/** A topic that takes letters as JSON, and how its brokers are reached. */
export interface LetterTopic {
  readonly topic: string;
  readonly properties: Properties;
}

const text = t.string().nullable();
const FILED = {
  value: t.bytes().nullable(),
  key: t.bytes().nullable(),
  headers: t.array(t.row({ name: t.string(), value: t.bytes().nullable() })).nullable(),
  topic: text,
  partition: t.int().nullable(),
  offset: t.bigint().nullable(),
  timestamp: t.timestampLtz(3).nullable(),
  file: text,
  error: text,
  job: text,
  operator: text,
  failed_at: t.timestampLtz(3).nullable(),
  attempts: t.int().nullable(),
};
const FILED_LETTER = t.row(FILED);
const LETTER = t.row({ ...FILED, letter_partition: t.int(), letter_offset: t.bigint() });

/** A letter in a file. Bytes are hex. */
export type FiledLetter = Infer<typeof FILED_LETTER>;
/** A letter, and where in its topic it lies. */
export type Letter = Infer<typeof LETTER>;

/** The consumer group that remembers what has been re-driven. */
export const redriveGroup = (topic: string): string => `sabot-dlq-${topic}`;

/** The letters of a topic that have not been re-driven, or all that are there. */
export async function* readLetters(from: LetterTopic, which: 'waiting' | 'all'): AsyncGenerator<Letter> {
  const client = await connect(from);
  const start = await client.use((admin) => startOf(admin, from.topic, which));
  yield* lettersFrom(from, start, false);
}

/** The letters in a folder that takes them as JSON, in no certain order. */
export function readFiledLetters(path: string): AsyncIterable<FiledLetter> {
  return new Job('sabot-dlq').source(file({ path, format: 'json', schema: FILED_LETTER }));
}

export interface RedriveOptions {
  /** Where records go, instead of the topics that they came from. */
  readonly to?: string;
  readonly limit?: number;
  /** Passes over letters that have no topic: of files and functions. */
  readonly skip?: boolean;
}

export interface Redriven {
  readonly sent: number;
  readonly skipped: number;
}

/** Sends the records of letters to their topics, each once. */
export async function redriveLetters(from: LetterTopic, options: RedriveOptions): Promise<Redriven> {
  const client = await connect(from);
  const producer = client.kafka.producer({
    // Whoever comes later ends what an earlier one has left open, and fences it.
    transactionalId: redriveGroup(from.topic),
    idempotent: true,
    maxInFlightRequests: 1,
    retry: RETRY,
  });
  await producer.connect();
  try {
    // Only now nobody else commits.
    await (await producer.transaction()).abort();
    const start = await client.use((admin) => startOf(admin, from.topic, 'waiting'));
    const numPartitions = (topic: string): Promise<number> =>
      client.use(async (admin) => {
        const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
        return topics[0]!.partitions.length;
      });
    const redrive = new Redrive(producer, from.topic, options, numPartitions);
    for await (const letter of lettersFrom(from, start, true)) {
      if (redrive.count >= (options.limit ?? Number.POSITIVE_INFINITY)) break;
      await redrive.add(letter);
    }
    await redrive.commit();
    return { sent: redrive.sent, skipped: redrive.skipped };
  } finally {
    await producer.disconnect();
  }
}

/** The records of one transaction after the other. */
class Redrive {
  sent = 0;
  skipped = 0;
  private bytes = 0;
  private readonly records = new Map<string, Message[]>();
  private numRecords = 0;
  private nextPartition = 0;
  private readonly numPartitions = new Map<string, number>();
  /** The group's next offsets, by partition. */
  private readonly next = new Map<number, bigint>();

  constructor(
    private readonly producer: Producer,
    private readonly from: string,
    private readonly options: RedriveOptions,
    private readonly askNumPartitions: (topic: string) => Promise<number>,
  ) {}

  get count(): number {
    return this.sent + this.numRecords + this.skipped;
  }

  async add(letter: Letter): Promise<void> {
    const topic = this.options.to ?? letter.topic;
    if (topic !== null) await this.push(topic, letter);
    else if (this.options.skip === true) this.skipped++;
    else await this.refuse(letter);
    this.next.set(letter.letter_partition, letter.letter_offset + 1n);
    if (this.numRecords >= RECORDS_PER_TRANSACTION || this.bytes >= BYTES_PER_TRANSACTION) await this.commit();
  }

  private async push(topic: string, letter: Letter): Promise<void> {
    const record = recordOf(letter, this.from, this.options.to === undefined);
    // kafkajs would deal it out anew when it sends again, and brokers take it for the record that went there before.
    if (record.key === null) record.partition ??= this.nextPartition++ % (await this.numPartitionsOf(topic));
    const of = this.records.get(topic) ?? [];
    this.records.set(topic, of);
    of.push(record);
    this.numRecords++;
    this.bytes += (letter.value?.length ?? 0) + (letter.key?.length ?? 0);
  }

  private async numPartitionsOf(topic: string): Promise<number> {
    const known = this.numPartitions.get(topic) ?? (await this.askNumPartitions(topic));
    this.numPartitions.set(topic, known);
    return known;
  }

  /** What came before it is done. */
  private async refuse({ letter_partition, letter_offset, operator, file }: Letter): Promise<never> {
    await this.commit();
    const of = file === null ? `operator '${operator}'` : `file ${file}`;
    throw new SabotError(
      'SABOT_E_CONTROL',
      `The letter at partition ${letter_partition}, offset ${letter_offset} of topic '${this.from}' came from no topic, but from ${of}: say where such records go with --to TOPIC, or pass over them with --skip. ${this.sent} letters before it were re-driven.`,
      { kind: 'no-topic', identifier: this.from },
    );
  }

  async commit(): Promise<void> {
    if (this.next.size === 0) return;
    await whenCoordinated(() => this.commitOnce());
    this.sent += this.numRecords;
    this.records.clear();
    this.next.clear();
    this.numRecords = 0;
    this.bytes = 0;
  }

  private async commitOnce(): Promise<void> {
    const transaction = await this.producer.transaction();
    try {
      for (const [topic, messages] of this.records) await transaction.send({ topic, messages });
      const partitions = [...this.next].map(([partition, offset]) => ({ partition, offset: String(offset) }));
      await transaction.sendOffsets({
        consumerGroupId: redriveGroup(this.from),
        topics: [{ topic: this.from, partitions }],
      });
    } catch (error) {
      await transaction.abort();
      throw error;
    }
    await transaction.commit();
  }
}

/** As it was, with the number of its attempts. */
function recordOf(letter: Letter, from: string, toItsPartition: boolean): Message {
  const headers: IHeaders = {};
  for (const { name, value } of letter.headers ?? []) {
    const bytes = bytesOf(value) as Buffer;
    const before = headers[name];
    headers[name] = before === undefined ? bytes : [...[before].flat(), bytes];
  }
  headers[ATTEMPTS_HEADER] = String(letter.attempts ?? 1);
  headers[LETTER_HEADER] = `${from}-${letter.letter_partition}@${letter.letter_offset}`;
  return {
    key: bytesOf(letter.key),
    value: bytesOf(letter.value),
    headers,
    ...(toItsPartition && letter.partition !== null ? { partition: letter.partition } : {}),
    ...(letter.timestamp === null ? {} : { timestamp: String(letter.timestamp) }),
  };
}

const bytesOf = (hex: string | null): Buffer | null => (hex === null ? null : Buffer.from(hex, 'hex'));

function lettersFrom({ topic, properties }: LetterTopic, from: KafkaStart | undefined, whole: boolean) {
  if (from === undefined) return nothing();
  const { 'bootstrap.servers': brokers, ...others } = properties;
  return new Job('sabot-dlq').source(
    kafka({
      brokers: brokers!,
      topic,
      format: 'json',
      from,
      until: 'latest',
      schema: LETTER,
      metadata: { letter_partition: 'partition', letter_offset: 'offset' },
      properties: others,
      // Half a letter would be sent as a record without a value.
      options: whole ? { 'json.fail-on-missing-field': 'true' } : {},
    }),
  ) as AsyncIterable<Letter>;
}

async function* nothing(): AsyncGenerator<Letter> {}

/** The group's offsets as far as they are there still; undefined: there is nothing behind them. */
async function startOf(admin: Admin, topic: string, which: 'waiting' | 'all'): Promise<KafkaStart | undefined> {
  const ends = await admin.fetchTopicOffsets(topic);
  const groupId = redriveGroup(topic);
  const [committed] = which === 'all' ? [] : await admin.fetchOffsets({ groupId, topics: [topic] });
  const offsets = ends.map(({ partition, low }): [number, number] => {
    const own = committed?.partitions.find((each) => each.partition === partition)?.offset;
    return [partition, Math.max(Number(own ?? -1), Number(low))];
  });
  const waits = ends.some(({ partition, high }) => Number(high) > offsets.find(([of]) => of === partition)![1]);
  return waits ? { offsets: Object.fromEntries(offsets) } : undefined;
}

interface Client {
  readonly kafka: Kafka;
  use<T>(action: (admin: Admin) => Promise<T>): Promise<T>;
}

/** Errors that pass by themselves: a group's coordinator is still being found, or loads what it knows. */
const UNCOORDINATED = new Set([
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
]);
const COORDINATED_WITHIN_MS = 15_000;
const LOOK_EVERY_MS = 200;

async function whenCoordinated<T>(action: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + COORDINATED_WITHIN_MS;
  for (;;) {
    try {
      return await action();
    } catch (error) {
      const type = String((error as { type?: unknown }).type);
      if (!UNCOORDINATED.has(type) || Date.now() > deadline) throw error;
      await sleep(LOOK_EVERY_MS);
    }
  }
}

async function connect({ properties }: LetterTopic): Promise<Client> {
  const { Kafka, logLevel } = await import('kafkajs');
  const client = new Kafka({ ...clientConfig(properties), retry: RETRY, logLevel: logLevel.NOTHING });
  return {
    kafka: client,
    use: (action) =>
      whenCoordinated(async () => {
        const admin = client.admin({ retry: RETRY });
        try {
          await admin.connect();
          return await action(admin);
        } finally {
          await admin.disconnect();
        }
      }),
  };
}
