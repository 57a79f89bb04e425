// topics: a broker of its own for the benchmark, and the topics in it.
//
//   await using broker = await startBroker();   await broker.create('bids', 4);   await broker.fill('bids', file);
//
// The broker runs as in production: G1, 2 GiB. What it costs is not counted.

import { execFile, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';

/** librdkafka alone: bench/kafka/native. */
export const PROGRAM = 'build/sabot_kafka_bench';
const BROKER_JVM = '-Xmx2g -Xms2g -XX:+UseG1GC';

export interface TopicOptions {
  readonly partitions: number;
  /** Records carry the broker's time instead of their producer's. */
  readonly stampedByBroker?: boolean;
}

export class Broker implements AsyncDisposable {
  constructor(
    readonly servers: string,
    private readonly stop: () => Promise<void>,
  ) {}

  async create(topic: string, { partitions, stampedByBroker = false }: TopicOptions): Promise<void> {
    const admin = new Kafka({
      clientId: 'bench',
      brokers: this.servers.split(','),
      logLevel: logLevel.NOTHING,
    }).admin();
    await admin.connect();
    const configEntries = stampedByBroker ? [{ name: 'message.timestamp.type', value: 'LogAppendTime' }] : [];
    await admin.createTopics({ topics: [{ topic, numPartitions: partitions, configEntries }], waitForLeaders: true });
    await admin.disconnect();
  }

  /** Lines of a file become records, dealt out to the partitions in turn. */
  async fill(topic: string, file: string): Promise<{ readonly records: number }> {
    const child = spawn(PROGRAM, ['produce', this.servers, topic], { stdio: [openSync(file, 'r'), 'pipe', 'inherit'] });
    return JSON.parse(await text(child.stdout as Readable));
  }

  /** Of all committed records, whatever their order. */
  async digest(topic: string): Promise<{ readonly records: number; readonly digest: string }> {
    const { stdout } = await promisify(execFile)(PROGRAM, ['digest', this.servers, topic]);
    return JSON.parse(stdout);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

export async function startBroker(): Promise<Broker> {
  const folder = await mkdtemp(join(tmpdir(), 'sabot-bench-kafka-'));
  const child = spawn('scripts/kafka', ['run', folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, SABOT_KAFKA_JVM: BROKER_JVM },
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const line = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
  if (line.done) throw new Error('There is no broker to measure with.');
  const { bootstrapServers } = JSON.parse(line.value) as { bootstrapServers: string };
  return new Broker(bootstrapServers, async () => {
    child.stdin.end();
    await ended;
    await rm(folder, { recursive: true, force: true });
  });
}
