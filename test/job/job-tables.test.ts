// SQL in jobs of streams: tables and views read as streams, streams read by SQL, event time through both, mistakes, kills.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import {
  blackhole,
  count,
  file,
  Job,
  type SabotError,
  type Stream,
  sum,
  type TimedStream,
  t,
  tumble,
  valueState,
} from '../../lib/index.js';
import { visibleRows } from '../chaos/chaos.js';
import { CommandUnderTest } from '../cli/command.js';
import { collect, Everything, everything, jobOf, rowsOf, SETTINGS } from '../functions/rows.js';
import { JobFolder, killInTurn } from './job-folder.js';

const Payment = t.row({ id: t.int(), card: t.string(), cents: t.bigint(), ts: t.timestamp(3) });
const CARDS = ['ann', 'bob', 'cid'];
const payments = (number: number) =>
  Array.from({ length: number }, (_, id) => ({ id, card: CARDS[id % 3]!, cents: BigInt(id), ts: id * 1000 }));

/** A job whose SQL knows `payments`, with `ts` for event time. */
function paid(job: Job, number = 60): Job {
  return job.createView(
    'payments',
    rowsOf(job, payments(number), Payment).watermark((p) => p.ts),
  );
}

const errorOf = (action: () => unknown): SabotError => {
  try {
    action();
  } catch (error) {
    return error as SabotError;
  }
  throw new Error('there was no error');
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sabot-job-tables-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(SETTINGS)('with parallelism $parallelism and batches of $batch', (setting) => {
  it('a stream is a table of SQL, and a view of SQL a stream', async () => {
    const job = paid(jobOf(setting)).sql(`
      CREATE VIEW sums AS
      SELECT card, window_start, SUM(cents) AS total
      FROM TABLE(TUMBLE(TABLE payments, DESCRIPTOR(ts), INTERVAL '10' SECOND))
      GROUP BY card, window_start, window_end`);
    const sums = job
      .table('sums', t.row({ card: t.string(), total: t.bigint(), window_start: t.timestamp(3) }))
      .map((r) => ({ text: `${r.card} ${r.window_start / 10_000} ${r.total}` }), {
        returns: t.row({ text: t.string() }),
      });
    const streamed = rowsOf(jobOf(setting), payments(60), Payment)
      .watermark((p) => p.ts)
      .keyBy((p) => p.card)
      .window(tumble('10 s'))
      .aggregate({ total: sum((p) => p.cents) });
    const expected = (await collect(streamed)).map((r) => `${r.card} ${r.windowStart / 10_000} ${r.total}`);
    expect(expected).toHaveLength(18);
    expect((await collect(sums)).map((r) => r.text).sort()).toEqual(expected.sort());
  });

  it('event time of a table is that of its stream: timestamps, timers and windows', async () => {
    const job = paid(jobOf(setting)).sql('CREATE VIEW odd AS SELECT ts, card, id FROM payments WHERE MOD(id, 2) = 1');
    const timed = job.table('odd', t.row({ id: t.int(), card: t.string() }), { time: 'ts' });
    const seen = timed
      .keyBy((r) => r.card)
      .process({
        state: { late: valueState(t.int(), { initial: 0 }) },
        output: t.row({ id: t.int(), at: t.timestamp(3), timer: t.boolean() }),
        process(r, ctx) {
          ctx.emit({ id: r.id, at: ctx.timestamp, timer: false });
          ctx.timers.eventTime(ctx.timestamp + 500);
        },
        onTimer(time, ctx) {
          ctx.emit({ id: -1, at: time, timer: true });
        },
      });
    const odd = payments(60).filter(({ id }) => id % 2 === 1);
    const rows = await collect(seen);
    expect(rows.filter((r) => !r.timer).sort((a, b) => a.id - b.id)).toEqual(
      odd.map(({ id, ts }) => ({ id, at: ts, timer: false })),
    );
    expect(
      rows
        .filter((r) => r.timer)
        .map((r) => r.at)
        .sort((a, b) => a - b),
    ).toEqual(odd.map(({ ts }) => ts + 500));
    const counts = paid(jobOf(setting))
      .sql('CREATE VIEW odd AS SELECT ts, card, id FROM payments WHERE MOD(id, 2) = 1')
      .table('odd', t.row({ card: t.string() }), { time: 'ts' })
      .window(tumble('20 s'))
      .aggregate({ n: count() });
    expect(await collect(counts)).toEqual(
      [0, 20_000, 40_000].map((windowStart) => ({ windowStart, windowEnd: windowStart + 20_000, n: 10n })),
    );
  });

  it('an event time that was computed gets a column, and what a process function emits has one', async () => {
    const job = jobOf(setting);
    const seconds = job.source(payments(60), Payment).watermark((p) => p.id * 1000 + 500);
    const doubled = seconds
      .keyBy((p) => p.card)
      .process({
        output: t.row({ card: t.string(), at: t.timestamp(3) }),
        process(p, ctx) {
          ctx.emit({ card: p.card, at: -1 });
          ctx.emit({ card: p.card, at: -2 });
        },
      });
    job
      .createView('seconds', seconds, { time: 'second' })
      .createView('doubled', doubled, { time: 'seen' })
      .sql(`CREATE VIEW counts AS
        SELECT 'seconds' AS name, window_time, COUNT(*) AS n
        FROM TABLE(TUMBLE(TABLE seconds, DESCRIPTOR(\`second\`), INTERVAL '20' SECOND)) GROUP BY window_start, window_end, window_time
        UNION ALL
        SELECT 'doubled', window_time, COUNT(*)
        FROM TABLE(TUMBLE(TABLE doubled, DESCRIPTOR(seen), INTERVAL '20' SECOND)) GROUP BY window_start, window_end, window_time`);
    const rows = await collect(
      job.table('counts', t.row({ name: t.string(), window_time: t.timestamp(3), n: t.bigint() })),
    );
    const expected = [19_999, 39_999, 59_999].flatMap((time) => [`doubled ${time} 40`, `seconds ${time} 20`]);
    expect(rows.map((r) => `${r.name} ${r.window_time} ${r.n}`).sort()).toEqual(expected.sort());
  });

  it('an INSERT INTO is a sink of the job beside those of streams, and shares their source', async () => {
    const [sql, typed] = [join(folder, `sql-${Math.random()}`), join(folder, `typed-${Math.random()}`)];
    const job = paid(jobOf(setting)).sql(`
      CREATE TABLE dear (id INT, cents BIGINT) WITH ('connector' = 'filesystem', 'path' = '${sql}', 'format' = 'json');
      INSERT INTO dear SELECT id, cents FROM payments WHERE cents > 49;`);
    job
      .table('payments', t.row({ id: t.int() }))
      .filter((r) => r.id < 10)
      .to(file.sink({ path: typed, format: 'json' }));
    expect(job.explain().match(/iterable_source/g)).toHaveLength(1);
    await job.run();
    const idsIn = (path: string) => visibleRows(path).map((line) => (JSON.parse(line) as { id: number }).id);
    expect(idsIn(sql).sort((a, b) => a - b)).toEqual([50, 51, 52, 53, 54, 55, 56, 57, 58, 59]);
    expect(idsIn(typed).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('a row finds the version of its time, and a process function goes on from there', async () => {
    const job = jobOf(setting);
    const Home = t.row({ card: t.string(), home: t.string(), since: t.timestamp(3) });
    const homes = CARDS.flatMap((card) => [
      { card, home: 'DE', since: 0 },
      { card, home: 'FR', since: 30_000 },
    ]);
    job
      .createView(
        'payments',
        rowsOf(job, payments(60), Payment).watermark((p) => p.ts),
      )
      .createView(
        'homes',
        rowsOf(job, homes, Home).watermark((h) => h.since, { maxOutOfOrder: '1 min' }),
      )
      .sql(`
        CREATE VIEW home AS SELECT card, home, since FROM
          (SELECT *, ROW_NUMBER() OVER (PARTITION BY card ORDER BY since DESC) AS n FROM homes) WHERE n = 1;
        CREATE VIEW placed AS SELECT p.*, h.home FROM payments AS p
          LEFT JOIN home FOR SYSTEM_TIME AS OF p.ts AS h ON p.card = h.card`);
    const Placed = t.row({ ...Payment.fields, home: t.string().nullable() });
    const moves = job
      .table('placed', Placed, { time: 'ts' })
      .keyBy((p) => p.card)
      .process({
        state: { home: valueState(t.string()) },
        output: t.row({ card: t.string(), home: t.string(), at: t.timestamp(3) }),
        process(p, ctx) {
          if (p.home !== null && ctx.state.home.value !== p.home) {
            ctx.emit({ card: p.card, home: p.home, at: ctx.timestamp });
            ctx.state.home.set(p.home);
          }
        },
      });
    const rows = (await collect(moves)).map((r) => `${r.card} ${r.home} ${r.at}`);
    expect(rows.sort()).toEqual(
      ['ann DE 0', 'ann FR 30000', 'bob DE 1000', 'bob FR 31000', 'cid DE 2000', 'cid FR 32000'].sort(),
    );
  });

  it('updates go through where streams take them', async () => {
    const job = paid(jobOf(setting)).sql(
      'CREATE VIEW totals AS SELECT card, SUM(cents) AS total FROM payments GROUP BY card',
    );
    const Total = t.row({ card: t.string(), total: t.bigint() });
    const totals = job.table('totals', Total).filter((r) => r.card !== 'bob');
    expect((await collect(totals)).sort((a, b) => (a.card < b.card ? -1 : 1))).toEqual([
      { card: 'ann', total: 570n },
      { card: 'cid', total: 610n },
    ]);
    const other = jobOf(setting);
    const counts = rowsOf(other, payments(60), Payment)
      .keyBy((p) => p.card)
      .aggregate({ n: count() });
    other.createView('counts', counts).sql('CREATE VIEW cards AS SELECT n, COUNT(*) AS cards FROM counts GROUP BY n');
    expect(await collect(other.table('cards', t.row({ n: t.bigint(), cards: t.bigint() })))).toEqual([
      { n: 20n, cards: 3n },
    ]);
  });

  it('a table of a connector is a stream, with the event time that it declares', async () => {
    const path = join(folder, `bids-${Math.random()}.jsonl`);
    const [low, high] = [join(folder, `low-${Math.random()}`), join(folder, `high-${Math.random()}`)];
    const lines = Array.from({ length: 30 }, (_, id) => `{"id":${id},"second":${id}}\n`);
    writeFileSync(path, lines.join(''));
    const job = jobOf(setting).sql(`
      CREATE TABLE bids (
        id INT NOT NULL, \`second\` INT NOT NULL,
        ts AS TO_TIMESTAMP_LTZ(1000 * \`second\`, 3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND
      ) WITH ('connector' = 'filesystem', 'path' = '${path}', 'format' = 'json');
      CREATE TABLE low (id INT) WITH ('connector' = 'filesystem', 'path' = '${low}', 'format' = 'json');
      CREATE TABLE high (id INT) WITH ('connector' = 'filesystem', 'path' = '${high}', 'format' = 'json');
      BEGIN STATEMENT SET;
      INSERT INTO low SELECT id FROM bids WHERE id < 10;
      INSERT INTO high SELECT id FROM bids WHERE id >= 10;
      END`);
    const counts = job
      .table('bids', t.row({ id: t.int() }), { time: 'ts' })
      .window(tumble('10 s'))
      .aggregate({ n: count(), ids: sum((r) => r.id) });
    const [rows] = await Promise.all([collect(counts), job.run()]);
    expect(rows.map(({ windowStart, n, ids }) => [windowStart, n, ids])).toEqual([
      [0, 10n, 45],
      [10_000, 10n, 145],
      [20_000, 10n, 245],
    ]);
    expect([visibleRows(low).length, visibleRows(high).length]).toEqual([10, 20]);
  });

  it('every type comes through SQL as it is', async () => {
    const job = jobOf(setting);
    job
      .createView('everything', rowsOf(job, everything(30), Everything))
      .sql('CREATE VIEW same AS SELECT * FROM everything');
    const rows = await collect(job.table('same', Everything));
    expect(rows.sort((a, b) => a.id - b.id)).toEqual(everything(30));
  });

  it('a schema may be wider than the columns', async () => {
    const job = paid(jobOf(setting), 3).sql(
      "CREATE VIEW v AS SELECT CAST(id AS SMALLINT) AS small, 'abc' AS word, CAST(0.5 AS FLOAT) AS half, ts, CAST(1.5 AS DECIMAL(4, 1)) AS d, ARRAY['x'] AS words FROM payments",
    );
    const Wide = t.row({
      ts: t.timestamp(6).nullable(),
      words: t.array(t.string()),
      small: t.bigint(),
      word: t.string().nullable(),
      half: t.double(),
      d: t.decimal(10, 1),
    });
    const rows = await collect(job.table('v', Wide));
    expect(rows.sort((a, b) => a.ts! - b.ts!)).toEqual(
      [0, 1, 2].map((i) => ({ ts: i * 1000, words: ['x'], small: BigInt(i), word: 'abc', half: 0.5, d: '1.5' })),
    );
  });
});

describe('types', () => {
  const job = paid(new Job('types'));
  const rows = job.table('payments', t.row({ id: t.int(), card: t.string().nullable() }));

  it('are those of the schema', () => {
    expectTypeOf(rows).toEqualTypeOf<Stream<{ readonly id: number; readonly card: string | null }>>();
    expectTypeOf(job.table('payments', Payment, { time: 'ts' })).toEqualTypeOf<
      TimedStream<{ readonly id: number; readonly card: string; readonly cents: bigint; readonly ts: number }>
    >();
  });

  it('know whether there is event time', () => {
    // @ts-expect-error: without a time there are no windows
    expect(rows.keyBy((r) => r.card).window).toBeUndefined();
    // @ts-expect-error: and no name to give to it
    expect(() => job.createView('none', rows, { time: 'ts' })).toThrow(
      "'none' shows has no event time to be called 'ts'",
    );
    // @ts-expect-error: there is no such column
    expect(() => rows.filter((r) => r.cents > 1n)).toThrow("there is no column 'cents'");
  });
});

describe('mistakes', () => {
  const message = (action: () => unknown) => errorOf(action).message;
  const read = (name: string, schema: Parameters<Job['table']>[1]) => () => paid(new Job('wrong')).table(name, schema);

  it('of a schema name column and types', () => {
    expect(message(read('payments', t.row({ cent: t.bigint() })))).toBe(
      "There is no column 'cent' in 'payments'; did you mean 'cents'? Its columns: [id: INT NOT NULL, card: STRING NOT NULL, cents: BIGINT NOT NULL, ts: TIMESTAMP(3) NOT NULL *ROWTIME*]",
    );
    expect(message(read('payments', t.row({ cents: t.int() })))).toBe(
      "Column 'cents' of 'payments' is BIGINT NOT NULL, and the schema says INT NOT NULL: CAST it in a view, or say what it is.",
    );
    const job = paid(new Job('null')).sql(
      'CREATE VIEW n AS SELECT NULLIF(cents, 1) AS cents, ARRAY[NULLIF(id, 1)] AS ids FROM payments',
    );
    expect(message(() => job.table('n', t.row({ cents: t.bigint() })))).toBe(
      "Column 'cents' of 'n' is BIGINT, and the schema says BIGINT NOT NULL: it may be NULL. Say .nullable(), or keep NULLs out: NOT NULL in its table, or COALESCE in a view.",
    );
    expect(message(() => job.table('n', t.row({ ids: t.array(t.int()) })))).toContain(
      "Column 'ids' of 'n' is ARRAY<INT> NOT NULL, and the schema says ARRAY<INT NOT NULL> NOT NULL",
    );
  });

  it('of times say where a time comes from', () => {
    const job = paid(new Job('time')).sql(
      "CREATE VIEW v AS SELECT id, ts + INTERVAL '1' SECOND AS later FROM payments",
    );
    expect(message(() => job.table('v', t.row({ id: t.int() }), { time: 'later' }))).toMatch(
      /^Column 'later' of 'v' is no event time but TIMESTAMP\(3\).*: it is one where the table declares WATERMARK FOR it/,
    );
    const timed = rowsOf(job, payments(1), Payment).watermark((p) => p.ts);
    expect(message(() => job.createView('w', timed, { time: 'when' }))).toContain(
      "has 'ts' for its event time already, not 'when'",
    );
    const computed = rowsOf(job, payments(1), Payment).watermark((p) => p.ts + 1);
    expect(message(() => job.createView('w', computed, { time: 'ts' }))).toContain(
      "has a column 'ts' that is not its event time",
    );
  });

  it('of names say what there is', () => {
    const job = paid(new Job('names'));
    expect(message(() => job.table('payment', Payment))).toBe("Object 'payment' not found; did you mean 'payments'?");
    expect(message(() => paid(job))).toContain("View 'payments' already exists");
    expect(message(() => job.table('a b', Payment))).toMatch(/^'a b' is no name of a table or view: .*backquotes/);
    const other = rowsOf(new Job('other'), payments(1), Payment);
    expect(message(() => job.createView('others', other))).toBe(
      "The stream that view 'others' shows belongs to another job than 'names'.",
    );
  });

  it('in SQL are shown where they are in its text', () => {
    const job = paid(new Job('places'));
    job.sql('CREATE VIEW first AS SELECT id FROM payments');
    const error = errorOf(() => job.sql('CREATE VIEW a AS SELECT 1 AS x;\nCREATE VIEW b AS\n  SELECT i FROM first;'));
    expect(error).toMatchObject({ code: 'SABOT_E_VALIDATION', kind: 'unknown-column', identifier: 'i', statement: 2 });
    expect(error.span).toMatchObject({ line: 3, column: 10 });
    expect(error.message).toBe(
      "Line 3, column 10: Column 'i' not found in any table; did you mean 'id'?\n  |\n3 |   SELECT i FROM first;\n  |          ^",
    );
    expect(error.stack).toContain("Line 3, column 10: Column 'i'");
    expect(errorOf(() => job.sql('SELECT 1;\nCREATE VEW x'))).toMatchObject({
      code: 'SABOT_E_SYNTAX',
      statement: 2,
      span: { line: 2 },
    });
    expect(message(() => job.sql("SET 'parallelism.default' = 'x'"))).toContain('Line 1, column 29');
    expect(message(() => job.sql('BEGIN STATEMENT SET'))).toContain('has no END');
  });

  it('that planning finds are shown where they are, of several texts', () => {
    const job = paid(new Job('planned'));
    job.sql('CREATE VIEW good AS SELECT id, ts FROM payments;\n\n\nCREATE VIEW good2 AS SELECT id, ts FROM payments');
    job.sql(
      'CREATE VIEW bad AS\nSELECT a.id FROM good AS a\n  JOIN good2 FOR SYSTEM_TIME AS OF a.ts AS b ON a.id = b.id',
    );
    job.sql('CREATE VIEW `last` AS\nSELECT id FROM good\nWHERE id > 1');
    job.table('bad', t.row({ id: t.int() })).to(blackhole());
    const error = errorOf(() => job.explain());
    expect(error.message).toMatch(
      /^Line 3, column 8: Temporal Table Join requires primary key .*\n {2}\|\n3 \| {3}JOIN good2 FOR SYSTEM_TIME/,
    );
    expect(error).toMatchObject({ code: 'SABOT_E_VALIDATION', identifier: 'primary key', statement: 1 });
  });

  it('what answers to nobody is refused', () => {
    const job = paid(new Job('answers'));
    expect(message(() => job.sql('SELECT * FROM payments'))).toContain(
      "CREATE VIEW name AS SELECT …, then job.table('name'",
    );
    expect(message(() => job.sql('SHOW TABLES'))).toContain('nobody to answer');
    expect(message(() => job.sql('EXPLAIN SELECT * FROM payments'))).toContain('job.explain()');
  });

  it('of updates are told where streams do not take them', () => {
    const job = paid(new Job('updates')).sql(
      'CREATE VIEW totals AS SELECT card, COUNT(*) AS n FROM payments GROUP BY card',
    );
    job
      .table('totals', t.row({ card: t.string(), n: t.bigint() }))
      .keyBy((r) => r.card)
      .process({ output: t.row({ n: t.bigint() }), process: (r, ctx) => ctx.emit({ n: r.n }) })
      .to(blackhole());
    expect(message(() => job.explain())).toMatch(/updat/);
  });
});

it("settings of SQL are the job's, behind those of its constructor and before those of run", () => {
  const job = paid(new Job('settings', { settings: { 'batch.max-rows': '3', 'state.backend.type': 'hashmap' } })).sql(
    "SET 'batch.max-rows' = '5'; SET 'parallelism.default' = '2'",
  );
  job
    .table('payments', Payment)
    .keyBy((p) => p.card)
    .aggregate({ n: count() })
    .to(blackhole());
  expect(job.explain()).toMatch(/group_aggregate .* x2/);
});

describe('killed and started again at another parallelism', () => {
  const command = new CommandUnderTest();
  beforeAll(() => command.build(), 60_000);
  afterAll(() => command.remove());

  // Ids are event time, in milliseconds. Stream -> SQL (window) -> stream (state) -> SQL -> sinks of both.
  const ROWS = 60_000;
  const KEYS = 10;
  const WINDOW = 1000;
  const JOB = `
import { datagen, file, Job, t, valueState } from 'sabot';

const job = new Job('mixed');
const rows = job
  .source(datagen({
    schema: t.row({ id: t.bigint() }),
    options: {
      'number-of-rows': '${ROWS}', 'rows-per-second': '10000', 'scan.parallelism': '1',
      'fields.id.kind': 'sequence', 'fields.id.start': '0', 'fields.id.end': '${ROWS - 1}',
    },
  }))
  .map((r) => ({ id: r.id, k: r.id % ${KEYS}n }))
  .watermark((r) => Number(r.id));
job.createView('numbers', rows, { time: 'ts' }).sql(\`
  SET 'execution.checkpointing.dir' = 'chk';
  SET 'execution.checkpointing.interval' = '30 ms';
  SET 'batch.max-rows' = '200';
  SET 'restart-strategy.type' = 'none';
  CREATE VIEW sums AS
  SELECT k, SUM(id) AS total, window_time FROM TABLE(TUMBLE(TABLE numbers, DESCRIPTOR(ts), INTERVAL '1' SECOND))
  GROUP BY k, window_start, window_end, window_time;
  CREATE TABLE counts (k BIGINT, n BIGINT, seen BIGINT) WITH ('connector' = 'filesystem', 'path' = 'counts', 'format' = 'json')\`);
const Sum = t.row({ k: t.bigint(), total: t.bigint() });
const running = job
  .table('sums', Sum, { time: 'window_time' })
  .keyBy((r) => r.k)
  .process({
    state: { total: valueState(t.bigint(), { initial: 0n }) },
    output: t.row({ k: t.bigint(), total: t.bigint(), time: t.bigint() }),
    process(r, { state: { total }, emit, timestamp }) {
      total.set(total.value + r.total);
      emit({ k: r.k, total: total.value, time: BigInt(timestamp) });
    },
  });
running.to(file.sink({ path: 'running', format: 'json' }));
job.createView('totals', running, { time: 'ts' }).sql(\`
  INSERT INTO counts SELECT k, COUNT(*), MAX(\\\`time\\\`) FROM TABLE(TUMBLE(TABLE totals, DESCRIPTOR(ts), INTERVAL '5' SECOND))
  GROUP BY k, window_start, window_end\`);
await job.run();
`;

  it('counts every row once through SQL and streams', async () => {
    const jobs = new JobFolder(command);
    try {
      writeFileSync(join(jobs.path, 'job.ts'), JOB);
      const start = (_: string, ...args: string[]) => jobs.start(['run', 'job.ts', ...args]);
      const turns = [1, 3, 2].map((parallelism) => ['memory', parallelism] as const);
      await killInTurn(turns, start, () => jobs.newestEpoch('mixed'));
      const last = await start('memory', '--restore', 'latest', '--parallelism', '2').ended;
      expect(last, last.stderr).toMatchObject({ code: 0 });
      const rowsIn = (path: string) =>
        visibleRows(join(jobs.path, path)).map((line) => JSON.parse(line) as Record<string, number>);
      const running = rowsIn('running').sort((a, b) => a['time']! - b['time']! || a['k']! - b['k']!);
      const sums = Array.from({ length: KEYS }, () => 0);
      const expected = Array.from({ length: (ROWS / WINDOW) * KEYS }, (_, i) => {
        const k = i % KEYS;
        const first = WINDOW * Math.floor(i / KEYS);
        for (let id = first + k; id < first + WINDOW; id += KEYS) sums[k]! += id;
        return { k, total: sums[k]!, time: first + WINDOW - 1 };
      });
      expect(running).toEqual(expected);
      const counts = rowsIn('counts').sort((a, b) => a['seen']! - b['seen']! || a['k']! - b['k']!);
      expect(counts).toEqual(
        Array.from({ length: (ROWS / 5000) * KEYS }, (_, i) => ({
          k: i % KEYS,
          n: 5,
          seen: 5000 * (Math.floor(i / KEYS) + 1) - 1,
        })),
      );
    } finally {
      jobs.remove();
    }
  }, 120_000);
});
