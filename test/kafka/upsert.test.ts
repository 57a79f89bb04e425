// Tables of newest rows: what is in their topics, and what queries make of it.

import { expect, it } from 'vitest';
import type { SabotError } from '../../lib/errors.js';
import { count, Job, kafka, t } from '../../lib/index.js';
import { describeKafka, useBroker } from './broker.js';
import { changesOf, type Options, rowsOf, topicTable, UPSERT } from './scripts.js';

const json = (row: object) => JSON.stringify(row);
const put = (k: string, n: number) => ({ key: json({ k }), value: json({ k, n }) });
const remove = (k: string) => ({ key: json({ k }), value: null });

describeKafka('a table with a key', () => {
  const broker = useBroker();
  const columns = 'k STRING, n BIGINT, PRIMARY KEY (k) NOT ENFORCED';
  const table = (topic: string, options: Options = {}, name = 't') =>
    topicTable(broker(), columns, { ...UPSERT, topic, ...options }, name);
  const filled = async (partitions = 1) => {
    const topic = await broker().topic({ partitions });
    await broker().produce(topic, [
      put('a', 1),
      put('b', 1),
      put('a', 2),
      put('a', 2),
      remove('b'),
      remove('x'),
      put('c', 5),
    ]);
    return topic;
  };

  it('gets the new row of every update', async () => {
    const topic = await broker().topic();
    const query = "INSERT INTO sink SELECT k, COUNT(*) FROM (VALUES ('a'), ('b'), ('a')) AS s (k) GROUP BY k;";
    await changesOf(`${table(topic, { 'scan.bounded.mode': '' }, 'sink')}${query}`);
    expect((await broker().read(topic)).map(({ key, value }) => [key, value])).toEqual([
      ['{"k":"a"}', '{"k":"a","n":1}'],
      ['{"k":"b"}', '{"k":"b","n":1}'],
      ['{"k":"a"}', '{"k":"a","n":2}'],
    ]);
  });

  it('tells what each record replaces, and a deletion with its whole row', async () => {
    expect(await changesOf(`${table(await filled())}SELECT * FROM t;`)).toEqual([
      '{"op":"+I","k":"a","n":1}',
      '{"op":"+I","k":"b","n":1}',
      '{"op":"-U","k":"a","n":1}',
      '{"op":"+U","k":"a","n":2}',
      '{"op":"-D","k":"b","n":1}',
      '{"op":"+I","k":"c","n":5}',
    ]);
  });

  it('is its newest rows, also if the key is not asked for, by many subtasks', async () => {
    const topic = await filled(3);
    for (const parallelism of [1, 2]) {
      expect(await rowsOf(`${table(topic)}SELECT n, k FROM t;`, parallelism)).toEqual([
        '{"n":2,"k":"a"}',
        '{"n":5,"k":"c"}',
      ]);
      expect(await rowsOf(`${table(topic)}SELECT n FROM t;`, parallelism)).toEqual(['{"n":2}', '{"n":5}']);
      expect(await rowsOf(`${table(topic)}SELECT COUNT(*) AS c, SUM(n) AS s FROM t;`, parallelism)).toEqual([
        '{"c":2,"s":7}',
      ]);
    }
  });

  it('is copied record by record', async () => {
    const [from, to] = [await filled(), await broker().topic()];
    await changesOf(`${table(from)}${table(to, { 'scan.bounded.mode': '' }, 'copy')}INSERT INTO copy SELECT * FROM t;`);
    expect((await broker().read(to)).map(({ key, value }) => [key, value])).toEqual([
      ['{"k":"a"}', '{"k":"a","n":1}'],
      ['{"k":"b"}', '{"k":"b","n":1}'],
      ['{"k":"a"}', '{"k":"a","n":2}'],
      ['{"k":"a"}', '{"k":"a","n":2}'],
      ['{"k":"b"}', null],
      ['{"k":"x"}', null],
      ['{"k":"c"}', '{"k":"c","n":5}'],
    ]);
  });

  it('tells an aggregate what Flink does', async () => {
    expect(await changesOf(`${table(await filled())}SELECT COUNT(*) AS c, SUM(n) AS s FROM t;`)).toEqual(
      [
        ['+I', 1, 1],
        ...[
          ['-U', 1, 1],
          ['+U', 2, 2],
        ],
        ...[
          ['-U', 2, 2],
          ['+U', 1, 1],
        ],
        ...[
          ['-U', 1, 1],
          ['+U', 2, 3],
        ],
        ...[
          ['-U', 2, 3],
          ['+U', 1, 2],
        ],
        ...[
          ['-U', 1, 2],
          ['+U', 2, 7],
        ],
      ].map(([op, c, s]) => json({ op, c, s })),
    );
  });

  it('loses the rows that a filter does not let pass any more', async () => {
    const [from, to] = [await broker().topic(), await broker().topic()];
    await broker().produce(from, [
      put('a', 1),
      put('b', 1),
      put('a', 9),
      put('b', 2),
      put('c', 9),
      remove('b'),
      put('a', 3),
    ]);
    const script = `${table(from)}${table(to, { 'scan.bounded.mode': '' }, 'copy')}INSERT INTO copy SELECT * FROM t WHERE n < 5;`;
    await changesOf(script);
    expect((await broker().read(to)).map(({ key, value }) => [key, value])).toEqual([
      ['{"k":"a"}', '{"k":"a","n":1}'],
      ['{"k":"b"}', '{"k":"b","n":1}'],
      ['{"k":"a"}', null],
      ['{"k":"b"}', '{"k":"b","n":2}'],
      ['{"k":"b"}', null],
      ['{"k":"a"}', '{"k":"a","n":3}'],
    ]);
    expect(await rowsOf(`${table(to)}SELECT * FROM t;`)).toEqual(['{"k":"a","n":3}']);
    expect(await rowsOf(`${table(from)}SELECT * FROM t WHERE n < 5;`)).toEqual(['{"k":"a","n":3}']);
  });

  it('may have its key in the key only', async () => {
    const topic = await broker().topic();
    const options = { 'value.fields-include': 'EXCEPT_KEY' };
    const query = "INSERT INTO sink SELECT k, COUNT(*) FROM (VALUES ('a'), ('b'), ('a')) AS s (k) GROUP BY k;";
    await rowsOf(`${table(topic, { ...options, 'scan.bounded.mode': '' }, 'sink')}${query}`);
    expect((await broker().read(topic)).map(({ value }) => value)).not.toContain('{"k":"a","n":2}');
    expect(await rowsOf(`${table(topic, options)}SELECT * FROM t;`)).toEqual(['{"k":"a","n":2}', '{"k":"b","n":1}']);
  });

  it('cannot have a record without a key', async () => {
    const topic = await broker().topic();
    await broker().produce(topic, [put('a', 1), '{"k":"b","n":1}']);
    const failed = rowsOf(`${table(topic)}SELECT * FROM t;`);
    await expect(failed).rejects.toMatchObject({ kind: 'bad-record' });
    await failed.catch(({ message }: SabotError) => {
      expect(message).toContain('offset 1');
    });
  });

  it('is written by a stream of updates', async () => {
    const [bids, counts] = [await broker().topic(), await broker().topic()];
    await broker().produce(bids, ['{"auction":1}', '{"auction":2}', '{"auction":1}']);
    const brokers = broker().bootstrapServers;
    const job = new Job('counts', { settings: { 'batch.max-rows': '1' } });
    job
      .source(kafka({ brokers, topic: bids, format: 'json', until: 'latest', schema: t.row({ auction: t.bigint() }) }))
      .keyBy((bid) => bid.auction)
      .aggregate({ n: count() })
      .to(
        kafka.sink({
          brokers,
          topic: counts,
          format: 'json',
          key: { format: 'json', fields: ['auction'] },
          upsert: true,
        }),
      );
    await job.run();
    expect((await broker().read(counts)).map(({ key, value }) => [key, value])).toEqual([
      ['{"auction":1}', '{"auction":1,"n":1}'],
      ['{"auction":2}', '{"auction":2,"n":1}'],
      ['{"auction":1}', '{"auction":1,"n":2}'],
    ]);
  });
});
