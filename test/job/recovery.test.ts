// Jobs that are killed, stopped, damaged and started again, as processes and within one.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { visibleRows } from '../chaos/chaos.js';
import { inJobFolder } from './in-job-folder.js';
import { type JobFolder, until } from './job-folder.js';

const TIMEOUT_MS = 120_000;
let jobs: JobFolder;

inJobFolder((made) => {
  jobs = made;
});

const start = (script: string, ...args: string[]) => jobs.sql(script, ...args);
const at = (name: string) => join(jobs.path, name);

const SETTINGS = `SET 'execution.checkpointing.dir' = 'chk';
SET 'execution.checkpointing.interval' = '30 ms';
SET 'restart-strategy.type' = 'none';
`;
const job = (rows: number, out: string) => `CREATE TABLE bid (
  auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, \`dateTime\` TIMESTAMP(3), extra STRING,
  WATERMARK FOR \`dateTime\` AS \`dateTime\` - INTERVAL '4' SECOND
) WITH ('connector' = 'nexmark', 'table' = 'bid', 'rows' = '${rows}', 'seed' = '7');
SET 'batch.max-rows' = '100';
CREATE TABLE report (channel STRING, window_end TIMESTAMP(3), bids BIGINT, bidders BIGINT)
WITH ('connector' = 'filesystem', 'path' = '${out}', 'format' = 'json');
INSERT INTO report SELECT channel, window_end, COUNT(*), COUNT(DISTINCT bidder)
FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(\`dateTime\`), INTERVAL '2' SECOND)) GROUP BY channel, window_start, window_end;`;
const JOB = 'insert-into_default_catalog.default_database.report';
const JOB_FOLDER = `chk/${JOB}`;
const newestEpoch = () => jobs.newestEpoch(JOB);

/** The last one in the commit log. */
function newestCommitted(): string {
  const log = at(`${JOB_FOLDER}/log`);
  const entries = readdirSync(log)
    .filter((name) => !name.startsWith('.'))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(log, name), 'utf8').split('\n')[0]!) as Record<string, unknown>);
  const { epoch, checkpointAttempt } = entries.filter(({ kind }) => kind === 'commit').at(-1)!;
  return `chk-${epoch}-${checkpointAttempt}`;
}

describe('a job with checkpoints', () => {
  it(
    'killed again and again ends with the rows of one that was not',
    async () => {
      expect(await start(`${job(600_000, 'whole')}`).ended).toMatchObject({ code: 0 });
      let kills = 0;
      for (const parallelism of [1, 2, 3, 1, 2]) {
        const before = newestEpoch();
        const run = start(SETTINGS + job(600_000, 'out'), '--restore', 'latest', '--parallelism', String(parallelism));
        await until(() => newestEpoch() > before + 1, run).catch(() => {}); // It may be done.
        run.child.kill('SIGKILL');
        const { signal, stderr } = await run.ended;
        if (signal === 'SIGKILL') kills++;
        if (before > 0) expect(stderr).toContain(`restored checkpoint`);
      }
      expect(kills).toBeGreaterThanOrEqual(3);
      expect(await start(SETTINGS + job(600_000, 'out'), '--restore', 'latest').ended).toMatchObject({ code: 0 });
      expect(visibleRows(at('out'))).toEqual(visibleRows(at('whole')));
      // It has finished: once more changes nothing.
      expect(await start(SETTINGS + job(600_000, 'out'), '--restore', 'latest').ended).toMatchObject({ code: 0 });
      expect(visibleRows(at('out'))).toEqual(visibleRows(at('whole')));
      // Nothing is left behind but what is kept.
      expect(jobs.checkpoints(JOB).length).toBeLessThanOrEqual(3);
      expect(readdirSync(at('out')).filter((name) => name.startsWith('.'))).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'that wakes up after its successor has taken over is fenced',
    async () => {
      const script = SETTINGS + job(3_000_000, 'out');
      const first = start(script, '--restore', 'latest');
      await until(() => newestEpoch() > 1, first);
      first.child.kill('SIGSTOP');
      const second = start(script, '--restore', 'latest');
      const epoch = newestEpoch();
      await until(() => newestEpoch() > epoch + 1, second);
      first.child.kill('SIGCONT');
      const outcome = await first.ended;
      expect(outcome.code).toBe(1);
      expect(outcome.stderr).toContain('this process no longer owns the job');
      expect(await second.ended).toMatchObject({ code: 0 });
      expect(await start(job(3_000_000, 'whole')).ended).toMatchObject({ code: 0 });
      expect(visibleRows(at('out'))).toEqual(visibleRows(at('whole')));
    },
    TIMEOUT_MS,
  );

  it(
    'passes over a damaged checkpoint only if nothing of it is visible',
    async () => {
      const script = SETTINGS + job(600_000, 'out');
      const run = start(script);
      await until(() => newestEpoch() > 3, run);
      run.child.kill('SIGKILL');
      await run.ended;
      const newest = newestCommitted();
      writeFileSync(at(`${JOB_FOLDER}/${newest}/manifest.json`), 'garbage');
      const refused = await start(script, '--restore', 'latest').ended;
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain('--accept-duplicates');
      expect(await start(script, '--restore', 'latest', '--accept-duplicates').ended).toMatchObject({ code: 0 });
    },
    TIMEOUT_MS,
  );

  it('says what does not fit when another job is restored from its state', async () => {
    expect(await start(`${SETTINGS}SET 'pipeline.name' = 'j';\n${job(1000, 'out')}`).ended).toMatchObject({ code: 0 });
    const other = `${SETTINGS}SET 'pipeline.name' = 'j';
CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '5', 'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '5');
CREATE TABLE report (n BIGINT) WITH ('connector' = 'filesystem', 'path' = 'out2', 'format' = 'json');
INSERT INTO report SELECT n FROM numbers;`;
    const outcome = await start(other, '--restore', 'latest').ended;
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toMatch(/has no state of operator '.*'/);
  });

  it('cannot be restored without a folder, or from nowhere', async () => {
    const without = await start(job(10, 'out'), '--restore', 'latest').ended;
    expect(without.code).toBe(2);
    expect(without.stderr).toContain("SET 'execution.checkpointing.dir'");
    const nowhere = await start(SETTINGS + job(10, 'out'), '--restore', 'nowhere').ended;
    expect(nowhere.code).toBe(1);
    expect(nowhere.stderr).toContain('there is no checkpoint or savepoint at nowhere');
  });

  it('is restored from a path that is said to be its own, where a script runs several', async () => {
    const both = (before = '', behind = '') => `${SETTINGS}${job(1000, 'out')}
CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '5', 'fields.n.kind' = 'sequence',
  'fields.n.start' = '1', 'fields.n.end' = '5');
CREATE TABLE copy (n BIGINT) WITH ('connector' = 'filesystem', 'path' = 'out2', 'format' = 'json');
${before}INSERT INTO copy SELECT n FROM numbers;${behind}`;
    expect(await start(both()).ended).toMatchObject({ code: 0 });
    const other = 'insert-into_default_catalog.default_database.copy';
    const path = `chk/${other}/${jobs.checkpoints(other)[0]}`;
    const refused = await start(both(), '--restore', path).ended;
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(
      `this script runs 2. Say which one: SET 'execution.state-recovery.path' = '${path}'`,
    );
    const key = 'execution.state-recovery.path';
    const told = await start(both(`SET '${key}' = '${path}';\n`, `\nRESET '${key}';`)).ended;
    expect(told, told.stderr).toMatchObject({ code: 0 });
    expect(told.stderr.match(/restored checkpoint \d+ from .*/g)).toEqual([
      expect.stringContaining(`from chk/${other}`),
    ]);
    expect(visibleRows(at('out2'))).toHaveLength(5);
  });

  it('that fails starts again from its last checkpoint, and gives up when its strategy says so', async () => {
    mkdirSync(at('in'));
    writeFileSync(at('in/a.jsonl'), '{"n":1}\n{"n":2}\nbroken\n');
    const script = `SET 'execution.checkpointing.dir' = 'chk';
SET 'execution.checkpointing.interval' = '10 ms';
SET 'restart-strategy.type' = 'fixed-delay';
SET 'restart-strategy.fixed-delay.attempts' = '2';
SET 'restart-strategy.fixed-delay.delay' = '20 ms';
CREATE TABLE t (n INT) WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'json');
CREATE TABLE report (n INT) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'json');
INSERT INTO report SELECT n FROM t;`;
    const outcome = await start(script).ended;
    expect(outcome.code).toBe(1);
    expect(outcome.stderr.match(/It starts again in 20 ms/g)).toHaveLength(2);
    expect(visibleRows(at('out'))).toEqual([]);
  });

  it('in a folder that cannot be written fails and says why', async () => {
    writeFileSync(at('chk'), 'a file, not a folder');
    const outcome = await start(SETTINGS + job(10, 'out')).ended;
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain('chk');
    expect(readFileSync(at('chk'), 'utf8')).toBe('a file, not a folder');
  });
});
