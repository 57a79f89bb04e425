// State that is several times larger than its memory: the same answers as in memory, also from a checkpoint that the other
// backend has taken; memory stays bounded; what is wrong with the disk is said.

import { type ChildProcess, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { visibleRows } from '../chaos/chaos.js';
import { CommandUnderTest, type Outcome, outcome } from '../cli/command.js';

const TIMEOUT_MS = 120_000;
const LIMIT = '8 mb';
const command = new CommandUnderTest();
const children = new Set<ChildProcess>();
let numScripts = 0;

beforeAll(() => command.build(), 60_000);
afterAll(() => command.remove());
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
});

const at = (...names: string[]) => join(command.folder, ...names);

const bids = (rows: number) => `CREATE TABLE bid (
  auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, \`dateTime\` TIMESTAMP(3), extra STRING,
  WATERMARK FOR \`dateTime\` AS \`dateTime\` - INTERVAL '4' SECOND
) WITH ('connector' = 'nexmark', 'table' = 'bid', 'rows' = '${rows}', 'seed' = '7');
SET 'batch.max-rows' = '1000';
`;
const MEMORY = `SET 'state.backend.type' = 'hashmap';\n`;
const rocksdb = (folder = 'state', limit = LIMIT) => `SET 'state.backend.type' = 'rocksdb';
SET 'memory.limit' = '${limit}';
SET 'state.backend.rocksdb.localdir' = '${at(folder)}';
`;
/** Almost every bid is a group of its own. */
const grouped = `SELECT COUNT(*) AS \`groups\`, SUM(bids) AS bids, SUM(CHAR_LENGTH(link)) AS letters, SUM(bidders) AS bidders
FROM (SELECT price, extra, COUNT(*) AS bids, MAX(url) AS link, COUNT(DISTINCT bidder) AS bidders FROM bid GROUP BY price, extra);`;
/** Every row meets one of the other side, and none is ever forgotten. */
const joined = (rows: number) => {
  const side = (
    name: string,
  ) => `CREATE TABLE ${name} (n BIGINT, note AS CONCAT(REPEAT('x', 250), CAST(n AS STRING))) WITH (
  'connector' = 'datagen', 'number-of-rows' = '${rows}', 'rows-per-second' = '1000000000',
  'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '${rows}');
`;
  return `${side('l')}${side('r')}SET 'batch.max-rows' = '1000';
SELECT COUNT(*) AS pairs, SUM(CHAR_LENGTH(l.note) + CHAR_LENGTH(r.note)) AS letters FROM l JOIN r ON l.n = r.n;`;
};
/** Every key once, then as often again by Zipf's law; without children, so that keys go to the log. */
const plain = (
  keys: number,
) => `CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen', 'fields.n.kind' = 'sequence',
  'fields.n.start' = '0', 'fields.n.end' = '${2 * keys - 1}', 'rows-per-second' = '1000000000');
SET 'parallelism.default' = '1';
CREATE TABLE nothing (k BIGINT, n BIGINT, total BIGINT, note STRING) WITH ('connector' = 'blackhole');
INSERT INTO nothing SELECT k, COUNT(*), SUM(n), LAST_VALUE(note)
FROM (SELECT n, CONCAT(REPEAT('x', 78), CAST(MOD(n, 1000000) AS STRING)) AS note,
  CASE WHEN n < ${keys} THEN n ELSE CAST(EXP(RAND() * LN(${keys}.0)) AS BIGINT) - 1 END AS k FROM numbers) GROUP BY k;`;
/** All sessions are open until the input ends. */
const sessions = `SELECT COUNT(*) AS sessions, SUM(bids) AS bids, SUM(CHAR_LENGTH(link)) AS letters
FROM (SELECT price, extra, window_start, window_end, COUNT(*) AS bids, MAX(url) AS link
FROM TABLE(SESSION(TABLE bid PARTITION BY (price, extra), DESCRIPTOR(\`dateTime\`), INTERVAL '24' HOUR))
GROUP BY price, extra, window_start, window_end);`;
const windowed = (
  out: string,
) => `CREATE TABLE report (price BIGINT, bidder BIGINT, window_end TIMESTAMP(3), bids BIGINT, link STRING)
WITH ('connector' = 'filesystem', 'path' = '${at(out)}', 'format' = 'json');
INSERT INTO report SELECT price, bidder, window_end, COUNT(*), MAX(url)
FROM TABLE(HOP(TABLE bid, DESCRIPTOR(\`dateTime\`), INTERVAL '2' MINUTE, INTERVAL '4' MINUTE))
GROUP BY price, bidder, window_start, window_end;`;
const checkpoints = `SET 'execution.checkpointing.dir' = '${at('chk')}';
SET 'execution.checkpointing.interval' = '50 ms';
SET 'restart-strategy.type' = 'none';
`;

function start(script: string, ...args: string[]) {
  const file = at(`script-${numScripts++}.sql`);
  writeFileSync(file, script);
  const child = command.start('sql', '-f', file, '--output', 'json', ...args);
  children.add(child);
  // The most memory that was resident, as the kernel counts it.
  let peakBytes = 0;
  const timer = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      peakBytes = Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024 || peakBytes;
    } catch {
      // It has ended.
    }
  }, 10);
  const ended = outcome(child).then((result) => {
    clearInterval(timer);
    return { ...result, peakBytes };
  });
  return { child, ended };
}

const newestEpoch = () => {
  const jobs = existsSync(at('chk')) ? readdirSync(at('chk')) : [];
  const epochs = jobs.flatMap((job) => readdirSync(at('chk', job))).filter((name) => name.startsWith('chk-'));
  return Math.max(0, ...epochs.map((name) => Number(name.split('-')[1])));
};

async function until(what: () => boolean, ended: Promise<Outcome>): Promise<void> {
  let isOver: Outcome | undefined;
  void ended.then((result) => {
    isOver = result;
  });
  while (!what()) {
    if (isOver !== undefined) throw new Error(`the process has ended with ${isOver.code}: ${isOver.stderr}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe("'state.backend.type' = 'rocksdb'", () => {
  it(
    'answers as memory does, in a part of its memory',
    async () => {
      const rows = 400_000;
      const inMemory = await start(bids(rows) + MEMORY + grouped).ended;
      expect(inMemory).toMatchObject({ code: 0 });
      const onDisk = await start(bids(rows) + rocksdb() + grouped).ended;
      expect(onDisk).toMatchObject({ code: 0, stdout: inMemory.stdout });
      const answer = JSON.parse(inMemory.stdout) as { groups: number; bids: number };
      expect(answer.bids).toBe(rows);
      expect(answer.groups).toBeGreaterThan(rows / 2);
      // More than ten times the limit is state; what memory holds more than that is the same in both.
      console.log(`peak: ${inMemory.peakBytes >> 20} MB in memory, ${onDisk.peakBytes >> 20} MB on RocksDB`);
      expect(inMemory.peakBytes - onDisk.peakBytes).toBeGreaterThan(60 << 20);
      expect(readdirSync(at('state'))).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'has no more resident than its limit beyond what a job without state has',
    async () => {
      const [megabytes, keys] = [46, 1_000_000];
      const peak = async (script: string) => {
        const { code, stderr, peakBytes } = await start(script).ended;
        expect(code, stderr).toBe(0);
        return peakBytes / 2 ** 20;
      };
      const limited = rocksdb('log', `${megabytes} mb`);
      const [none, onDisk, inMemory] = [
        await peak(limited + plain(1_000)),
        await peak(limited + plain(keys)),
        await peak(MEMORY + plain(keys)),
      ];
      console.log(
        `peak: ${none} MB without state, ${onDisk} MB with a limit of ${megabytes}, ${inMemory} MB in memory`,
      );
      expect(inMemory - none).toBeGreaterThan(3 * megabytes);
      // RocksDB, the files' pieces that are being read, pages of code that only a job with state has touched, and what the
      // allocator has not given back.
      expect(onDisk - none).toBeLessThan(megabytes + 90);
    },
    TIMEOUT_MS,
  );

  it(
    'keeps sessions on disk',
    async () => {
      const rows = 400_000;
      const inMemory = await start(bids(rows) + MEMORY + sessions).ended;
      expect(inMemory).toMatchObject({ code: 0 });
      const onDisk = await start(bids(rows) + rocksdb() + sessions).ended;
      expect(onDisk).toMatchObject({ code: 0, stdout: inMemory.stdout });
      const answer = JSON.parse(inMemory.stdout) as { sessions: number; bids: number };
      expect(answer.bids).toBe(rows);
      expect(answer.sessions).toBeGreaterThan(rows / 2);
      console.log(`peak: ${inMemory.peakBytes >> 20} MB in memory, ${onDisk.peakBytes >> 20} MB on RocksDB`);
      expect(inMemory.peakBytes - onDisk.peakBytes).toBeGreaterThan(60 << 20);
      expect(readdirSync(at('state'))).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'keeps a join on disk',
    async () => {
      const rows = 200_000;
      const inMemory = await start(MEMORY + joined(rows)).ended;
      expect(inMemory).toMatchObject({ code: 0 });
      const onDisk = await start(rocksdb() + joined(rows)).ended;
      expect(onDisk).toMatchObject({ code: 0, stdout: inMemory.stdout });
      expect((JSON.parse(inMemory.stdout) as { pairs: number }).pairs).toBe(rows);
      console.log(`peak: ${inMemory.peakBytes >> 20} MB in memory, ${onDisk.peakBytes >> 20} MB on disk`);
      expect(inMemory.peakBytes - onDisk.peakBytes).toBeGreaterThan(60 << 20);
      expect(readdirSync(at('state'))).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'goes on from a checkpoint that the other backend has taken, when it was killed',
    async () => {
      const rows = 300_000;
      const small = "SET 'batch.max-rows' = '200';\n";
      expect(await start(bids(rows) + windowed('whole')).ended).toMatchObject({ code: 0 });
      const backends = [rocksdb(), MEMORY, rocksdb(), rocksdb()];
      let kills = 0;
      for (const [i, backend] of backends.entries()) {
        const script = bids(rows) + small + checkpoints + backend + windowed('out');
        const before = newestEpoch();
        const run = start(script, '--restore', 'latest', '--parallelism', String(1 + (i % 3)));
        await until(() => newestEpoch() > before + 1, run.ended).catch(() => {}); // It may be done.
        run.child.kill('SIGKILL');
        const result = await run.ended;
        if (result.code === null) kills++;
        if (result.code === null && backend !== MEMORY) expect(readdirSync(at('state')).length).toBe(1); // What it left.
        if (before > 0) expect(result.stderr).toContain('restored checkpoint');
      }
      expect(kills).toBeGreaterThanOrEqual(2); // To memory and back.
      const last = await start(bids(rows) + checkpoints + rocksdb() + windowed('out'), '--restore', 'latest').ended;
      expect(last).toMatchObject({ code: 0 });
      expect(visibleRows(at('out'))).toEqual(visibleRows(at('whole')));
      expect(readdirSync(at('state'))).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it('says which folder it cannot write', async () => {
    writeFileSync(at('file'), 'no folder');
    const result = await start(bids(10) + rocksdb('file/state') + grouped).ended;
    expect(result.code).toBe(1);
    expect(result.stderr).toContain(at('file/state'));
  });

  const mounts = (folder: string) => ['-rm', 'mount', '-t', 'tmpfs', '-o', 'size=3m', 'sabot-test', folder];
  const mayMount = () => {
    mkdirSync(at('disk'), { recursive: true });
    return spawnSync('unshare', mounts(at('disk'))).status === 0;
  };

  it.skipIf(!mayMount())(
    'a full disk fails the job',
    async () => {
      const file = at('full.sql');
      writeFileSync(file, bids(400_000) + rocksdb('disk') + grouped);
      const mount = `mount -t tmpfs -o size=3m sabot-test '${at('disk')}' && exec "$0" "$@"`;
      const shell = ['-rm', 'sh', '-c', mount, process.execPath, command.path, 'sql', '-f', file];
      const result = spawnSync('unshare', shell, { encoding: 'utf8' });
      expect(result.status).toBe(1);
      expect(result.stderr).toMatch(/No space left on device/);
      expect(result.stderr).toContain(at('disk'));
    },
    TIMEOUT_MS,
  );
});

describe("'memory.limit' without a disk", () => {
  it('is not exceeded in silence', async () => {
    const limited = `SET 'memory.limit' = '2 mb';\n`;
    const result = await start(bids(100_000) + limited + grouped).ended;
    expect(result.code).toBe(1);
    expect(result.stderr).toContain("set 'state.backend.type' to 'rocksdb'");
    rmSync(at('state'), { recursive: true, force: true });
  });
});
