// generate: writes the bank's charges and accounts into their topics as they happen, only faster: SPEED seconds in one.
import { setTimeout } from 'node:timers/promises';
import { Job, kafka, t } from 'sabot';
import { BEGIN, bank } from './bank.js';

const { BROKERS: brokers = 'localhost:9092', SPEED = '1200', SEED = '1', TRANSACTIONS = '12000' } = process.env;
const { transactions, accounts } = bank({ seed: Number(SEED), transactions: Number(TRANSACTIONS) });
const started = Date.now();

/** Rows when their time has come. */
async function* asTheyHappen<R>(rows: readonly R[], time: (row: R) => number) {
  for (const row of rows) {
    const wait = started + (time(row) - BEGIN) / Number(SPEED) - Date.now();
    if (wait > 5) await setTimeout(wait);
    yield row;
  }
}

const Transaction = t.row({
  id: t.bigint(),
  account: t.string(),
  cents: t.bigint(),
  merchant: t.string(),
  country: t.string(),
  ts: t.timestamp(3),
});
const Account = t.row({ account: t.string(), owner: t.string(), home: t.string(), since: t.timestamp(3) });
const key = { format: 'json', fields: ['account'] } as const;

export const job = new Job('bank');
job
  .source(() => asTheyHappen(transactions, ({ ts }) => ts), Transaction)
  .to(kafka.sink({ brokers, topic: 'transactions', format: 'json', key }));
job
  .source(() => asTheyHappen(accounts, ({ since }) => since), Account)
  .to(kafka.sink({ brokers, topic: 'accounts', format: 'json', key, upsert: true }));
