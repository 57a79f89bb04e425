// Apps without a broker: what is declared, what it becomes, and mistakes.

import { describe, expect, it } from 'vitest';
import { App, t, valueState } from '../../lib/index.js';

const Order = t.row({ id: t.string(), customer: t.string(), cents: t.bigint() });
const Total = t.row({ customer: t.string(), cents: t.bigint() });

const shop = () => {
  const app = new App('shop', { brokers: 'localhost:1' });
  const orders = app.topic('orders', { schema: Order, key: 'customer' });
  const totals = app.topic('totals', { schema: Total, key: 'customer' });
  return { app, orders, totals };
};

describe('an app', () => {
  it('is one job', () => {
    const { app, orders, totals } = shop();
    app.agent(
      orders,
      { state: { cents: valueState(t.bigint(), { initial: 0n }) } },
      async ({ customer, cents }, ctx) => {
        ctx.state.cents.set(ctx.state.cents.value + cents);
        ctx.send(totals, { customer, cents: ctx.state.cents.value });
      },
    );
    app.agent(orders, { name: 'copy', keyBy: (o) => o.id }, (order, ctx) => {
      ctx.send(totals, { customer: ctx.record.topic, cents: order.cents });
    });
    console.log(app.explain());
    expect(1).toBe(1);
  });
});
