// kafka-lag: how far the consumer group of a kafka_source is behind the end of its partitions.
//
//   topics [bids], group g   ->   bids 0: committed 40 of 42, lag 2
//
// Asked of the brokers by kafkajs. What is committed is what the last checkpoint had: the lag is no less than
// the job's own.

import type { Admin } from 'kafkajs';
import type { Config, SplitLag } from '../plan/physical.js';
import { type Properties, withAdmin } from './kafka-admin.js';

/** The partitions of a source's topics. */
export async function kafkaLag(config: Config): Promise<readonly SplitLag[]> {
  const properties = config['properties'] as Properties;
  return withAdmin(properties, async (admin) => {
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
  });
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
