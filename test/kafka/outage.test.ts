// A broker that goes away and comes back while a job runs: the job waits for it, and loses nothing.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CommandUnderTest } from '../cli/command.js';
import { JobFolder } from '../job/job-folder.js';
import type { Cluster } from './broker/cluster.js';
import { Broker, describeKafka } from './broker.js';
import { eventually, numWritten } from './processes.js';
import { topicTable } from './scripts.js';

const TIMEOUT_MS = 180_000;
const SCRIPT = fileURLToPath(new URL('../../scripts/kafka', import.meta.url));

describeKafka('a broker that is stopped and started again', () => {
  const command = new CommandUnderTest();
  const folder = mkdtempSync(join(tmpdir(), 'sabot-outage-'));
  const kafka = async (what: 'start' | 'stop') => (await promisify(execFile)(SCRIPT, [what, folder])).stdout;
  const start = async () => Broker.connect(JSON.parse(await kafka('start')) as Cluster);
  let jobs: JobFolder;
  beforeAll(async () => {
    await command.build();
    jobs = new JobFolder(command);
  }, 60_000);
  afterAll(async () => {
    jobs.remove();
    command.remove();
    await kafka('stop');
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  it(
    'is waited for',
    async () => {
      let broker = await start();
      const [input, output] = [await broker.topic({ partitions: 2 }), await broker.topic()];
      const script = `SET 'execution.checkpointing.dir' = 'chk';
SET 'execution.checkpointing.interval' = '100 ms';
SET 'restart-strategy.type' = 'none';
SET 'pipeline.name' = 'job';
${topicTable(broker, 'id INT', { topic: input, 'scan.bounded.mode': '' }, 'i')}
${topicTable(broker, 'id INT', { topic: output }, 'o')}INSERT INTO o SELECT id FROM i;`;
      const ids = (from: number) => Array.from({ length: 500 }, (_, i) => JSON.stringify({ id: from + i }));
      await broker.produce(input, ids(0));
      const run = jobs.sql(script);
      await eventually(async () => (await numWritten(broker, output)) >= 500, run);

      await broker.disconnect();
      await kafka('stop');
      broker = await start();
      await broker.produce(input, ids(500));
      await eventually(async () => (await numWritten(broker, output)) >= 1000, run);
      run.child.kill('SIGINT');
      await run.ended;
      const seen = new Set((await broker.read(output)).map(({ value }) => value));
      expect(seen.size).toBe(1000);
      await broker.disconnect();
    },
    TIMEOUT_MS,
  );
});
