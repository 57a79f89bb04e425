// The fraud job: SQL finds out what is known of a charge, a process function judges. Run it:  npm run demo:fraud      or see README.md
import { Job, kafka } from 'sabot';
import { Alert, Charge, forget, judge, probes, WITHIN_MS } from './rule.js';

const brokers = process.env['BROKERS'] ?? 'localhost:9092';

export const job = new Job('fraud', { parallelism: 2 });

job.sql(`
  SET 'execution.checkpointing.dir' = 'checkpoints';
  SET 'execution.checkpointing.interval' = '1 s';

  CREATE TABLE transactions (
    id BIGINT NOT NULL, account STRING NOT NULL, cents BIGINT NOT NULL, merchant STRING NOT NULL, country STRING NOT NULL,
    ts TIMESTAMP(3) NOT NULL,
    WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
  ) WITH (
    'connector' = 'kafka', 'topic' = 'transactions', 'properties.bootstrap.servers' = '${brokers}', 'properties.group.id' = 'fraud',
    'scan.startup.mode' = 'earliest-offset', 'format' = 'json'
  );

  -- Every account with all its versions: where did its owner live at the time of a charge?
  CREATE TABLE accounts (
    account STRING NOT NULL, owner STRING NOT NULL, home STRING NOT NULL,
    since TIMESTAMP(3) NOT NULL,
    WATERMARK FOR since AS since - INTERVAL '5' SECOND,
    PRIMARY KEY (account) NOT ENFORCED
  ) WITH (
    'connector' = 'upsert-kafka', 'topic' = 'accounts', 'properties.bootstrap.servers' = '${brokers}', 'properties.group.id' = 'fraud',
    'key.format' = 'json', 'value.format' = 'json'
  );

  -- What is an account charged usually? The average of three hours, anew at every full hour.
  CREATE VIEW spending AS
  SELECT account, window_time, AVG(cents) AS usual
  FROM TABLE(HOP(TABLE transactions, DESCRIPTOR(ts), INTERVAL '1' HOUR, INTERVAL '3' HOUR))
  GROUP BY account, window_start, window_end, window_time;

  -- The same as versions of one row per account.
  CREATE VIEW known AS
  SELECT account, window_time, usual FROM (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY account ORDER BY window_time DESC) AS place FROM spending)
  WHERE place = 1;

  CREATE VIEW charges AS
  SELECT t.*, a.owner, a.home, k.usual
  FROM transactions AS t
  JOIN accounts FOR SYSTEM_TIME AS OF t.ts AS a ON t.account = a.account
  LEFT JOIN known FOR SYSTEM_TIME AS OF t.ts AS k ON t.account = k.account;

  -- The agent reads them from here.
  CREATE TABLE charges_topic (
    id BIGINT, account STRING, cents BIGINT, merchant STRING, country STRING, ts TIMESTAMP(3), owner STRING, home STRING, usual BIGINT
  ) WITH (
    'connector' = 'kafka', 'topic' = 'charges', 'properties.bootstrap.servers' = '${brokers}',
    'key.format' = 'raw', 'key.fields' = 'account', 'format' = 'json',
    'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = 'fraud-charges'
  );
  INSERT INTO charges_topic SELECT * FROM charges;
`);

job
  .table('charges', Charge, { time: 'ts' })
  .keyBy((charge) => charge.account)
  .process({
    state: { probes },
    output: Alert,
    process(charge, ctx) {
      const alert = judge(charge, ctx.state.probes);
      if (alert !== undefined) ctx.emit(alert);
      if (ctx.state.probes.length > 0) ctx.timers.eventTime(charge.ts + WITHIN_MS);
    },
    onTimer(time, ctx) {
      forget(time, ctx.state.probes);
    },
  })
  .uid('rule')
  .to(
    kafka.sink({
      brokers,
      topic: 'alerts',
      format: 'json',
      key: { format: 'json', fields: ['account'] },
      guarantee: 'exactly-once',
      transactionalIdPrefix: 'fraud-alerts',
    }),
  );
