// Topics as sinks: written by SQL and by the Stream API, read back by kafkajs.

import { expect, it } from 'vitest';
import { Job, kafka, t } from '../../lib/index.js';
import { describeKafka, useBroker, type Written } from './broker.js';
import { type Options, rowsOf, topicTable } from './scripts.js';

const values = (written: readonly Written[]) => written.map(({ value }) => value);

describeKafka('INSERT INTO a topic', () => {
  const broker = useBroker();
  const insert = async (columns: string, options: Options, query: string, parallelism = 1) => {
    await rowsOf(topicTable(broker(), columns, options, 'sink') + query, parallelism);
    return broker().read(options['topic']!);
  };

  it('writes a record for each row', async () => {
    const topic = await broker().topic();
    const query = "INSERT INTO sink SELECT * FROM (VALUES (1, 'ä'), (2, CAST(NULL AS STRING))) AS s (id, name);";
    const written = await insert('id INT, name STRING', { topic }, query);
    expect(written.map(({ key, value, headers }) => [key, value, headers])).toEqual([
      [null, '{"id":1,"name":"ä"}', {}],
      [null, '{"id":2,"name":null}', {}],
    ]);
  });

  it('writes keys, headers and timestamps; a key always goes to the same partition', async () => {
    const topic = await broker().topic({ partitions: 4 });
    const columns =
      "k_id INT, v STRING, written TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', headers MAP<STRING, BYTES> METADATA";
    const options = {
      topic,
      'key.format': 'json',
      'key.fields': 'k_id',
      'key.fields-prefix': 'k_',
      'value.fields-include': 'EXCEPT_KEY',
    };
    const query = `INSERT INTO sink SELECT id, v, TO_TIMESTAMP_LTZ(1000 + id, 3), MAP['h', X'6869']
      FROM (VALUES (1, 'a'), (2, 'b'), (1, 'c')) AS s (id, v);`;
    const written = await insert(columns, options, query);
    const sorted = [...written].sort((a, b) => (a.value! < b.value! ? -1 : 1));
    expect(sorted.map(({ key, value, timestamp, headers }) => [key, value, timestamp, headers])).toEqual([
      ['{"id":1}', '{"v":"a"}', 1001, { h: 'hi' }],
      ['{"id":2}', '{"v":"b"}', 1002, { h: 'hi' }],
      ['{"id":1}', '{"v":"c"}', 1001, { h: 'hi' }],
    ]);
    expect(sorted[0]?.partition).toBe(sorted[2]?.partition);
    // Java's clients, and kafkajs', would choose the same one.
    const by = await broker().topic({ partitions: 4 });
    await broker().produce(
      by,
      sorted.map(({ key, value }) => ({ key, value })),
    );
    const placed = (rows: readonly Written[]) => rows.map(({ key, value, partition }) => [key, value, partition]);
    expect(placed(written)).toEqual(placed(await broker().read(by)));
  });

  it('writes what many subtasks give, and reads it back', async () => {
    const topic = await broker().topic({ partitions: 3 });
    const source = `CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '5000',
      'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '5000', 'rows-per-second' = '1000000');\n`;
    for (const partitioner of ['default', 'fixed', 'round-robin']) {
      await insert(
        'n BIGINT',
        { topic, 'sink.partitioner': partitioner },
        `${source}INSERT INTO sink SELECT n FROM numbers;`,
        2,
      );
    }
    const query = 'SELECT COUNT(*) AS c, COUNT(DISTINCT n) AS d, SUM(n) AS s FROM t;';
    expect(await rowsOf(topicTable(broker(), 'n BIGINT', { topic }) + query, 2)).toEqual([
      JSON.stringify({ c: 15000, d: 5000, s: 3 * 12502500 }),
    ]);
  });

  it('fails if a record is too large, and says where', async () => {
    const topic = await broker().topic();
    await broker().admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: 2, name: topic, configEntries: [{ name: 'max.message.bytes', value: '1000' }] }],
    });
    const written = insert('v STRING', { topic }, "INSERT INTO sink SELECT REPEAT('x', 5000);");
    await expect(written).rejects.toMatchObject({ kind: 'delivery-failed', message: expect.stringContaining(topic) });
  });

  it('fails if there is no such topic', async () => {
    const written = insert('v STRING', { topic: 'nowhere' }, "INSERT INTO sink VALUES ('a');");
    await expect(written).rejects.toMatchObject({ code: 'SABOT_E_IO', message: expect.stringContaining('nowhere') });
  });
});

describeKafka('a stream', () => {
  const broker = useBroker();

  it('goes from topic to topic', async () => {
    const [bids, hot] = [await broker().topic({ partitions: 2 }), await broker().topic()];
    await broker().produce(bids, ['{"auction":1,"price":50}', '{"auction":2,"price":150}'], 0);
    await broker().produce(bids, ['{"auction":3,"price":250}'], 1);
    const brokers = broker().bootstrapServers;
    const Bid = t.row({ auction: t.bigint(), price: t.bigint(), partition: t.int() });
    const job = new Job('hot');
    job
      .source(
        kafka({
          brokers,
          topic: bids,
          format: 'json',
          metadata: { partition: 'partition' },
          until: 'latest',
          schema: Bid,
        }),
      )
      .filter((bid) => bid.price > 100n)
      .to(kafka.sink({ brokers, topic: hot, format: 'json', key: { format: 'json', fields: ['auction'] } }));
    await job.run();
    expect(values(await broker().read(hot)).sort()).toEqual([
      '{"auction":2,"price":150,"partition":0}',
      '{"auction":3,"price":250,"partition":1}',
    ]);
  });
});
