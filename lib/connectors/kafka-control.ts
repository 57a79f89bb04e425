// kafka-control: the connection of the control plane, which is kafkajs', as the data path's is librdkafka's.
//
//   { 'bootstrap.servers': 'a:9092,b:9092', 'security.protocol': 'SSL' }   ->   { brokers: ['a:9092', 'b:9092'], ssl: { … } }

import { readFileSync } from 'node:fs';
import type { KafkaConfig } from 'kafkajs';

const TIMEOUT_MS = 3_000;

/** By librdkafka's names. */
export type ClientSettings = Readonly<Record<string, string>>;

/** The same connection as librdkafka's, in kafkajs' words. */
export function clientConfig(properties: ClientSettings): KafkaConfig {
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

function tls(properties: ClientSettings): NonNullable<KafkaConfig['ssl']> {
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

function login(properties: ClientSettings): NonNullable<KafkaConfig['sasl']> {
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
      throw new Error(`brokers cannot be asked with SASL ${mechanism.toUpperCase()}`);
  }
}
