// The shop: agents that add up what customers spend, thank the good ones, and miss those who have left. See README.md.

import { App, t, valueState } from 'sabot';

export const app = new App('shop', { brokers: process.env['BROKERS'] ?? 'localhost:9092' });

const Order = t.row({ id: t.int(), customer: t.string(), cents: t.bigint() });
export const orders = app.topic('orders', { schema: Order, key: 'customer', partitions: 4 });
export const totals = app.topic('totals', {
  schema: t.row({ customer: t.string(), cents: t.bigint() }),
  key: 'customer',
  partitions: 4,
});
export const letters = app.topic('letters', {
  schema: t.row({ customer: t.string(), text: t.string() }),
  key: 'customer',
  partitions: 1,
});

const GOOD_CUSTOMER_CENTS = 50_000n;
const MISSED_AFTER_MS = 5_000;

// What every customer has spent.
export const spending = app.agent(
  orders,
  { name: 'spending', sends: [totals], state: { cents: valueState(t.bigint(), { initial: 0n }) } },
  ({ customer, cents }, ctx) => {
    ctx.state.cents.set(ctx.state.cents.value + cents);
    ctx.send(totals, { customer, cents: ctx.state.cents.value });
  },
);

// One thank-you each: this agent reads what the other one writes.
app.agent(
  totals,
  { name: 'thanks', sends: [letters], state: { thanked: valueState(t.boolean(), { initial: false }) } },
  ({ customer, cents }, { state, send }) => {
    if (cents < GOOD_CUSTOMER_CENTS || state.thanked.value) return;
    state.thanked.set(true);
    send(letters, { customer, text: `Thank you for spending ${cents / 100n} euros!` });
  },
);

// A letter to whoever has not ordered for a while.
app.agent(
  orders,
  {
    name: 'missed',
    sends: [letters],
    state: { due: valueState(t.timestamp()) },
    onTimer(_, ctx) {
      ctx.state.due.clear();
      ctx.send(letters, { customer: ctx.key, text: 'We miss you.' });
    },
  },
  (_, { state, timers, processingTime }) => {
    if (state.due.value !== undefined) timers.deleteProcessingTime(state.due.value);
    state.due.set(processingTime + MISSED_AFTER_MS);
    timers.processingTime(processingTime + MISSED_AFTER_MS);
  },
);
