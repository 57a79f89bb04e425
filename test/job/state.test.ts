// State as tables: `sabot state` over checkpoints, savepoints and running jobs, and the same from TypeScript.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, expectTypeOf, it } from 'vitest';
import { blackhole, count, Job, openState, sum, t } from '../../lib/index.js';
import { CommandUnderTest, type Outcome, outcome } from '../cli/command.js';

const TIMEOUT_MS = 120_000;
const command = new CommandUnderTest();
let folder: string;
const children = new Set<ChildProcess>();

beforeAll(() => command.build(), 60_000);
afterAll(() => command.remove());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sabot-state-'));
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
  rmSync(folder, { recursive: true, force: true });
});

function start(...args: string[]): { child: ChildProcess; ended: Promise<Outcome> } {
  const child = spawn(process.execPath, [command.path, ...args], { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'] });
  children.add(child);
  return { child, ended: outcome(child).finally(() => children.delete(child)) };
}
const sabot = (...args: string[]): Promise<Outcome> => start(...args).ended;

async function query(...args: string[]): Promise<unknown[]> {
  const { code, stdout, stderr } = await sabot('state', 'query', ...args);
  expect(code, stderr).toBe(0);
  return lines(stdout);
}
const lines = (stdout: string): Record<string, unknown>[] =>
  stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const numbers = (rows: number, perSecond: number): string => `SET 'execution.checkpointing.dir' = 'chk';
SET 'execution.checkpointing.interval' = '50 ms';
SET 'pipeline.name' = 'counts';
CREATE TABLE numbers (n BIGINT, t AS TO_TIMESTAMP_LTZ(n, 3), WATERMARK FOR t AS t)
WITH ('connector' = 'datagen', 'number-of-rows' = '${rows}', 'fields.n.kind' = 'sequence', 'fields.n.start' = '1',
  'fields.n.end' = '${rows}', 'scan.parallelism' = '1'${perSecond === 0 ? '' : `, 'rows-per-second' = '${perSecond}'`});
CREATE TABLE nothing (k BIGINT, c BIGINT, s BIGINT) WITH ('connector' = 'blackhole');
`;
const counts = (rows: number, perSecond: number): string =>
  `${numbers(rows, perSecond)}INSERT INTO nothing SELECT MOD(n, 7), COUNT(*), SUM(n) FROM numbers GROUP BY MOD(n, 7);`;

function sql(script: string, ...args: string[]) {
  writeFileSync(join(folder, 'job.sql'), script);
  return start('sql', '-f', 'job.sql', ...args);
}

const newestEpoch = (): number => {
  const at = join(folder, 'chk/counts');
  const names = existsSync(at) ? readdirSync(at) : [];
  return Math.max(0, ...names.flatMap((name) => Number(/^chk-(\d+)-/.exec(name)?.[1] ?? 0)));
};

async function until(what: () => boolean, run: { ended: Promise<Outcome> }): Promise<void> {
  let ended: Outcome | undefined;
  void run.ended.then((with_) => {
    ended = with_;
  });
  while (!what()) {
    if (ended !== undefined) throw new Error(`the process has ended with ${ended.code}: ${ended.stderr}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** What SELECT MOD(n, 7), COUNT(*), SUM(n) gives over 1 .. 700. */
const OF_700 = [0, 1, 2, 3, 4, 5, 6].map((k) => ({
  k,
  'COUNT(*)': 100,
  total: Array.from({ length: 100 }, (_, i) => 7 * i + (k === 0 ? 7 : k)).reduce((a, b) => a + b, 0),
}));

describe('sabot state', () => {
  it(
    'queries a checkpoint folder, one checkpoint and a savepoint, whatever their parallelism',
    async () => {
      for (const parallelism of ['1', '2']) {
        rmSync(join(folder, 'chk'), { recursive: true, force: true });
        expect(await sql(counts(700, 0), '--parallelism', parallelism).ended).toMatchObject({ code: 0 });
        const [listed] = lines((await sabot('state', 'list', 'chk/counts')).stdout).filter(
          ({ operator }) => operator === 'group_aggregate' || operator === 'global_group_aggregate',
        );
        expect(listed).toMatchObject({ uid: 'group_aggregate', subtasks: Number(parallelism) });
        const [key, , total] = (listed!['columns'] as { name: string }[]).map(({ name }) => name);
        expect(listed!['keys']).toEqual([key]);
        const select = `SELECT \`${key}\` AS k, \`COUNT(*)\`, \`${total}\` AS total FROM state('group_aggregate') ORDER BY k`;
        expect(await query('chk/counts', select)).toEqual(OF_700);
        const [checkpoint] = readdirSync(join(folder, 'chk/counts')).filter((name) => name.startsWith('chk-'));
        expect(await query(`chk/counts/${checkpoint}`, select)).toEqual(OF_700);
        expect(await query('counts', select)).toEqual(OF_700);
      }
    },
    TIMEOUT_MS,
  );

  it(
    'knows WHERE, aggregates, ORDER BY and LIMIT, EXPLAIN, and other outputs',
    async () => {
      expect(await sql(counts(703, 0)).ended).toMatchObject({ code: 0 });
      const of = "FROM state('group_aggregate')";
      expect(await query('counts', `SELECT SUM(\`COUNT(*)\`) AS n, COUNT(*) AS g ${of}`)).toEqual([{ n: 703, g: 7 }]);
      expect(
        await query('counts', `SELECT \`COUNT(*)\` AS c, COUNT(*) AS g ${of} GROUP BY \`COUNT(*)\` ORDER BY c DESC`),
      ).toEqual([
        { c: 101, g: 3 },
        { c: 100, g: 4 },
      ]);
      expect(
        await query(
          'counts',
          `SELECT \`COUNT(*)\` AS c, COUNT(*) AS g ${of} GROUP BY \`COUNT(*)\` ORDER BY g DESC LIMIT 1`,
        ),
      ).toEqual([{ c: 100, g: 4 }]);
      expect(await query('counts', `SELECT COUNT(*) AS g ${of} WHERE \`COUNT(*)\` > 100`)).toEqual([{ g: 3 }]);
      const csv = await sabot(
        'state',
        'query',
        'counts',
        `SELECT x.c ${of} AS x(k, c, s) ORDER BY x.c LIMIT 2`,
        '--output',
        'csv',
      );
      expect(csv.stdout).toBe('c\n100\n100\n');
      expect((await sabot('state', 'query', 'counts', `EXPLAIN SELECT * ${of}`)).stdout).toContain('iterable_source');
    },
    TIMEOUT_MS,
  );

  it(
    'says what is wrong: no such operator, nothing to look at, damage, another statement',
    async () => {
      expect(await sql(counts(5_000, 0).replaceAll('MOD(n, 7)', 'MOD(n, 4999)')).ended).toMatchObject({ code: 0 });
      const misspelt = await sabot(
        'state',
        'query',
        'counts',
        "SELECT * FROM state('group_agregate')",
        '--output',
        'json',
      );
      expect(misspelt.code).toBe(2);
      expect(misspelt.stderr).toContain("did you mean 'group_aggregate'?");
      expect(misspelt.stderr).toContain('^');
      expect(JSON.parse(misspelt.stderr.trim().split('\n').at(-1)!)).toMatchObject({
        error: { kind: 'unknown-state', identifier: 'group_agregate', line: 1 },
      });
      const positions = await sabot('state', 'query', 'counts', "SELECT * FROM state('datagen_source:numbers')");
      expect(positions).toMatchObject({ code: 2 });
      expect(positions.stderr).toContain('no rows to look at');
      const write = await sabot('state', 'query', 'counts', "CREATE TABLE t (a INT) WITH ('connector' = 'blackhole')");
      expect(write).toMatchObject({ code: 2 });
      expect(write.stderr).toContain('State is only read');
      const elsewhere = await sql("SELECT * FROM state('x');").ended;
      expect(elsewhere.stderr).toContain('sabot state query');
      expect((await sabot('state', 'list', 'nowhere')).stderr).toContain("no job 'nowhere'");
      expect((await sabot('state', 'list', '.')).stderr).toContain('there is no checkpoint or savepoint');

      const state = join(folder, 'chk/counts/state');
      const times = () => readdirSync(state).map((name) => statSync(join(state, name)).mtimeMs);
      const before = times();
      const select = "SELECT COUNT(*) AS n FROM state('group_aggregate')";
      expect(await query('counts', select)).toEqual([{ n: 4999 }]);
      expect(times()).toEqual(before);
      for (const name of readdirSync(state)) {
        const bytes = readFileSync(join(state, name));
        bytes[bytes.length >> 1]! ^= 1;
        writeFileSync(join(state, name), bytes);
      }
      const damaged = await sabot('state', 'query', 'counts', select);
      expect(damaged).toMatchObject({ code: 1, stdout: '' });
      expect(damaged.stderr).toContain('is damaged: its checksum does not fit');
    },
    TIMEOUT_MS,
  );

  it(
    'reads a job while it runs, live or committed, and what it reads can be restored',
    async () => {
      const run = sql(counts(1_000_000, 10_000), '--parallelism', '2');
      await until(() => newestEpoch() > 2, run);
      const select = "SELECT SUM(`COUNT(*)`) AS n FROM state('group_aggregate')";
      const read = async (...how: string[]) => Number((await query('counts', select, ...how))[0]!['n' as never]);
      const committed = await read('--read', 'committed');
      const live = await read('--read', 'live');
      expect(committed).toBeGreaterThan(0);
      expect(live).toBeGreaterThan(committed);
      expect(await read()).toBeGreaterThanOrEqual(committed);
      const listed = lines((await sabot('state', 'list', 'counts', '--read', 'live')).stdout);
      expect(listed).toMatchObject([{ uid: 'group_aggregate', subtasks: 2 }]);
      expect(Number(listed[0]!['bytes'])).toBeGreaterThan(0);
      expect((await sabot('savepoint', 'counts', 'sp')).code).toBe(0);
      const saved = Number((await query('sp', select))[0]!['n' as never]);
      expect(saved).toBeGreaterThan(live);
      expect(await sabot('cancel', 'counts')).toMatchObject({ code: 0 });
      await run.ended;
      const gone = await sabot('state', 'query', 'counts', select, '--read', 'live');
      expect(gone).toMatchObject({ code: 1 });
      expect(gone.stderr).toContain('it does not run');
    },
    TIMEOUT_MS,
  );

  it(
    'shows windows, joins and ranks',
    async () => {
      const script = `${numbers(30_000, 10_000)}
CREATE TABLE rows_ (a BIGINT, b TIMESTAMP(3), c BIGINT) WITH ('connector' = 'blackhole');
CREATE TABLE pairs (a BIGINT, b BIGINT) WITH ('connector' = 'blackhole');
CREATE TABLE best (a BIGINT, b BIGINT) WITH ('connector' = 'blackhole');
EXECUTE STATEMENT SET BEGIN
INSERT INTO rows_ SELECT MOD(n, 3), CAST(window_end AS TIMESTAMP(3)), COUNT(*)
  FROM TABLE(TUMBLE(TABLE numbers, DESCRIPTOR(t), INTERVAL '1' HOUR)) GROUP BY MOD(n, 3), window_start, window_end;
INSERT INTO pairs SELECT l.n, r.n FROM numbers AS l JOIN numbers AS r ON l.n = r.n * 7;
INSERT INTO best SELECT n, m FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY m ORDER BY n DESC) AS rn
  FROM (SELECT n, MOD(n, 5) AS m FROM numbers)) WHERE rn <= 2;
END;`;
      const run = sql(script);
      await until(() => newestEpoch() > 2, run);
      expect((await sabot('savepoint', 'counts', 'sp', '--stop')).code).toBe(0);
      await run.ended;
      const uids = lines((await sabot('state', 'list', 'sp')).stdout).flatMap(({ uid, columns }) =>
        (columns as unknown[]).length > 0 ? [uid as string] : [],
      );
      expect(uids.sort()).toEqual(['join', 'rank', 'window_aggregate']);
      const windows = await query('sp', "SELECT window_start, `COUNT(*)` AS n FROM state('window_aggregate')");
      expect(windows).toHaveLength(3);
      expect(windows[0]).toMatchObject({ window_start: '1970-01-01 00:00:00.000' });
      const read = windows.reduce((all: number, row) => all + Number((row as { n: number }).n), 0);
      expect(await query('sp', "SELECT side, COUNT(*) AS n FROM state('join') GROUP BY side ORDER BY side")).toEqual([
        { side: 'left', n: read },
        { side: 'right', n: read },
      ]);
      expect(await query('sp', "SELECT MAX(n) AS n, COUNT(*) AS c FROM state('rank')")).toEqual([{ n: read, c: 10 }]);
    },
    TIMEOUT_MS,
  );
});

describe('job.state', () => {
  const Bid = t.row({ auction: t.bigint(), price: t.bigint() });
  async function* bids(until: () => boolean): AsyncGenerator<{ auction: bigint; price: bigint }> {
    for (let i = 0; !until(); i++) {
      yield { auction: BigInt(i % 5), price: BigInt(i) };
      if (i % 100 === 99) await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  it(
    'reads a running job by uid and by stream, with its types; openState reads what it has left',
    async () => {
      let end = false;
      const job = new Job('bids');
      const counts = job
        .source(() => bids(() => end), Bid)
        .keyBy((b) => b.auction)
        .aggregate({ bids: count(), total: sum((b) => b.price) })
        .uid('counts');
      counts.to(blackhole());
      expect(() => job.state('counts')).toThrow("Job 'bids' does not run");
      const done = job.run({ checkpoint: { dir: folder, interval: 20 }, parallelism: 2 });
      await new Promise((resolve) => setTimeout(resolve, 50));
      while ((job.metrics()?.checkpoints?.completed ?? 0) < 2) await new Promise((resolve) => setTimeout(resolve, 10));

      const row = await job.state(counts).get(3n);
      expectTypeOf(row!.bids).toEqualTypeOf<bigint>();
      expect(row).toMatchObject({ auction: 3n });
      const live = await job.state(counts, { read: 'live' }).get(3n);
      expect(live!.bids).toBeGreaterThanOrEqual(row!.bids);
      expect(await job.state('counts').get(99n)).toBeUndefined();
      const all: bigint[] = [];
      for await (const each of job.state(counts, { read: 'live' })) all.push(each.auction);
      expect(all.sort()).toEqual([0n, 1n, 2n, 3n, 4n]);
      // Left early, and asked for again.
      for await (const _ of job.state('counts', { read: 'live' })) break;
      expect(await job.state('counts', { read: 'live' }).get({ auction: 4n })).toMatchObject({ auction: 4n });
      await expect(job.state('count').get(3n)).rejects.toThrow("Did you mean 'counts'?");
      await expect(job.state('counts').get('x')).rejects.toThrow("wrong 'auction'");
      await expect(job.state('counts').get({ bid: 1n })).rejects.toThrow('needs a value for each of: auction');

      end = true;
      await done;
      const saved = openState(join(folder, 'bids'));
      const { job: name, kind, operators } = await saved.describe();
      expect({ name, kind }).toEqual({ name: 'bids', kind: 'checkpoint' });
      expect(operators.find(({ uid }) => uid === 'counts')?.table?.columns.map((c) => c.name)).toEqual([
        'auction',
        'bids',
        'total',
      ]);
      let sumOfBids = 0n;
      for await (const each of saved.state<{ bids: bigint }>('counts')) sumOfBids += each.bids;
      expect(sumOfBids).toBeGreaterThan(0n);
      await expect(job.state(counts, { read: 'live' }).get(3n)).rejects.toThrow('does not run');
    },
    TIMEOUT_MS,
  );

  it('needs a uid of its own, where there is state', () => {
    const twice = new Job('twice');
    const rows = twice.source([{ auction: 1n, price: 1n }], Bid);
    const counted = rows.keyBy((b) => b.auction).aggregate({ bids: count() });
    counted.uid('a').to(blackhole());
    rows
      .keyBy((b) => b.price)
      .aggregate({ bids: count() })
      .uid('a')
      .to(blackhole());
    expect(() => twice.state(counted)).toThrow('has no name');
    return Promise.all([
      expect(twice.run()).rejects.toThrow("Two operators of the job have the uid 'a'"),
      (async () => {
        const none = new Job('none');
        none
          .source([{ auction: 1n, price: 1n }], Bid)
          .filter((b) => b.price > 0n)
          .uid('f')
          .to(blackhole());
        await expect(none.run()).rejects.toThrow("There is no state to name 'f'");
      })(),
    ]);
  });
});

describe('claim and drain', () => {
  it(
    'a claimed savepoint goes with the third checkpoint, another one stays',
    async () => {
      const first = sql(counts(1_000_000, 10_000));
      await until(() => newestEpoch() > 1, first);
      expect((await sabot('savepoint', 'counts', 'claimed')).code).toBe(0);
      expect((await sabot('savepoint', 'counts', 'kept')).code).toBe(0);
      await sabot('cancel', 'counts');
      await first.ended;
      for (const [name, ...args] of [['kept'], ['claimed', '--claim']]) {
        const run = sql(counts(1_000_000, 10_000), '--restore', name!, ...args);
        const begin = newestEpoch();
        await until(() => newestEpoch() > begin + 5, run);
        await sabot('cancel', 'counts');
        await run.ended;
        expect(existsSync(join(folder, name!))).toBe(name === 'kept');
      }
      expect(await query('kept', "SELECT COUNT(*) AS n FROM state('group_aggregate')")).toEqual([{ n: 7 }]);
    },
    TIMEOUT_MS,
  );

  it(
    "Flink's settings say the same",
    async () => {
      const first = sql(counts(1_000_000, 10_000));
      await until(() => newestEpoch() > 1, first);
      expect((await sabot('savepoint', 'counts', 'sp', '--stop')).code).toBe(0);
      await first.ended;
      const recovery = (mode: string) =>
        `SET 'execution.state-recovery.path' = 'sp';\nSET 'execution.state-recovery.claim-mode' = '${mode}';\n`;
      const legacy = await sql(recovery('LEGACY') + counts(100, 0)).ended;
      expect(legacy).toMatchObject({ code: 2 });
      expect(legacy.stderr).toContain("use 'NO_CLAIM'");
      // Another job: nobody claims the state of the groups.
      const other = `${numbers(1_000_000, 10_000)}INSERT INTO nothing SELECT n, n, n FROM numbers;`;
      const refused = await sql(recovery('NO_CLAIM') + other).ended;
      expect(refused.stderr).toContain("no operator of this job claims the state of 'group_aggregate'");
      const ignore = "SET 'execution.state-recovery.ignore-unclaimed-state' = 'true';\n";
      const ignoring = sql(recovery('NO_CLAIM') + ignore + other);
      const before = newestEpoch();
      await until(() => newestEpoch() > before, ignoring);
      await sabot('cancel', 'counts');
      await ignoring.ended;
      expect(existsSync(join(folder, 'sp'))).toBe(true);
      const run = sql(recovery('CLAIM') + counts(1_000_000, 10_000));
      const begin = newestEpoch();
      await until(() => newestEpoch() > begin + 5, run);
      expect(existsSync(join(folder, 'sp'))).toBe(false);
      await sabot('cancel', 'counts');
      expect((await run.ended).stderr).toContain('restored savepoint');
    },
    TIMEOUT_MS,
  );

  it(
    'with --drain every window fires, and going on says that time is over',
    async () => {
      const script = `${numbers(1_000_000, 10_000)}
CREATE TABLE hours (k BIGINT, n BIGINT) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'json');
INSERT INTO hours SELECT MOD(n, 2), COUNT(*)
FROM TABLE(TUMBLE(TABLE numbers, DESCRIPTOR(t), INTERVAL '1' HOUR)) GROUP BY MOD(n, 2), window_start, window_end;`;
      const run = sql(script, '--parallelism', '2');
      await until(() => newestEpoch() > 2, run);
      expect(
        existsSync(join(folder, 'out')) ? readdirSync(join(folder, 'out')).filter((f) => !f.startsWith('.')) : [],
      ).toEqual([]);
      expect(await sabot('savepoint', 'counts', 'sp', '--drain')).toMatchObject({ code: 0 });
      expect(await run.ended).toMatchObject({ code: 0 });
      const rows = readdirSync(join(folder, 'out')).flatMap((name) =>
        lines(readFileSync(join(folder, 'out', name), 'utf8')),
      );
      expect(rows.map(({ k }) => k).sort()).toEqual([0, 1]);
      expect(await query('sp', "SELECT * FROM state('window_aggregate')")).toEqual([]);
      const rest = start('sql', '-f', 'job.sql', '--restore', 'sp');
      const begin = newestEpoch();
      await until(() => newestEpoch() > begin + 1, rest);
      await sabot('cancel', 'counts');
      expect((await rest.ended).stderr).toContain('--drain');
    },
    TIMEOUT_MS,
  );
});
