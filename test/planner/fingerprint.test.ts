// What a state means: which edits of a query say something else, though the state has the same fields.

import { describe, expect, it } from 'vitest';
import { Job, type Stream, t, valueState } from '../../lib/index.js';
import { type LockedOperator, lockJob } from '../../lib/plan/state-lock.js';
import { planJob } from '../../lib/planner/plan.js';
import { plan, tables } from './planned.js';

type Options = Parameters<typeof plan>[1];

function operatorsOf(script: string, options?: Options): Readonly<Record<string, LockedOperator>> {
  return lockJob(plan(`${tables}${script}`, options)).operators;
}

/** Of the only operator whose state has a meaning, or of that uid. */
function meaning(script: string, uid?: string, options?: Options): string {
  const found = Object.entries(operatorsOf(script, options)).filter(
    ([name, { fingerprint }]) => fingerprint !== undefined && (uid === undefined || name === uid),
  );
  expect(found.map(([name]) => name)).toHaveLength(1);
  return found[0]![1].fingerprint!;
}

const COUNT = 'SELECT k, COUNT(*), SUM(v) FROM t GROUP BY k';
const WINDOW = 'FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL';
const windowed = (size: string, where = '') =>
  `SELECT k, SUM(v) ${WINDOW} ${size})) ${where} GROUP BY k, window_start, window_end`;
const JOIN = 'SELECT t.id, u.w FROM t JOIN u ON t.k = u.k';
const TOP = (order: string, n = 3) =>
  `SELECT k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ${order}) AS r FROM plain) WHERE r <= ${n}`;

describe('the meaning of a state', () => {
  it.each([
    ['a filter', COUNT, 'SELECT k, COUNT(*), SUM(v) FROM t WHERE v > 5 GROUP BY k'],
    [
      'the value in a filter',
      'SELECT k, COUNT(*) FROM t WHERE v > 5 GROUP BY k',
      'SELECT k, COUNT(*) FROM t WHERE v > 6 GROUP BY k',
    ],
    [
      'keys of one type',
      'SELECT id, v, COUNT(*) FROM plain GROUP BY id, v',
      'SELECT id, v, COUNT(*) FROM plain GROUP BY v, id',
    ],
    [
      'the computation of an argument',
      'SELECT k, SUM(v * 2) FROM t GROUP BY k',
      'SELECT k, SUM(v * 3) FROM t GROUP BY k',
    ],
    [
      'the filter of an aggregate',
      'SELECT k, COUNT(*) FILTER (WHERE v > 1) FROM t GROUP BY k',
      'SELECT k, COUNT(*) FILTER (WHERE v > 2) FROM t GROUP BY k',
    ],
    ['a filter before a window', windowed("'10' SECOND"), windowed("'10' SECOND", 'WHERE v > 1')],
    ['the condition of a join', JOIN, `${JOIN} AND t.id < u.w`],
    ['a filter on one side of a join', JOIN, `${JOIN} WHERE t.id > 1`],
    ['the order of a Top-N', TOP('v'), TOP('v DESC')],
    ['the number of a Top-N', TOP('v'), TOP('v', 4)],
  ])('is another one: %s', (_, before, after) => {
    expect(meaning(`${before};`)).not.toBe(meaning(`${after};`));
  });

  it('says whether rows or the computation have changed', () => {
    const [computed, rows] = meaning(`${COUNT};`).split('.');
    const [computedThen, rowsThen] = meaning('SELECT k, COUNT(*), SUM(v) FROM t WHERE v > 5 GROUP BY k;').split('.');
    expect(computedThen).toBe(computed);
    expect(rowsThen).not.toBe(rows);
    const [otherwise, sameRows] = meaning('SELECT k, COUNT(*), SUM(id) FROM t GROUP BY k;').split('.');
    expect(otherwise).not.toBe(computed);
    expect(sameRows).toBe(rows);
    expect(meaning(`${JOIN};`).split('.')).toHaveLength(3);
  });

  it.each([
    ['at another parallelism', COUNT, { parallelism: 4 }],
    ['with what becomes of its rows', 'SELECT k, COUNT(*) * 2, SUM(v) FROM t GROUP BY k HAVING COUNT(*) > 3', {}],
    ['under other names of its columns', 'SELECT k AS channel, COUNT(*) AS n, SUM(v) AS total FROM t GROUP BY k', {}],
    ['through a view that only passes on', 'SELECT k, COUNT(*), SUM(v) FROM (SELECT v, ts, k FROM t) GROUP BY k', {}],
  ])('is the same %s', (_, query, options) => {
    expect(meaning(`${query};`, undefined, options)).toBe(meaning(`${COUNT};`));
  });

  it('is the same where an aggregate has two phases', () => {
    const folded = `SET 'table.exec.mini-batch.enabled' = 'true'; ${COUNT};`;
    const operators = (parallelism: number) => operatorsOf(folded, { parallelism });
    expect(operators(4)['group_aggregate']!.operator).toBe('global_group_aggregate');
    expect(operators(4)['group_aggregate']!.fingerprint).toBe(operators(1)['group_aggregate']!.fingerprint);
  });

  it('is the same where another query of the job reads further columns of the table', () => {
    const sinks = `CREATE TABLE a (k STRING, n BIGINT, s INT) WITH ('connector' = 'blackhole');
      CREATE TABLE b (id INT, big BIGINT) WITH ('connector' = 'blackhole');`;
    const first = `INSERT INTO a ${COUNT};`;
    const second = 'INSERT INTO b SELECT id, big FROM t WHERE big > 7;';
    const alone = meaning(`${sinks}${first}`);
    const together = meaning(`${sinks}EXECUTE STATEMENT SET BEGIN ${first} ${second} END;`);
    expect(together).toBe(alone);
  });

  it('is that of its rows and keys where code of the user keeps it', () => {
    const Row = t.row({ k: t.string(), v: t.bigint(), n: t.int() });
    const of = (
      rows: (stream: Stream<RowOf>) => Stream<RowOf>,
      key: (row: RowOf) => string | bigint,
      process: (row: RowOf, ctx: { readonly state: { readonly n: { set(n: number): void } } }) => void,
    ) => {
      const stream = rows(new Job('j').source<typeof Row.fields>([], Row))
        .keyBy(key)
        .process({ state: { n: valueState(t.int()) }, output: t.row({ n: t.int() }), process });
      const planned = planJob({ name: 'j', plans: [stream.node], settings: {}, parallelism: 1, queryStartMs: 0 });
      return lockJob(planned).operators['keyed_process']!.fingerprint;
    };
    const same = (stream: Stream<RowOf>) => stream;
    const byK = of(
      same,
      (r) => r.k,
      (r, { state }) => state.n.set(r.n),
    );
    expect(
      of(
        same,
        (r) => r.k,
        (r, ctx) => ctx.state.n.set(Number(r.v) + 1),
      ),
    ).toBe(byK);
    expect(
      of(
        same,
        (r) => `${r.k}!`,
        (r, { state }) => state.n.set(r.n),
      ),
    ).not.toBe(byK);
    expect(
      of(
        (stream) => stream.filter((r) => r.v > 5n),
        (r) => r.k,
        (r, { state }) => state.n.set(r.n),
      ),
    ).not.toBe(byK);
  });
});

interface RowOf {
  readonly k: string;
  readonly v: bigint;
  readonly n: number;
}
