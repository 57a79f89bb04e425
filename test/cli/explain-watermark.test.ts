// `sabot explain-watermark`: who holds event time back.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderReport } from '../../lib/cli/explain-watermark.js';
import type { WatermarkReport } from '../../lib/job/control.js';
import { CommandUnderTest, type Outcome, outcome } from './command.js';

const TIMEOUT_MS = 60_000;
const command = new CommandUnderTest();
const folder = mkdtempSync(join(tmpdir(), 'sabot-watermark-'));
let job: ChildProcess | undefined;

beforeAll(() => command.build(), 60_000);
afterAll(() => {
  job?.kill('SIGKILL');
  command.remove();
  rmSync(folder, { recursive: true, force: true });
});

const sabot = (...args: string[]): Promise<Outcome> =>
  outcome(spawn(process.execPath, [command.path, ...args], { cwd: folder }));

/** A second of event time per row. */
const clicks = (name: string, perSecond: number): string => `CREATE TABLE ${name} (
  n BIGINT, t AS TO_TIMESTAMP_LTZ(n, 0), WATERMARK FOR t AS t
) WITH ('connector' = 'datagen', 'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '100000000',
  'rows-per-second' = '${perSecond}');
`;

describe('explain-watermark', () => {
  it(
    'names the source behind which another one waits',
    async () => {
      const script = `SET 'execution.checkpointing.dir' = 'chk';
SET 'execution.checkpointing.interval' = '1 s';
SET 'pipeline.name' = 'clicks';
${clicks('quick', 1000)}${clicks('slow', 2)}CREATE TABLE sink (window_end TIMESTAMP(3), n BIGINT) WITH ('connector' = 'blackhole');
CREATE VIEW both_of_them AS SELECT * FROM quick UNION ALL SELECT * FROM slow;
INSERT INTO sink SELECT window_end, COUNT(*) FROM TABLE(TUMBLE(TABLE both_of_them, DESCRIPTOR(t), INTERVAL '5' SECOND)) GROUP BY window_start, window_end;`;
      writeFileSync(join(folder, 'job.sql'), script);
      job = spawn(process.execPath, [command.path, 'sql', '-f', 'job.sql'], { cwd: folder, stdio: 'ignore' });
      let report: WatermarkReport | undefined;
      while (report === undefined || report.holds.length === 0) {
        expect(job.exitCode).toBe(null);
        const answer = await sabot('explain-watermark', 'clicks', '--output', 'json');
        if (answer.code === 0) report = JSON.parse(answer.stdout) as WatermarkReport;
      }
      expect(report.job).toBe('clicks');
      const slow = report.splits.find(({ uid }) => uid.includes('slow'))!;
      const quick = report.splits.find(({ uid }) => uid.includes('quick'))!;
      expect(slow.watermarkMs).toBeLessThan(quick.watermarkMs!);
      expect(report.holds[0]!.uid).toBe(slow.uid);
      expect((await sabot('explain-watermark', 'clicks', '--output', 'table')).stdout).toContain(`by ${slow.uid}[0]`);
    },
    TIMEOUT_MS,
  );

  it('says which jobs there are where the name is wrong', async () => {
    const answer = await sabot('explain-watermark', 'clicksx', '--dir', folder);
    expect(answer.code).not.toBe(0);
    expect(answer.stderr).toContain("There is no job 'clicksx'");
  });

  it('shows splits that are idle or wait to be read, and what has lasted longest first', () => {
    const place = { operator: 'watermark_assigner', uid: 'bids', subtask: 0 };
    const text = renderReport({
      job: 'j',
      operators: [{ name: 'join', uid: 'j1', subtask: 1, watermarkMs: 5 }],
      splits: [
        { ...place, split: 'a', watermarkMs: 1_704_103_200_000, idle: false, waitsToBeRead: false },
        { ...place, split: 'b', watermarkMs: null, idle: true, waitsToBeRead: false },
        { ...place, split: 'c', watermarkMs: null, idle: false, waitsToBeRead: true },
      ],
      holds: [
        { ...place, split: 'c', watermarkMs: null, othersMs: null, heldMs: 900 },
        { ...place, split: 'a', watermarkMs: 1_704_103_200_000, othersMs: 1_704_103_260_000, heldMs: 41_000 },
      ],
    });
    expect(text.split('\n').slice(0, 2)).toEqual([
      "held back for 41 s by split 'a' of bids[0], which stands at 2024-01-01 10:00:00.000; others are at 2024-01-01 10:01:00.000",
      "held back for 0 s by split 'c' of bids[0], of which no row has come yet; others have ended",
    ]);
    expect(text).toMatch(/\bb +.*idle/);
    expect(text).toContain('waits to be read');
    expect(renderReport({ job: 'j', operators: [], splits: [], holds: [] })).toContain(
      'Nothing holds event time back.',
    );
  });
});
