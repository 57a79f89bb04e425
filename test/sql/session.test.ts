// The session: definitions, settings and what statements ask to be run.

import { beforeEach, describe, expect, it } from 'vitest';
import { printType } from '../../lib/schema/types.js';
import { parseScript } from '../../lib/sql/parser.js';
import { type SessionStep, SqlSession } from '../../lib/sql/session.js';

let session: SqlSession;

/** Runs a script; the step of its last statement. */
function run(script: string): SessionStep {
  let step: SessionStep = { kind: 'done' };
  for (const statement of parseScript(script)) step = session.execute(statement, script);
  return step;
}

function rows(script: string) {
  const step = run(script);
  if (step.kind !== 'table') throw new Error(`${script} gives no table`);
  return step.table.rows;
}

function columns(query: string): string[] {
  const step = run(query);
  if (step.kind !== 'query') throw new Error(`${query} is no query`);
  return step.plan.schema.map(({ name, type }) => `${name} ${printType(type)}`);
}

const mistake = (kind: string, identifier: string) => expect.objectContaining({ kind, identifier });

const WITH = "WITH ('connector' = 'datagen')";

beforeEach(() => {
  session = new SqlSession();
  run(`CREATE TABLE orders (
         id BIGINT, price DECIMAL(8, 2), qty INT, ms BIGINT,
         name STRING METADATA FROM 'file.name' VIRTUAL,
         total AS price * qty,
         t AS TO_TIMESTAMP_LTZ(ms, 3),
         pt AS PROCTIME(),
         WATERMARK FOR t AS t - INTERVAL '5' SECOND,
         PRIMARY KEY (id) NOT ENFORCED
       ) COMMENT 'all' PARTITIONED BY (qty) WITH ('connector' = 'filesystem', 'path' = '/x', 'format' = 'json')`);
});

describe('tables', () => {
  it('show their columns with keys, extras and watermark', () => {
    expect(rows('DESCRIBE orders')).toEqual([
      ['id', 'BIGINT', 'FALSE', 'PRI(id)', null, null],
      ['price', 'DECIMAL(8, 2)', 'TRUE', null, null, null],
      ['qty', 'INT', 'TRUE', null, null, null],
      ['ms', 'BIGINT', 'TRUE', null, null, null],
      ['name', 'STRING', 'TRUE', null, "METADATA FROM 'file.name' VIRTUAL", null],
      ['total', 'DECIMAL(19, 2)', 'TRUE', null, 'AS price * qty', null],
      ['t', 'TIMESTAMP_LTZ(3) *ROWTIME*', 'TRUE', null, 'AS TO_TIMESTAMP_LTZ(ms, 3)', "t - INTERVAL '5' SECOND"],
      ['pt', 'TIMESTAMP_LTZ(3) *PROCTIME*', 'FALSE', null, 'AS PROCTIME()', null],
    ]);
  });

  it('are scans, then computed columns, then a watermark', () => {
    const step = run('SELECT * FROM orders');
    expect(step).toMatchObject({
      plan: {
        op: 'project',
        input: {
          op: 'watermark',
          time: 6,
          watermark: { call: 'minus', args: [{ column: 6 }, { literal: '5000' }] },
          input: {
            op: 'project',
            expressions: [
              { column: 0 },
              { column: 1 },
              { column: 2 },
              { column: 3 },
              { column: 4 },
              { call: 'times' },
              { call: 'to_timestamp_ltz' },
              { call: 'proctime' },
            ],
            input: { op: 'scan', options: { connector: 'filesystem' } },
          },
        },
      },
    });
  });

  it('print as the statement that makes them', () => {
    const [[text]] = rows('SHOW CREATE TABLE orders') as [[string]];
    const again = new SqlSession();
    const copy = text.replace('`orders`', '`copy`');
    for (const statement of parseScript(copy)) again.execute(statement, copy);
    const [described] = parseScript('DESCRIBE copy');
    expect(again.execute(described!, 'DESCRIBE copy')).toMatchObject({ table: { rows: rows('DESCRIBE orders') } });
  });

  it('take over what LIKE includes', () => {
    run(`CREATE TABLE two (extra INT, WATERMARK FOR t AS t - INTERVAL '1' DAY)
         WITH ('path' = '/y') LIKE orders (OVERWRITING WATERMARKS EXCLUDING CONSTRAINTS)`);
    const described = rows('DESCRIBE two');
    expect(described.map(([name]) => name)).toEqual(['id', 'price', 'qty', 'ms', 'name', 'total', 't', 'pt', 'extra']);
    expect(described[0]).toEqual(['id', 'BIGINT', 'TRUE', null, null, null]);
    expect(described[6]!.at(-1)).toBe("t - INTERVAL '1' DAY");
    expect(run('SELECT id FROM two')).toMatchObject({
      plan: { input: { input: { input: { options: { path: '/y', format: 'json' } } } } },
    });
  });

  it('leave out what LIKE excludes', () => {
    run('CREATE TABLE bare LIKE orders (EXCLUDING ALL)');
    expect(rows('DESCRIBE bare').map(([name]) => name)).toEqual(['id', 'price', 'qty', 'ms']);
  });

  it('change by ALTER TABLE', () => {
    run(`CREATE TABLE x (a INT, b STRING) ${WITH}`);
    run('ALTER TABLE x ADD (c INT AFTER a, d AS a + 1); ALTER TABLE x RENAME b TO bb; ALTER TABLE x DROP c');
    run("ALTER TABLE x SET ('fields.a.min' = '1')");
    expect(columns('SELECT * FROM x')).toEqual(['a INT', 'bb STRING', 'd INT']);
    run('ALTER TABLE x RENAME TO y');
    expect(rows('SHOW TABLES')).toEqual([['orders'], ['y']]);
  });

  it('keep a column that a computed column needs', () => {
    expect(() => run('ALTER TABLE orders RENAME ms TO millis')).toThrow(mistake('unknown-column', 'ms'));
    expect(columns('SELECT ms FROM orders')).toEqual(['ms BIGINT']);
  });

  it('come from a query with CREATE TABLE AS', () => {
    const step = run(
      "CREATE TABLE sums WITH ('connector' = 'blackhole') AS SELECT qty, SUM(price) AS s FROM orders GROUP BY qty",
    );
    expect(step).toMatchObject({ kind: 'insert', sinks: [{ op: 'sink' }] });
    expect(rows('DESCRIBE sums').map(([name, type]) => `${name} ${type}`)).toEqual(['qty INT', 's DECIMAL(38, 2)']);
  });

  it.each([
    [`CREATE TABLE x (a INT, a AS 1) ${WITH}`, 'duplicate-column', 'a'],
    [`CREATE TABLE x (a INT, WATERMARK FOR b AS b) ${WITH}`, 'unknown-column', 'b'],
    [`CREATE TABLE x (a INT, WATERMARK FOR a AS a) ${WITH}`, 'type-mismatch', 'a'],
    [`CREATE TABLE x (a TIMESTAMP(6), WATERMARK FOR a AS a) ${WITH}`, 'type-mismatch', 'a'],
    [`CREATE TABLE x (a INT, PRIMARY KEY (b) NOT ENFORCED) ${WITH}`, 'unknown-column', 'b'],
    [`CREATE TABLE orders (a INT) ${WITH}`, 'duplicate-object', 'orders'],
    [`CREATE TABLE x (a AS nope + 1) ${WITH}`, 'unknown-column', 'nope'],
    ['CREATE TABLE x LIKE nope', 'unknown-table', 'nope'],
    ['DROP TABLE nope', 'unknown-table', 'nope'],
  ])('%s is refused', (statement, kind, identifier) => {
    expect(() => run(statement)).toThrow(mistake(kind, identifier));
  });

  it('are checked for their connector when they are used', () => {
    run("CREATE TABLE odd (a INT) WITH ('connector' = 'kafak'); CREATE TABLE plain (a INT)");
    expect(() => run('SELECT * FROM odd')).toThrow(/did you mean 'kafka'/);
    expect(() => run('SELECT * FROM plain')).toThrow(mistake('missing-option', 'connector'));
  });

  it('take options from a hint', () => {
    const step = run("SELECT id FROM orders /*+ OPTIONS('path' = '/z') */");
    expect(step).toMatchObject({ plan: { input: { input: { input: { options: { path: '/z' } } } } } });
  });
});

describe('views', () => {
  it('stand for their query', () => {
    run('CREATE TEMPORARY VIEW v (k, n) AS SELECT qty, COUNT(*) FROM orders GROUP BY qty');
    expect(columns('SELECT * FROM v WHERE n > 1')).toEqual(['k INT', 'n BIGINT NOT NULL']);
    expect(rows('SHOW VIEWS')).toEqual([['v']]);
    run('DROP TEMPORARY VIEW v');
    expect(() => run('SELECT * FROM v')).toThrow(mistake('unknown-table', 'v'));
  });

  it('keep time attributes', () => {
    run('CREATE VIEW v AS SELECT id, t AS time_ FROM orders');
    expect(columns('SELECT * FROM v')).toEqual(['id BIGINT NOT NULL', 'time_ TIMESTAMP_LTZ(3) *ROWTIME*']);
  });

  it('count their names', () => {
    expect(() => run('CREATE VIEW v (a) AS SELECT id, qty FROM orders')).toThrow(mistake('wrong-alias-count', '1'));
  });
});

describe('catalogs and databases', () => {
  it('are where names are looked up', () => {
    run(`CREATE DATABASE d; CREATE TABLE d.x (a INT) ${WITH}; USE d`);
    expect(columns('SELECT * FROM x')).toEqual(['a INT']);
    expect(() => run('SELECT * FROM orders')).toThrow(mistake('unknown-table', 'orders'));
    expect(columns('SELECT id FROM default_database.orders')).toEqual(['id BIGINT NOT NULL']);
    expect(rows('SHOW CURRENT DATABASE')).toEqual([['d']]);
  });

  it('are not left with tables in them unless CASCADE says so', () => {
    run(`CREATE DATABASE d; CREATE TABLE d.x (a INT) ${WITH}`);
    expect(() => run('DROP DATABASE d')).toThrow(/CASCADE/);
    run('DROP DATABASE d CASCADE');
    expect(rows('SHOW DATABASES')).toEqual([['default_database']]);
  });

  it('must exist', () => {
    expect(() => run('USE nowhere')).toThrow(mistake('unknown-table', 'nowhere'));
  });
});

describe('settings', () => {
  it('are kept, and unknown ones warn with a nearby name', () => {
    expect(run("SET 'table.local-time-zone' = 'UTC'")).toEqual({ kind: 'done' });
    expect(run("SET 'table.local-timezone' = 'UTC'")).toMatchObject({
      warning: expect.stringContaining("'table.local-time-zone'"),
    });
    expect(session.settings.get('table.local-time-zone')).toBe('UTC');
    run("RESET 'table.local-time-zone'");
    expect(session.settings.has('table.local-time-zone')).toBe(false);
  });
});

describe('inserts', () => {
  beforeEach(() => run("CREATE TABLE snk (a BIGINT) WITH ('connector' = 'blackhole')"));

  it('are jobs of their own outside of a statement set', () => {
    expect(run('INSERT INTO snk SELECT id FROM orders')).toMatchObject({ kind: 'insert', sinks: [{ op: 'sink' }] });
  });

  it('are one job inside of one', () => {
    const set =
      'EXECUTE STATEMENT SET BEGIN INSERT INTO snk SELECT id FROM orders; INSERT INTO snk SELECT qty FROM orders; END';
    expect(run(set)).toMatchObject({ kind: 'insert', sinks: [{ op: 'sink' }, { op: 'sink' }] });
    expect(run('BEGIN STATEMENT SET; INSERT INTO snk SELECT id FROM orders')).toEqual({ kind: 'done' });
    expect(run('END')).toMatchObject({ kind: 'insert', sinks: [{ op: 'sink' }] });
  });

  it('are explained instead of run', () => {
    expect(run('EXPLAIN CHANGELOG_MODE INSERT INTO snk SELECT id FROM orders')).toMatchObject({
      kind: 'explain',
      details: ['CHANGELOG_MODE'],
      plans: [{ op: 'sink' }],
    });
  });
});
