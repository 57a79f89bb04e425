// What a transaction carries beside its rows, and what becomes of it when its job ends; what a job knows of its positions.

import { expect, it } from 'vitest';
import { inJobFolder } from '../job/in-job-folder.js';
import type { JobFolder, JobProcess } from '../job/job-folder.js';
import { describeKafka, useBroker } from './broker.js';
import { eventually, numWritten } from './processes.js';
import { type Options, topicTable } from './scripts.js';

const TIMEOUT_MS = 120_000;
const json = (row: object) => JSON.stringify(row);

describeKafka('a transaction', () => {
  const broker = useBroker();
  let jobs: JobFolder;
  inJobFolder((made) => {
    jobs = made;
  });

  const numbers = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => ({ value: json({ id: from + i }), key: String(i) }));
  const settings = `SET 'execution.checkpointing.dir' = 'chk';
SET 'execution.checkpointing.interval' = '100 ms';
SET 'restart-strategy.type' = 'none';
SET 'pipeline.name' = 'job';
`;
  const copy = (input: string, output: string, options: Options = {}) =>
    settings +
    topicTable(broker(), 'id INT', { topic: input, 'properties.group.id': `g-${input}`, ...options }, 'i') +
    topicTable(
      broker(),
      'id INT',
      { topic: output, 'sink.delivery-guarantee': 'exactly-once', 'sink.transactional-id-prefix': `job-${output}` },
      'o',
    ) +
    'INSERT INTO o SELECT id FROM i;';
  const offsetsOf = async (groupId: string, topic: string) =>
    (await broker().admin.fetchOffsets({ groupId, topics: [topic] }))[0]!.partitions.sort(
      (a, b) => a.partition - b.partition,
    );
  const ends = async (run: JobProcess) => {
    const { code, stderr } = await run.ended;
    expect(code, stderr).toBe(0);
    // Nothing is lost where everything is answered: one producer is enough.
    expect(stderr).not.toContain('a new producer takes over');
  };
  const idsIn = async (topic: string) =>
    (await broker().read(topic)).map(({ value }) => (JSON.parse(value!) as { id: number }).id).sort((a, b) => a - b);

  /** Counts a topic's records, those of open transactions too. */
  const uncommitted = async (topic: string) => {
    const consumer = broker().kafka.consumer({ groupId: `all-${topic}`, readUncommitted: true });
    const seen = { count: 0, stop: () => consumer.disconnect() };
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: async () => {
        seen.count++;
      },
    });
    return seen;
  };

  it(
    'carries the offsets of all its sources, and who wrote them',
    async () => {
      const [input, output] = [await broker().topic({ partitions: 3 }), await broker().topic()];
      const group = `g-${input}`;
      await broker().produce(input, numbers(0, 100));
      await ends(jobs.sql(copy(input, output), '--parallelism', '2'));
      const byPartition = (a: { partition: number }, b: { partition: number }) => a.partition - b.partition;
      const high = (await broker().admin.fetchTopicOffsets(input)).sort(byPartition).map((each) => each.high);
      const offsets = await offsetsOf(group, input);
      expect(offsets.map(({ offset }) => offset)).toEqual(high);
      const owners = offsets.map(({ metadata }) => JSON.parse(metadata!) as { sabot: string; epoch: number });
      expect(new Set(owners.map(({ sabot }) => sabot))).toEqual(new Set([`job-${output}/0/0`]));
      expect(new Set(owners.map(({ epoch }) => epoch)).size).toBe(1);
    },
    TIMEOUT_MS,
  );

  it(
    'goes on where its group was deleted',
    async () => {
      const [input, output] = [await broker().topic({ partitions: 3 }), await broker().topic()];
      await broker().produce(input, numbers(0, 100));
      const unbounded = copy(input, output, { 'scan.bounded.mode': '' });
      const first = jobs.sql(unbounded);
      await eventually(async () => (await idsIn(output)).length === 100, first);
      first.child.kill('SIGKILL');
      await first.ended;
      await broker().admin.deleteGroups([`g-${input}`]);
      await broker().produce(input, numbers(100, 100));
      const second = jobs.sql(unbounded, '--restore', 'latest');
      await eventually(async () => (await idsIn(output)).length >= 200, second);
      second.child.kill('SIGINT');
      await second.ended;
      expect(await idsIn(output)).toEqual(Array.from({ length: 200 }, (_, i) => i));
    },
    TIMEOUT_MS,
  );

  it(
    'that contradicts the record of the commit topic stops the restart',
    async () => {
      const [input, output] = [await broker().topic(), await broker().topic()];
      const group = `g-${input}`;
      await broker().produce(input, numbers(0, 10));
      const unbounded = copy(input, output, { 'scan.bounded.mode': '' });
      const first = jobs.sql(unbounded);
      await eventually(async () => (await idsIn(output)).length === 10, first);
      first.child.kill('SIGINT');
      await first.ended;
      const [own] = await offsetsOf(group, input);
      const producer = broker().kafka.producer({
        transactionalId: `x-${group}`,
        maxInFlightRequests: 1,
        idempotent: true,
      });
      await producer.connect();
      const transaction = await producer.transaction();
      const later = json({ ...(JSON.parse(own!.metadata!) as object), epoch: 999 });
      const partitions = [{ partition: 0, offset: '7', metadata: later }];
      await transaction.sendOffsets({ consumerGroupId: group, topics: [{ topic: input, partitions }] });
      await transaction.commit();
      await producer.disconnect();
      const second = await jobs.sql(unbounded, '--restore', 'latest').ended;
      expect(second.code).toBe(1);
      expect(second.stderr).toMatch(/at offset 10; the offsets of consumer group '.*are of epoch 999 .*at offset 7/);
    },
    TIMEOUT_MS,
  );

  it(
    'is aborted when its job is cancelled: readers do not wait for it',
    async () => {
      const [input, output] = [await broker().topic(), await broker().topic()];
      await broker().produce(input, numbers(0, 10));
      const slow = `SET 'execution.checkpointing.timeout' = '5 min';
${copy(input, output, { 'scan.bounded.mode': '' })}`.replace("'100 ms'", "'5 min'");
      const run = jobs.sql(slow);
      // Its rows are there, and no checkpoint: the transaction is open.
      const seen = await uncommitted(output);
      await eventually(async () => seen.count >= 10, run);
      await seen.stop();
      run.child.kill('SIGINT');
      await run.ended;
      // Ten rows, and the mark of the abort.
      expect(await numWritten(broker(), output)).toBe(11);
    },
    TIMEOUT_MS,
  );
});

describeKafka('positions', () => {
  const broker = useBroker();
  let jobs: JobFolder;
  inJobFolder((made) => {
    jobs = made;
  });

  it(
    'are told by sabot jobs and explain-watermark',
    async () => {
      const topic = await broker().topic({ partitions: 2 });
      await broker().produce(topic, ['{"id":1}', '{"id":2}'], 0);
      // The end of a transaction takes an offset, and is nothing that could be behind.
      const producer = broker().kafka.producer({
        transactionalId: `p-${topic}`,
        maxInFlightRequests: 1,
        idempotent: true,
      });
      await producer.connect();
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: [{ value: '{"id":3}', partition: 1 }] });
      await transaction.commit();
      await producer.disconnect();
      const script = `SET 'execution.checkpointing.dir' = 'chk';
SET 'pipeline.name' = 'job';
${topicTable(broker(), 'id INT', { topic, 'scan.bounded.mode': '' }, 'i')}CREATE TABLE o (id INT) WITH ('connector' = 'blackhole');
INSERT INTO o SELECT id FROM i;`;
      const run = jobs.sql(script);
      const ask = async (...args: string[]) => {
        const { stdout } = await jobs.start(args).ended;
        return stdout.trim() === '' ? undefined : JSON.parse(stdout);
      };
      await eventually(async () => {
        const report = await ask('explain-watermark', 'job', '--output', 'json');
        const splits = (report?.splits ?? []) as { split: string; position?: number; end?: number; lag?: number }[];
        return [0, 1].every((partition) => {
          const found = splits.find(({ split }) => split === `${topic}-${partition}`);
          return found?.position === 2 && found.end === 2 && found.lag === 0;
        });
      }, run);
      expect(await ask('jobs', '--output', 'json')).toMatchObject({ job: 'job', lag: 0 });
      run.child.kill('SIGINT');
      await run.ended;
    },
    TIMEOUT_MS,
  );
});
