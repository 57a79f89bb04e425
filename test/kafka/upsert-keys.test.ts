// Tables by key, and queries whose rows are told apart by another one: what their topics hold in the end.

import { expect, it } from 'vitest';
import { count, Job, kafka, t } from '../../lib/index.js';
import { describeKafka, useBroker } from './broker.js';
import { changesOf, type Options, rowsOf, topicTable, UPSERT } from './scripts.js';

const json = (row: object) => JSON.stringify(row);

interface User {
  readonly id: number;
  readonly name: string | null;
}

/** A user's record; without a name the user is gone. */
const user = ({ id, name }: User) => ({ key: json({ id }), value: name === null ? null : json({ id, name }) });

describeKafka('a table by a key that the query’s rows have not', () => {
  const broker = useBroker();
  const table = (columns: string, name: string, options: Options) =>
    topicTable(broker(), columns, { ...UPSERT, ...options }, name);
  const users = (topic: string) => table('id INT, name STRING, PRIMARY KEY (id) NOT ENFORCED', 'users', { topic });
  const names = (topic: string) =>
    table('name STRING, id INT, PRIMARY KEY (name) NOT ENFORCED', 'names', { topic, 'scan.bounded.mode': '' });
  const DEDUPLICATE = 'INSERT INTO names SELECT name, id FROM users ON CONFLICT DO DEDUPLICATE;';

  it('has the newest row that is left', async () => {
    const [from, to] = [await broker().topic(), await broker().topic()];
    await broker().produce(
      from,
      [
        { id: 1, name: 'a' },
        { id: 2, name: 'a' },
        { id: 3, name: 'b' },
        { id: 2, name: 'b' },
        { id: 1, name: null },
        { id: 2, name: null },
      ].map(user),
    );
    await changesOf(`${users(from)}${names(to)}${DEDUPLICATE}`);
    expect((await broker().read(to)).map(({ key, value }) => [key, value])).toEqual([
      ['{"name":"a"}', '{"name":"a","id":1}'],
      ['{"name":"a"}', '{"name":"a","id":2}'],
      ['{"name":"b"}', '{"name":"b","id":3}'],
      // 2 leaves a to 1, and comes to b.
      ['{"name":"a"}', '{"name":"a","id":1}'],
      ['{"name":"b"}', '{"name":"b","id":2}'],
      ['{"name":"a"}', null],
      ['{"name":"b"}', '{"name":"b","id":3}'],
    ]);
  });

  it('has a row of each name that somebody has, by many subtasks, however the changes met', async () => {
    const [from, to] = [await broker().topic({ partitions: 3 }), await broker().topic({ partitions: 3 })];
    // Users move between few names all the time: a hash decides who, and where to.
    const moves = Array.from({ length: 3000 }, (_, i): User => {
      const draw = Math.imul(i + 1, 2_654_435_761) >>> 0;
      const name = (draw >>> 20) % 13;
      return { id: (draw >>> 8) % 40, name: name === 0 ? null : `n${name}` };
    });
    await broker().produce(from, moves.map(user));
    const settings = "SET 'batch.max-rows' = '7';";
    await rowsOf(`${settings}${users(from)}${names(to)}${DEDUPLICATE}`, 3);

    const nameOf = new Map(moves.map(({ id, name }) => [id, name]));
    const newest = new Map<string, number | undefined>();
    for (const { key, value } of await broker().read(to)) {
      newest.set(JSON.parse(key!).name, value === null ? undefined : JSON.parse(value).id);
    }
    expect([...newest.keys()].sort()).toEqual(Array.from({ length: 12 }, (_, i) => `n${i + 1}`).sort());
    for (const [name, id] of newest) {
      const bearers = [...nameOf].filter(([, borne]) => borne === name).map(([bearer]) => bearer);
      if (bearers.length === 0) expect([name, id]).toEqual([name, undefined]);
      else expect(bearers).toContain(id);
    }
  });

  it('fails if two rows have one key, or keeps the first one, when the watermark has come', async () => {
    // A job that fails may have written its first row.
    const [from, to, failed] = [await broker().topic(), await broker().topic(), await broker().topic()];
    const timed = table(
      "id INT, name STRING, ts TIMESTAMP(3) METADATA FROM 'timestamp' VIRTUAL, PRIMARY KEY (id) NOT ENFORCED, WATERMARK FOR ts AS ts",
      'users',
      { topic: from },
    );
    const into = (topic: string, what: string) =>
      rowsOf(`${timed}${names(topic)}INSERT INTO names SELECT name, id FROM users ON CONFLICT DO ${what};`);
    await broker().produce(from, [
      { ...user({ id: 1, name: 'a' }), timestamp: '1000' },
      { ...user({ id: 2, name: 'a' }), timestamp: '1000' },
      { ...user({ id: 3, name: 'b' }), timestamp: '1000' },
    ]);
    await expect(into(failed, 'ERROR')).rejects.toMatchObject({ kind: 'primary-key-conflict', identifier: 'name' });
    await into(to, 'NOTHING');
    const written = (await broker().read(to)).map(({ key, value }) => [key, value]);
    expect(written.sort()).toEqual([
      ['{"name":"a"}', '{"name":"a","id":1}'],
      ['{"name":"b"}', '{"name":"b","id":3}'],
    ]);
  });

  it('is told the old rows if the query’s key is part of its own', async () => {
    const topic = await broker().topic();
    const sink = table('k STRING, n BIGINT, PRIMARY KEY (k, n) NOT ENFORCED', 'sink', {
      topic,
      'scan.bounded.mode': '',
    });
    await changesOf(`${sink}INSERT INTO sink SELECT k, COUNT(*) FROM (VALUES ('a'), ('a')) AS s (k) GROUP BY k;`);
    expect((await broker().read(topic)).map(({ key, value }) => [key, value])).toEqual([
      ['{"k":"a","n":1}', '{"k":"a","n":1}'],
      ['{"k":"a","n":1}', null],
      ['{"k":"a","n":2}', '{"k":"a","n":2}'],
    ]);
  });

  it('is written by a stream', async () => {
    const [bids, tops] = [await broker().topic(), await broker().topic()];
    await broker().produce(bids, ['{"auction":1}', '{"auction":2}', '{"auction":1}']);
    const brokers = broker().bootstrapServers;
    const job = new Job('tops', { settings: { 'batch.max-rows': '1' } });
    job
      .source(kafka({ brokers, topic: bids, format: 'json', until: 'latest', schema: t.row({ auction: t.bigint() }) }))
      .keyBy((bid) => bid.auction)
      .aggregate({ n: count() })
      .to(
        kafka.sink({
          brokers,
          topic: tops,
          format: 'json',
          key: { format: 'json', fields: ['n'] },
          upsert: true,
          onConflict: 'deduplicate',
        }),
      );
    await job.run();
    expect((await broker().read(tops)).map(({ key, value }) => [key, value])).toEqual([
      ['{"n":1}', '{"auction":1,"n":1}'],
      ['{"n":1}', '{"auction":2,"n":1}'],
      ['{"n":2}', '{"auction":1,"n":2}'],
    ]);
  });
});
