// Rows that say which topic they go to: a list of topics, or those that a pattern matches, from the command line.

import { expect, it } from 'vitest';
import { inJobFolder } from '../job/in-job-folder.js';
import type { JobFolder } from '../job/job-folder.js';
import { describeKafka, useBroker } from './broker.js';
import { eventually } from './processes.js';
import { type Options, topicTable } from './scripts.js';

const TIMEOUT_MS = 120_000;
const upTo = (end: number) => Array.from({ length: end }, (_, i) => i);

describeKafka('INSERT INTO topics that rows name', () => {
  const broker = useBroker();
  let jobs: JobFolder;
  inJobFolder((made) => {
    jobs = made;
  });

  const sinkTable = (columns: string, options: Options) =>
    topicTable(broker(), columns, { 'scan.startup.mode': '', 'scan.bounded.mode': '', topic: '', ...options }, 'o');
  const ends = async (script: string, ...args: string[]) => {
    const { code, stderr } = await jobs.sql(script, ...args).ended;
    expect(code, stderr).toBe(0);
  };
  const fails = async (script: string) => {
    const { code, stderr } = await jobs.sql(`SET 'restart-strategy.type' = 'none';\n${script}`).ended;
    expect(code, stderr).toBeGreaterThan(0);
    return stderr;
  };
  const seen = async (topic: string) =>
    (await broker().read(topic)).map(({ value }) => (JSON.parse(value!) as { id: number }).id).sort((a, b) => a - b);

  it(
    'of a list, with headers, timestamp and key',
    async () => {
      const [a, b] = [await broker().topic(), await broker().topic({ partitions: 3 })];
      const columns =
        "id INT, `to` STRING METADATA FROM 'topic', headers MAP<STRING, BYTES> METADATA, written TIMESTAMP_LTZ(3) METADATA FROM 'timestamp'";
      const options = { topic: `${a};${b}`, 'key.format': 'raw', 'key.fields': 'id' };
      await ends(`SET 'batch.max-rows' = '2';
${sinkTable(columns, options)}INSERT INTO o SELECT id, topic, MAP['n', CAST(CAST(id AS STRING) AS BYTES)], TO_TIMESTAMP_LTZ(1000 + id, 3)
FROM (VALUES (1, '${a}'), (2, '${b}'), (3, '${a}'), (4, '${b}'), (5, '${b}')) AS s (id, topic);`);
      const told = async (topic: string) =>
        (await broker().read(topic))
          .map(({ value, timestamp, headers }) => [value, timestamp, headers])
          .sort((x, y) => Number(x[1]) - Number(y[1]));
      expect(await told(a)).toEqual([
        ['{"id":1}', 1001, { n: '1' }],
        ['{"id":3}', 1003, { n: '3' }],
      ]);
      expect(await told(b)).toEqual([
        ['{"id":2}', 1002, { n: '2' }],
        ['{"id":4}', 1004, { n: '4' }],
        ['{"id":5}', 1005, { n: '5' }],
      ]);
    },
    TIMEOUT_MS,
  );

  it(
    'that a pattern matches, each subtask into its partition',
    async () => {
      const name = `many-${Math.random().toString(36).slice(2)}`;
      const topics = upTo(3).map((i) => `${name}-${i}`);
      for (const topic of topics) await broker().create(topic, 4);
      const input = await broker().topic({ partitions: 2 });
      for (const partition of [0, 1]) {
        await broker().produce(
          input,
          upTo(300).map((i) => JSON.stringify({ id: 300 * partition + i })),
          partition,
        );
      }
      await ends(
        `SET 'batch.max-rows' = '7';
${topicTable(broker(), 'id INT', { topic: input }, 'i')}${sinkTable('id INT, topic STRING METADATA', {
  'topic-pattern': `${name}-[0-9]`,
  'sink.partitioner': 'fixed',
})}INSERT INTO o SELECT id, '${name}-' || CAST(id % 3 AS STRING) FROM i;`,
        '--parallelism',
        '2',
      );
      for (const [i, topic] of topics.entries()) {
        expect(await seen(topic)).toEqual(upTo(600).filter((id) => id % 3 === i));
        const partitions = new Set((await broker().read(topic)).map(({ partition }) => partition));
        expect([...partitions].sort()).toEqual([0, 1]);
      }
    },
    TIMEOUT_MS,
  );

  it(
    'exactly once, whatever is killed, also into topics that came later',
    async () => {
      const name = `later-${Math.random().toString(36).slice(2)}`;
      const input = await broker().topic({ partitions: 2 });
      const exactly = {
        'topic-pattern': `${name}-.*`,
        'sink.delivery-guarantee': 'exactly-once',
        'sink.transactional-id-prefix': name,
      };
      const script = `SET 'execution.checkpointing.dir' = 'chk';
SET 'execution.checkpointing.interval' = '100 ms';
SET 'restart-strategy.type' = 'none';
SET 'pipeline.name' = 'job';
${topicTable(broker(), 'id INT, topic STRING', { topic: input, 'scan.bounded.mode': '' }, 'i')}${sinkTable(
  "`to` STRING METADATA FROM 'topic', id INT",
  exactly,
)}INSERT INTO o SELECT topic, id FROM i;`;
      const produce = (from: number, to: number, num: number) =>
        broker().produce(
          input,
          upTo(to - from).map((i) => JSON.stringify({ id: from + i, topic: `${name}-${(from + i) % num}` })),
        );
      for (const i of [0, 1]) await broker().create(`${name}-${i}`, 2);
      const count = async () =>
        (await Promise.all(upTo(3).map((i) => seen(`${name}-${i}`).catch(() => [])))).reduce(
          (n, ids) => n + ids.length,
          0,
        );
      await produce(0, 200, 2);
      const first = jobs.sql(script);
      await eventually(async () => (await count()) === 200, first);
      await broker().create(`${name}-2`, 1);
      await produce(200, 500, 3);
      await eventually(async () => (await count()) > 200, first);
      first.child.kill('SIGKILL');
      await first.ended;
      await produce(500, 600, 3);
      const second = jobs.sql(script, '--restore', 'latest', '--parallelism', '2');
      await eventually(async () => (await count()) >= 600, second);
      second.child.kill('SIGINT');
      await second.ended;
      const of = (id: number) => id % (id < 200 ? 2 : 3);
      for (const i of upTo(3)) expect(await seen(`${name}-${i}`)).toEqual(upTo(600).filter((id) => of(id) === i));
    },
    TIMEOUT_MS,
  );

  it('refuses rows that go nowhere, as Flink does; or makes letters of them', async () => {
    const [a, b, letters] = [await broker().topic(), await broker().topic(), await broker().topic()];
    const columns = 'id INT, topic STRING METADATA';
    const values = (topic: string) => `INSERT INTO o VALUES (1, '${a}'), (2, ${topic});`;
    const list = { topic: `${a};${b}` };
    const invalid = 'The topic of the sink record is not valid. Expected';
    expect(await fails(sinkTable(columns, list) + values("'c'"))).toContain(
      `${invalid} topic to be in: [${a}, ${b}] but was: c`,
    );
    expect(await fails(sinkTable(columns, list) + values('CAST(NULL AS STRING)'))).toContain(
      `${invalid} a single topic but no topic is set.`,
    );
    expect(await fails(sinkTable(columns, { 'topic-pattern': `${a}.*` }) + values(`'${b}'`))).toContain(
      `${invalid} topic to match: ${a}.* but was: ${b}`,
    );
    expect(await fails(sinkTable(columns, { 'topic-pattern': '.*' }) + values("'no-such-topic'"))).toContain(
      "there is no topic 'no-such-topic'",
    );
    expect(await fails(`${sinkTable('id INT', list)}INSERT INTO o VALUES (1);`)).toMatch(
      /a single topic but no topic is set: table 'o' names several/,
    );
    expect(await fails(sinkTable(columns, { topic: a }) + values("'c'"))).toContain(
      "Metadata 'topic' of connector 'kafka' cannot be written: declare column 'topic' VIRTUAL.",
    );
    const forgiving = { ...list, 'sink.on-error': 'dead-letter', 'dead-letter.table': 'letters' };
    await ends(
      topicTable(
        broker(),
        '`value` BYTES, `error` STRING',
        { topic: letters, 'scan.startup.mode': '', 'scan.bounded.mode': '' },
        'letters',
      ) +
        sinkTable(columns, forgiving) +
        values("'c'"),
    );
    expect(await seen(a)).toContain(1);
    const [letter] = (await broker().read(letters)).map(({ value }) => JSON.parse(value!) as { error: string });
    expect(letter!.error).toContain('but was: c');
  });
});
