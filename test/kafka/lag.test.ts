// How far a group is behind, asked of the brokers.

import { expect, it } from 'vitest';
import { kafkaLag } from '../../lib/connectors/kafka-lag.js';
import { describeKafka, useBroker } from './broker.js';

describeKafka('lag', () => {
  const broker = useBroker();
  const ask = (config: Record<string, unknown>, groupId = 'g') =>
    kafkaLag({ ...config, properties: { 'bootstrap.servers': broker().bootstrapServers, 'group.id': groupId } });

  it('is what the group has not committed, of each partition', async () => {
    const topic = await broker().topic({ name: 'lag', partitions: 2 });
    const groupId = `group-${topic}`;
    await broker().produce(topic, ['a', 'b', 'c'], 0);
    await broker().produce(topic, ['d'], 1);
    await broker().commit(groupId, topic, { 0: 1 });
    const lag = [
      { topic, partition: 0, committed: 1, end: 3, lag: 2 },
      { topic, partition: 1, committed: null, end: 1, lag: null },
    ];
    expect(await ask({ topics: [topic] }, groupId)).toEqual(lag);
    expect(await ask({ topicPattern: `${topic.slice(0, -1)}.` }, groupId)).toEqual(lag);
    expect(await ask({ topicPattern: topic.slice(0, -1) }, groupId)).toEqual([]);
  });

  it('of what is not there is an error, soon', async () => {
    await expect(ask({ topics: ['nowhere'] })).rejects.toThrow();
    const properties = { 'bootstrap.servers': '127.0.0.1:1', 'group.id': 'g' };
    await expect(kafkaLag({ topics: ['x'], properties })).rejects.toThrow();
  });
});
