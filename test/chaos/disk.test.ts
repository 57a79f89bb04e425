// Disks that fill up or become read-only under a running job: it fails and says why, or goes on where failed checkpoints are
// tolerated; and once there is room its output is that of a job that had it all the time.

import { spawn } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import { CommandUnderTest, outcome } from '../cli/command.js';
import { JobFolder, until } from '../job/job-folder.js';
import { visibleRows } from './chaos.js';
import { TinyDisk } from './tiny-disk.js';

const TIMEOUT_MS = 120_000;
const command = new CommandUnderTest();
let jobs: JobFolder;
let disk: TinyDisk | undefined;

beforeAll(() => command.build(), 60_000);
afterAll(() => command.remove());
beforeEach(() => {
  jobs = new JobFolder(command);
});
afterEach(() => {
  disk?.unmount();
  disk = undefined;
  jobs.remove();
});

const at = (name: string) => join(jobs.path, name);
const rows = (name: string) => visibleRows(at(name));

/** A folder of the job on a disk of its own. */
function diskAt(name: string, size: string, context: TestContext): TinyDisk {
  disk = TinyDisk.mount(at(name), size);
  return disk ?? context.skip('no disk of its own can be mounted here');
}

const SETTINGS = `SET 'execution.checkpointing.dir' = 'chk';
SET 'execution.checkpointing.interval' = '30 ms';
SET 'restart-strategy.type' = 'none';
SET 'pipeline.name' = 'report';
`;
const bids = (rows: number) => `CREATE TABLE bid (
  auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, \`dateTime\` TIMESTAMP(3), extra STRING,
  WATERMARK FOR \`dateTime\` AS \`dateTime\` - INTERVAL '4' SECOND
) WITH ('connector' = 'nexmark', 'table' = 'bid', 'rows' = '${rows}', 'seed' = '7');
SET 'batch.max-rows' = '100';
`;
/** Much state: every bidder and auction of a long window. */
const counts = (rows: number, out: string) => `${bids(rows)}
CREATE TABLE report (bidder BIGINT, window_end TIMESTAMP(3), bids BIGINT, auctions BIGINT)
WITH ('connector' = 'filesystem', 'path' = '${out}', 'format' = 'json');
INSERT INTO report SELECT bidder, window_end, COUNT(*), COUNT(DISTINCT auction)
FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(\`dateTime\`), INTERVAL '60' SECOND)) GROUP BY bidder, window_start, window_end;`;
/** Much output. */
const copy = (rows: number, out: string) => `${bids(rows)}
CREATE TABLE report (auction BIGINT, bidder BIGINT, price BIGINT, placed TIMESTAMP(3))
WITH ('connector' = 'filesystem', 'path' = '${out}', 'format' = 'json');
INSERT INTO report SELECT auction, bidder, price, \`dateTime\` FROM bid;`;

const FULL = 'No space left on device';
const READ_ONLY = 'Read-only file system';

async function goesOn(script: (out: string) => string): Promise<void> {
  const rest = await jobs.sql(SETTINGS + script('out'), '--restore', 'latest').ended;
  expect(rest, rest.stderr).toMatchObject({ code: 0 });
  expect(await jobs.sql(script('whole')).ended).toMatchObject({ code: 0 });
  expect(rows('whole').length).toBeGreaterThan(100);
  expect(rows('out')).toEqual(rows('whole'));
}

describe('a disk', () => {
  it(
    'that checkpoints have filled fails the job, which goes on when there is room',
    async (context) => {
      const chk = diskAt('chk', '400k', context);
      const script = (out: string) => counts(400_000, out);
      const failed = await jobs.sql(SETTINGS + script('out')).ended;
      expect(failed.code, failed.stderr).toBe(1);
      expect(failed.stderr).toContain(FULL);
      chk.resize('256m');
      await goesOn(script);
    },
    TIMEOUT_MS,
  );

  it(
    'that checkpoints have filled is waited for where failed ones are tolerated',
    async (context) => {
      const chk = diskAt('chk', '400k', context);
      const tolerant = `${SETTINGS}SET 'execution.checkpointing.tolerable-failed-checkpoints' = '1000000';\n`;
      const run = jobs.sql(tolerant + counts(1_500_000, 'out'));
      let said = '';
      run.child.stderr!.on('data', (bytes) => (said += bytes));
      await until(() => said.includes(FULL), run);
      expect(said).toMatch(/checkpoint \d+ failed/);
      chk.resize('256m');
      const ended = await run.ended;
      expect(ended, ended.stderr).toMatchObject({ code: 0 });
      await goesOn((out) => counts(1_500_000, out));
    },
    TIMEOUT_MS,
  );

  it(
    'that output has filled fails the job, which goes on when there is room',
    async (context) => {
      const out = diskAt('out', '1m', context);
      const script = (name: string) => copy(50_000, name);
      const failed = await jobs.sql(SETTINGS + script('out')).ended;
      expect(failed.code, failed.stderr).toBe(1);
      expect(failed.stderr).toContain(FULL);
      out.resize('256m');
      await goesOn(script);
    },
    TIMEOUT_MS,
  );

  it(
    'that lets no file grow any further fails the job, which goes on when one may',
    async () => {
      const script = (name: string) => `SET 'execution.checkpointing.interval' = '10 s';\n${copy(50_000, name)}`;
      writeFileSync(at('limited.sql'), SETTINGS + script('out'));
      const limited = `trap '' XFSZ; ulimit -f 500; exec "$0" "$@"`;
      const args = ['-c', limited, process.execPath, command.path, 'sql', '-f', 'limited.sql'];
      const failed = await outcome(spawn('bash', args, { cwd: jobs.path }));
      expect(failed.code, failed.stderr).toBe(1);
      expect(failed.stderr).toContain('File too large');
      expect(rows('out')).toEqual([]);
      await goesOn(script);
    },
    TIMEOUT_MS,
  );

  it(
    'that becomes read-only fails the job, which goes on when it can be written',
    async (context) => {
      const chk = diskAt('chk', '256m', context);
      const script = (out: string) => counts(1_500_000, out);
      const run = jobs.sql(SETTINGS + script('out'));
      await until(() => jobs.newestEpoch('report') > 1, run);
      // Not while a file is open to be written.
      await until(() => {
        try {
          chk.setReadOnly(true);
          return true;
        } catch {
          return false;
        }
      }, run);
      const failed = await run.ended;
      expect(failed.code, failed.stderr).toBe(1);
      expect(failed.stderr).toContain(READ_ONLY);
      const refused = await jobs.sql(SETTINGS + script('out'), '--restore', 'latest').ended;
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain(READ_ONLY);
      chk.setReadOnly(false);
      await goesOn(script);
    },
    TIMEOUT_MS,
  );

  it('that cannot be written from the first is told by its folder', async () => {
    disk = TinyDisk.mount(at('chk'), '1m');
    // Who may not mount is stopped by permissions.
    if (disk === undefined) chmodSync(at('chk'), 0o555);
    else disk.setReadOnly(true);
    const failed = await jobs.sql(SETTINGS + copy(10, 'out')).ended;
    expect(failed.code, failed.stderr).toBe(1);
    expect(failed.stderr).toMatch(/cannot create the folder 'chk\/report': (Read-only file system|Permission denied)/);
    expect(rows('out')).toEqual([]);
  });
});
