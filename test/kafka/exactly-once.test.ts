// Jobs whose output is a transaction of Kafka: killed again and again, every record is there once.

import { expect, it } from 'vitest';
import { inJobFolder } from '../job/in-job-folder.js';
import type { JobFolder } from '../job/job-folder.js';
import { describeKafka, useBroker } from './broker.js';
import { eventually, numWritten } from './processes.js';
import { type Options, rowsOf, topicTable } from './scripts.js';

const TIMEOUT_MS = 180_000;
const ROUNDS = 5;
const json = (row: object) => JSON.stringify(row);

describeKafka('exactly once', () => {
  const broker = useBroker();
  let jobs: JobFolder;
  inJobFolder((made) => {
    jobs = made;
  });

  const script = (input: string, output: string, folder = 'chk') => `SET 'execution.checkpointing.dir' = '${folder}';
SET 'execution.checkpointing.interval' = '100 ms';
SET 'restart-strategy.type' = 'none';
SET 'pipeline.name' = 'job';
${topicTable(broker(), 'id INT', { topic: input, 'scan.bounded.mode': '' }, 'i')}
${topicTable(broker(), 'id INT', transactional(output), 'o')}INSERT INTO o SELECT id FROM i;`;
  const transactional = (topic: string): Options => ({
    topic,
    'sink.delivery-guarantee': 'exactly-once',
    'sink.transactional-id-prefix': `job-${topic}`,
  });

  it(
    'is every record of a job that was killed again and again',
    async () => {
      const [input, output] = [await broker().topic({ partitions: 3 }), await broker().topic({ partitions: 2 })];
      for (let round = 0; round < ROUNDS; round++) {
        await broker().produce(
          input,
          Array.from({ length: 1000 }, (_, i) => ({ value: json({ id: 1000 * round + i }), key: String(i) })),
        );
        const before = await numWritten(broker(), output);
        const run = jobs.sql(script(input, output), '--restore', 'latest', '--parallelism', String(1 + (round % 3)));
        // It is in the midst of something: of the first records, or of a transaction that may or may not be committed.
        await eventually(async () => (await numWritten(broker(), output)) > before + 150 * round, run);
        run.child.kill('SIGKILL');
        expect(await run.ended).toMatchObject({ signal: 'SIGKILL' });
      }
      const last = jobs.sql(script(input, output), '--restore', 'latest');
      const count = `${topicTable(broker(), 'id INT', { topic: output })}SELECT COUNT(*) AS n, COUNT(DISTINCT id) AS d FROM t;`;
      const all = 1000 * ROUNDS;
      await eventually(async () => {
        const [line] = await rowsOf(count);
        return line !== undefined && (JSON.parse(line) as { d: number }).d === all;
      }, last);
      last.child.kill('SIGINT');
      await last.ended;
      expect(await rowsOf(count)).toEqual([json({ n: all, d: all })]);
      const ids = (await broker().read(output)).map(({ value }) => (JSON.parse(value!) as { id: number }).id);
      expect(ids.sort((a, b) => a - b)).toEqual(Array.from({ length: all }, (_, i) => i));
    },
    TIMEOUT_MS,
  );

  it(
    'is one process: another one with its prefix takes over, wherever its checkpoints are',
    async () => {
      const [input, output] = [await broker().topic(), await broker().topic()];
      await broker().produce(input, ['{"id":1}']);
      const first = jobs.sql(script(input, output, 'here'));
      await eventually(async () => (await broker().read(output)).length === 1, first);
      const second = jobs.sql(script(input, output, 'there'));
      const { code, stderr } = await first.ended;
      expect(code, stderr).toBe(1);
      expect(stderr).toMatch(/fenced/i);
      await broker().produce(input, ['{"id":2}']);
      await eventually(async () => (await broker().read(output)).some(({ value }) => value === '{"id":2}'), second);
      second.child.kill('SIGINT');
      await second.ended;
    },
    TIMEOUT_MS,
  );

  it('takes no checkpoints where the input ends: one transaction, at the end', async () => {
    const [input, output] = [await broker().topic({ partitions: 2 }), await broker().topic()];
    await broker().produce(
      input,
      Array.from({ length: 100 }, (_, i) => ({ value: json({ id: i }), key: String(i) })),
    );
    const tables = (bad: string) =>
      topicTable(broker(), 'id INT', { topic: input }, 'i') +
      topicTable(broker(), 'id INT', transactional(output), 'o') +
      `INSERT INTO o SELECT id / (id - ${bad}) * 0 + id FROM i;`;
    await expect(rowsOf(tables('50'))).rejects.toThrow(/zero/i);
    expect(await broker().read(output)).toEqual([]);
    await rowsOf(tables('1000'));
    const ids = (await broker().read(output)).map(({ value }) => (JSON.parse(value!) as { id: number }).id);
    expect(ids.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  it('needs them where it does not', async () => {
    const output = await broker().topic();
    const tables =
      topicTable(broker(), 'id INT', { topic: await broker().topic(), 'scan.bounded.mode': '' }, 'i') +
      topicTable(broker(), 'id INT', transactional(output), 'o');
    await expect(rowsOf(`${tables}INSERT INTO o SELECT id FROM i;`)).rejects.toThrow(
      /'o' is seen only with a checkpoint/,
    );
  });
});
