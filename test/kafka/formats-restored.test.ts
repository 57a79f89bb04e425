// Records whose schemas are not in them, through jobs that are killed and restored while those schemas change: every record comes once, and whole.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import avsc from 'avsc';
import protobuf from 'protobufjs';
import { expect, it } from 'vitest';
import { inJobFolder } from '../job/in-job-folder.js';
import type { JobFolder } from '../job/job-folder.js';
import { describeKafka, useBroker } from './broker.js';
import { eventually, numWritten } from './processes.js';
import { TestRegistry } from './registry.js';
import { type Options, topicTable } from './scripts.js';

const TIMEOUT_MS = 180_000;
/** Records that each job finds new. */
const RECORDS = 400;
const ROWS_PER_SECOND = 500;

interface Bid {
  readonly id: number;
  readonly name: string;
  /** Of records that know of it. */
  readonly color?: string | null;
}

/** A format and what others know of it. */
interface Known {
  /** Of a table with a column `color`, or without. */
  readonly options: (colored: boolean) => Options;
  /** By a writer that knows of colors, or does not. */
  readonly write: (bid: Bid, colored: boolean) => Buffer;
  readonly read: (value: Buffer) => Bid;
}

const field = (name: string, type: unknown, rest: object = {}) => ({ name, type, ...rest });
/** Its fields come in another order than the table's columns. */
const bidOf = (...more: object[]): avsc.Schema =>
  ({ type: 'record', name: 'bid', fields: [field('id', 'int'), field('name', 'string'), ...more] }) as avsc.Schema;
const AVRO = { plain: bidOf(), colored: bidOf(field('color', ['null', 'string'], { default: null })) };

function avroConfluent(registry: TestRegistry): Known {
  const schemaOf = (colored: boolean) => (colored ? AVRO.colored : AVRO.plain);
  return {
    options: () => ({ format: 'avro-confluent', 'avro-confluent.url': registry.url }),
    write: ({ id, name, color }, colored) => {
      const header = Buffer.alloc(5);
      header.writeInt32BE(registry.add(schemaOf(colored) as object), 1);
      return Buffer.concat([header, avsc.Type.forSchema(schemaOf(colored)).toBuffer({ id, name, color })]);
    },
    read: (value) => {
      const schema = JSON.parse(registry.schemas[value.readInt32BE(1) - 1]!) as avsc.Schema;
      return { ...(avsc.Type.forSchema(schema).fromBuffer(value.subarray(5)) as Bid) };
    },
  };
}

function protobufIn(folder: string): Known {
  const fileOf = (colored: boolean) => join(folder, colored ? 'new.proto' : 'old.proto');
  const typeOf = new Map<boolean, protobuf.Type>();
  for (const colored of [true, false]) {
    const fields = `string name = 2; int32 id = 1; ${colored ? 'string color = 7;' : ''}`;
    writeFileSync(fileOf(colored), `syntax = "proto3"; package shop; message Bid { ${fields} }`);
    typeOf.set(colored, new protobuf.Root().loadSync(fileOf(colored)).lookupType('shop.Bid'));
  }
  return {
    options: (colored) => ({
      format: 'protobuf',
      'protobuf.message-class-name': 'shop.Bid',
      'protobuf.schema-file': fileOf(colored),
    }),
    write: (bid, colored) => Buffer.from(typeOf.get(colored)!.encode(bid).finish()),
    read: (value) => typeOf.get(true)!.toObject(typeOf.get(true)!.decode(value), { defaults: true }) as Bid,
  };
}

describeKafka('jobs that are killed, of formats with schemas', () => {
  const broker = useBroker();
  let jobs: JobFolder;
  inJobFolder((made) => {
    jobs = made;
  });

  const script = (input: string, output: string, known: Known, colored: boolean) => {
    const columns = `name STRING, id INT NOT NULL${colored ? ', color STRING' : ''}`;
    const table = (topic: string, more: Options, name: string) =>
      topicTable(broker(), columns, { topic, 'scan.bounded.mode': '', ...known.options(colored), ...more }, name);
    return `SET 'execution.checkpointing.dir' = 'chk';
SET 'execution.checkpointing.interval' = '50 ms';
SET 'restart-strategy.type' = 'none';
SET 'pipeline.name' = 'job';
SET 'batch.max-rows' = '3';
${table(input, { 'scan.rate-limit.rows-per-second': String(ROWS_PER_SECOND) }, 'i')}
${table(output, { 'sink.delivery-guarantee': 'exactly-once', 'sink.transactional-id-prefix': `job-${output}` }, 'o')}
INSERT INTO o SELECT * FROM i;`;
  };

  /** Three jobs, one after the other: the second finds records of the new schema, the third has a column for what is new in them. */
  async function killAndRestore(known: Known): Promise<readonly Bid[]> {
    const [input, output] = [await broker().topic({ partitions: 3 }), await broker().topic({ partitions: 2 })];
    const all = async () => (await broker().readBytes(output)).map(({ value }) => known.read(value!));
    let restored = 0;
    for (const [turn, [writesColors, readsColors]] of [
      [false, false],
      [true, false],
      [true, true],
    ].entries()) {
      const bids = Array.from(
        { length: RECORDS },
        (_, i): Bid => ({ id: RECORDS * turn + i, name: `n${i}`, color: 'red' }),
      );
      await broker().produce(
        input,
        bids.map((bid) => ({ key: String(bid.id), value: known.write(bid, writesColors!) })),
      );
      const before = await numWritten(broker(), output);
      const start = () =>
        jobs.sql(script(input, output, known, readsColors!), '--restore', 'latest', '--parallelism', '2');
      const run = start();
      await eventually(async () => (await numWritten(broker(), output)) > before + RECORDS / 4, run);
      run.child.kill('SIGKILL');
      const { signal, stderr } = await run.ended;
      expect(signal, stderr).toBe('SIGKILL');
      if (stderr.includes('restored checkpoint')) restored++;
      if (turn < 2) continue;
      const last = start();
      await eventually(async () => new Set((await all()).map(({ id }) => id)).size === 3 * RECORDS, last);
      last.child.kill('SIGINT');
      expect((await last.ended).stderr).toContain('restored checkpoint');
    }
    expect(restored).toBe(2);
    const read = [...(await all())].sort((a, b) => a.id - b.id);
    expect(read.map(({ id, name }) => ({ id, name }))).toEqual(
      Array.from({ length: 3 * RECORDS }, (_, id) => ({ id, name: `n${id % RECORDS}` })),
    );
    return read;
  }

  it(
    'avro-confluent: a version that has a field more',
    async () => {
      await using registry = await TestRegistry.start();
      const read = await killAndRestore(avroConfluent(registry));
      // What the third job wrote has the color that was read, or none of records that are older.
      expect(read.slice(2 * RECORDS).every(({ color }) => color === 'red')).toBe(true);
      expect(read.slice(0, RECORDS).every(({ color = null }) => color === null)).toBe(true);
      expect([...registry.subjects.values()].map((versions) => versions.length)).toEqual([2]);
    },
    TIMEOUT_MS,
  );

  it(
    'protobuf: a file that has a field more',
    async () => {
      const read = await killAndRestore(protobufIn(jobs.path));
      expect(read.slice(2 * RECORDS).every(({ color }) => color === 'red')).toBe(true);
      expect(read.slice(0, RECORDS).every(({ color = '' }) => color === '')).toBe(true);
    },
    TIMEOUT_MS,
  );
});
