// Poison among the records of a real topic: every bad one is one letter, in the job's own transaction, whatever is killed; and
// re-driving sends each to where it came from once.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { redriveGroup } from '../../lib/job/dead-letters.js';
import { CommandUnderTest } from '../cli/command.js';
import { JobFolder } from '../job/job-folder.js';
import { describeKafka, useBroker, type Written } from './broker.js';
import { eventually, numWritten } from './processes.js';
import { Proxy } from './proxy.js';
import { type Options, rowsOf, topicTable } from './scripts.js';

const TIMEOUT_MS = 180_000;
const ROUNDS = 4;
const PER_ROUND = 500;
const EVERY_BAD = 10;
const LETTER_COLUMNS =
  '`value` BYTES, `key` BYTES, `headers` ARRAY<ROW<`name` STRING, `value` BYTES>>, `topic` STRING, `partition` INT, `offset` BIGINT, `timestamp` TIMESTAMP_LTZ(3), `file` STRING, `error` STRING, `job` STRING, `operator` STRING, `failed_at` TIMESTAMP_LTZ(3), `attempts` INT';

interface Letter {
  readonly value: string | null;
  readonly key: string | null;
  readonly headers: readonly { readonly name: string; readonly value: string | null }[] | null;
  readonly topic: string | null;
  readonly partition: number | null;
  readonly offset: number | null;
  readonly error: string;
  readonly job: string;
  readonly operator: string;
  readonly attempts: number;
}

const text = (base64: string | null) => (base64 === null ? null : Buffer.from(base64, 'base64').toString('latin1'));

describeKafka('dead letters', () => {
  const broker = useBroker();
  const command = new CommandUnderTest();
  let jobs: JobFolder;
  beforeAll(() => command.build(), 60_000);
  afterAll(() => command.remove());
  beforeEach(() => {
    jobs = new JobFolder(command);
  });
  afterEach(() => jobs.remove());

  const lettersIn = async (topic: string): Promise<Letter[]> =>
    (await broker().read(topic)).map(({ value }) => JSON.parse(value!) as Letter);
  const exactly = (topic: string): Options => ({
    topic,
    'sink.delivery-guarantee': 'exactly-once',
    'sink.transactional-id-prefix': topic,
    'scan.startup.mode': '',
    'scan.bounded.mode': '',
  });
  const onError = { 'scan.on-error': 'dead-letter', 'dead-letter.table': 'letters' };
  const dlq = (action: 'list' | 'redrive', topic: string, ...more: string[]) =>
    command.run('dlq', action, '--topic', topic, '--brokers', broker().bootstrapServers, ...more);

  it(
    'of a job that is killed again and again are there once each, and the good records too',
    async () => {
      const [input, output, letters] = [
        await broker().topic({ partitions: 3 }),
        await broker().topic({ partitions: 2 }),
        await broker().topic({ partitions: 2 }),
      ];
      const script = `SET 'execution.checkpointing.dir' = 'chk';
SET 'execution.checkpointing.interval' = '100 ms';
SET 'restart-strategy.type' = 'none';
SET 'batch.max-rows' = '7';
SET 'pipeline.name' = 'job';
${topicTable(broker(), LETTER_COLUMNS, exactly(letters), 'letters')}
${topicTable(broker(), 'id INT', { topic: input, 'scan.bounded.mode': '', ...onError }, 'i')}
${topicTable(broker(), 'id INT', exactly(output), 'o')}INSERT INTO o SELECT id FROM i;`;
      const isBad = (id: number) => id % EVERY_BAD === 7;
      for (let round = 0; round < ROUNDS; round++) {
        const ids = Array.from({ length: PER_ROUND }, (_, i) => PER_ROUND * round + i);
        await broker().produce(
          input,
          ids.map((id) => ({
            key: `k${id}`,
            value: isBad(id) ? `{"id": \u0001${id}` : JSON.stringify({ id }),
            headers: { trace: `t${id}` },
          })),
        );
        const before = await numWritten(broker(), output);
        const run = jobs.sql(script, '--restore', 'latest', '--parallelism', String(1 + (round % 2)));
        await eventually(async () => (await numWritten(broker(), output)) > before + 60 * round, run);
        run.child.kill('SIGKILL');
        expect(await run.ended).toMatchObject({ signal: 'SIGKILL' });
      }
      const all = Array.from({ length: PER_ROUND * ROUNDS }, (_, id) => id);
      const last = jobs.sql(script, '--restore', 'latest', '--parallelism', '2');
      const count = `${topicTable(broker(), 'id INT', { topic: output })}SELECT COUNT(*) AS n, COUNT(DISTINCT id) AS d FROM t;`;
      const good = all.filter((id) => !isBad(id));
      await eventually(async () => {
        const [line] = await rowsOf(count);
        return line !== undefined && (JSON.parse(line) as { d: number }).d === good.length;
      }, last);
      last.child.kill('SIGINT');
      await last.ended;
      const [line] = await rowsOf(count);
      expect(JSON.parse(line!)).toEqual({ n: good.length, d: good.length });

      const records = new Map(
        (await broker().read(input)).map((record) => [`${record.partition}@${record.offset}`, record]),
      );
      const found = await lettersIn(letters);
      expect(found.map(({ key }) => text(key)).sort()).toEqual(
        all
          .filter(isBad)
          .map((id) => `k${id}`)
          .sort(),
      );
      for (const letter of found) {
        const record = records.get(`${letter.partition}@${letter.offset}`)!;
        expect([text(letter.value), text(letter.key)]).toEqual([record.value, record.key]);
        expect(letter.headers!.map(({ name, value }) => [name, text(value)])).toEqual(Object.entries(record.headers));
        expect(letter).toMatchObject({ topic: input, job: 'job', operator: 'kafka_source:i', attempts: 1 });
        expect(letter.error).toContain(`topic '${input}', partition ${letter.partition}, offset ${letter.offset}`);
      }
    },
    TIMEOUT_MS,
  );

  const sorted = (records: readonly Written[]) =>
    records.map(({ key, value, headers }) => ({ key, value, headers })).sort((a, b) => (a.key! < b.key! ? -1 : 1));

  /** A topic with bad records, and one with their letters. */
  async function failed(count: number): Promise<{ input: string; letters: string }> {
    const [input, letters] = [await broker().topic({ partitions: 2 }), await broker().topic({ partitions: 2 })];
    await broker().produce(
      input,
      Array.from({ length: count }, (_, id) => ({
        key: `k${id}`,
        value: `bad\u0000 ${id}`,
        headers: { trace: `t${id}` },
      })),
    );
    await rowsOf(jobOf(input, letters));
    return { input, letters };
  }
  const jobOf = (input: string, letters: string, from = 'earliest-offset') => `
${topicTable(broker(), LETTER_COLUMNS, { topic: letters, 'scan.startup.mode': '', 'scan.bounded.mode': '' }, 'letters')}
${topicTable(broker(), 'id INT', { topic: input, 'scan.startup.mode': from, ...onError }, 'i')}
SELECT id FROM i;`;

  it(
    'are listed, and re-driven once',
    async () => {
      const { input, letters } = await failed(30);
      const listed = (await dlq('list', letters)).stdout.trim().split('\n');
      expect(listed).toHaveLength(30);
      expect(JSON.parse(listed[0]!)).toMatchObject({ topic: input, attempts: 1, job: expect.any(String) });
      const table = await dlq('list', letters, '--output', 'table', '--limit', '3');
      expect(table.stdout).toContain('cannot read topic');
      expect(table.stdout).toContain('There are more');

      const before = await broker().read(input);
      const first = await dlq('redrive', letters, '--limit', '12');
      expect(first, first.stderr).toMatchObject({ code: 0, stdout: '{"sent":12,"skipped":0}\n' });
      expect((await dlq('list', letters)).stdout.trim().split('\n')).toHaveLength(18);
      expect((await dlq('list', letters, '--all')).stdout.trim().split('\n')).toHaveLength(30);
      expect((await dlq('redrive', letters)).stdout).toBe('{"sent":18,"skipped":0}\n');
      expect((await dlq('redrive', letters)).stdout).toBe('{"sent":0,"skipped":0}\n');
      expect((await dlq('list', letters)).stdout).toBe('');

      const after = (await broker().read(input)).slice();
      const again = after.filter(({ headers }) => headers['sabot.dlq.letter'] !== undefined);
      expect(after).toHaveLength(60);
      expect(sorted(again.map((each) => ({ ...each, headers: { trace: each.headers['trace']! } })))).toEqual(
        sorted(before),
      );
      const placeOf = new Map(before.map(({ key, partition, timestamp }) => [key, { partition, timestamp }]));
      for (const { key, headers, partition, timestamp } of again) {
        expect(headers['sabot.dlq.attempts']).toBe('1');
        expect(headers['sabot.dlq.letter']).toMatch(new RegExp(`^${letters}-[01]@\\d+$`));
        expect({ partition, timestamp }).toEqual(placeOf.get(key));
      }

      // They fail once more: the second time.
      await rowsOf(jobOf(input, letters));
      const attempts = (await lettersIn(letters)).map((letter) => letter.attempts).sort();
      expect(attempts.filter((n) => n === 2)).toHaveLength(30);
    },
    TIMEOUT_MS,
  );

  it(
    'are re-driven once, though it is killed in the midst of it and repeated',
    async () => {
      const { input, letters } = await failed(900);
      const servers = broker().proxied[0]!;
      await using proxy = await Proxy.listen(servers.port, servers.target);
      const redrive = () =>
        command.start('dlq', 'redrive', '--topic', letters, '--brokers', `127.0.0.1:${servers.port}`);
      // At an end of a transaction: asked for, then answered.
      for (const side of ['onRequest', 'onResponse'] as const) {
        let ends = 0;
        const child = redrive();
        const killed = new Promise<NodeJS.Signals | null>((resolve) =>
          child.on('close', (_, signal) => resolve(signal)),
        );
        proxy.hooks = {
          [side]: ({ api, bytes }: { api: string; bytes: Buffer }) => {
            // The first one ends what an earlier process has left open.
            if (api !== 'EndTxn' || bytes.length === 0 || ++ends < 3) return true;
            child.kill('SIGKILL');
            return false;
          },
        };
        expect(await killed).toBe('SIGKILL');
        proxy.hooks = {};
      }
      const last = await dlq('redrive', letters);
      expect(last, last.stderr).toMatchObject({ code: 0 });
      const records = (await broker().read(input)).map(({ key, headers }) => [key, headers['sabot.dlq.letter'] ?? '']);
      const again = records.filter(([, letter]) => letter !== '').map(([key]) => key);
      expect(again).toHaveLength(900);
      expect(new Set(again).size).toBe(900);
      const offsets = await broker().admin.fetchOffsets({ groupId: redriveGroup(letters), topics: [letters] });
      // Letters have no keys: one partition may have got them all, and the other one has no offset.
      const done = offsets[0]!.partitions.map(({ offset }) => Math.max(0, Number(offset)));
      expect(done.reduce((a, b) => a + b, 0)).toBeGreaterThanOrEqual(900);
    },
    TIMEOUT_MS,
  );

  it(
    'of a key that cannot be read, of a row that is too large, of a record without a key',
    async () => {
      const [input, output, letters] = [await broker().topic(), await broker().topic(), await broker().topic()];
      await broker().produce(input, [
        { key: '{"k":1}', value: '{"v":"small"}' },
        { key: 'no', value: '{"v":"its key is bad"}' },
        { key: '{"k":2}', value: JSON.stringify({ v: 'x'.repeat(3000) }) },
        { key: '{"k":3}', value: 'neither' },
        { key: 'no', value: 'none of both' },
        { key: '{"k":4}', value: '{"v":"last"}' },
      ]);
      await rowsOf(`
${topicTable(broker(), '`value` BYTES, `key` BYTES, `error` STRING, `operator` STRING, `topic` STRING', { topic: letters, 'scan.startup.mode': '', 'scan.bounded.mode': '' }, 'letters')}
${topicTable(broker(), 'k INT, v STRING', { topic: input, 'key.format': 'json', 'key.fields': 'k', 'value.fields-include': 'EXCEPT_KEY', ...onError }, 'i')}
${topicTable(broker(), 'k INT, v STRING', { topic: output, 'scan.startup.mode': '', 'scan.bounded.mode': '', 'properties.message.max.bytes': '2000', 'sink.on-error': 'dead-letter', 'dead-letter.table': 'letters' }, 'o')}
INSERT INTO o SELECT k, v FROM i;`);
      const values = (await broker().read(output)).map(({ value }) => JSON.parse(value!) as { k: number });
      expect(values.map(({ k }) => k)).toEqual([1, 4]);
      const found = await lettersIn(letters);
      const of = (operator: string) => found.filter((letter) => letter.operator === operator);
      expect(of('kafka_source:i').map(({ key, value }) => [text(key), text(value)])).toEqual([
        ['no', '{"v":"its key is bad"}'],
        ['{"k":3}', 'neither'],
        ['no', 'none of both'],
      ]);
      const [large] = of('kafka_sink:o');
      expect(JSON.parse(text(large!.value)!)).toEqual({ k: 2, v: 'x'.repeat(3000) });
      expect(large!.error).toContain('properties.message.max.bytes');
      expect(large!.topic).toBe(output);
      expect(found).toHaveLength(4);
    },
    TIMEOUT_MS,
  );

  it(
    "a topic's own limit makes letters too",
    async () => {
      const [input, letters] = [await broker().topic(), await broker().topic()];
      const output = await broker().topic({ config: { 'max.message.bytes': '1000' } });
      await broker().produce(input, [JSON.stringify({ v: 'small' }), JSON.stringify({ v: 'x'.repeat(1500) })]);
      await rowsOf(`
${topicTable(broker(), '`error` STRING', { topic: letters, 'scan.startup.mode': '', 'scan.bounded.mode': '' }, 'letters')}
${topicTable(broker(), 'v STRING', { topic: input }, 'i')}
${topicTable(broker(), 'v STRING', { topic: output, 'scan.startup.mode': '', 'scan.bounded.mode': '', 'sink.on-error': 'dead-letter', 'dead-letter.table': 'letters' }, 'o')}
INSERT INTO o SELECT v FROM i;`);
      expect((await broker().read(output)).map(({ value }) => value)).toEqual(['{"v":"small"}']);
      expect(await lettersIn(letters)).toHaveLength(1);
    },
    TIMEOUT_MS,
  );

  const WRITTEN = { 'scan.startup.mode': '', 'scan.bounded.mode': '' };

  // What a format has no form for, while the other rows of its batch are written.
  const nullAtThird = (value: string, type: string) =>
    `CASE WHEN MOD(id, 5) = 3 THEN CAST(NULL AS ${type}) ELSE ${value} END`;
  it.each([
    {
      format: 'avro: a NULL element that must not be',
      columns: 'id INT, a ARRAY<INT NOT NULL>',
      made: `ARRAY[id, ${nullAtThird('id', 'INT')}]`,
      options: { format: 'avro' },
      says: "column 'a' is NOT NULL, but a row has NULL there",
      letter: (id: number) => ({ id, a: [id, null] }),
    },
    {
      format: 'protobuf: NULL in a required field',
      columns: 'id INT, s STRING',
      made: nullAtThird("'x'", 'STRING'),
      options: { format: 'protobuf', 'protobuf.message-class-name': 'Row' },
      says: "column 's' is a required field of protobuf message 'Row', but a row has NULL there",
      letter: (id: number) => ({ id, s: null }),
    },
  ])('of rows that have no form in $format', async ({ columns, made, options, says, letter }) => {
    const [input, output, letters] = [await broker().topic(), await broker().topic(), await broker().topic()];
    const proto = join(jobs.path, 'row.proto');
    writeFileSync(proto, 'syntax = "proto2"; message Row { required int32 id = 1; required string s = 2; }');
    const schema = options.format === 'protobuf' ? { 'protobuf.schema-file': proto } : {};
    await broker().produce(
      input,
      Array.from({ length: 20 }, (_, id) => JSON.stringify({ id })),
    );
    const script = (onError: Options) => `SET 'batch.max-rows' = '7';
${topicTable(broker(), '`value` BYTES, `error` STRING, `operator` STRING, `topic` STRING', { topic: letters, ...WRITTEN }, 'letters')}
${topicTable(broker(), 'id INT', { topic: input }, 'i')}
${topicTable(broker(), columns, { topic: output, ...WRITTEN, ...options, ...schema, ...onError }, 'o')}
INSERT INTO o SELECT id, ${made} FROM i;`;
    await rowsOf(script({ 'sink.on-error': 'dead-letter', 'dead-letter.table': 'letters' }));
    expect(await broker().read(output)).toHaveLength(16);
    const found = await lettersIn(letters);
    expect(found).toHaveLength(4);
    for (const { error, operator, topic } of found) {
      expect(error).toContain(says);
      // It was never a record of a topic.
      expect({ operator, topic }).toEqual({ operator: 'kafka_sink:o', topic: null });
    }
    // In its letter a row has the form that it has in JSON.
    expect(found.map(({ value }) => JSON.parse(text(value)!))).toEqual([3, 8, 13, 18].map((id) => letter(id)));
    await rowsOf(script({ 'sink.on-error': 'drop' }));
    expect(await broker().read(output)).toHaveLength(32);
    await expect(rowsOf(script({}))).rejects.toThrow(says);
  });

  it(
    'that came from no topic are sent where --to says',
    async () => {
      const [letters, target] = [await broker().topic(), await broker().topic({ partitions: 3 })];
      const letter = (error: string): string =>
        JSON.stringify({
          value: Buffer.from('{"id":1}').toString('base64'),
          key: null,
          headers: null,
          topic: null,
          partition: null,
          offset: null,
          timestamp: null,
          file: null,
          error,
          job: 'j',
          operator: 'map',
          failed_at: '2024-01-01 00:00:00.000Z',
          attempts: 1,
        });
      await broker().produce(letters, ['a', 'b', 'c', 'd'].map(letter));
      const refused = await dlq('redrive', letters);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain("came from no topic, but from operator 'map'");
      expect((await dlq('redrive', letters, '--limit', '1', '--skip')).stdout).toBe('{"sent":0,"skipped":1}\n');
      expect((await dlq('redrive', letters, '--to', target)).stdout).toBe('{"sent":3,"skipped":0}\n');
      const sent = (await broker().read(target)).map(({ partition, value }) => `${partition}: ${value}`);
      expect(sent.sort()).toEqual(['0: {"id":1}', '1: {"id":1}', '2: {"id":1}']);
    },
    TIMEOUT_MS,
  );

  it('what is not said is asked for', async () => {
    const nothing = await command.run('dlq', 'list');
    expect(nothing).toMatchObject({ code: 2 });
    expect(nothing.stderr).toContain('--topic TOPIC and --brokers');
    expect((await dlq('list', 'x', '--limit', '0')).stderr).toContain('--limit takes a whole number from 1');
  });
});
