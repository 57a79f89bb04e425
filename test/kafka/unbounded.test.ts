// Jobs over topics that do not end: what comes while they run, and what is left when they are killed.

import { expect, it } from 'vitest';
import { Job, kafka, t } from '../../lib/index.js';
import { inJobFolder } from '../job/in-job-folder.js';
import { type JobFolder, type JobProcess, until } from '../job/job-folder.js';
import { type Broker, describeKafka, useBroker } from './broker.js';
import { eventually, numWritten } from './processes.js';
import { topicTable } from './scripts.js';

const TIMEOUT_MS = 120_000;
const Row = t.row({ id: t.int() });
const json = (row: object) => JSON.stringify(row);

describeKafka('while a job runs', () => {
  const broker = useBroker();

  const later = (pattern: string) => {
    const options = { 'scan.topic-partition-discovery.interval': '100 ms' };
    const brokers = broker().bootstrapServers;
    return new Job('later').source(kafka({ brokers, topicPattern: pattern, format: 'json', options, schema: Row }));
  };

  it('it reads what comes, in topics too that come later', async () => {
    const name = await broker().topic({ name: 'later' });
    await broker().produce(name, ['{"id":1}']);
    const seen: number[] = [];
    for await (const { id } of later(`${name}.*`)) {
      seen.push(id);
      if (id === 1) await broker().produce(name, ['{"id":2}']);
      if (id === 2) {
        await broker().admin.createTopics({ topics: [{ topic: `${name}-2` }], waitForLeaders: true });
        await broker().produce(`${name}-2`, ['{"id":3}']);
      }
      if (id === 3) break;
    }
    expect(seen).toEqual([1, 2, 3]);
  });

  it('it reads partitions that come later', async () => {
    const name = await broker().topic({ name: 'wider' });
    await broker().produce(name, ['{"id":1}']);
    for await (const { id } of later(name)) {
      if (id === 2) break;
      await broker().widen(name, 2);
      await broker().produce(name, ['{"id":2}'], 1);
    }
  });

  it('from the end on it sees nothing older', async () => {
    const topic = await broker().topic();
    await broker().produce(topic, ['{"id":1}']);
    const source = kafka({ brokers: broker().bootstrapServers, topic, from: 'latest', format: 'json', schema: Row });
    let looked = false;
    const writing = (async () => {
      while (!looked) {
        await broker().produce(topic, ['{"id":2}']);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    })();
    for await (const { id } of new Job('latest').source(source)) {
      expect(id).toBe(2);
      looked = true;
      break;
    }
    await writing;
  });
});

describeKafka('a job that is killed', () => {
  const broker = useBroker();
  let jobs: JobFolder;
  inJobFolder((made) => {
    jobs = made;
  });

  const SETTINGS = `SET 'execution.checkpointing.dir' = 'chk';
SET 'execution.checkpointing.interval' = '50 ms';
SET 'restart-strategy.type' = 'none';
SET 'pipeline.name' = 'job';
`;
  const unbounded = { 'scan.bounded.mode': '' };
  /** Two checkpoints more: the second began after now. */
  const checkpointed = async (run: JobProcess) => {
    const epoch = jobs.newestEpoch('job');
    await until(() => jobs.newestEpoch('job') > epoch + 1, run);
  };

  it(
    'loses nothing, and goes on where its last checkpoint was, whatever its group has committed',
    async () => {
      const [input, output] = [await broker().topic({ partitions: 3 }), await broker().topic({ partitions: 2 })];
      const groupId = `group-${input}`;
      const script = `${SETTINGS}${topicTable(broker(), 'id INT', { topic: input, 'properties.group.id': groupId, ...unbounded }, 'i')}
${topicTable(broker(), 'id INT', { topic: output }, 'o')}INSERT INTO o SELECT id FROM i;`;
      const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => json({ id: from + i }));
      await broker().produce(input, ids(0, 1000));

      const first = jobs.sql(script, '--restore', 'latest');
      await written(broker(), output, 1000, first);
      await checkpointed(first);
      expect(await committed(broker(), groupId, input)).toBe(1000);
      const lag = (await jobs.start(['lag', 'job', '--output', 'json']).ended).stdout.trim().split('\n');
      expect(lag.map((line) => (JSON.parse(line) as { lag: number }).lag)).toEqual([0, 0, 0]);
      const listed = (await jobs.start(['jobs', '--output', 'json']).ended).stdout;
      expect(JSON.parse(listed)).toMatchObject({ job: 'job', state: 'running', lag: 0 });
      await broker().produce(input, ids(1000, 1500));
      await written(broker(), output, 1001, first);
      first.child.kill('SIGKILL');
      expect(await first.ended).toMatchObject({ signal: 'SIGKILL' });

      await broker().commit(groupId, input, { 0: 0, 1: 0, 2: 0 });
      await broker().produce(input, ids(1500, 2000));
      const second = jobs.sql(script, '--restore', 'latest', '--parallelism', '2');
      await distinct(broker(), output, 2000, second);
      second.child.kill('SIGINT');
      expect((await second.ended).stderr).toContain('restored checkpoint');
      const times = new Map<number, number>();
      for (const { value } of await broker().read(output)) {
        const { id } = JSON.parse(value!) as { id: number };
        times.set(id, (times.get(id) ?? 0) + 1);
      }
      expect(times.size).toBe(2000);
      // The checkpoint had them.
      expect([...times].filter(([id, count]) => id < 1000 && count > 1)).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'ends with the newest rows of one that was not, kills or no kills',
    async () => {
      const [input, output] = [await broker().topic({ partitions: 2 }), await broker().topic({ partitions: 2 })];
      const upsert = {
        topic: output,
        connector: 'upsert-kafka',
        'key.format': 'json',
        'value.format': 'json',
        format: '',
        'scan.startup.mode': '',
        'scan.bounded.mode': '',
      };
      const script = `${SETTINGS}${topicTable(broker(), 'id INT', { topic: input, ...unbounded }, 'i')}
${topicTable(broker(), 'k INT, n BIGINT, s BIGINT, PRIMARY KEY (k) NOT ENFORCED', upsert, 'o')}
INSERT INTO o SELECT k, COUNT(*), SUM(id) FROM (SELECT MOD(id, 10) AS k, CAST(id AS BIGINT) AS id FROM i) GROUP BY k;`;
      for (let round = 0; round < 3; round++) {
        const ids = Array.from({ length: 2000 }, (_, i) => json({ id: 2000 * round + i }));
        await broker().produce(input, ids);
        const run = jobs.sql(script, '--restore', 'latest', '--parallelism', String(1 + (round % 2)));
        await checkpointed(run);
        const expected = 200 * (round + 1);
        if (round === 2)
          await newest(
            broker(),
            output,
            (rows) => rows.size === 10 && [...rows.values()].every(({ n }) => n === expected),
            run,
          );
        run.child.kill('SIGKILL');
        await run.ended;
      }
      const rows = await newestRows(broker(), output);
      for (let k = 0; k < 10; k++) {
        expect(rows.get(json({ k }))).toEqual({ k, n: 600, s: 600 * k + 10 * ((599 * 600) / 2) });
      }
    },
    TIMEOUT_MS,
  );
});

const written = (broker: Broker, topic: string, least: number, run: JobProcess) =>
  eventually(async () => (await numWritten(broker, topic)) >= least, run);

const distinct = (broker: Broker, topic: string, least: number, run: JobProcess) =>
  eventually(async () => new Set((await broker.read(topic)).map(({ value }) => value)).size >= least, run);

async function committed(broker: Broker, groupId: string, topic: string): Promise<number> {
  const [found] = await broker.admin.fetchOffsets({ groupId, topics: [topic] });
  return found!.partitions.reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0);
}

type Counted = { readonly k: number; readonly n: number; readonly s: number };

async function newestRows(broker: Broker, topic: string): Promise<Map<string, Counted>> {
  const rows = new Map<string, Counted>();
  for (const { key, value } of await broker.read(topic)) rows.set(key!, JSON.parse(value!) as Counted);
  return rows;
}

const newest = (broker: Broker, topic: string, is: (rows: Map<string, Counted>) => boolean, run: JobProcess) =>
  eventually(async () => is(await newestRows(broker, topic)), run);
