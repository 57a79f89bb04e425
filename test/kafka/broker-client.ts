// broker-client: what tests do with a broker: make topics, write records, read what is committed.
//
//   const broker = await Broker.connect(cluster);  const topic = await broker.topic();  await broker.produce(topic, ['{"id":1}']);

import { type Admin, type IHeaders, Kafka, type KafkaJSError, logLevel, type Message, type Producer } from 'kafkajs';
import type { Cluster } from './broker/cluster.js';

/** A record as it lies in a topic. */
export interface Written {
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

interface WrittenBytes extends Omit<Written, 'key' | 'value'> {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** Not idempotent, it writes records twice where one partition has no leader yet and another one has. */
const producerOf = (kafka: Kafka): Producer => kafka.producer({ idempotent: true, maxInFlightRequests: 1 });

export class Broker {
  private readonly numPartitions = new Map<string, number>();
  private nextPartition = 0;

  private constructor(
    readonly bootstrapServers: string,
    readonly secure: Cluster['secure'],
    readonly proxied: Cluster['proxied'],
    readonly kafka: Kafka,
    readonly admin: Admin,
    private producer: Producer,
  ) {}

  static async connect({ bootstrapServers, secure, proxied }: Cluster): Promise<Broker> {
    const kafka = new Kafka({ clientId: 'test', brokers: bootstrapServers.split(','), logLevel: logLevel.NOTHING });
    const broker = new Broker(bootstrapServers, secure, proxied, kafka, kafka.admin(), producerOf(kafka));
    await Promise.all([broker.admin.connect(), broker.producer.connect()]);
    return broker;
  }

  async disconnect(): Promise<void> {
    await Promise.all([this.admin.disconnect(), this.producer.disconnect()]);
  }

  /** Makes a topic that nobody else has; its name begins with `name`. */
  async topic({
    name = 'test',
    partitions = 1,
    config = {},
  }: {
    name?: string;
    partitions?: number;
    config?: Readonly<Record<string, string>>;
  } = {}): Promise<string> {
    const topic = `${name}-${Math.random().toString(36).slice(2)}`;
    await this.create(topic, partitions, config);
    return topic;
  }

  /** Makes a topic and waits until every node knows who leads it. */
  async create(topic: string, partitions: number, config: Readonly<Record<string, string>> = {}): Promise<void> {
    this.numPartitions.set(topic, partitions);
    const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
    await this.admin.createTopics({
      topics: [{ topic, numPartitions: partitions, configEntries }],
      waitForLeaders: false,
    });
    const nodes = this.bootstrapServers.split(',').map((server) => {
      return new Kafka({ clientId: 'test', brokers: [server], logLevel: logLevel.NOTHING, retry: { retries: 0 } });
    });
    for (const node of nodes) {
      const admin = node.admin();
      await admin.connect();
      await untilKnown(async () => {
        const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
        return topics[0]!.partitions.length === partitions && topics[0]!.partitions.every(({ leader }) => leader >= 0);
      });
      await admin.disconnect();
    }
  }

  /** Deletes a topic and waits until it is gone. */
  async remove(topic: string): Promise<void> {
    await this.admin.deleteTopics({ topics: [topic] });
    await untilKnown(async () => !(await this.admin.listTopics()).includes(topic));
  }

  /** Gives a topic more partitions. */
  async widen(topic: string, partitions: number): Promise<void> {
    this.numPartitions.set(topic, partitions);
    await this.admin.createPartitions({ topicPartitions: [{ topic, count: partitions }] });
    // A producer that knows the topic as it was loses what is meant for others, without a word.
    await this.producer.disconnect();
    this.producer = producerOf(this.kafka);
    await this.producer.connect();
  }

  /** Writes records; a string is a value. */
  async produce(topic: string, messages: readonly (string | Message)[], partition?: number): Promise<void> {
    const records = messages.map((message): Message => (typeof message === 'string' ? { value: message } : message));
    // kafkajs would deal records without a key out anew when it tries again, and brokers take them for those of before.
    const count = await this.partitionsOf(topic);
    const dealt = ({ key }: Message) => (key === undefined || key === null ? this.nextPartition++ % count : undefined);
    const placed = records.map((message) => {
      const to = message.partition ?? partition ?? dealt(message);
      return to === undefined ? message : { ...message, partition: to };
    });
    await this.producer.send({ topic, messages: placed });
  }

  private async partitionsOf(topic: string): Promise<number> {
    const known = this.numPartitions.get(topic);
    if (known !== undefined) return known;
    const { topics } = await this.admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]!.partitions.length;
  }

  /** What a group has committed from now on: offsets by partition. (The admin's setOffsets joins the group: seconds.) */
  async commit(groupId: string, topic: string, offsets: Readonly<Record<number, number>>): Promise<void> {
    const producer = this.kafka.producer({
      transactionalId: `commit-${groupId}`,
      maxInFlightRequests: 1,
      idempotent: true,
    });
    await producer.connect();
    const partitions = Object.entries(offsets).map(([partition, offset]) => ({
      partition: Number(partition),
      offset: String(offset),
    }));
    await untilCoordinated(async () => {
      const transaction = await producer.transaction();
      try {
        await transaction.sendOffsets({ consumerGroupId: groupId, topics: [{ topic, partitions }] });
        await transaction.commit();
      } catch (error) {
        await transaction.abort();
        throw error;
      }
    });
    await producer.disconnect();
  }

  /** Where its partitions begin and end. Asked again while leaders change: kafkajs takes some of the answers for none. */
  async ends(topic: string): Promise<readonly { partition: number; low: string; high: string }[]> {
    for (let left = 100; ; left--) {
      try {
        return await this.admin.fetchTopicOffsets(topic);
      } catch (error) {
        if (left === 0 || !((error as KafkaJSError).retriable || error instanceof TypeError)) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  /** Every record of a topic that is there now and committed, by partition and offset. */
  async read(topic: string): Promise<Written[]> {
    return (await this.readBytes(topic)).map(({ key, value, ...rest }) => ({
      ...rest,
      key: key?.toString() ?? null,
      value: value?.toString() ?? null,
    }));
  }

  /** The same, bytes as they are. */
  async readBytes(topic: string): Promise<WrittenBytes[]> {
    const ends = (await this.ends(topic)).map(({ partition, high, low }) => ({
      partition,
      left: Number(high) > Number(low),
      high: Number(high),
    }));
    const waiting = new Set(ends.filter(({ left }) => left).map(({ partition }) => partition));
    const written: WrittenBytes[] = [];
    if (waiting.size === 0) return written;
    const consumer = this.kafka.consumer({ groupId: `read-${Math.random().toString(36).slice(2)}` });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      // It restarts itself after what may pass, such as a group's coordinator that is still loading.
      consumer.on('consumer.crash', ({ payload }) => payload.restart || reject(payload.error));
      // Ends of transactions, and aborted records, are offsets too: a batch without records need not be the last.
      consumer.on('consumer.end_batch_process', ({ payload }) => {
        const end = ends.find(({ partition }) => partition === payload.partition)!;
        if (Number(payload.lastOffset) >= end.high - 1) waiting.delete(payload.partition);
        if (waiting.size === 0) resolve();
      });
      void consumer.run({
        autoCommit: false,
        eachBatch: async ({ batch }) => {
          for (const { offset, timestamp, key, value, headers } of batch.messages) {
            written.push({
              partition: batch.partition,
              offset: Number(offset),
              timestamp: Number(timestamp),
              key,
              value,
              headers: textOf(headers),
            });
          }
        },
      });
    });
    await consumer.disconnect();
    return written.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
  }
}

/** What is done on one node is known to the others a little later. */
async function untilKnown(look: () => Promise<boolean>): Promise<void> {
  for (let left = 1_000; ; left--) {
    const known = await look().catch((error: KafkaJSError) => {
      if (left === 0 || !error.retriable) throw error;
      return false;
    });
    if (known) return;
    if (left === 0) throw new Error('a change of topics does not become known');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A new broker has no coordinators at first. */
async function untilCoordinated(action: () => Promise<void>): Promise<void> {
  for (let left = 100; ; left--) {
    try {
      return await action();
    } catch (error) {
      if (left === 0 || !(error as KafkaJSError).retriable) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

function textOf(headers: IHeaders | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(headers ?? {}).map(([key, value]) => [key, String(value)]));
}
