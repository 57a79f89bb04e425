// Customers at work: writes orders into the topic, ten a second, until there are enough.

import { setTimeout as sleep } from 'node:timers/promises';
import { Job, kafka, t } from 'sabot';

const CUSTOMERS = ['ann', 'bob', 'cid', 'dan'];
const number = Number(process.env['ORDERS'] ?? 200);
const pauseMs = Number(process.env['PAUSE_MS'] ?? 100);

async function* orders() {
  for (let id = 0; id < number; id++) {
    yield { id, customer: CUSTOMERS[id % CUSTOMERS.length]!, cents: BigInt(100 * (1 + (id % 30))) };
    await sleep(pauseMs);
  }
}

const job = new Job('orders');
job.source(orders(), t.row({ id: t.int(), customer: t.string(), cents: t.bigint() })).to(
  kafka.sink({
    brokers: process.env['BROKERS'] ?? 'localhost:9092',
    topic: 'orders',
    format: 'json',
    options: { 'key.format': 'raw', 'key.fields': 'customer' },
  }),
);
await job.run();
