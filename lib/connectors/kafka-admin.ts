// kafka-admin: the control plane of a cluster, by kafkajs, which is loaded for it.
//
//   librdkafka's properties   ->   the same connection in kafkajs' words   ->   admin: offsets, topics
//
// No state.

import { readFileSync } from 'node:fs';
import type { Admin, KafkaConfig } from 'kafkajs';

const TIMEOUT_MS = 3_000;

/** As librdkafka names them. */
export type Properties = Readonly<Record<string, string>>;

/** Asks a cluster. */
export async function withAdmin<T>(properties: Properties, ask: (admin: Admin) => Promise<T>): Promise<T> {
  const { Kafka, logLevel } = await import('kafkajs');
  // A coordinator that is still loading takes a moment: about three seconds in all.
  const retry = { retries: 5, initialRetryTime: 100 };
  const kafka = new Kafka({ ...clientConfig(properties), retry, logLevel: logLevel.NOTHING });
  const admin = kafka.admin({ retry });
  try {
    await admin.connect();
    return await ask(admin);
  } finally {
    await admin.disconnect();
  }
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
      throw new Error(`brokers are not asked with SASL ${mechanism.toUpperCase()}`);
  }
}
