// broker: a real Kafka for tests, one for the whole run, and topics of their own for each.
//
//   describeKafka('…', () => { const broker = useBroker();  const topic = await broker().topic({ partitions: 2 }); … })
//
// Without Java and Maven these tests fail and say so; SABOT_TEST_KAFKA=off leaves them out.

import { connect } from 'node:net';
import { afterAll, beforeAll, describe, inject } from 'vitest';
import type { Cluster } from './broker/cluster.js';
import { Broker } from './broker-client.js';

export { Broker, type Written } from './broker-client.js';

export const describeKafka = process.env['SABOT_TEST_KAFKA'] === 'off' ? describe.skip : describe;

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
