// Brokers behind TLS and a login: what gets in, and what is said of what does not.

import { expect, it } from 'vitest';
import { kafkaLag } from '../../lib/connectors/kafka-lag.js';
import type { SabotError } from '../../lib/errors.js';
import { describeKafka, useBroker } from './broker.js';
import { type Options, rowsOf, topicTable } from './scripts.js';

describeKafka('a broker behind TLS and a login', () => {
  const broker = useBroker();
  const jaas = (password: string) =>
    `org.apache.kafka.common.security.plain.PlainLoginModule required username="${broker().secure.username}" password="${password}";`;
  const secured = (password = broker().secure.password): Options => ({
    'properties.bootstrap.servers': broker().secure.bootstrapServers,
    'properties.security.protocol': 'SASL_SSL',
    'properties.sasl.mechanism': 'PLAIN',
    'properties.sasl.jaas.config': jaas(password),
    'properties.ssl.truststore.type': 'PEM',
    'properties.ssl.truststore.location': broker().secure.ca,
  });
  const table = (topic: string, options: Options, name = 't') =>
    topicTable(broker(), 'id INT', { topic, ...options }, name);
  const failure = (topic: string, options: Options): Promise<SabotError> =>
    rowsOf(`${table(topic, options)}SELECT * FROM t;`).then(
      () => expect.fail('it succeeded'),
      (error: SabotError) => error,
    );

  it('is read from and written to', async () => {
    const topic = await broker().topic();
    await rowsOf(`${table(topic, secured(), 'sink')}INSERT INTO sink VALUES (7);`);
    expect(await rowsOf(`${table(topic, secured())}SELECT * FROM t;`)).toEqual(['{"id":7}']);
  });

  it('does not let in who has another password, and is not asked again and again', async () => {
    const topic = await broker().topic();
    const error = await failure(topic, secured('wrong'));
    expect(error).toMatchObject({ kind: 'authentication-failed', code: 'SABOT_E_IO' });
    expect(error.message).not.toContain('wrong');
  });

  it('is not believed without its certificate', async () => {
    const { 'properties.ssl.truststore.location': _, 'properties.ssl.truststore.type': _type, ...rest } = secured();
    const error = await failure(await broker().topic(), rest);
    expect(error.code).toBe('SABOT_E_IO');
    expect(error.message).toMatch(/certificate|ssl/i);
  });

  it('says what its lag is', async () => {
    const topic = await broker().topic();
    const { bootstrapServers, ca, username, password } = broker().secure;
    const properties = {
      'bootstrap.servers': bootstrapServers,
      'group.id': 'g',
      'security.protocol': 'SASL_SSL',
      'sasl.mechanism': 'PLAIN',
      'sasl.username': username,
      'sasl.password': password,
      'ssl.ca.location': ca,
    };
    expect(await kafkaLag({ topics: [topic], properties })).toMatchObject([{ topic, partition: 0, end: 0 }]);
  });
});
