// follower: the records of a topic as readers with read_committed see them, while they come.
//
//   await using seen = await Follower.of(broker, topic);  await seen.until(200);  seen.records
//
// State: what has come so far.

import type { Consumer } from 'kafkajs';
import type { Broker, Written } from './broker.js';

const LOOK_EVERY_MS = 10;

export class Follower implements AsyncDisposable {
  readonly records: Written[] = [];

  private constructor(private readonly consumer: Consumer) {}

  static async of(broker: Broker, topic: string): Promise<Follower> {
    const groupId = `follow-${Math.random().toString(36).slice(2)}`;
    const follower = new Follower(broker.kafka.consumer({ groupId, maxWaitTimeInMs: 20 }));
    await follower.consumer.connect();
    await follower.consumer.subscribe({ topic, fromBeginning: true });
    await follower.consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message: { offset, timestamp, key, value, headers } }) => {
        follower.records.push({
          partition,
          offset: Number(offset),
          timestamp: Number(timestamp),
          key: key?.toString() ?? null,
          value: value?.toString() ?? null,
          headers: Object.fromEntries(Object.entries(headers ?? {}).map(([name, each]) => [name, String(each)])),
        });
      },
    });
    return follower;
  }

  /** The values, as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: whatever the test has written.
  get rows(): any[] {
    return this.records.map(({ value }) => JSON.parse(value!));
  }

  /** Waits until something holds of what has come; throws if `ended` says before that nothing more will. */
  async until(what: number | (() => boolean), ended: () => unknown = () => undefined): Promise<void> {
    const holds = typeof what === 'number' ? () => this.records.length >= what : what;
    while (!holds()) {
      const end = ended();
      if (end !== undefined) throw new Error(`after ${this.records.length} records: ${String(end)}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.consumer.disconnect();
  }
}
