// Dead letters in plans: who reads whose, which columns they have, what is refused and where that is shown.

import { describe, expect, it } from 'vitest';
import type { SabotError } from '../../lib/errors.js';
import { deadLetter, file, Job, kafka, type OnError, t } from '../../lib/index.js';
import { Planned, plan } from './planned.js';

const FILE = "'connector' = 'filesystem', 'format' = 'json'";
const LETTERS = `CREATE TABLE letters (\`error\` STRING, \`value\` BYTES, \`offset\` BIGINT) WITH (${FILE}, 'path' = '/letters');\n`;
const BAD = "'scan.on-error' = 'dead-letter', 'dead-letter.table' = 'letters'";
const source = (more: string, name = 'src') =>
  `CREATE TABLE ${name} (id INT, k STRING) WITH (${FILE}, 'path' = '/${name}'${more === '' ? '' : `, ${more}`});\n`;
const sink = (more = '') =>
  `CREATE TABLE snk (id INT) WITH (${FILE}, 'path' = '/out'${more === '' ? '' : `, ${more}`});\n`;
const INSERT = 'INSERT INTO snk SELECT id FROM src;';

describe('dead letters of tables', () => {
  it('are read by the sink of the table that is named, in its columns', () => {
    const planned = new Planned(`${LETTERS}${source(BAD)}${sink()}${INSERT}`);
    expect(planned.node('file_source').config['onError']).toBe('dead-letter');
    const letters = planned.node('dead_letters');
    expect(letters.inputs).toEqual([{ node: planned.node('file_source').id, exchange: 'forward', deadLetters: true }]);
    expect(planned.columns('project')).toEqual(['error', 'value', 'offset']);
    expect(planned.all('file_sink').map((node) => node.config['path'])).toEqual(['/out', '/letters']);
  });

  it('of a source and a sink come together in one sink, of several reads of a table once', () => {
    const planned = new Planned(
      `${LETTERS}${source(BAD)}${sink("'sink.on-error' = 'dead-letter', 'dead-letter.table' = 'letters'")}
       BEGIN STATEMENT SET; ${INSERT} INSERT INTO snk SELECT id + 1 FROM src; END;`,
    );
    expect(planned.all('file_source')).toHaveLength(1);
    expect(planned.all('dead_letters')).toHaveLength(3);
    expect(planned.all('union')).toHaveLength(1);
    expect(planned.all('file_sink').map((node) => node.config['path'])).toEqual(['/out', '/out', '/letters']);
  });

  it('are for nobody where records are dropped, or fail', () => {
    const dropped = new Planned(`${source("'scan.on-error' = 'drop'")}${sink()}${INSERT}`);
    expect(dropped.ops).toEqual(['file_source', 'file_sink']);
    expect(dropped.node('file_source').config['onError']).toBe('drop');
    const failing = new Planned(`${source("'scan.on-error' = 'fail'")}${sink()}${INSERT}`);
    expect(failing.node('file_source').config).not.toHaveProperty('onError');
  });

  it('have a rate limit beside them', () => {
    const limited = new Planned(`${source("'scan.rate-limit.rows-per-second' = '250'")}${sink()}${INSERT}`);
    expect(limited.node('file_source').config['rowsPerSecondMax']).toBe(250);
    expect(() => new Planned(`${source("'scan.rate-limit.rows-per-second' = '0'")}${sink()}${INSERT}`)).toThrow(
      "'scan.rate-limit.rows-per-second' must be at least 1",
    );
  });

  /** What a script is refused for; the place is marked «so». */
  function mistake(marked: string): { readonly message: string; readonly at: string; readonly wanted: string } {
    const script = marked.replaceAll(/[«»]/g, '');
    const start = marked.indexOf('«');
    const wanted = marked.slice(start + 1, marked.indexOf('»'));
    try {
      plan(script);
    } catch (error) {
      const { message, span } = error as SabotError;
      return { message, at: script.slice(span!.start, span!.end), wanted };
    }
    throw new Error('the script was planned');
  }

  it.each([
    [
      `${source("'scan.on-error' = 'dead-letter', 'dead-letter.table' = «'lettres'»")}${LETTERS}${sink()}${INSERT}`,
      "names a table 'lettres' that there is not; did you mean 'letters'?",
    ],
    [`${source("'scan.on-error' = «'dead-letter'»")}${sink()}${INSERT}`, "needs 'dead-letter.table'"],
    [`${source("'scan.on-error' = «'retry'»")}${sink()}${INSERT}`, "expected 'fail', 'drop', 'dead-letter'"],
    [`${source("'dead-letter.table' = «'letters'»")}${LETTERS}${sink()}${INSERT}`, 'has no effect'],
    [
      `CREATE TABLE letters (why STRING) WITH (${FILE}, 'path' = '/l');\n${source("'scan.on-error' = 'dead-letter', 'dead-letter.table' = «'letters'»")}${sink()}${INSERT}`,
      "have no column 'why'",
    ],
    [
      `CREATE TABLE letters (\`headers\` INT) WITH (${FILE}, 'path' = '/l');\n${source("'scan.on-error' = 'dead-letter', 'dead-letter.table' = «'letters'»")}${sink()}${INSERT}`,
      "Column 'headers' of table 'letters', which takes dead letters, cannot be INT",
    ],
  ])('%#: a mistake is shown where it is', (script, told) => {
    const found = mistake(script);
    expect(found.message).toContain(told);
    expect(found.at).toBe(found.wanted);
  });

  it('of a table of letters go nowhere', () => {
    const letters = `CREATE TABLE letters (\`error\` STRING) WITH (${FILE}, 'path' = '/l', 'sink.on-error' = 'dead-letter', 'dead-letter.table' = 'letters');\n`;
    expect(() => plan(`${letters}${source(BAD)}${sink()}${INSERT}`)).toThrow('its own would have nowhere to go');
  });

  it('are not for files in Avro', () => {
    const avro = `CREATE TABLE src (id INT) WITH ('connector' = 'filesystem', 'path' = '/a', 'format' = 'avro', ${BAD});\n`;
    expect(() => plan(`${LETTERS}${avro}${sink()}${INSERT}`)).toThrow("'scan.on-error' must be 'fail' for files");
  });
});

describe('dead letters of streams', () => {
  const Row = t.row({ id: t.int(), name: t.string(), more: t.string() });
  const brokers = 'localhost:9092';
  const out = kafka.sink({ brokers, topic: 'out', format: 'json' });

  it('go to one sink for all who name it', () => {
    const letters = deadLetter(kafka.sink({ brokers, topic: 'letters', format: 'json' }));
    const job = new Job('j');
    job
      .source(kafka({ brokers, topic: 'in', format: 'json', schema: Row, onError: letters }))
      .map((row) => ({ id: row.id, up: row.name.toUpperCase() }), {
        returns: t.row({ id: t.int(), up: t.string() }),
        onError: letters,
      })
      .to(kafka.sink({ brokers, topic: 'out', format: 'json', onError: letters }));
    const plan = job.explain().split('\n');
    expect(plan.filter((line) => line.startsWith('kafka_sink'))).toHaveLength(2);
    expect(plan.filter((line) => line.includes('<- dead letters'))).toHaveLength(3);
  });

  it('of a function have the whole row, whatever it reads', () => {
    const columnsRead = (onError: OnError | undefined) => {
      const job = new Job('j');
      const seen = new Set<string>();
      job
        .source(file({ path: '/in', format: 'json', schema: Row }))
        .map((row) => ({ id: seen.add(String(row.id)).size }), {
          returns: t.row({ id: t.int() }),
          ...(onError === undefined ? {} : { onError }),
        })
        .to(out);
      return job.explain();
    };
    expect(columnsRead(undefined)).not.toContain('more');
    expect(columnsRead('drop')).not.toContain('more');
    expect(columnsRead(deadLetter(out))).toContain('more');
  });

  it('are told by their type', () => {
    // @ts-expect-error a sink is no dead letter: deadLetter(sink) is
    kafka({ brokers, topic: 'in', format: 'json', schema: Row, onError: out });
    // @ts-expect-error there is no such mode
    file.sink({ path: '/out', format: 'json', onError: 'retry' });
  });
});
