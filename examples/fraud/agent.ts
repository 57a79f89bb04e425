// The same rule as an agent: it reads the charges that the fraud job has looked up, and sends alerts. Run it:  npm run demo:fraud
import { App, listState, t } from 'sabot';
import { Alert, Charge, judge } from './rule.js';

export const app = new App('fraud-agent', { brokers: process.env['BROKERS'] ?? 'localhost:9092' });

const charges = app.topic('charges', { schema: Charge, key: 'account', time: (charge) => charge.ts });
const alerts = app.topic('agent-alerts', { schema: Alert, key: 'account' });

// Charges come in the order of their account only, so event time says nothing of when to forget: a day that nobody asks does.
const probes = listState(t.timestamp(3), { ttl: { duration: '1 day' } });

app.agent(charges, { name: 'rule', state: { probes } }, (charge, ctx) => {
  const alert = judge(charge, ctx.state.probes);
  if (alert !== undefined) ctx.send(alerts, alert);
});
