// chaos: real processes, killed with SIGKILL at random moments and started again from their last checkpoint, at another
// parallelism and on another state backend, until the job is done; its output must be that of a run that nobody disturbed.
//
//   runChaos({ command, rounds: 30, seed: 1 })  ->  rounds played, and what was wrong (nothing)
//
// A round is one start of a process that finds a checkpoint later than the first and is killed; each job's first process,
// which makes those checkpoints, is killed too but is no round. State: folders under the system's temporary folder.

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChaosJob, chaosJobs } from './jobs.js';

export interface ChaosOptions {
  /** What `sabot` is: an executable and its first arguments. */
  readonly command: readonly string[];
  readonly cwd: string;
  readonly rounds: number;
  readonly seed: number;
  readonly log?: (line: string) => void;
}

export interface ChaosReport {
  readonly rounds: number;
  /** Rounds whose process had restored a checkpoint later than the first when it was killed; the others were still starting. */
  readonly restoredLater: number;
  readonly jobsDone: number;
  /** Empty if all is well. */
  readonly findings: readonly string[];
}

const PARALLELISMS = [1, 2, 3];
// Then a job is left alone until it is done, and the next has its turn.
const KILLS_PER_JOB_MAX = 20;
const CHECKPOINT_INTERVAL = '30 ms';
/** All in memory, or in so little that most of it is on disk. */
const BACKENDS = [
  "SET 'state.backend.type' = 'hashmap';",
  "SET 'state.backend.type' = 'rocksdb'; SET 'memory.limit' = '200 kb';",
] as const;

/** Plays rounds over all jobs in turn, as many of each, until so many processes have been killed and each job begun is done. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const random = generator(options.seed);
  const report = { rounds: 0, restoredLater: 0, jobsDone: 0, findings: [] as string[] };
  for (let i = 0; report.rounds < options.rounds && report.findings.length === 0; i++) {
    await playJob(chaosJobs[i % chaosJobs.length]!, options, random, report);
  }
  return report;
}

type Tally = { rounds: number; restoredLater: number; jobsDone: number; findings: string[] };

async function playJob(job: ChaosJob, options: ChaosOptions, random: () => number, report: Tally): Promise<void> {
  const killsMost = Math.min(KILLS_PER_JOB_MAX, Math.ceil(options.rounds / chaosJobs.length));
  const roundsMost = report.rounds + killsMost;
  const folder = mkdtempSync(join(tmpdir(), 'sabot-chaos-'));
  const { log = () => {} } = options;
  try {
    const undisturbed = await start(job, folder, 'undisturbed', 2, BACKENDS[0], options).ended;
    const expected = visibleRows(join(folder, 'undisturbed'));
    if (undisturbed.code !== 0 || expected.length === 0) {
      report.findings.push(`${job.name}: an undisturbed run ends with ${undisturbed.code}: ${undisturbed.stderr}`);
      return;
    }
    for (;;) {
      const parallelism = PARALLELISMS[Math.floor(random() * PARALLELISMS.length)]!;
      const isRound = newestEpoch(join(folder, 'checkpoints')) > 1;
      const backend = BACKENDS[Math.floor(random() * BACKENDS.length)]!;
      const run = start(job, folder, 'disturbed', parallelism, backend, options);
      // Mostly while rows flow, now and then while it starts.
      const whileStarting = random() < 0.06;
      const delayMs = random() * (whileStarting ? 300 : undisturbed.ms * 0.2);
      let timer: NodeJS.Timeout | undefined;
      const begun = whileStarting ? Promise.resolve() : run.flows(() => newestEpoch(join(folder, 'checkpoints')));
      void begun.then(() => {
        if (report.rounds < roundsMost) timer = setTimeout(() => run.kill(), delayMs);
      });
      const outcome = await run.ended;
      clearTimeout(timer);
      const epoch = newestEpoch(join(folder, 'checkpoints'));
      if (outcome.signal === 'SIGKILL') {
        if (isRound) report.rounds++;
        if (isRound && restoredEpoch(outcome.stderr) > 1) report.restoredLater++;
        log(
          `${job.name}: killed after ${Math.round(delayMs)} ms at parallelism ${parallelism}, restored ${restoredEpoch(outcome.stderr)}, newest ${epoch}`,
        );
        const visible = visibleRows(join(folder, 'disturbed'));
        report.findings.push(...surplus(visible, expected).map((row) => `${job.name}: too much after a kill: ${row}`));
        if (report.findings.length > 0) return;
        continue;
      }
      if (outcome.code !== 0) {
        report.findings.push(`${job.name}: a restored run ends with ${outcome.code}: ${outcome.stderr}`);
        return;
      }
      const rows = visibleRows(join(folder, 'disturbed'));
      report.findings.push(
        ...surplus(rows, expected).map((row) => `${job.name}: too much: ${row}`),
        ...surplus(expected, rows).map((row) => `${job.name}: missing: ${row}`),
      );
      report.jobsDone++;
      log(`${job.name}: done, ${rows.length} rows`);
      return;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  readonly ms: number;
}

function start(
  job: ChaosJob,
  folder: string,
  name: string,
  parallelism: number,
  backend: string,
  options: ChaosOptions,
) {
  const script = join(folder, `${name}.sql`);
  const checkpoints = name === 'undisturbed' ? 'checkpoints-undisturbed' : 'checkpoints';
  writeFileSync(
    script,
    `SET 'execution.checkpointing.dir' = '${join(folder, checkpoints)}';
SET 'execution.checkpointing.interval' = '${CHECKPOINT_INTERVAL}';
SET 'state.backend.rocksdb.localdir' = '${join(folder, 'state')}';
${backend}
${job.script(join(folder, name))}`,
  );
  const [file, ...first] = options.command as [string, ...string[]];
  const args = [...first, 'sql', '-f', script, '--restore', 'latest', '--parallelism', String(parallelism)];
  const begun = performance.now();
  const child = spawn(file, args, { cwd: options.cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (bytes) => (stderr += bytes));
  const ended = new Promise<Outcome>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stderr, ms: performance.now() - begun }));
  });
  /** Settles when the process has restored a checkpoint, or has taken its second one. */
  const flows = async (newest: () => number): Promise<void> => {
    const before = newest();
    while (child.exitCode === null && restoredEpoch(stderr) === 0 && newest() < Math.max(before, 1) + 1)
      await new Promise((resolve) => setTimeout(resolve, 5));
  };
  return { ended, flows, kill: () => child.kill('SIGKILL') };
}

/** What readers of a folder see: the rows of all files in it and below whose names do not begin with a dot, sorted. */
export function visibleRows(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .flatMap((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .sort();
}

/** Rows of `rows` beyond those of `of`, both sorted; duplicates count. At most ten. */
function surplus(rows: readonly string[], of: readonly string[]): string[] {
  const found: string[] = [];
  let at = 0;
  for (const row of rows) {
    while (at < of.length && of[at]! < row) at++;
    if (of[at] === row) at++;
    else if (found.push(row) === 10) break;
  }
  return found;
}

/** `restored checkpoint 7` in what the process said; 0 for none. */
export const restoredEpoch = (stderr: string): number => Number(/restored checkpoint (\d+)/.exec(stderr)?.[1] ?? 0);

/** The newest epoch with a manifest in any job's folder below. */
export function newestEpoch(folder: string): number {
  if (!existsSync(folder)) return 0;
  // Not recursively: what a running job removes meanwhile must not be looked into.
  const epochs = readdirSync(folder).flatMap((job) =>
    readdirSync(join(folder, job))
      .filter((name) => existsSync(join(folder, job, name, 'manifest.json')))
      .map((name) => Number(/^chk-(\d+)-\d+$/.exec(name)?.[1] ?? 0)),
  );
  return Math.max(0, ...epochs);
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
