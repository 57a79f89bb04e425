// large-state: a GROUP BY with about a gigabyte of state of which one key in a hundred changes between two checkpoints.
//
//   8 M keys once, then 1 % of them again and again   ->   bytes that a checkpoint writes of those it consists of; how long a restore takes

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from '../nexmark/report.js';
import { runJob } from './run.js';

const MEGABYTE = 1e6;
/** How often each of the keys that change comes again. */
const ROUNDS = 600;
const RESTORES = 5;

export interface LargeStateFigures {
  readonly keys: number;
  readonly megabytesTotal: number;
  /** Of the checkpoints in which only one key in a hundred had changed. */
  readonly writtenShare: number;
  readonly checkpoints: number;
  readonly stallMsMax: number;
  /** Of several restores the median; all of them. */
  readonly restoreMs: number;
  readonly restoresMs: readonly number[];
}

export async function measureLargeState(keys: number, backend: string): Promise<LargeStateFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'sabot-large-state-'));
  try {
    const script = join(folder, 'job.sql');
    writeFileSync(script, scriptOf(keys, backend, join(folder, 'checkpoints')));
    const { checkpoints } = await runJob(script);
    const restoresMs: number[] = [];
    for (let i = 0; i < RESTORES; i++) restoresMs.push((await runJob(script, 'latest')).restoreMs);
    // The state is whole from the time on when a checkpoint writes little of it.
    const whole = Math.max(...checkpoints.map((one) => one.bytesTotal));
    const steady = checkpoints.filter((one) => one.bytesTotal > whole * 0.9 && one.bytesNew < whole * 0.5);
    if (steady.length === 0)
      throw new Error('The job ended before a checkpoint of the whole state: give it more --keys.');
    const figures = {
      keys,
      megabytesTotal: whole / MEGABYTE,
      writtenShare: median(steady.map((one) => one.bytesNew / whole)),
      checkpoints: steady.length,
      stallMsMax: Math.max(...steady.map((one) => (one.syncNsMax + one.alignNsMax) / 1e6)),
      restoreMs: median(restoresMs),
      restoresMs,
    };
    process.stdout.write(
      `${keys.toLocaleString('en-US')} keys, ${figures.megabytesTotal.toFixed(0)} MB (${backend}): ${figures.checkpoints} checkpoints with 1 % of the keys ` +
        `changed wrote ${(figures.writtenShare * 100).toFixed(1)} % of it each, stall at most ${figures.stallMsMax.toFixed(2)} ms; ` +
        `restored in ${figures.restoreMs.toFixed(0)} ms (${restoresMs.map((ms) => ms.toFixed(0)).join(', ')})\n`,
    );
    return figures;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function scriptOf(keys: number, backend: string, folder: string): string {
  const changing = Math.floor(keys / 100);
  const rows = keys + changing * ROUNDS;
  return `SET 'execution.checkpointing.interval' = '1s';
SET 'execution.checkpointing.dir' = '${folder}';
SET 'state.backend.type' = '${backend}';
CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '${rows}', 'fields.n.kind' = 'sequence',
  'fields.n.start' = '0', 'fields.n.end' = '${rows}', 'rows-per-second' = '1000000000');
CREATE TABLE sink (k BIGINT, visits BIGINT, note STRING) WITH ('connector' = 'blackhole');
INSERT INTO sink SELECT k, COUNT(*), LAST_VALUE(CONCAT('the note of this key, long enough to make a hundred bytes of it, is the number ', CAST(n AS STRING)))
FROM (SELECT n, CASE WHEN n < ${keys} THEN n ELSE MOD(n, ${changing}) * 100 END AS k FROM numbers) GROUP BY k;
`;
}
