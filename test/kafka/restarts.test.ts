// A job that fails and starts again in its process, over and over, while records come in: what is left of an attempt does no harm.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { CommandUnderTest } from '../cli/command.js';
import { JobFolder } from '../job/job-folder.js';
import { describeKafka, useBroker } from './broker.js';
import { topicTable } from './scripts.js';

const RESTARTS = 40;
const TIMEOUT_MS = 120_000;

describeKafka('a job that starts again in its process', () => {
  const broker = useBroker();
  const command = new CommandUnderTest();
  let jobs: JobFolder;
  beforeAll(async () => {
    await command.build();
    jobs = new JobFolder(command);
  }, 60_000);
  afterAll(() => {
    jobs.remove();
    command.remove();
  });

  it(
    `does so ${RESTARTS} times while its topics are being fetched, and then says why it failed`,
    async () => {
      const input = await broker().topic({ partitions: 3 });
      for (let i = 0; i < 60; i++) {
        await broker().produce(
          input,
          Array.from({ length: 100 }, (_, j) => JSON.stringify({ id: 100 * i + j })),
        );
      }
      const options = { topic: input, 'scan.bounded.mode': '', 'properties.max.partition.fetch.bytes': '1000' };
      const run = jobs.sql(
        `SET 'restart-strategy.type' = 'fixed-delay';
SET 'restart-strategy.fixed-delay.attempts' = '${RESTARTS}';
SET 'restart-strategy.fixed-delay.delay' = '1 ms';
SET 'batch.max-rows' = '10';
${topicTable(broker(), 'id INT', options, 'i')}
CREATE TABLE o (n INT) WITH ('connector' = 'blackhole');
INSERT INTO o SELECT 1 / (id - 500) FROM i;`,
        '--parallelism',
        '3',
      );
      const { code, signal, stderr } = await run.ended;
      expect({ code, signal }, stderr).toEqual({ code: 1, signal: null });
      expect(stderr.match(/It starts again/g)).toHaveLength(RESTARTS);
    },
    TIMEOUT_MS,
  );
});
