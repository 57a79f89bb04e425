// bench: what checkpoints cost: the same job without and with them, in alternating pairs, each run a process of its own.
//
//   npm run bench:checkpoints -- --queries q5,q17,q18_state --rows 20000000 --interval 1s --backend memory --pairs 5
//   npm run bench:checkpoints -- --large-state --keys 8000000        how much a checkpoint of a large, slowly changing state writes
//   npm run bench:checkpoints -- --cold-state --keys 5000000         a state four times as large as memory, beside one in memory
//
// Bids come from the engine's own generator, or, with --source json, from a file of JSON lines. `stall` is how long a task stood still because of a barrier: the wait for the barriers of its other
// inputs, and freezing state; of each checkpoint the longest. See README.md.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { prepareData } from '../nexmark/data.js';
import { median } from '../nexmark/report.js';
import { measureColdState } from './cold-state.js';
import { measureLargeState } from './large-state.js';
import { type Run, runJob } from './run.js';

const { values: asked } = parseArgs({
  options: {
    queries: { type: 'string', default: 'q5,q17,q18_state' },
    rows: { type: 'string', default: '20000000' },
    source: { type: 'string', default: 'nexmark' },
    interval: { type: 'string', default: '1s' },
    backend: { type: 'string', default: 'memory' },
    parallelism: { type: 'string', default: '1' },
    pairs: { type: 'string', default: '5' },
    'large-state': { type: 'boolean', default: false },
    'cold-state': { type: 'boolean', default: false },
    keys: { type: 'string' },
    json: { type: 'string' },
  },
});

const SEED = 42;

function scriptOf(query: string, folder: string | undefined): string {
  const settings = {
    'parallelism.default': asked.parallelism,
    ...(folder === undefined
      ? {}
      : {
          'state.backend.type': asked.backend,
          'execution.checkpointing.interval': asked.interval,
          'execution.checkpointing.dir': folder,
        }),
  };
  const bids = Number(asked.rows);
  const fromFiles = asked.source === 'json';
  const data = fromFiles ? prepareData({ bids, seed: SEED, parts: [Number(asked.parallelism)] }) : '';
  const values: Record<string, string> = {
    ROWS: asked.rows,
    SEED: String(SEED),
    SINK: 'blackhole',
    DATA: data,
    PAR: asked.parallelism,
  };
  const sets = Object.entries(settings).map(([key, value]) => `SET '${key}' = '${value}';\n`);
  const files = [fromFiles ? 'ddl_json' : 'ddl_nexmark', query];
  return [...sets, ...files.map((name) => readFileSync(`bench/nexmark/queries/${name}.sql`, 'utf8'))]
    .join('')
    .replaceAll(/\$\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}

async function run(query: string, withCheckpoints: boolean): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'sabot-checkpoints-'));
  try {
    const script = join(folder, 'job.sql');
    writeFileSync(script, scriptOf(query, withCheckpoints ? join(folder, 'checkpoints') : undefined));
    return await runJob(script);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The value that 99 of 100 do not exceed. */
function percentile99(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * 0.99) - 1)] ?? 0;
}

const MEGABYTE = 1e6;

async function measureCost(): Promise<void> {
  const results = [];
  for (const query of asked.queries.split(',')) {
    const pairs: { off: Run; on: Run }[] = [];
    await run(query, false);
    for (let pair = 0; pair < Number(asked.pairs); pair++) {
      const first = await run(query, pair % 2 === 1);
      const second = await run(query, pair % 2 === 0);
      pairs.push(pair % 2 === 1 ? { on: first, off: second } : { off: first, on: second });
    }
    const records = pairs.flatMap(({ on }) => on.checkpoints);
    const figures = {
      query,
      rows: Number(asked.rows),
      rowsPerCpuSecond: (Number(asked.rows) * 1000) / median(pairs.map(({ off }) => off.cpuMs)),
      /** CPU time with checkpoints over CPU time without. */
      cost: median(pairs.map(({ off, on }) => on.cpuMs / off.cpuMs)),
      checkpointsPerRun: median(pairs.map(({ on }) => on.checkpoints.length)),
      stallMs99: percentile99(records.map((r) => (r.syncNsMax + r.alignNsMax) / 1e6)),
      durationMs: median(records.map((r) => r.durationMs)),
      megabytesNew: median(records.map((r) => r.bytesNew / MEGABYTE)),
      megabytesTotal: median(records.map((r) => r.bytesTotal / MEGABYTE)),
      pairs,
    };
    results.push(figures);
    process.stdout.write(
      `${query}: ${Math.round(figures.rowsPerCpuSecond).toLocaleString('en-US')} rows/CPU-s without; with checkpoints each ${asked.interval} ` +
        `(${asked.backend}) CPU time is ${((figures.cost - 1) * 100).toFixed(1)} % more; ${figures.checkpointsPerRun} a run, ` +
        `stall p99 ${figures.stallMs99.toFixed(2)} ms, ${figures.durationMs.toFixed(0)} ms each, ` +
        `${figures.megabytesNew.toFixed(1)} MB new of ${figures.megabytesTotal.toFixed(1)} MB\n`,
    );
    if (asked.json !== undefined)
      writeFileSync(asked.json, `${JSON.stringify({ options: asked, results }, null, 2)}\n`);
  }
}

if (asked['large-state'] || asked['cold-state']) {
  const figures = asked['large-state']
    ? await measureLargeState(Number(asked.keys ?? 8e6), asked.backend)
    : await measureColdState(Number(asked.keys ?? 5e6), Number(asked.rows), Number(asked.pairs));
  if (asked.json !== undefined) writeFileSync(asked.json, `${JSON.stringify(figures, null, 2)}\n`);
} else {
  await measureCost();
}
