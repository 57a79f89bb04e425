// Where a job goes on, and who may: from its own manifest, whatever became of the group's offsets; and one process at a time.

import { expect, it } from 'vitest';
import { inJobFolder } from '../job/in-job-folder.js';
import type { JobFolder } from '../job/job-folder.js';
import { describeKafka, useBroker } from './broker.js';
import { eventually } from './processes.js';
import { Proxy } from './proxy.js';
import { topicTable } from './scripts.js';

const TIMEOUT_MS = 120_000;
/** Of an answer to EndTxn, behind its size, the request's number and how long to wait. */
const ERROR_AT = 12;
const UNKNOWN_SERVER_ERROR = -1;

describeKafka('a job with checkpoints', () => {
  const broker = useBroker();
  let jobs: JobFolder;
  inJobFolder((made) => {
    jobs = made;
  });

  const ids = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => JSON.stringify({ id: from + i }));
  const seen = async (topic: string) =>
    (await broker().read(topic)).map(({ value }) => (JSON.parse(value!) as { id: number }).id).sort((a, b) => a - b);
  const upTo = (end: number) => Array.from({ length: end }, (_, i) => i);

  const script = (input: string, output: string, group: string) => `SET 'execution.checkpointing.dir' = 'chk';
SET 'execution.checkpointing.interval' = '100 ms';
SET 'restart-strategy.type' = 'none';
SET 'pipeline.name' = 'job';
${topicTable(
  broker(),
  'id INT',
  {
    topic: input,
    'properties.group.id': group,
    'scan.startup.mode': 'group-offsets',
    'properties.auto.offset.reset': 'earliest',
    'scan.bounded.mode': '',
  },
  'i',
)}
${topicTable(
  broker(),
  'id INT',
  {
    topic: output,
    'scan.startup.mode': '',
    'scan.bounded.mode': '',
    'sink.delivery-guarantee': 'exactly-once',
    'sink.transactional-id-prefix': `job-${output}`,
  },
  'o',
)}INSERT INTO o SELECT id FROM i;`;

  it(
    'that was stopped for longer than offsets are kept goes on from its manifest, not from where the group would begin',
    async () => {
      const [input, output] = [await broker().topic({ partitions: 2 }), await broker().topic()];
      const group = `group-${output}`;
      await broker().produce(input, ids(0, 300));
      const first = jobs.sql(script(input, output, group));
      await eventually(async () => (await seen(output)).length === 300, first);
      await eventually(
        async () => (await broker().admin.fetchOffsets({ groupId: group, topics: [input] })).length > 0,
        first,
      );
      first.child.kill('SIGKILL');
      await first.ended;
      // As brokers do after offsets.retention.minutes.
      await broker().admin.deleteGroups([group]);
      const [of] = await broker().admin.fetchOffsets({ groupId: group, topics: [input] });
      expect(of!.partitions.map(({ offset }) => offset)).toEqual(['-1', '-1']);
      await broker().produce(input, ids(300, 100));
      const second = jobs.sql(script(input, output, group), '--restore', 'latest', '--parallelism', '2');
      await eventually(async () => (await seen(output)).length >= 400, second);
      second.child.kill('SIGINT');
      await second.ended;
      expect(await seen(output)).toEqual(upTo(400));
    },
    TIMEOUT_MS,
  );

  it(
    'is run by one process: one that was stopped while another took over writes nothing more, and says why it ends',
    async () => {
      const [input, output] = [await broker().topic({ partitions: 2 }), await broker().topic()];
      await broker().produce(input, ids(0, 200));
      const first = jobs.sql(script(input, output, `group-${output}`));
      await eventually(async () => (await seen(output)).length === 200, first);
      first.child.kill('SIGSTOP');
      const second = jobs.sql(script(input, output, `group-${output}`), '--restore', 'latest');
      await broker().produce(input, ids(200, 200));
      await eventually(async () => (await seen(output)).length >= 400, second);
      first.child.kill('SIGCONT');
      const { code, stderr } = await first.ended;
      expect(code, stderr).toBe(1);
      expect(stderr).toMatch(/no longer owns the job: .* has taken over|fenced/i);
      await broker().produce(input, ids(400, 100));
      await eventually(async () => (await seen(output)).length >= 500, second);
      second.child.kill('SIGINT');
      await second.ended;
      expect(await seen(output)).toEqual(upTo(500));
    },
    TIMEOUT_MS,
  );

  it(
    'that was replaced by one with its own checkpoint folder, and is told only that something went wrong, does not take the job back',
    async () => {
      const servers = broker().proxied[0]!;
      await using proxy = await Proxy.listen(servers.port, servers.target);
      const [input, output] = [await broker().topic({ partitions: 2 }), await broker().topic()];
      await broker().produce(input, ids(0, 200));
      const fromTheStart = (folder: string) =>
        script(input, output, `group-${folder}-${output}`)
          .replace("'chk'", `'${folder}'`)
          .replace("'group-offsets'", "'earliest-offset'");
      const first = jobs.sql(
        fromTheStart('here')
          .replace("'none'", "'fixed-delay'")
          .replaceAll(broker().bootstrapServers, `127.0.0.1:${servers.port}`),
      );
      await eventually(async () => (await seen(output)).length === 200, first);
      let letGo = () => {};
      const held = new Promise<void>((resolve) => {
        letGo = resolve;
      });
      let isHeld = false;
      proxy.hooks = {
        onRequest: async ({ api }) => {
          if (api !== 'EndTxn') return true;
          isHeld = true;
          await held;
          return true;
        },
        onResponse: ({ api, bytes }) => {
          if (api === 'EndTxn' && bytes.readInt16BE(ERROR_AT) !== 0) bytes.writeInt16BE(UNKNOWN_SERVER_ERROR, ERROR_AT);
          return true;
        },
      };
      await eventually(async () => isHeld, first);
      const second = jobs.sql(fromTheStart('there'));
      await eventually(async () => (await seen(output)).length === 400, second);
      letGo();
      const { code, stderr } = await first.ended;
      expect(code, stderr).toBe(1);
      expect(stderr).toContain('It starts again');
      expect(stderr).toMatch(/this process no longer owns the job: process \d+ on .* has taken over/);
      await broker().produce(input, ids(200, 100));
      await eventually(async () => (await seen(output)).length >= 500, second);
      second.child.kill('SIGINT');
      await second.ended;
      expect(await seen(output)).toEqual([...upTo(200), ...upTo(300)].sort((a, b) => a - b));
    },
    TIMEOUT_MS,
  );

  it(
    'fails when a topic was deleted and created again under it, before a row of the new one is seen',
    async () => {
      const [input, output] = [await broker().topic(), await broker().topic()];
      await broker().produce(input, ids(0, 100));
      const run = jobs.sql(script(input, output, `group-${output}`));
      await eventually(async () => (await seen(output)).length === 100, run);
      await broker().remove(input);
      await broker().create(input, 1);
      // More than the job's position: offset 100 is there again, and it is another row.
      await broker().produce(input, ids(1_000, 300));
      const { code, stderr } = await run.ended;
      expect(code, stderr).toBe(1);
      expect(stderr).toContain(input);
      expect(await seen(output)).toEqual(upTo(100));
    },
    TIMEOUT_MS,
  );

  it(
    'fails when a topic was deleted and created again while it was not running',
    async () => {
      const [input, output] = [await broker().topic(), await broker().topic()];
      await broker().produce(input, ids(0, 100));
      const first = jobs.sql(script(input, output, `group-${output}`));
      await eventually(async () => (await seen(output)).length === 100, first);
      first.child.kill('SIGKILL');
      await first.ended;
      await broker().remove(input);
      await broker().create(input, 1);
      await broker().produce(input, ids(1_000, 300));
      const { code, stderr } = await jobs.sql(script(input, output, `group-${output}`), '--restore', 'latest').ended;
      expect(code, stderr).toBe(1);
      expect(stderr).toContain(`topic '${input}' was deleted and created again`);
      expect(await seen(output)).toEqual(upTo(100));
    },
    TIMEOUT_MS,
  );
});
