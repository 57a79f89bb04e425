// What the trees of CREATE, ALTER, INSERT and of session statements look like, and literals and names as the lexer reads them.

import { describe, expect, it } from 'vitest';
import { parseDataType, parseExpression, parseStatement } from '../../lib/sql/parser.js';
import { typeForm } from './prefix-form.js';

const named = (...parts: string[]): unknown => ({ parts: parts.map((name) => ({ name })) });

it('CREATE TABLE', () => {
  const sql = `CREATE TEMPORARY TABLE IF NOT EXISTS cat.db.t (
    id INT NOT NULL PRIMARY KEY NOT ENFORCED COMMENT 'the id',
    cost AS price * 2 COMMENT 'computed',
    \`offset\` BIGINT METADATA FROM 'off' VIRTUAL,
    CONSTRAINT c UNIQUE (a, b),
    WATERMARK FOR r.ts AS r.ts - INTERVAL '5' SECOND
  ) COMMENT 'a table' DISTRIBUTED BY HASH(id) INTO 6 BUCKETS PARTITIONED BY (a, b)
  WITH ('connector' = 'x') LIKE other (EXCLUDING ALL INCLUDING OPTIONS)`;
  expect(parseStatement(sql)).toMatchObject({
    kind: 'createTable',
    temporary: true,
    ifNotExists: true,
    orReplace: false,
    name: named('cat', 'db', 't'),
    columns: [
      {
        kind: 'physicalColumn',
        name: { name: 'id' },
        type: { name: 'INTEGER', nullable: false },
        comment: { value: 'the id' },
        constraint: { type: 'PRIMARY KEY', columns: [{ name: 'id' }], enforced: false },
      },
      {
        kind: 'computedColumn',
        name: { name: 'cost' },
        expression: { kind: 'binary' },
        comment: { value: 'computed' },
      },
      { kind: 'metadataColumn', name: { name: 'offset' }, from: { value: 'off' }, virtual: true },
    ],
    constraints: [{ name: { name: 'c' }, type: 'UNIQUE', columns: [{ name: 'a' }, { name: 'b' }], enforced: null }],
    watermarks: [{ column: named('r', 'ts'), expression: { operator: '-' } }],
    comment: { value: 'a table' },
    distribution: { method: 'HASH', buckets: 6 },
    partitionedBy: [{ name: 'a' }, { name: 'b' }],
    options: [{ key: { value: 'connector' }, value: { value: 'x' } }],
    like: {
      table: named('other'),
      options: [
        { merging: 'EXCLUDING', feature: 'ALL' },
        { merging: 'INCLUDING', feature: 'OPTIONS' },
      ],
    },
    as: null,
  });
});

it('CREATE TABLE AS, with only names of columns', () => {
  expect(parseStatement('CREATE OR REPLACE TABLE t (b, a) AS SELECT 1, 2')).toMatchObject({
    orReplace: true,
    columns: [{ kind: 'namedColumn', name: { name: 'b' } }, { kind: 'namedColumn' }],
    as: { kind: 'query' },
  });
});

it.each([
  [
    "CREATE FUNCTION f AS './udf.js#g' LANGUAGE javascript",
    { kind: 'createFunction', className: { value: './udf.js#g' }, language: 'JAVASCRIPT' },
  ],
  [
    'CREATE VIEW v (a, b) AS SELECT 1, 2',
    { kind: 'createView', columns: [{ name: 'a' }, { name: 'b' }], query: { body: { kind: 'select' } } },
  ],
  ['INSERT INTO t (a, b.c) VALUES (1, 2)', { kind: 'insert', mode: 'INTO', columns: [named('a'), named('b', 'c')] }],
  [
    'INSERT INTO t (SELECT 1) UNION (SELECT 2)',
    { kind: 'insert', columns: [], query: { body: { kind: 'setOperation' } } },
  ],
  [
    "INSERT OVERWRITE t PARTITION (d = '2020') SELECT 1",
    { mode: 'OVERWRITE', partition: [{ key: { name: 'd' }, value: { value: '2020' } }] },
  ],
  ['INSERT INTO t SELECT 1 ON CONFLICT DO NOTHING', { kind: 'insert', onConflict: 'NOTHING' }],
  [
    'EXPLAIN CHANGELOG_MODE, PLAN_ADVICE SELECT 1',
    { kind: 'explain', details: ['CHANGELOG_MODE', 'PLAN_ADVICE'], statement: { kind: 'queryStatement' } },
  ],
  ["SET 'a' = 'b'", { kind: 'set', key: { value: 'a' }, value: { value: 'b' } }],
  ['SET', { kind: 'set', key: null, value: null }],
  ["ALTER TABLE t SET ('a' = 'b')", { kind: 'alter', object: 'TABLE', action: { kind: 'setOptions', options: [{}] } }],
  [
    'ALTER TABLE t ADD (a INT FIRST, b INT AFTER c)',
    { action: { operation: 'ADD', columns: [{ position: { after: null } }, { position: { after: named('c') } }] } },
  ],
  ['ALTER TABLE t RENAME a TO b', { action: { kind: 'renameColumn', from: named('a'), to: named('b') } }],
  ['ALTER TABLE t RENAME TO u', { action: { kind: 'rename', to: named('u') } }],
  ['ALTER MATERIALIZED TABLE t SUSPEND', { object: 'MATERIALIZED TABLE', action: { kind: 'suspend' } }],
  [
    'DROP TEMPORARY VIEW IF EXISTS a.b',
    { kind: 'drop', object: 'VIEW', temporary: true, ifExists: true, name: named('a', 'b') },
  ],
  [
    "SHOW TABLES FROM db NOT LIKE '%x'",
    { kind: 'show', subject: 'TABLES', name: named('db'), like: { negated: true, pattern: { value: '%x' } } },
  ],
  ['SHOW CREATE VIEW v', { kind: 'show', subject: 'CREATE VIEW', name: named('v') }],
  ['DESC EXTENDED a.b', { kind: 'describe', object: 'TABLE', extended: true, name: named('a', 'b') }],
  ['USE CATALOG c', { kind: 'use', object: 'CATALOG', name: named('c') }],
])('%s', (sql, expected) => {
  expect(parseStatement(sql)).toMatchObject(expected);
});

describe('data types', () => {
  it.each([
    ['INT', 'INTEGER'],
    ['int not null', 'INTEGER NOT NULL'],
    ['DEC(10, 2)', 'DECIMAL(10, 2)'],
    ['CHARACTER VARYING(20)', 'VARCHAR(20)'],
    ['BINARY VARYING', 'VARBINARY'],
    ['DOUBLE PRECISION', 'DOUBLE'],
    ['TIMESTAMP(3) WITH LOCAL TIME ZONE', 'TIMESTAMP_LTZ(3)'],
    ['TIMESTAMP WITHOUT TIME ZONE', 'TIMESTAMP'],
    ['INT NOT NULL ARRAY NOT NULL', 'ARRAY< INTEGER NOT NULL > NOT NULL'],
    ['INT ARRAY MULTISET', 'MULTISET< ARRAY< INTEGER > >'],
    ['MAP<STRING NOT NULL, ARRAY<ROW<x INT>>>', 'MAP< STRING NOT NULL, ARRAY< ROW< x INTEGER > > >'],
    ["ROW(a INT 'c', b ROW<c DATE NOT NULL>)", "ROW< a INTEGER 'c', b ROW< c DATE NOT NULL > >"],
    ['ROW<>', 'ROW<>'],
    ["RAW('java.util.UUID', 'AQID')", "RAW('java.util.UUID', 'AQID')"],
    ["STRUCTURED<'c', a INT>", "STRUCTURED< 'c', a INTEGER >"],
    ['my.`own type`', 'my.own type'],
  ])('%s', (type, form) => {
    expect(typeForm(parseDataType(type))).toBe(form);
  });
});

describe('literals and names', () => {
  it.each([
    ["'it''s'", { kind: 'string', value: "it's", charset: null }],
    ["U&'\\00e9\\\\'", { kind: 'string', value: 'é\\', charset: 'UTF16' }],
    ["U&'!00e9' UESCAPE '!'", { value: 'é' }],
    ["_utf8'é'", { value: 'é', charset: 'UTF8' }],
    ["'a' -- comment\n 'b'", { value: 'ab' }],
    ["x'aB01'", { kind: 'binaryLiteral', hex: 'AB01' }],
    ['1e10', { kind: 'number', form: 'approximate', text: '1e10' }],
    ['.5', { kind: 'number', form: 'exact', text: '.5' }],
    ['-7', { kind: 'number', text: '-7' }],
    ['9223372036854775808', { kind: 'number', form: 'exact', text: '9223372036854775808' }],
    [
      "INTERVAL -'1 02:03:04.5' DAY(2) TO SECOND(3)",
      {
        negative: true,
        text: '1 02:03:04.5',
        qualifier: { from: 'DAY', to: 'SECOND', precision: 2, fractionalPrecision: 3 },
      },
    ],
    ["INTERVAL '10' minutes", { qualifier: { from: 'MINUTE', to: null } }],
    ["TIMESTAMP '2020-01-01 00:00:00.123'", { kind: 'dateTime', type: 'TIMESTAMP', text: '2020-01-01 00:00:00.123' }],
    ['`a``b`', { kind: 'column', parts: [{ name: 'a`b', quoted: true }] }],
    [
      'Größe.`select`',
      {
        parts: [
          { name: 'Größe', quoted: false },
          { name: 'select', quoted: true },
        ],
      },
    ],
    ['unknown', { kind: 'boolean', value: null }],
  ])('%s', (sql, expected) => {
    expect(parseExpression(sql)).toMatchObject(expected);
  });
});
