// bench: Nexmark in sabot and in Flink, on the same files, in alternating pairs.
//
//   npm run bench:nexmark -- --queries q0,q5 --bids 4000000 --parallelism 1,2 --pairs 5 --json figures.json
//
// Each query runs in both engines once unmeasured; then sabot and Flink take turns in being first. Flink's cost is its job's,
// sabot's is the whole process. Both are given the same script, settings included. See README.md for what is compared and why.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Measurement } from '../measurement.js';
import { buildFlink, flinkVersion, startFlink } from '../peers/flink/flink.js';
import { cacheFolder, prepareData } from './data.js';
import { figuresOf, meanRatio, type QueryFigures, type Runs, renderFigures } from './report.js';
import { runSabot } from './sabot.js';

const QUERIES = 'bench/nexmark/queries';
const ALL = 'q0,q1,q2,q5,q7,q11,q15,q16,q17,q22';
const USAGE = `npm run bench:nexmark -- [options]
  --queries q0,q5        default: ${ALL}
  --bids N               rows of the bid table, default 4000000
  --parallelism 1,2      default: 1,2
  --pairs N              measured runs of each engine, default 5
  --source json|nexmark  files, or the engine's own generator (sabot alone); default json
  --sabot-only           leave Flink out
  --mini-batch ROWS      fold changes in both engines: mini-batches of so many rows, of 2 s at most; default: off
  --set KEY=VALUE        a further setting for both; may be repeated
  --seed N               of the data, default 42
  --data DIR             where the files are or go; default: the user's cache folder
  --jvm FLAGS            flags of Flink's JVM, default -Xmx4g
  --json FILE            write all figures, and every single run, as JSON`;

interface Options {
  readonly queries: readonly string[];
  readonly bids: number;
  readonly parallelisms: readonly number[];
  readonly pairs: number;
  readonly source: 'json' | 'nexmark';
  readonly flink: boolean;
  readonly settings: Readonly<Record<string, string>>;
  readonly seed: number;
  readonly data: string | undefined;
  readonly jvm: string | undefined;
  readonly json: string | undefined;
}

class UsageError extends Error {}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      queries: { type: 'string', default: ALL },
      bids: { type: 'string', default: '4000000' },
      parallelism: { type: 'string', default: '1,2' },
      pairs: { type: 'string', default: '5' },
      source: { type: 'string', default: 'json' },
      'sabot-only': { type: 'boolean', default: false },
      'mini-batch': { type: 'string' },
      set: { type: 'string', multiple: true, default: [] },
      seed: { type: 'string', default: '42' },
      data: { type: 'string' },
      jvm: { type: 'string' },
      json: { type: 'string' },
    },
  });
  const queries = values.queries.split(',');
  for (const query of queries) {
    if (!existsSync(`${QUERIES}/${query}.sql`)) throw new UsageError(`There is no ${QUERIES}/${query}.sql.`);
  }
  const { source } = values;
  if (source !== 'json' && source !== 'nexmark') throw new UsageError(`--source is json or nexmark, not '${source}'.`);
  return {
    queries,
    bids: wholeNumber('--bids', values.bids),
    parallelisms: values.parallelism.split(',').map((n) => wholeNumber('--parallelism', n)),
    pairs: wholeNumber('--pairs', values.pairs),
    source,
    flink: source === 'json' && !values['sabot-only'],
    settings: { ...miniBatch(values['mini-batch']), ...Object.fromEntries(values.set.map(setting)) },
    seed: wholeNumber('--seed', values.seed),
    data: values.data,
    jvm: values.jvm,
    json: values.json,
  };
}

function wholeNumber(option: string, text: string): number {
  const n = Number(text);
  if (!Number.isSafeInteger(n) || n < 1) throw new UsageError(`${option} takes whole numbers from 1, not '${text}'.`);
  return n;
}

function setting(text: string): [string, string] {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (key === undefined || value === undefined) throw new UsageError(`--set takes KEY=VALUE, not '${text}'.`);
  return [key, value];
}

function miniBatch(rows: string | undefined): Record<string, string> {
  if (rows === undefined) return {};
  return {
    'table.exec.mini-batch.enabled': 'true',
    'table.exec.mini-batch.allow-latency': '2 s',
    'table.exec.mini-batch.size': String(wholeNumber('--mini-batch', rows)),
  };
}

/** The script that both engines are given: settings, tables, query. */
function scriptOf(query: string, parallelism: number, data: string, { source, settings, bids, seed }: Options): string {
  const values: Record<string, string | number> = {
    DATA: data,
    PAR: parallelism,
    ROWS: bids,
    SEED: seed,
    SINK: 'blackhole',
  };
  const sets = Object.entries(settings).map(([key, value]) => `SET '${key}' = '${value}';\n`);
  const files = [`ddl_${source}`, query].map((name) => readFileSync(`${QUERIES}/${name}.sql`, 'utf8'));
  return [...sets, ...files]
    .join('')
    .replaceAll(/\$\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** Runs one query in pairs; a failure of either engine is a result, not the end. */
async function runPairs(
  query: string,
  parallelism: number,
  script: string,
  flinkFolder: string | undefined,
  { bids, pairs, jvm }: Options,
): Promise<Runs> {
  const sabot: Measurement[] = [];
  const flink: Measurement[] = [];
  const runs = { query, parallelism, rows: bids, sabot, flink };
  try {
    const own = { script, parallelism };
    await runSabot(own); // Brings the files into memory.
    await using peer = flinkFolder === undefined ? undefined : await startFlink(flinkFolder, { ...own, jvm });
    const steps = [
      async () => sabot.push(await runSabot(own)),
      ...(peer === undefined ? [] : [async () => flink.push(await peer.run())]),
    ];
    for (let pair = 0; pair < pairs; pair++) {
      for (const step of pair % 2 === 0 ? steps : steps.toReversed()) await step();
      process.stderr.write(`${query} p${parallelism}: pair ${pair + 1} of ${pairs}\n`);
    }
    return runs;
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${query} p${parallelism}: failed\n`);
    return { ...runs, sabot: [], flink: [], failure };
  }
}

const gitCommit = (): string | null => {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return null; // A tree without its history.
  }
};

function writeReport(file: string, options: Options, figures: readonly QueryFigures[], loadBefore: number): void {
  const machine = { processor: cpus()[0]?.model, cores: cpus().length, memoryBytes: totalmem(), kernel: release() };
  const versions = { commit: gitCommit(), node: process.version, flink: flinkVersion() };
  const { queries: _, json: __, ...run } = options;
  const report = {
    at: new Date().toISOString(),
    machine: { ...machine, loadBefore },
    versions,
    options: run,
    results: figures,
    geometricMean: meanRatio(figures) ?? null,
  };
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
}

async function main(): Promise<number> {
  const options = readOptions();
  const loadBefore = loadavg()[0]!;
  if (loadBefore > cpus().length / 2)
    process.stderr.write(
      `This machine is busy (load ${loadBefore.toFixed(1)}): the figures will be worse than they are.\n`,
    );
  const data =
    options.source === 'json'
      ? prepareData({
          bids: options.bids,
          seed: options.seed,
          parts: options.parallelisms,
          ...(options.data === undefined ? {} : { folder: options.data }),
        })
      : '';
  const flinkFolder = options.flink ? buildFlink(cacheFolder()) : undefined;
  const scripts = mkdtempSync(join(tmpdir(), 'sabot-nexmark-'));
  const figures: QueryFigures[] = [];
  try {
    for (const parallelism of options.parallelisms) {
      for (const query of options.queries) {
        const script = join(scripts, `${query}-p${parallelism}.sql`);
        writeFileSync(script, scriptOf(query, parallelism, data, options));
        figures.push(figuresOf(await runPairs(query, parallelism, script, flinkFolder, options)));
        if (options.json !== undefined) writeReport(options.json, options, figures, loadBefore);
      }
    }
  } finally {
    rmSync(scripts, { recursive: true, force: true });
  }
  process.stdout.write(`${renderFigures(figures)}\n`);
  return figures.some((one) => one.failure !== undefined) ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  const wrongArguments =
    error instanceof UsageError ||
    (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'));
  if (!wrongArguments) throw error;
  process.stderr.write(`${error.message}\n\n${USAGE}\n`);
  process.exitCode = 2;
}
