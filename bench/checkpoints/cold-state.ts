// cold-state: a GROUP BY whose state is four times as large as its memory, beside the same in memory.
//
//   every key once, then keys by Zipf's law   ->   rows a CPU second of the second part, on both backends
//
// A run of the first part alone is taken off a run of both: filling is the same work for every key, and no key comes twice.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from '../nexmark/report.js';
import { type Run, runJob } from './run.js';

export interface ColdStateFigures {
  readonly keys: number;
  readonly rows: number;
  /** What the groups take in memory, if all of them lie there. */
  readonly stateMegabytes: number;
  readonly limitMegabytes: number;
  readonly memoryRowsPerCpuSecond: number;
  readonly rocksdbRowsPerCpuSecond: number;
  /** Median over the pairs: speed on rocksdb over speed in memory, by CPU time. */
  readonly speed: number;
  /** The same by time passed. */
  readonly speedByWall: number;
}

type Backend = { readonly backend: 'memory' } | { readonly backend: 'rocksdb'; readonly limitBytes: number };

export async function measureColdState(keys: number, rows: number, pairs: number): Promise<ColdStateFigures> {
  const stateBytes = (await run(keys, 0, { backend: 'memory' })).stateBytesMax;
  const limitBytes = Math.floor(stateBytes / 4);
  const ratios = [];
  for (let pair = 0; pair < pairs; pair++) {
    const order: Backend[] = [{ backend: 'memory' }, { backend: 'rocksdb', limitBytes }];
    if (pair % 2 === 1) order.reverse();
    const costs = { memory: { cpuMs: 0, wallMs: 0 }, rocksdb: { cpuMs: 0, wallMs: 0 } };
    for (const on of order) {
      const filled = await run(keys, 0, on);
      const whole = await run(keys, rows, on);
      costs[on.backend] = { cpuMs: whole.cpuMs - filled.cpuMs, wallMs: whole.wallMs - filled.wallMs };
    }
    ratios.push(costs);
  }
  const perSecond = (ms: readonly number[]) => (rows * 1000) / median(ms);
  const figures = {
    keys,
    rows,
    stateMegabytes: stateBytes / 1e6,
    limitMegabytes: limitBytes / 1e6,
    memoryRowsPerCpuSecond: perSecond(ratios.map((one) => one.memory.cpuMs)),
    rocksdbRowsPerCpuSecond: perSecond(ratios.map((one) => one.rocksdb.cpuMs)),
    speed: median(ratios.map((one) => one.memory.cpuMs / one.rocksdb.cpuMs)),
    speedByWall: median(ratios.map((one) => one.memory.wallMs / one.rocksdb.wallMs)),
  };
  process.stdout.write(
    `${keys.toLocaleString('en-US')} keys, ${figures.stateMegabytes.toFixed(0)} MB, memory.limit ${figures.limitMegabytes.toFixed(0)} MB: ` +
      `${Math.round(figures.memoryRowsPerCpuSecond).toLocaleString('en-US')} rows/CPU-s in memory, ` +
      `${Math.round(figures.rocksdbRowsPerCpuSecond).toLocaleString('en-US')} on rocksdb: ${(figures.speed * 100).toFixed(0)} % ` +
      `(${(figures.speedByWall * 100).toFixed(0)} % by time passed)\n`,
  );
  return figures;
}

async function run(keys: number, rows: number, on: Backend): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'sabot-cold-state-'));
  try {
    const script = join(folder, 'job.sql');
    writeFileSync(script, scriptOf(keys, rows, on, folder));
    return await runJob(script);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Rank r comes 1 / (r ln keys) of the times; a group's values take a hundred bytes. */
function scriptOf(keys: number, rows: number, on: Backend, folder: string): string {
  const limit =
    on.backend === 'rocksdb'
      ? `SET 'memory.limit' = '${on.limitBytes}b';\nSET 'state.backend.rocksdb.localdir' = '${folder}';\n`
      : '';
  return `SET 'parallelism.default' = '1';
SET 'state.backend.type' = '${on.backend}';
${limit}CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen', 'fields.n.kind' = 'sequence', 'fields.n.start' = '0',
  'fields.n.end' = '${keys + rows - 1}', 'rows-per-second' = '1000000000');
CREATE TABLE sink (k BIGINT, visits BIGINT, total BIGINT, note STRING) WITH ('connector' = 'blackhole');
INSERT INTO sink SELECT k, COUNT(*), SUM(n), LAST_VALUE(note)
FROM (SELECT n, CONCAT('the last note of this key, long enough to make a hundred bytes of its values, ', CAST(MOD(n, 1000000) AS STRING)) AS note,
  CASE WHEN n < ${keys} THEN n ELSE CAST(EXP(RAND() * LN(${keys}.0)) AS BIGINT) - 1 END AS k FROM numbers) GROUP BY k;
`;
}
