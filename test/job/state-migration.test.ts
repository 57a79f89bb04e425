// Scripts that are edited between two runs: what their state keeps is converted where that is right, at another parallelism and on
// another backend, and the answer is that of an undisturbed run of the new script.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { visibleRows } from '../chaos/chaos.js';
import { inJobFolder } from './in-job-folder.js';
import { type JobFolder, until } from './job-folder.js';

const TIMEOUT_MS = 120_000;
const ROWS = 40_000;
/** So that a job is stopped long before half of its rows. */
const PER_SECOND = 2_000;
let jobs: JobFolder;

inJobFolder((made) => {
  jobs = made;
});

const at = (name: string) => join(jobs.path, name);
const sabot = (...args: string[]) => jobs.start(args).ended;
const newestEpoch = () => jobs.newestEpoch('edited');

const settings = `SET 'execution.checkpointing.dir' = 'chk';
SET 'execution.checkpointing.interval' = '50 ms';
SET 'pipeline.name' = 'edited';
`;
const ROCKSDB = `SET 'state.backend.type' = 'rocksdb';\nSET 'memory.limit' = '1 mb';\n`;
/** Numbers from 1 on, at a steady pace or as fast as they come (0). */
const numbers = (columns: string, perSecond: number, name = 'numbers') => `CREATE TABLE ${name} (
  n INT, ${columns}, t AS TO_TIMESTAMP_LTZ(n, 3), WATERMARK FOR t AS t
) WITH ('connector' = 'datagen', 'number-of-rows' = '${ROWS}', 'fields.n.kind' = 'sequence', 'fields.n.start' = '1',
  'fields.n.end' = '${ROWS}', 'scan.parallelism' = '1'${perSecond === 0 ? '' : `, 'rows-per-second' = '${perSecond}'`});
`;
/** The source's columns as numbers of one type or another. */
const typed = (integer: string, float: string, decimal: string) =>
  `k AS CAST(MOD(n, 101) - 50 AS ${integer}), v AS CAST(MOD(n, 200) - 100 AS ${integer}),
   f AS CAST(MOD(n, 16) AS ${float}) / CAST(4 AS ${float}), d AS CAST(MOD(n, 1000) AS ${decimal})`;
const NARROW = typed('SMALLINT', 'FLOAT', 'DECIMAL(6, 2)');
const WIDE = typed('BIGINT', 'DOUBLE', 'DECIMAL(12, 2)');

/** The first script until it has a checkpoint with some rows, stopped with a savepoint `sp`. */
async function runUntilStopped(script: string, ...args: string[]): Promise<void> {
  const run = jobs.sql(script, ...args);
  await until(() => newestEpoch() > 5, run);
  const stopped = await sabot('savepoint', 'edited', 'sp', '--stop');
  expect(stopped, stopped.stderr).toMatchObject({ code: 0 });
  await run.ended;
}

async function fateOf(
  script: string,
  operator: string,
): Promise<{ code: number | null; fate: string; detail: string }> {
  writeFileSync(at('job.sql'), script);
  const { code, stdout, stderr } = await sabot('check', '-f', 'job.sql', '--against', 'sp');
  const lines = stdout.trimEnd().split('\n');
  const changes = lines.map((line) => JSON.parse(line) as { operator: string; fate: string; detail: string });
  const change = changes.find((each) => each.operator === operator);
  expect(change, stderr).toBeDefined();
  return { code, fate: change!.fate, detail: change!.detail };
}

describe('a type that gets wider', () => {
  const aggregates = `COUNT(*), COUNT(DISTINCT MOD(v, 7)), COUNT(DISTINCT v), SUM(v), AVG(v), MIN(v), MAX(v), LAST_VALUE(v),
    SUM(f), MAX(f), SUM(d), AVG(d), MIN(d)`;
  const report = `CREATE TABLE report (k BIGINT, e TIMESTAMP_LTZ(3), c BIGINT, c7 BIGINT, cv BIGINT, s BIGINT, a BIGINT, mi BIGINT,
    ma BIGINT, l BIGINT, sf DOUBLE, mf DOUBLE, sd DECIMAL(38, 2), ad DECIMAL(38, 6), md DECIMAL(12, 2))`;
  const windows = {
    window_aggregate: `SELECT k, window_end, ${aggregates}
      FROM TABLE(TUMBLE(TABLE numbers, DESCRIPTOR(t), INTERVAL '30' SECOND)) GROUP BY k, window_start, window_end`,
    session_window: `SELECT k, window_end, ${aggregates}
      FROM TABLE(SESSION(TABLE numbers PARTITION BY k, DESCRIPTOR(t), INTERVAL '20' SECOND)) GROUP BY k, window_start, window_end`,
  };
  // Columns of BIGINT, whatever the aggregates give.
  const into = (
    query: string,
    out: string,
  ) => `${report} WITH ('connector' = 'filesystem', 'path' = '${out}', 'format' = 'json');
INSERT INTO report SELECT CAST(k AS BIGINT), window_end, c, c7, cv, CAST(s AS BIGINT), CAST(a AS BIGINT), CAST(mi AS BIGINT),
  CAST(ma AS BIGINT), CAST(l AS BIGINT), CAST(sf AS DOUBLE), CAST(mf AS DOUBLE), sd, ad, CAST(md AS DECIMAL(12, 2))
FROM (${query}) AS x (k, window_end, c, c7, cv, s, a, mi, ma, l, sf, mf, sd, ad, md);`;

  it.each(Object.entries(windows))(
    'in the keys and aggregates of a %s',
    async (operator, query) => {
      const script = (columns: string, out: string, perSecond: number) =>
        settings + numbers(columns, perSecond) + into(query, out);
      expect(await jobs.sql(script(WIDE, 'whole', 0)).ended).toMatchObject({ code: 0 });
      rmSync(at('chk'), { recursive: true });
      await runUntilStopped(script(NARROW, 'out', PER_SECOND), '--parallelism', '2');
      expect(visibleRows(at('out'))).toEqual([]);

      const { code, fate, detail } = await fateOf(script(WIDE, 'out', 0), operator);
      expect({ code, fate }).toEqual({ code: 0, fate: 'migrated' });
      expect(detail).toContain("'k' was SMALLINT and is BIGINT");
      expect(detail).toContain("'SUM(v)' was SMALLINT of SMALLINT and is BIGINT of BIGINT");
      expect(detail).toContain("'AVG(d)' was DECIMAL(38, 6) of DECIMAL(6, 2) and is DECIMAL(38, 6) of DECIMAL(12, 2)");
      const rest = await jobs.sql(ROCKSDB + script(WIDE, 'out', 0), '--restore', 'sp', '--parallelism', '3').ended;
      expect(rest, rest.stderr).toMatchObject({ code: 0 });
      expect(rest.stderr).toContain(`the state of operator '${operator}' (${operator}) is migrated: ${detail}`);
      expect(visibleRows(at('out'))).toEqual(visibleRows(at('whole')));
      expect(visibleRows(at('out')).length).toBeGreaterThan(100);

      // There is no way back.
      const back = await jobs.sql(script(NARROW, 'back', 0), '--restore', 'latest').ended;
      expect(back.code).toBe(1);
      expect(back.stderr).toContain("'k' was BIGINT and is SMALLINT");
    },
    TIMEOUT_MS,
  );

  it(
    'in a GROUP BY whose groups are counted again, over two restores from checkpoints',
    async () => {
      const query = (columns: string, perSecond: number) => `${settings}${numbers(columns, perSecond)}
SELECT c, COUNT(*) AS ks, CAST(SUM(s) AS BIGINT) AS total, CAST(MAX(m) AS BIGINT) AS top, CAST(MIN(d) AS BIGINT) AS least
FROM (SELECT k, COUNT(*) AS c, SUM(v) AS s, MAX(v) AS m, COUNT(DISTINCT v) AS d FROM numbers GROUP BY k) GROUP BY c;`;
      const whole = await jobs.sql(query(WIDE, 0)).ended;
      expect(whole.stdout).not.toBe('');
      rmSync(at('chk'), { recursive: true });
      for (const [columns, ...args] of [
        [NARROW],
        [WIDE, '--restore', 'latest', '--parallelism', '2'],
        // What the migrated job has written since.
        [WIDE, '--restore', 'latest', '--parallelism', '2'],
      ] as const) {
        const run = jobs.sql(query(columns, PER_SECOND), ...args);
        const epoch = newestEpoch();
        await until(() => newestEpoch() > epoch + 5, run);
        run.child.kill('SIGKILL');
        await run.ended;
      }
      const rest = await jobs.sql(ROCKSDB + query(WIDE, 0), '--restore', 'latest', '--parallelism', '3').ended;
      expect(rest, rest.stderr).toMatchObject({ code: 0, stdout: whole.stdout });
      expect(rest.stderr).not.toContain('is migrated');
    },
    TIMEOUT_MS,
  );
});

describe('a column that is new', () => {
  it(
    'in the rows of both sides of a join, and of a window Top-N, is NULL in rows from before',
    async () => {
      // NULL in all rows from before: so it would have been, had the script been this one from the beginning.
      const note = `, CASE WHEN n > ${ROWS / 2} THEN CONCAT('late ', CAST(n AS STRING)) END AS note`;
      const script = (columns: string, note: string, out: string, perSecond: number) => `${settings}
${numbers(columns, perSecond)}${numbers(columns, perSecond, 'others')}
CREATE TABLE pairs (k BIGINT, v BIGINT, ov BIGINT, note STRING) WITH ('connector' = 'filesystem', 'path' = '${out}', 'format' = 'json');
CREATE TABLE best (k BIGINT, v BIGINT, e TIMESTAMP_LTZ(3), note STRING) WITH ('connector' = 'filesystem', 'path' = '${out}-best', 'format' = 'json');
CREATE VIEW a AS SELECT MOD(n, 10000) AS j, k, v, t${note} FROM numbers;
BEGIN STATEMENT SET;
INSERT INTO pairs SELECT CAST(a.k AS BIGINT), CAST(a.v AS BIGINT), CAST(b.v AS BIGINT), ${note === '' ? 'CAST(NULL AS STRING)' : 'a.note'}
  FROM a JOIN (SELECT MOD(n, 10000) AS j, v FROM others WHERE n > ${ROWS / 2}) AS b ON a.j = b.j;
INSERT INTO best SELECT CAST(k AS BIGINT), CAST(v AS BIGINT), window_end, ${note === '' ? 'CAST(NULL AS STRING)' : 'note'}
  FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k, window_start, window_end ORDER BY v DESC, j) AS r
    FROM TABLE(TUMBLE(TABLE a, DESCRIPTOR(t), INTERVAL '30' SECOND))) WHERE r <= 5;
END;`;
      const whole = await jobs.sql(script(WIDE, note, 'whole', 0)).ended;
      expect(whole, whole.stderr).toMatchObject({ code: 0 });
      rmSync(at('chk'), { recursive: true });
      await runUntilStopped(script(NARROW, '', 'out', PER_SECOND), '--parallelism', '2');
      const added = "'note' (STRING) is new and NULL in rows from before";
      for (const operator of ['join', 'window_rank']) {
        const { code, fate, detail } = await fateOf(script(WIDE, note, 'out', 0), operator);
        expect({ code, fate }, detail).toEqual({ code: 0, fate: 'migrated' });
        expect(detail).toContain(added);
        expect(detail).toContain("'v' was SMALLINT and is BIGINT");
      }
      const rest = await jobs.sql(script(WIDE, note, 'out', 0), '--restore', 'sp', '--parallelism', '3').ended;
      expect(rest, rest.stderr).toMatchObject({ code: 0 });
      expect(rest.stderr).toContain(added);
      for (const name of ['', '-best']) expect(visibleRows(at(`out${name}`))).toEqual(visibleRows(at(`whole${name}`)));
      const rows = visibleRows(at('out'));
      expect(rows.some((row) => row.includes('late '))).toBe(true);
      expect(rows.some((row) => row.includes('"note":null'))).toBe(true);
    },
    TIMEOUT_MS,
  );

  it(
    'in the rows of a Top-N that takes rows back is NULL in those that it has had before',
    async () => {
      const script = (
        note: string,
        perSecond: number,
      ) => `${settings}${numbers('k AS MOD(n, 101), w AS MOD(n * 7919, 10007)', perSecond)}
SELECT n, k${note === '' ? '' : ', note'} FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY w DESC, n) AS r FROM (SELECT n, k, w${note} FROM numbers)) WHERE r <= 5;`;
      const note = `, CASE WHEN n > ${ROWS / 2} THEN CONCAT('late ', CAST(n AS STRING)) END AS note`;
      const { stdout: whole } = await jobs.sql(script(note, 0), '--output', 'json', '--results', 'final').ended;
      rmSync(at('chk'), { recursive: true });
      const changes = ['--output', 'json', '--results', 'changelog'];
      const before = jobs.sql(script('', PER_SECOND), ...changes);
      await until(() => newestEpoch() > 5, before);
      expect(await sabot('savepoint', 'edited', 'sp', '--stop')).toMatchObject({ code: 0 });
      const { fate, detail } = await fateOf(script(note, 0), 'rank');
      expect({ fate, detail }).toEqual({
        fate: 'migrated',
        detail: "'note' (STRING) is new and NULL in rows from before",
      });
      const rest = await jobs.sql(script(note, 0), ...changes, '--restore', 'sp', '--parallelism', '2').ended;
      expect(rest, rest.stderr).toMatchObject({ code: 0 });
      const left = new Map<string, number>();
      for (const line of `${(await before.ended).stdout}${rest.stdout}`.trimEnd().split('\n')) {
        const { op, n, k, note: told = null } = JSON.parse(line) as Record<string, unknown>;
        const row = JSON.stringify({ n, k, note: told });
        left.set(row, (left.get(row) ?? 0) + (op === '+I' || op === '+U' ? 1 : -1));
      }
      const rows = [...left].filter(([, times]) => times !== 0);
      expect(rows.every(([, times]) => times === 1)).toBe(true);
      expect(rows.map(([row]) => row).sort()).toEqual(whole.trimEnd().split('\n').sort());
    },
    TIMEOUT_MS,
  );
});

describe('what is not converted', () => {
  it(
    'is refused before a deployment and at a restore, with the same words',
    async () => {
      const script = (select: string) => `${settings}${numbers(NARROW, PER_SECOND)}
CREATE TABLE report (k BIGINT, c BIGINT, m BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO report ${select};`;
      await runUntilStopped(script('SELECT k, COUNT(*), CAST(0 AS BIGINT) FROM numbers GROUP BY k'));
      for (const [select, why] of [
        [
          'SELECT k, COUNT(*), CAST(MAX(v) AS BIGINT) FROM numbers GROUP BY k',
          "'MAX(v)' (SMALLINT of SMALLINT) is new (it would lack the rows from before)",
        ],
        [
          'SELECT CAST(f AS BIGINT), COUNT(*), CAST(0 AS BIGINT) FROM numbers GROUP BY f',
          "'k' was SMALLINT and is FLOAT",
        ],
      ] as const) {
        expect(await fateOf(script(select), 'group_aggregate')).toEqual({ code: 1, fate: 'changed', detail: why });
        const restored = await jobs.sql(script(select), '--restore', 'sp').ended;
        expect(restored.code).toBe(1);
        expect(restored.stderr).toContain(
          `the state of operator 'group_aggregate' (group_aggregate) cannot be restored: it has changed: ${why}`,
        );
      }
      const manifest = JSON.parse(readFileSync(at('sp/manifest.json'), 'utf8')).manifest;
      const { state } = manifest.operators.find(({ name }: { name: string }) => name === 'group_aggregate');
      expect(state[0]).toEqual(['k', 'SMALLINT', { of: 'key' }]);
    },
    TIMEOUT_MS,
  );
});
