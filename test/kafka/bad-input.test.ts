// What strangers put into topics, in every format: each message that cannot be read is told with its place and its reason, the others are read.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { errorOf } from '../parity/run-case.js';
import { describeKafka, useBroker } from './broker.js';
import { TestRegistry } from './registry.js';
import { type Options, rowsOf, topicTable } from './scripts.js';

const LETTER_COLUMNS = '`topic` STRING, `partition` INT, `offset` BIGINT, `error` STRING';
const LONG = 'x'.repeat(1 << 19);

interface Bad {
  readonly value: Buffer | null;
  readonly reason: string | RegExp;
  /** What comes of it with `ignore-parse-errors`; absent: nothing. */
  readonly ignored?: string;
}

interface Format {
  readonly columns?: string;
  readonly options?: Options;
  /** Messages, and the rows that come of them: also of odd ones that are no mistake. */
  readonly good: readonly (readonly [value: Buffer | null, ...rows: string[]])[];
  readonly bad: readonly Bad[];
  readonly ignores?: true;
}

/** Characters up to U+00FF are bytes. */
const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
const row = (id: number | null, s: string | null): string => JSON.stringify({ id, s });
const bad = (value: string | null, reason: string | RegExp, ignored?: string): Bad => ({
  value: value === null ? null : bytes(value),
  reason,
  ...(ignored === undefined ? {} : { ignored }),
});

const NONE: readonly [Buffer | null][] = [[null], [bytes('')]];
const OBJECT = 'a record must be a JSON object';
const deep = (open: string, depth: number) => open.repeat(depth);

/** JSON around the columns' object, as the format has it. */
const changes = (around: (object: string) => string, more: readonly Bad[]): Format => ({
  ignores: true,
  good: [
    [bytes(around('{"id":1,"s":"a"}')), row(1, 'a')],
    [bytes(around(`{"id":2,"s":"${LONG}"}`)), row(2, LONG)],
    [bytes(around('{"extra":{"a":[1]}}')), row(null, null)],
    ...NONE,
  ],
  bad: [
    bad(around('{"id":1,"s":"a"}').slice(0, -4), /the line ends inside|was expected|is not closed/),
    bad('hello', OBJECT),
    bad('null', OBJECT),
    bad('{}', /./),
    bad(around('{"id":"x","s":"b"}'), /field 'id': .*\(INT\)/, row(null, 'b')),
    bad(around('{"id":1,"s":"\xff"}'), /not UTF-8/),
    bad(around(`{"id":1,"o":${deep('[', 2000)}`), /nested deeper than 1,000 levels/),
    ...more,
  ],
});

const string = (text: string) => String.fromCharCode(2 * text.length) + text;

describeKafka('bad input', () => {
  const broker = useBroker();
  const folder = mkdtempSync(join(tmpdir(), 'sabot-bad-input-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const FORMATS: Readonly<Record<string, Format>> = {
    json: {
      ignores: true,
      good: [
        [bytes('{"id":1,"s":"a"}'), row(1, 'a')],
        [bytes(`{"s":"${LONG}","id":2}`), row(2, LONG)],
        [bytes('{}'), row(null, null)],
        [bytes('[{"id":3},{"id":4}]'), row(3, null), row(4, null)],
        ...NONE,
      ],
      bad: [
        bad('{"id":1,"s":"a', /the line ends inside|is not closed/),
        bad('{"id":1', 'the line ends inside a record'),
        bad('hello', OBJECT),
        bad('12', OBJECT),
        bad('\x00\x00\x00\x00\x01\x02', OBJECT),
        bad('{"id":"x","s":"b"}', /field 'id': .*\(INT\)/, row(null, 'b')),
        bad('{"id":[1],"s":"b"}', /field 'id': /, row(null, 'b')),
        bad('{"id":99999999999,"s":"b"}', /field 'id': /, row(null, 'b')),
        bad('{"id":1,"s":"\xff"}', "field 's': a string is not UTF-8"),
        bad(`{"id":1,"o":${deep('[', 2000)}`, 'nested deeper than 1,000 levels'),
      ],
    },
    csv: {
      ignores: true,
      good: [[bytes('1,a'), row(1, 'a')], [bytes(`2,"${LONG}"`), row(2, LONG)], [null]],
      bad: [
        bad('', 'the message holds no record'),
        bad('1', 'the record has 1 fields, not 2', row(1, null)),
        bad('1,a,b', 'the record has 3 fields, not 2'),
        bad('x,b', "field 'id': the value does not fit the column's type (INT)", row(null, 'b')),
      ],
    },
    raw: {
      columns: 'id INT',
      good: [
        [bytes('\0\0\0\x07'), '{"id":7}'],
        [null, '{"id":null}'],
      ],
      bad: [
        bad('', 'a value of type INT has 4 bytes, not 0'),
        bad('\0\0\x07', 'a value of type INT has 4 bytes, not 3'),
        bad(LONG, 'a value of type INT has 4 bytes, not 524288'),
      ],
    },
    avro: {
      good: [
        [bytes(`\x02\x02\x02${string('a')}`), row(1, 'a')],
        [Buffer.concat([bytes('\x02\x04\x02\x80\x80\x40'), bytes(LONG)]), row(2, LONG)],
        [bytes('\x00\x02\x02\xff'), row(null, '\ufffd')],
        [null],
      ],
      bad: [
        bad('', "field 'id': the record ends inside a number"),
        bad('\x02\x02', "field 's': the record ends inside a number"),
        bad(`\x02\x02\x02\x10abc`, "field 's': there are not as many bytes as a text or bytes value says"),
        bad('\x08\x02\x00', "field 'id': a union has no branch 4"),
        bad('\x02\xff\xff\xff\xff\xff\x01\x00', "field 'id': an int has more than 32 bits"),
        bad(deep('\xff', 50), /field 'id': a number has more than ten bytes/),
      ],
    },
    protobuf: {
      ignores: true,
      options: { 'protobuf.message-class-name': 'shop.Bid', 'protobuf.schema-file': join(folder, 'bid.proto') },
      good: [
        [bytes('\x08\x01\x12\x01a'), row(1, 'a')],
        [Buffer.concat([bytes('\x08\x02\x12\x80\x80\x20'), bytes(LONG)]), row(2, LONG)],
        [bytes(''), row(0, '')],
        // A field of another wire type is one that nobody knows.
        [bytes('\x0a\x01x\x10\x05'), row(0, '')],
      ],
      bad: [
        bad(null, 'there is no message'),
        bad('\x08', 'the message ends inside a number'),
        bad('\x08\x01\x12\x05ab', 'the message ends inside a field'),
        bad('\x12\x01\xff', "the text of field 's' is not UTF-8"),
        bad('hello', /./),
        bad(deep('\x1b', 200), 'messages lie more than 100 deep'),
      ],
    },
    'debezium-json': changes(
      (object) => `{"before":null,"after":${object},"op":"c"}`,
      [
        bad('{"before":null,"after":{"id":1},"op":"u"}', 'the change has no old row'),
        bad('{"before":null,"after":{"id":1},"op":"x"}', 'there is no such kind of change'),
        bad('{"before":null,"after":null,"op":"c"}', 'the change has no new row'),
        bad('{"before":null,"after":7,"op":"c"}', /./),
      ],
    ),
    'ogg-json': changes(
      (object) => `{"after":${object},"op_type":"I"}`,
      [
        bad('{"after":{"id":1},"op_type":"U"}', 'the change has no old row'),
        bad('{"after":{"id":1},"op_type":"c"}', 'there is no such kind of change'),
      ],
    ),
    'canal-json': changes(
      (object) => `{"data":[${object}],"type":"INSERT"}`,
      [
        bad('{"data":[{"id":1}],"type":"UPDATE"}', 'an update needs its new rows and their old values'),
        bad('{"data":{"id":1},"type":"INSERT"}', 'a list of rows was expected'),
        bad('{"data":[{"id":1}],"type":"TRUNCATE"}', 'there is no such kind of change'),
      ],
    ),
    'maxwell-json': changes(
      (object) => `{"data":${object},"type":"insert"}`,
      [
        bad('{"data":{"id":1},"type":"update"}', 'an update needs its new rows and their old values'),
        bad('{"data":[{"id":1}],"type":"insert"}', 'a JSON object was expected'),
        bad('{"data":{"id":1},"type":"INSERT"}', 'there is no such kind of change'),
      ],
    ),
  };
  writeFileSync(
    join(folder, 'bid.proto'),
    'syntax = "proto3"; package shop; message Bid { int32 id = 1; string s = 2; Bid next = 4; }',
  );

  /** The messages in a topic, good and bad in turns, and what a job makes of them. */
  async function check(name: string, { columns = 'id INT, s STRING', options = {}, good, bad, ignores }: Format) {
    const topic = await broker().topic();
    const values: (Buffer | null)[] = [];
    const reasons = new Map<number, string | RegExp>();
    for (let i = 0; i < Math.max(good.length, bad.length); i++) {
      if (i < good.length) values.push(good[i]![0]);
      if (i < bad.length) {
        reasons.set(values.length, bad[i]!.reason);
        values.push(bad[i]!.value);
      }
    }
    await broker().produce(
      topic,
      values.map((value) => ({ value })),
    );
    const select = (more: Options) =>
      `${topicTable(broker(), columns, { topic, format: name, ...options, ...more })}SELECT * FROM t;`;
    const rows = good.flatMap(([, ...of]) => of).sort();
    const place = (offset: number) => `topic '${topic}', partition 0, offset ${offset}, byte `;

    const failure = await errorOf(select({}), { parallelism: 1, settings: {}, results: 'final' });
    const [first] = [...reasons.keys()];
    expect(failure?.kind, failure?.message).toBe('bad-record');
    expect(failure?.message).toContain(place(first!));

    const letters = await broker().topic();
    const table = topicTable(broker(), LETTER_COLUMNS, { topic: letters, 'scan.bounded.mode': '' }, 'letters');
    const kept = { 'scan.on-error': 'dead-letter', 'dead-letter.table': 'letters' };
    expect((await rowsOf(table + select(kept))).map(shortened), name).toEqual(rows.map(shortened));
    const told = (await broker().read(letters)).map(
      ({ value }) => JSON.parse(value!) as { offset: number; error: string },
    );
    expect(told.map(({ offset }) => offset).sort((a, b) => a - b)).toEqual([...reasons.keys()]);
    for (const { offset, error } of told) {
      expect(error).toContain(place(offset));
      expect(error).toMatch(reasons.get(offset)!);
      expect(error.length).toBeLessThan(1000);
    }

    if (ignores === undefined) return;
    const option = Object.fromEntries([[`${name}.ignore-parse-errors`, 'true']]) as Options;
    const withIgnored = [...rows, ...bad.flatMap(({ ignored }) => (ignored === undefined ? [] : [ignored]))].sort();
    expect((await rowsOf(select(option))).map(shortened), name).toEqual(withIgnored.map(shortened));
  }

  it.each(Object.entries(FORMATS))('%s: is told with its place, left out, or kept', check);

  it('avro-confluent and debezium-avro-confluent: so are schemas that are not there or of something else', async () => {
    await using registry = await TestRegistry.start();
    const fields = [
      { name: 'id', type: 'int' },
      { name: 's', type: ['null', 'string'] },
    ];
    const bid = { type: 'record', name: 'Bid', fields };
    const change = [
      { name: 'after', type: ['null', bid] },
      { name: 'op', type: 'string' },
    ];
    const known = [
      bid,
      { type: 'record', name: 'Envelope', fields: change },
      { type: 'enum', name: 'Color', symbols: ['RED'] },
      { type: 'record', name: 'Other', fields: [{ name: 'id', type: 'string' }] },
    ].map((schema) => registry.add(schema));
    const [plain, envelope, color, other] = known.map((id) => `\0\0\0\0${String.fromCharCode(id)}`);
    const header = "a message begins with a zero and the four bytes of its schema's number";
    const strange = [
      bad('hello', header),
      bad('\0\0\0', header),
      bad('\0\0\0\0\x63\x02', 'schema 99: the schema registry does not have it'),
      bad('\0\xff\xff\xff\xff\x02', 'schema -1: the schema registry does not have it'),
      bad(`${color!}\0`, 'rows cannot be read from'),
    ];
    await check('avro-confluent', {
      options: { 'avro-confluent.url': registry.url },
      good: [
        [bytes(`${plain!}\x02\x02${string('a')}`), row(1, 'a')],
        [Buffer.concat([bytes(`${plain!}\x04\x02\x80\x80\x40`), bytes(LONG)]), row(2, LONG)],
        [null],
      ],
      bad: [
        ...strange,
        bad('', header),
        bad(plain!, "field 'id': the record ends inside a number"),
        bad(`${plain!}\x02\x02\x10abc`, "field 's': there are not as many bytes as a text or bytes value says"),
        bad(`${other!}${string('x')}`, "column 'id' of type INT cannot be read from Avro's string"),
      ],
    });
    await check('debezium-avro-confluent', {
      options: { 'debezium-avro-confluent.url': registry.url },
      good: [
        [bytes(`${envelope!}\x02\x02\x02${string('a')}${string('c')}`), row(1, 'a')],
        [Buffer.concat([bytes(`${envelope!}\x02\x04\x02\x80\x80\x40`), bytes(LONG + string('r'))]), row(2, LONG)],
        ...NONE,
      ],
      bad: [
        ...strange,
        bad(envelope!, "field 'after': the record ends inside a number"),
        bad(`${envelope!}\x02\x02\x02\x10abc`, "field 'after.s': there are not as many bytes"),
        bad(`${envelope!}\0${string('d')}`, 'the change has no old row'),
        bad(`${envelope!}\x02\x02\0${string('x')}`, 'there is no such kind of change'),
        bad(`${plain!}\x02\0`, 'the record does not say what change it is'),
      ],
    });
  });
});

/** Long texts by their length. */
const shortened = (line: string): string => line.replace(/x{1000,}/g, (text) => `${text.length} x`);
