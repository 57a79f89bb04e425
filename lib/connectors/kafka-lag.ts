// kafka-lag: how far the consumer group of a kafka_source is behind the end of its partitions.
//
//   topics [bids], group g   ->   bids 0: committed 40 of 42, lag 2
//
// Asked of the brokers by kafkajs, which is loaded for it. What is committed is what the last checkpoint had: the lag is no less than
// the job's own.

import { readFileSync } from 'node:fs';
import type { Admin, KafkaConfig } from 'kafkajs';
import type { Config, SplitLag } from '../plan/physical.js';

const TIMEOUT_MS = 3_000;

type Properties = Readonly<Record<string, string>>;

/** The partitions of a source's topics. */
export async function kafkaLag(config: Config): Promise<readonly SplitLag[]> {
  const properties = config['properties'] as Properties;
  const { Kafka, logLevel } = await import('kafkajs');
  // A coordinator that is still loading takes a moment: about three seconds in all.
  const retry = { retries: 5, initialRetryTime: 100 };
  const kafka = new Kafka({ ...clientConfig(properties), retry, logLevel: logLevel.NOTHING });
  const admin = kafka.admin({ retry });
  try {
    await admin.connect();
    const groupId = properties['group.id']!;
    const topics = await topicsOf(config, admin);
    const committed = await admin.fetchOffsets({ groupId, topics: [...topics] });
    const lags = await Promise.all(
      topics.map(async (topic) => {
        const offsets = new Map(
          committed.find((each) => each.topic === topic)?.partitions.map((each) => [each.partition, each.offset]),
        );
        const ends = await admin.fetchTopicOffsets(topic);
        return ends.map(({ partition, high }) =>
          lagOf(topic, partition, Number(offsets.get(partition) ?? -1), Number(high)),
        );
      }),
    );
    return lags.flat().sort((a, b) => a.topic.localeCompare(b.topic) || a.partition - b.partition);
  } finally {
    await admin.disconnect();
  }
}

/** Kafka's -1: nothing is committed. */
const lagOf = (topic: string, partition: number, committed: number, end: number): SplitLag => ({
  topic,
  partition,
  committed: committed < 0 ? null : committed,
  end,
  lag: committed < 0 ? null : Math.max(0, end - committed),
});

async function topicsOf(config: Config, admin: Admin): Promise<readonly string[]> {
  const topics = config['topics'] as readonly string[] | undefined;
  if (topics !== undefined) return topics;
  const pattern = new RegExp(`^(?:${String(config['topicPattern'])})$`);
  return (await admin.listTopics()).filter((topic) => pattern.test(topic));
}

/** The same connection as librdkafka's, in kafkajs' words. */
function clientConfig(properties: Properties): KafkaConfig {
  const protocol = (properties['security.protocol'] ?? 'PLAINTEXT').toUpperCase();
  return {
    clientId: properties['client.id'] ?? 'sabot',
    brokers: properties['bootstrap.servers']!.split(',').map((each) => each.trim()),
    connectionTimeout: TIMEOUT_MS,
    requestTimeout: TIMEOUT_MS,
    ...(protocol.endsWith('SSL') ? { ssl: tls(properties) } : {}),
    ...(protocol.startsWith('SASL') ? { sasl: login(properties) } : {}),
  };
}

function tls(properties: Properties): NonNullable<KafkaConfig['ssl']> {
  const file = (name: string): Buffer | undefined => {
    const path = properties[name];
    return path === undefined ? undefined : readFileSync(path);
  };
  const parts = {
    ca: properties['ssl.ca.pem'] ?? file('ssl.ca.location'),
    key: properties['ssl.key.pem'] ?? file('ssl.key.location'),
    cert: properties['ssl.certificate.pem'] ?? file('ssl.certificate.location'),
    pfx: file('ssl.keystore.location'),
    passphrase: properties['ssl.key.password'] ?? properties['ssl.keystore.password'],
    // Whatever the certificate says.
    checkServerIdentity: properties['ssl.endpoint.identification.algorithm'] === 'none' ? () => undefined : undefined,
  };
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
}

function login(properties: Properties): NonNullable<KafkaConfig['sasl']> {
  const mechanism = (properties['sasl.mechanism'] ?? properties['sasl.mechanisms'] ?? '').toLowerCase();
  const username = properties['sasl.username'] ?? '';
  const password = properties['sasl.password'] ?? '';
  switch (mechanism) {
    case 'plain':
      return { mechanism, username, password };
    case 'scram-sha-256':
      return { mechanism, username, password };
    case 'scram-sha-512':
      return { mechanism, username, password };
    default:
      throw new Error(`the lag cannot be asked for with SASL ${mechanism.toUpperCase()}`);
  }
}
