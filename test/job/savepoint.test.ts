// Commands to running jobs: they are listed, cancelled, and stopped with savepoints that others go on from.

import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { datagen, file, Job, t } from '../../lib/index.js';
import { visibleRows } from '../chaos/chaos.js';
import { inJobFolder } from './in-job-folder.js';
import { JobFolder, until } from './job-folder.js';

const TIMEOUT_MS = 120_000;
let jobs: JobFolder;

const command = inJobFolder((made) => {
  jobs = made;
});

const at = (name: string) => join(jobs.path, name);
const sabot = (...args: string[]) => jobs.start(args).ended;

const SETTINGS = `SET 'execution.checkpointing.dir' = 'chk';
SET 'execution.checkpointing.interval' = '50 ms';
SET 'pipeline.name' = 'counts';
`;
/** Numbers from 1 on at a steady pace, so that a job lasts as long on every machine; a pace of 0 knows no bound. */
const numbersTable = (rows: number, perSecond: number): string => `CREATE TABLE numbers (
  n BIGINT, t AS TO_TIMESTAMP_LTZ(n, 3), WATERMARK FOR t AS t
) WITH ('connector' = 'datagen', 'number-of-rows' = '${rows}', 'fields.n.kind' = 'sequence', 'fields.n.start' = '1',
  'fields.n.end' = '${rows}', 'scan.parallelism' = '1'${perSecond === 0 ? '' : `, 'rows-per-second' = '${perSecond}'`});
`;

/** Rows per remainder and window, into files. */
const script = (rows: number, out: string, perSecond: number): string => `${SETTINGS}${numbersTable(rows, perSecond)}
CREATE TABLE report (k BIGINT, window_end TIMESTAMP_LTZ(3), n BIGINT, others BIGINT)
WITH ('connector' = 'filesystem', 'path' = '${out}', 'format' = 'json');
INSERT INTO report SELECT MOD(n, 7), window_end, COUNT(*), COUNT(DISTINCT MOD(n, 3000))
FROM TABLE(TUMBLE(TABLE numbers, DESCRIPTOR(t), INTERVAL '20' SECOND)) GROUP BY MOD(n, 7), window_start, window_end;
`;

const PER_SECOND = 10_000;

const sql = (rows: number, out: string, perSecond: number, ...args: string[]) =>
  jobs.sql(script(rows, out, perSecond), ...args);
const newestEpoch = () => jobs.newestEpoch('counts');

describe('a savepoint', () => {
  it(
    'stops a job, is moved, and another process goes on from it at another parallelism',
    async () => {
      expect(await sql(60_000, 'whole', 0).ended).toMatchObject({ code: 0 });
      rmSync(at('chk'), { recursive: true });

      const behind = `SELECT 'the statement behind it ran';`;
      const run = jobs.sql(script(60_000, 'out', PER_SECOND) + behind, '--parallelism', '2');
      await until(() => newestEpoch() > 1, run);
      const listed = await sabot('jobs', 'chk');
      expect(JSON.parse(listed.stdout)).toMatchObject({
        job: 'counts',
        state: 'running',
        pid: run.child.pid,
        attempt: 1,
      });
      const [socket] = readdirSync(at('chk/counts/control'));
      expect(statSync(at(`chk/counts/control/${socket}`)).mode & 0o777).toBe(0o600);

      const stopped = await sabot('savepoint', 'counts', 'sp', '--stop');
      expect(stopped).toMatchObject({ code: 0, stdout: `${at('sp')}\n` });
      const ended = await run.ended;
      expect(ended).toMatchObject({ code: 0, stdout: '' });
      expect(ended.stderr).toContain('stopped with savepoint');
      expect(readdirSync(at('out')).filter((name) => name.startsWith('.'))).toEqual([]);
      expect(JSON.parse((await sabot('jobs')).stdout)).toMatchObject({ job: 'counts', state: 'stopped', pid: null });

      renameSync(at('sp'), at('moved'));
      rmSync(at('chk'), { recursive: true });
      const rest = await sql(60_000, 'out', 0, '--restore', 'moved', '--parallelism', '3').ended;
      expect(rest, rest.stderr).toMatchObject({ code: 0 });
      expect(rest.stderr).toContain('restored savepoint');
      expect(visibleRows(at('out'))).toEqual(visibleRows(at('whole')));
    },
    TIMEOUT_MS,
  );

  it(
    'that a job stopped with is what --restore latest goes on from, and missed when it has gone',
    async () => {
      const run = sql(60_000, 'out', PER_SECOND);
      await until(() => newestEpoch() > 5, run);
      const { stdout } = await sabot('savepoint', 'chk/counts', '--stop');
      const savepoint = stdout.trim();
      expect(savepoint.startsWith(at('chk/counts/savepoints/'))).toBe(true);
      await run.ended;
      // What is small stands in the manifest, and would not be missed.
      expect(readdirSync(savepoint).length).toBeGreaterThan(1);
      renameSync(savepoint, at('moved'));
      const missed = await sql(60_000, 'out', 0, '--restore', 'latest').ended;
      expect(missed.code).toBe(1);
      expect(missed.stderr).toContain('If it was moved, go on with --restore PATH');
      renameSync(at('moved'), savepoint);
      expect(await sql(60_000, 'out', 0, '--restore', 'latest').ended).toMatchObject({ code: 0 });
      expect(await sql(60_000, 'whole', 0).ended).toMatchObject({ code: 0 });
      expect(visibleRows(at('out'))).toEqual(visibleRows(at('whole')));
    },
    TIMEOUT_MS,
  );

  it(
    'of a job that goes on changes nothing; a cancelled job goes on from its last checkpoint',
    async () => {
      const run = sql(200_000, 'out', PER_SECOND);
      await until(() => newestEpoch() > 1, run);
      expect(await sabot('savepoint', 'counts', 'sp')).toMatchObject({ code: 0 });
      expect(existsSync(at('sp/manifest.json'))).toBe(true);
      const again = await sabot('savepoint', 'counts', 'sp');
      expect(again.code).toBe(1);
      expect(again.stderr).toContain('is not empty');
      const epoch = newestEpoch();
      await until(() => newestEpoch() > epoch, run);
      expect(await sabot('cancel', 'counts')).toMatchObject({ code: 0 });
      expect(await run.ended).toMatchObject({ code: 1 });
      expect(await sql(200_000, 'out', 0, '--restore', 'latest').ended).toMatchObject({ code: 0 });
      expect(await sql(200_000, 'whole', 0).ended).toMatchObject({ code: 0 });
      expect(visibleRows(at('out'))).toEqual(visibleRows(at('whole')));
    },
    TIMEOUT_MS,
  );

  it(
    'goes on where an aggregate has two phases, and back where it has one',
    async () => {
      const query = (perSecond: number) => `${SETTINGS}${numbersTable(100_000, perSecond)}
SET 'table.exec.mini-batch.enabled' = 'true';
SET 'table.exec.mini-batch.allow-latency' = '1 s';
SET 'table.exec.mini-batch.size' = '1000';
SELECT MOD(n, 7) AS k, COUNT(*) AS c, SUM(n) AS total, MAX(n) AS top FROM numbers GROUP BY MOD(n, 7);`;
      const run = (perSecond: number, ...args: string[]) => jobs.sql(query(perSecond), ...args);
      const whole = await run(0).ended;
      expect(whole.stdout).not.toBe('');
      rmSync(at('chk'), { recursive: true });
      let restore: string[] = [];
      for (const [i, parallelism] of ['1', '3', '1'].entries()) {
        const epoch = newestEpoch();
        const part = run(PER_SECOND, '--parallelism', parallelism, ...restore);
        await until(() => newestEpoch() > epoch, part);
        const stopped = await sabot('savepoint', 'counts', `sp${i}`, '--stop');
        expect(stopped, stopped.stderr).toMatchObject({ code: 0 });
        expect(await part.ended).toMatchObject({ code: 0, stdout: '' });
        restore = ['--restore', `sp${i}`];
      }
      const rest = await run(0, '--parallelism', '2', ...restore).ended;
      expect(rest, rest.stderr).toMatchObject({ code: 0, stdout: whole.stdout });
    },
    TIMEOUT_MS,
  );

  it('cannot be had of a job that does not run, or is not there', async () => {
    expect(await sql(1000, 'out', 0).ended).toMatchObject({ code: 0 });
    const stopped = await sabot('savepoint', 'counts');
    expect(stopped).toMatchObject({ code: 1 });
    expect(stopped.stderr).toContain("Job 'counts' cannot be asked: it does not run");
    const unknown = await sabot('cancel', 'asks');
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain("There is no job 'asks'");
    expect(unknown.stderr).toContain('there are: counts');
  });

  it('is found in a folder whose path is longer than a socket address', async () => {
    jobs.remove();
    jobs = new JobFolder(command, 'a'.repeat(120));
    onTestFinished(() => jobs.remove());
    const run = sql(500_000, 'out', PER_SECOND);
    await until(() => newestEpoch() > 0, run);
    expect(JSON.parse((await sabot('jobs')).stdout)).toMatchObject({ job: 'counts', state: 'running' });
    expect(await sabot('cancel', 'counts')).toMatchObject({ code: 0 });
    expect((await run.ended).code).toBe(1);
    expect(readdirSync(at('chk/counts/control'))).toEqual([]);
  });

  it('of a process that was killed does not hide its successor', async () => {
    const first = sql(500_000, 'out', PER_SECOND);
    await until(() => newestEpoch() > 1, first);
    first.child.kill('SIGKILL');
    await first.ended;
    expect(JSON.parse((await sabot('jobs')).stdout)).toMatchObject({ state: 'stopped' });
    const second = sql(500_000, 'out', PER_SECOND, '--restore', 'latest');
    const epoch = newestEpoch();
    await until(() => newestEpoch() > epoch, second);
    expect(readdirSync(at('chk/counts/control'))).toHaveLength(1);
    expect(await sabot('cancel', 'counts')).toMatchObject({ code: 0 });
    await second.ended;
  });
});

describe('a job of the Stream API', () => {
  const Numbers = t.row({ n: t.bigint() });
  const ROWS = 20_000;
  const numbers = () => {
    const job = new Job('numbers');
    job
      .source(
        datagen({
          schema: Numbers,
          options: {
            'number-of-rows': String(ROWS),
            'rows-per-second': String(ROWS / 2),
            'fields.n.kind': 'sequence',
            'fields.n.start': '1',
            'fields.n.end': String(ROWS),
          },
        }),
      )
      .to(file.sink({ path: at('out'), format: 'json' }));
    return job;
  };
  const checkpoint = () => ({ dir: at('chk'), interval: '20 ms' });

  it(
    'takes savepoints and stops with one',
    async () => {
      const job = numbers();
      await expect(async () => job.savepoint()).rejects.toMatchObject({ code: 'SABOT_E_SAVEPOINT' });
      const done = job.run({ checkpoint: checkpoint() });
      while (job.metrics()?.checkpoints?.completed === undefined)
        await new Promise((resolve) => setTimeout(resolve, 5));
      const first = await job.savepoint(at('first'));
      expect(first).toBe(at('first'));
      expect(job.metrics()?.checkpoints?.lastSavepoint?.savepoint).toBe(first);
      const second = await job.stop({ savepoint: at('second') });
      await done;
      expect(visibleRows(at('out')).length).toBeLessThan(ROWS);
      await numbers().run({ checkpoint: checkpoint(), restore: second });
      const rows = visibleRows(at('out'));
      expect(rows).toHaveLength(ROWS);
      expect(new Set(rows).size).toBe(ROWS);
    },
    TIMEOUT_MS,
  );

  it('takes none without a folder for checkpoints', async () => {
    const job = numbers();
    const done = job.run();
    while (job.metrics() === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    await expect(job.stop()).rejects.toThrow('execution.checkpointing.dir');
    await done;
  });
});
