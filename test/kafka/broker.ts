// broker: a real Kafka for tests, one for the whole run, and topics of their own for each.
//
//   describeKafka('…', () => { const broker = useBroker();  const topic = await broker().topic({ partitions: 2 }); … })
//
// Without Java and Maven these tests fail and say so; SABOT_TEST_KAFKA=off leaves them out.

import { connect } from 'node:net';
import { type Admin, type IHeaders, Kafka, type KafkaJSError, logLevel, type Message, type Producer } from 'kafkajs';
import { afterAll, beforeAll, describe, inject } from 'vitest';
import type { Cluster } from './broker/cluster.js';

export const describeKafka = process.env['SABOT_TEST_KAFKA'] === 'off' ? describe.skip : describe;

/** A record as it lies in a topic. */
export interface Written {
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** The broker, from the first test on. */
export function useBroker(): () => Broker {
  let broker: Broker | undefined;
  beforeAll(async () => {
    broker = await Broker.connect(await cluster());
  }, 120_000);
  afterAll(() => broker?.disconnect());
  return () => broker!;
}

async function cluster(): Promise<Cluster> {
  const answer = await new Promise<string>((resolve, reject) => {
    let text = '';
    const socket = connect(inject('kafkaSocket'));
    socket.on('data', (bytes) => (text += bytes.toString()));
    socket.on('end', () => resolve(text));
    socket.on('error', reject);
  });
  const told = JSON.parse(answer) as Cluster | { error: string };
  if (!('error' in told)) return told;
  throw new Error(`There is no Kafka broker to test with (SABOT_TEST_KAFKA=off leaves these tests out): ${told.error}`);
}

export class Broker {
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
    const broker = new Broker(bootstrapServers, secure, proxied, kafka, kafka.admin(), kafka.producer());
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
    const configEntries = Object.entries(config).map(([key, value]) => ({ name: key, value }));
    await this.admin.createTopics({
      topics: [{ topic, numPartitions: partitions, configEntries }],
      waitForLeaders: false,
    });
    // A busy broker knows of it a moment later.
    await untilCoordinated(async () => {
      await this.admin.fetchTopicMetadata({ topics: [topic] });
    });
    return topic;
  }

  /** Gives a topic more partitions. */
  async widen(topic: string, partitions: number): Promise<void> {
    await this.admin.createPartitions({ topicPartitions: [{ topic, count: partitions }] });
    // A producer that knows the topic as it was loses what is meant for others, without a word.
    await this.producer.disconnect();
    this.producer = this.kafka.producer();
    await this.producer.connect();
  }

  /** Writes records; a string is a value. */
  async produce(topic: string, messages: readonly (string | Message)[], partition?: number): Promise<void> {
    const placed = messages.map((message) => ({
      ...(partition === undefined ? {} : { partition }),
      ...(typeof message === 'string' ? { value: message } : message),
    }));
    await this.producer.send({ topic, messages: placed });
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

  /** Every record of a topic that is there now and committed, by partition and offset. */
  async read(topic: string): Promise<Written[]> {
    const ends = (await this.admin.fetchTopicOffsets(topic)).map(({ partition, high, low }) => ({
      partition,
      left: Number(high) > Number(low),
      high: Number(high),
    }));
    const waiting = new Set(ends.filter(({ left }) => left).map(({ partition }) => partition));
    const written: Written[] = [];
    if (waiting.size === 0) return written;
    const consumer = this.kafka.consumer({ groupId: `read-${Math.random().toString(36).slice(2)}` });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      // It restarts itself after what may pass, such as a group's coordinator that is still loading.
      consumer.on('consumer.crash', ({ payload }) => payload.restart || reject(payload.error));
      // The end of a transaction is an offset without a record: a batch may end before the high watermark.
      consumer.on('consumer.end_batch_process', ({ payload }) => {
        const end = ends.find(({ partition }) => partition === payload.partition)!;
        if (Number(payload.lastOffset) >= end.high - 1 || payload.batchSize === 0) waiting.delete(payload.partition);
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
              key: key?.toString() ?? null,
              value: value?.toString() ?? null,
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
