// kafkajs-count: the same counts as anyone would write them with kafkajs: JSON.parse and a Map. It keeps nothing safe, writes nothing, and
// ends where the topic ended when it began.
//
//   node kafkajs-count.mjs SERVERS TOPIC   ->   {"records":4000000,"counts":260000}

import { Kafka, logLevel } from 'kafkajs';

const [servers, topic] = process.argv.slice(2);
const kafka = new Kafka({ clientId: 'bench', brokers: servers.split(','), logLevel: logLevel.NOTHING });

const admin = kafka.admin();
await admin.connect();
const ends = new Map((await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, Number(high)]));
await admin.disconnect();

const windows = new Map();
let records = 0;
const consumer = kafka.consumer({ groupId: `bench-kafkajs-${process.pid}` });
await consumer.connect();
await consumer.subscribe({ topic, fromBeginning: true });
await new Promise((resolve, reject) => {
  consumer.on('consumer.crash', ({ payload }) => payload.restart || reject(payload.error));
  void consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      for (const { value } of batch.messages) {
        const { auction, dateTime } = JSON.parse(value.toString());
        // The window by the time's text: to the second but its last digit.
        const start = dateTime.slice(0, 18);
        let window = windows.get(start);
        if (window === undefined) windows.set(start, (window = new Map()));
        window.set(auction, (window.get(auction) ?? 0) + 1);
        records++;
      }
      if (Number(batch.lastOffset()) + 1 >= ends.get(batch.partition)) ends.delete(batch.partition);
      if (ends.size === 0) resolve();
    },
  });
});
await consumer.disconnect();
const counts = [...windows.values()].reduce((sum, window) => sum + window.size, 0);
console.log(JSON.stringify({ records, counts }));
