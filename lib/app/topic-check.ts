// topic-check: whether the topics of an app are there; those that it may make are made.
//
//   orders { partitions: 4 }, totals   ->   'orders' is made, 'totals' is not there: an error that says what to do
//
// No state.

import { setTimeout as sleep } from 'node:timers/promises';
import { kafkaProperties } from '../connectors/kafka.js';
import { type Properties, withAdmin } from '../connectors/kafka-admin.js';
import { SabotError } from '../errors.js';
import type { AnyTopic, TopicAccess } from './topic.js';

type Admin = Parameters<Parameters<typeof withAdmin>[1]>[0];

const CREATION_TIMEOUT_MS = 30_000;
const LOOK_EVERY_MS = 50;

/** Makes what is missing; returns the names of what it has made. */
export async function requireTopics(topics: readonly AnyTopic[], access: TopicAccess): Promise<readonly string[]> {
  return ask(access, async (admin) => {
    const there = new Set(await admin.listTopics());
    const missing = topics.filter(({ name }) => !there.has(name));
    const unknown = missing.filter(({ options }) => options.partitions === undefined);
    if (unknown.length > 0) throw missingTopics(unknown, access);
    for (const topic of missing) await makeTopic(topic, admin);
    return missing.map(({ name }) => name);
  });
}

/** How many partitions each topic has; those that are not there are missing. */
export function numPartitions(topics: readonly AnyTopic[], access: TopicAccess): Promise<ReadonlyMap<string, number>> {
  return ask(access, async (admin) => {
    const there = new Set(await admin.listTopics());
    const known = topics.map(({ name }) => name).filter((name) => there.has(name));
    if (known.length === 0) return new Map();
    const { topics: told } = await admin.fetchTopicMetadata({ topics: known });
    return new Map(told.map(({ name, partitions }) => [name, partitions.length]));
  });
}

async function ask<T>(access: TopicAccess, what: (admin: Admin) => Promise<T>): Promise<T> {
  const properties: Properties = kafkaProperties(access.brokers, access.properties, `app '${access.app}'`);
  try {
    return await withAdmin(properties, what);
  } catch (cause) {
    if (cause instanceof SabotError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SabotError(
      'SABOT_E_IO',
      `App '${access.app}' cannot ask the brokers at ${properties['bootstrap.servers']} for its topics: ${reason}`,
      { kind: 'kafka', job: access.app, cause },
    );
  }
}

async function makeTopic({ name, options }: AnyTopic, admin: Admin): Promise<void> {
  const { partitions, replication, config = {} } = options;
  try {
    // Where another worker has made it meanwhile this is false, and all is well.
    await admin.createTopics({
      waitForLeaders: false,
      timeout: CREATION_TIMEOUT_MS,
      topics: [
        {
          topic: name,
          numPartitions: partitions!,
          ...(replication === undefined ? {} : { replicationFactor: replication }),
          configEntries: Object.entries(config).map(([key, value]) => ({ name: key, value })),
        },
      ],
    });
    await known(name, admin);
  } catch (cause) {
    const reasons = (cause as { errors?: readonly Error[] }).errors ?? [cause as Error];
    throw new SabotError(
      'SABOT_E_IO',
      `Topic '${name}' cannot be made: ${reasons.map((each) => each.message).join('; ')}`,
      {
        kind: 'kafka',
        identifier: name,
        cause,
      },
    );
  }
}

/** A broker may take a moment to hear of a topic that another one has made. */
async function known(topic: string, admin: Admin): Promise<void> {
  const deadline = Date.now() + CREATION_TIMEOUT_MS;
  for (;;) {
    try {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      if (topics.every(({ partitions }) => partitions.every(({ leader }) => leader >= 0))) return;
    } catch (error) {
      if ((error as { retriable?: boolean }).retriable !== true || Date.now() > deadline) throw error;
    }
    await sleep(LOOK_EVERY_MS);
  }
}

function missingTopics(topics: readonly AnyTopic[], { brokers }: TopicAccess): SabotError {
  const names = topics.map(({ name }) => `'${name}'`).join(', ');
  const [first] = topics;
  const message = `There is no topic ${names} at ${[brokers].flat().join(',')}. Create it, or let the app do so: app.topic('${first!.name}', { partitions: 1, … }).`;
  return new SabotError('SABOT_E_IO', message, { kind: 'unknown-topic', identifier: first!.name });
}
