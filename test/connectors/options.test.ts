// Options of connectors: what is accepted, what is refused, and what the message says then.

import { describe, expect, it } from 'vitest';
import { tableSink, tableSource } from '../../lib/connectors/catalogue.js';
import { nearest, type OptionSpec, parseDuration, readOptions } from '../../lib/connectors/options.js';
import { valuesSource } from '../../lib/connectors/sources.js';
import type { SabotError } from '../../lib/errors.js';
import { ALL_CHANGES, type Changes, INSERT_ONLY, type PhysicalNode } from '../../lib/plan/physical.js';
import type { TableDefinition } from '../../lib/plan/table.js';
import { types } from '../../lib/schema/types.js';

const table = (options: Record<string, string>): TableDefinition => ({
  identifier: ['default_catalog', 'default_database', 't'],
  columns: [
    { kind: 'physical', name: 'id', type: types.integer() },
    { kind: 'physical', name: 'name', type: types.string() },
  ],
  partitionedBy: [],
  options,
  temporary: false,
});

function errorOf(action: () => unknown): { kind: string | undefined; identifier: string | undefined; message: string } {
  try {
    action();
  } catch (error) {
    const { kind, identifier, message } = error as SabotError;
    return { kind, identifier, message };
  }
  throw new Error('nothing was thrown');
}

const source = (options: Record<string, string>) => {
  const t = table(options);
  return tableSource(t, options, [{ name: 'name', type: types.string() }]);
};

describe('a table with wrong options', () => {
  it.each([
    [
      'a connector that is not there',
      { connector: 'filesytem' },
      'unknown-connector',
      'filesytem',
      "Did you mean 'filesystem'?",
    ],
    [
      'a format that is not there',
      { connector: 'filesystem', path: 'x', format: 'yaml' },
      'unknown-format',
      'yaml',
      'json, csv',
    ],
    ['no format', { connector: 'filesystem', path: 'x' }, 'missing-option', 'format', "'format' is missing"],
    ['no path', { connector: 'filesystem', format: 'json' }, 'missing-option', 'path', "'path' is missing"],
    [
      'a misspelt option',
      { connector: 'filesystem', path: 'x', format: 'csv', 'csv.null-litteral': 'NA' },
      'unknown-option',
      'csv.null-litteral',
      "Did you mean 'csv.null-literal'?",
    ],
    [
      'an option of another format',
      { connector: 'filesystem', path: 'x', format: 'json', 'csv.null-literal': 'NA' },
      'unknown-option',
      'csv.null-literal',
      'Known options',
    ],
    [
      'a word for a number',
      { connector: 'datagen', 'rows-per-second': 'many' },
      'invalid-option',
      'rows-per-second',
      'a whole number',
    ],
    [
      'a sequence without an end',
      { connector: 'datagen', 'fields.id.kind': 'sequence', 'fields.id.start': '1' },
      'missing-option',
      'fields.id.end',
      'sequence generator',
    ],
    [
      'a generator for no column',
      { connector: 'datagen', 'fields.nope.min': '1' },
      'unknown-option',
      'fields.nope.min',
      "no column 'nope'",
    ],
    [
      'two answers to a missing field',
      {
        connector: 'filesystem',
        path: 'x',
        format: 'json',
        'json.fail-on-missing-field': 'true',
        'json.ignore-parse-errors': 'true',
      },
      'invalid-option',
      'json.fail-on-missing-field',
      "shouldn't both be true",
    ],
  ])('%s', (_, options, kind, identifier, message) => {
    const error = errorOf(() => source(options as unknown as Record<string, string>));
    expect(error).toMatchObject({ kind, identifier });
    expect(error.message).toContain(message);
  });

  it.each([
    ['source.monitor-interval', '10 s'],
    ['auto-compaction', 'true'],
    ['compaction.file-size', '1 mb'],
    ['sink.partition-commit.policy.kind', 'success-file'],
    ['sink.partition-commit.trigger', 'partition-time'],
    ['partition.time-extractor.kind', 'custom'],
  ])("an option of Flink's that has no effect here: %s", (key, value) => {
    const error = errorOf(() => source({ connector: 'filesystem', path: 'x', format: 'json', [key]: value }));
    expect(error).toMatchObject({ kind: 'unsupported-option', identifier: key });
    expect(error.message).toContain('is not supported yet:');
  });

  it("may have the defaults of Flink's options", () => {
    source({
      connector: 'filesystem',
      path: 'x',
      format: 'json',
      'auto-compaction': 'false',
      'sink.partition-commit.trigger': 'process-time',
      'sink.partition-commit.delay': '0 s',
      'source.report-statistics': 'none',
    });
  });

  it.each([
    ['csv.field-delimiter', ';;'],
    ['csv.field-delimiter', '§'],
    ['csv.quote-character', ''],
    ['csv.escape-character', '\\\\\\\\'],
  ])('%s is one character: not %j', (key, value) => {
    const error = errorOf(() => source({ connector: 'filesystem', path: 'x', format: 'csv', [key]: value }));
    expect(error).toMatchObject({ kind: 'invalid-option', identifier: key });
    expect(error.message).toContain('must be a single ASCII character');
  });

  it('a sink connector is no source', () => {
    expect(errorOf(() => source({ connector: 'print' }))).toMatchObject({ kind: 'not-a-source', identifier: 'print' });
  });
});

describe('a filesystem source', () => {
  it('decodes only the columns in use, and tells CSV where they are', () => {
    const { config } = source({
      connector: 'filesystem',
      path: 'file:///tmp/a%20b',
      format: 'csv',
      'csv.field-delimiter': '\\t',
    });
    expect(config).toMatchObject({
      path: '/tmp/a b',
      format: 'csv',
      formatOptions: { 'csv.field-delimiter': '\t' },
      columns: [{ name: 'name' }],
      fileColumns: [{ name: 'id' }, { name: 'name' }],
    });
  });
});

describe('subtasks of a sink', () => {
  const input: PhysicalNode = {
    ...valuesSource(
      [],
      [
        { name: 'id', type: types.integer() },
        { name: 'name', type: types.string() },
      ],
    ),
  };
  const sink = (options: Record<string, string>, changes: Changes, primaryKey?: readonly string[]) => {
    const t = { ...table(options), ...(primaryKey === undefined ? {} : { primaryKey }) };
    return tableSink(t, options, input, changes);
  };
  const print = { connector: 'print', 'sink.parallelism': '2' };

  it('are as many as the option says', () => {
    expect(sink(print, INSERT_ONLY)).toMatchObject({ parallelism: 2, inputs: [{ exchange: 'forward' }] });
    const files = { connector: 'filesystem', path: 'x', format: 'json', 'sink.parallelism': '3' };
    expect(sink(files, INSERT_ONLY).parallelism).toBe(3);
  });

  it('get changes by the key of the table', () => {
    expect(sink(print, ALL_CHANGES, ['name'])).toMatchObject({ inputs: [{ exchange: 'hash', keys: [1] }] });
    expect(errorOf(() => sink(print, ALL_CHANGES))).toMatchObject({ kind: 'missing-primary-key' });
    expect(sink({ connector: 'print' }, ALL_CHANGES).parallelism).toBeUndefined();
  });

  it.each(['0', '-1', '1.5', 'two', '99999999'])('are a number, not %s', (value) => {
    const error = errorOf(() => sink({ ...print, 'sink.parallelism': value }, INSERT_ONLY));
    expect(error).toMatchObject({ kind: 'invalid-option', identifier: 'sink.parallelism' });
  });

  it('are those of a source as well', () => {
    expect(source({ connector: 'datagen', 'scan.parallelism': '2' }).parallelism).toBe(2);
  });
});

describe('values of options', () => {
  it.each([
    ['10 s', 10_000],
    ['500ms', 500],
    ['3', 3],
    ['1 min', 60_000],
    ['2 h', 7_200_000],
    ['1 d', 86_400_000],
  ])('duration %s is %d ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each(['', 's', '10 fortnights', '-5 s', '1.5 s'])('%j is no duration', (text) =>
    expect(parseDuration(text)).toBeUndefined(),
  );

  it('defaults stand where nothing is given', () => {
    const specs: OptionSpec[] = [
      { key: 'a', type: 'integer', default: 7 },
      { key: 'b', type: 'boolean' },
    ];
    expect([...readOptions({ b: 'TRUE' }, specs, 't')]).toEqual([
      ['a', 7],
      ['b', true],
    ]);
  });

  it('finds what was meant, not anything at all', () => {
    expect(nearest('conector', ['connector', 'format'])).toBe('connector');
    expect(nearest('zzz', ['connector', 'format'])).toBeUndefined();
  });
});
