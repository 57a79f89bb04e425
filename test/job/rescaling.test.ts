// One job of every kind of state, stopped and started again at 1, 8, 3 and 128 subtasks: it gives what a run that nobody stopped gives.
//
//   1 subtask, savepoint  ->  8, savepoint  ->  3, savepoint  ->  128, to the end     sources, GROUP BY, windows, joins, Top-N

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inJobFolder } from './in-job-folder.js';
import { type JobFolder, until } from './job-folder.js';

const TIMEOUT_MS = 180_000;
const ROWS = 60_000;
// Half a minute of rows: three parts of the job need a second or two each.
const PER_SECOND = 2_000;
let jobs: JobFolder;

inJobFolder((made) => {
  jobs = made;
});

/** Numbers from 1 on, a millisecond each; a pace of 0 knows no bound. */
const numbers = (name: string, perSecond: number) => `CREATE TABLE ${name} (
  n BIGINT, t AS TO_TIMESTAMP_LTZ(n, 3), WATERMARK FOR t AS t - INTERVAL '5' SECOND
) WITH ('connector' = 'datagen', 'number-of-rows' = '${ROWS}', 'fields.n.kind' = 'sequence', 'fields.n.start' = '1',
  'fields.n.end' = '${ROWS}'${perSecond === 0 ? '' : `, 'rows-per-second' = '${perSecond}'`});
`;

const script = (perSecond: number) => `SET 'execution.checkpointing.dir' = 'chk';
SET 'execution.checkpointing.interval' = '50 ms';
SET 'pipeline.name' = 'all';
SET 'restart-strategy.type' = 'none';
${numbers('l', perSecond)}${numbers('r', perSecond)}
SELECT 'group by' AS part, MOD(n, 1000) AS k, COUNT(*) AS a, SUM(n) AS b FROM l GROUP BY MOD(n, 1000)
UNION ALL
SELECT 'window', MOD(n, 7), COUNT(*), COUNT(DISTINCT MOD(n, 300))
FROM TABLE(TUMBLE(TABLE l, DESCRIPTOR(t), INTERVAL '2' SECOND)) GROUP BY MOD(n, 7), window_start, window_end
UNION ALL
SELECT 'join', MOD(l.n, 5), COUNT(*), SUM(r.n) FROM l JOIN r ON l.n = r.n GROUP BY MOD(l.n, 5)
UNION ALL
SELECT 'interval join', MOD(l.n, 5), COUNT(*), SUM(r.n) FROM l JOIN r
ON l.n = r.n AND l.t BETWEEN r.t - INTERVAL '1' SECOND AND r.t + INTERVAL '1' SECOND GROUP BY MOD(l.n, 5)
UNION ALL
SELECT 'rank', k, n, place FROM
  (SELECT MOD(n, 50) AS k, n, ROW_NUMBER() OVER (PARTITION BY MOD(n, 50) ORDER BY n DESC) AS place FROM l) WHERE place <= 2;
`;

describe('a job', () => {
  it(
    'goes from 1 subtask to 8, to 3 and to 128',
    async () => {
      const whole = await jobs.sql(script(0)).ended;
      expect(whole, whole.stderr).toMatchObject({ code: 0 });
      const lines = whole.stdout.trim().split('\n');
      // 1000 groups; 30 windows by 7, and the last row's; 5 and 5 pairs; 50 times 2 places.
      expect(lines).toHaveLength(1000 + 30 * 7 + 1 + 5 + 5 + 100);
      rmSync(join(jobs.path, 'chk'), { recursive: true });

      let restore: string[] = [];
      for (const parallelism of ['1', '8', '3']) {
        const before = jobs.newestEpoch('all');
        const part = jobs.sql(script(PER_SECOND), '--parallelism', parallelism, ...restore);
        await until(() => jobs.newestEpoch('all') > before + 2, part);
        const stopped = await jobs.start(['savepoint', 'all', `sp${parallelism}`, '--stop']).ended;
        expect(stopped, stopped.stderr).toMatchObject({ code: 0 });
        const { code, stdout, stderr } = await part.ended;
        expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: '' });
        if (restore.length > 0) expect(stderr).toContain('restored savepoint');
        restore = ['--restore', `sp${parallelism}`];
      }
      const rest = await jobs.sql(script(0), '--parallelism', '128', ...restore).ended;
      expect(rest, rest.stderr).toMatchObject({ code: 0 });
      expect(rest.stderr).toContain('restored savepoint');
      expect(rest.stdout.trim().split('\n')).toEqual(lines);
    },
    TIMEOUT_MS,
  );

  it('has no more than 128', async () => {
    const refused = await jobs.sql(script(0), '--parallelism', '129').ended;
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('The parallelism of the job (129) is higher than the max parallelism (128)');
  });
});
