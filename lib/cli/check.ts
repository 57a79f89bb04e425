// check: `sabot check -f script.sql`, `sabot check -f job.ts`. Says which states an edit of a job keeps, before it is deployed.
//
//   sabot.lock (as it was), job (as it is)   ->   insert-into_report  group_aggregate  changed  'SUM(price)' was INTEGER and is BIGINT
//
// Without a lock file it writes one beside the job. Jobs of a TypeScript file are planned, not run. Exit code 1: some state would be
// lost, or not be restored.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SabotError } from '../errors.js';
import type { RunDefaults } from '../job/command-run.js';
import { planScript } from '../job/run-script.js';
import { compareStates, type LockedJob, type LockedOperator, lockJob, type StateChange } from '../plan/state-lock.js';
import type { PlannedJob } from '../planner/plan.js';
import { reportFailure } from './failure.js';
import { isJobFile, nothingRan, runJobFile } from './job-file.js';
import { renderAnswer } from './output.js';
import { readScript, type ScriptFile } from './script-file.js';

const LOCK_NAME = 'sabot.lock';
const LOCK_VERSION = 1;
const EXIT_LOST = 1;

export interface CheckOptions {
  readonly file: string;
  readonly define?: readonly string[];
  readonly parallelism?: number;
  readonly output?: 'table' | 'json';
  /** A checkpoint or savepoint to compare with, instead of the lock file. */
  readonly against?: string;
  /** The lock file is brought up to date. */
  readonly write?: boolean;
}

type Jobs = Readonly<Record<string, LockedJob>>;

/** Returns the exit code. */
export async function checkCommand(options: CheckOptions): Promise<number> {
  let script: ScriptFile | undefined;
  try {
    const defaults = options.parallelism === undefined ? {} : { parallelism: options.parallelism };
    if (isJobFile(options.file)) return check(await planJobFile(options, defaults), options);
    script = readScript(options.file, options.define ?? []);
    const warn = (message: string) => process.stderr.write(`warning: ${message}\n`);
    return check(await planScript(script.text, warn, defaults), options);
  } catch (error) {
    const render = (failure: SabotError) => script?.render(failure) ?? `error: ${failure.message}`;
    const report = reportFailure(script?.placed(error) ?? error, render);
    process.stderr.write(`${report.text}\n`);
    return report.exitCode;
  }
}

async function planJobFile({ file: path, define }: CheckOptions, defaults: RunDefaults): Promise<PlannedJob[]> {
  if (define !== undefined) {
    const message = `--define replaces names in an SQL script; ${path} is none.`;
    throw new SabotError('SABOT_E_OPTION', message, { kind: 'invalid-option', identifier: '--define' });
  }
  const plans: PlannedJob[] = [];
  await runJobFile(path, {
    defaults,
    signal: new AbortController().signal,
    jobStarted: () => () => {},
    planned: (plan) => plans.push(plan),
  });
  if (plans.length === 0) throw nothingRan(path);
  return plans;
}

function check(plans: readonly PlannedJob[], options: CheckOptions): number {
  const jobs: Jobs = Object.fromEntries(plans.map((plan) => [plan.job, lockJob(plan)]));
  const lock = join(options.file === '-' ? '.' : dirname(options.file), LOCK_NAME);
  const before = options.against === undefined ? readLock(lock) : readCheckpoint(options.against);
  const changes = before === undefined ? [] : changesOf(before, jobs, options.against !== undefined);
  print(changes, options.output ?? (process.stdout.isTTY ? 'table' : 'json'));
  if (options.against === undefined && (before === undefined || options.write === true)) {
    // Jobs of other files beside this one stay.
    const all = Object.fromEntries(Object.entries({ ...before, ...jobs }).sort(([a], [b]) => (a < b ? -1 : 1)));
    writeFileSync(lock, `${JSON.stringify({ version: LOCK_VERSION, jobs: all }, null, 2)}\n`);
    process.stderr.write(`wrote ${lock}\n`);
  }
  return changes.some(({ fate }) => fate === 'changed' || fate === 'dropped') ? EXIT_LOST : 0;
}

type JobChange = StateChange & { readonly job: string };

function changesOf(before: Record<string, Pick<LockedJob, 'operators'>>, jobs: Jobs, only: boolean): JobChange[] {
  const names = Object.keys(jobs).filter((name) => !only || before[name] !== undefined);
  if (names.length === 0) {
    throw new SabotError(
      'SABOT_E_OPTION',
      `There is no job ${Object.keys(before)
        .map((name) => `'${name}'`)
        .join(', ')}: its jobs are ${Object.keys(jobs).join(', ')}.`,
      { kind: 'unknown-job' },
    );
  }
  return names.flatMap((job) =>
    compareStates(before[job]?.operators ?? {}, jobs[job]!.operators).map((change) => ({ job, ...change })),
  );
}

function print(changes: readonly JobChange[], output: 'table' | 'json'): void {
  const lines = changes.map(({ job, uid, operator, fate, detail }) => ({ job, uid, operator, fate, detail }));
  if (output === 'json') for (const line of lines) process.stdout.write(`${JSON.stringify(line)}\n`);
  else process.stdout.write(renderAnswer(['job', 'uid', 'operator', 'fate', 'detail'], lines.map(Object.values)));
}

function readLock(path: string): Jobs | undefined {
  if (!existsSync(path)) return undefined;
  const lock = parse(path) as { version?: number; jobs?: Jobs };
  if (lock?.version !== LOCK_VERSION || typeof lock.jobs !== 'object')
    throw unreadable(path, `version ${LOCK_VERSION} is expected`);
  return lock.jobs;
}

interface ManifestFile {
  readonly manifest?: {
    readonly job: string;
    readonly operators: readonly {
      readonly uid: string;
      readonly name: string;
      readonly state?: LockedOperator['state'];
      readonly definition?: { readonly fingerprint?: string };
    }[];
  };
}

function readCheckpoint(folder: string): Record<string, Pick<LockedJob, 'operators'>> {
  const path = join(folder, 'manifest.json');
  const { manifest } = parse(path) as ManifestFile;
  if (manifest === undefined) throw unreadable(path, 'it is no manifest');
  const operators = Object.fromEntries(
    manifest.operators.flatMap(({ uid, name, state, definition: { fingerprint } = {} }) =>
      state === undefined
        ? []
        : [[uid, { operator: name, state, ...(fingerprint === undefined ? {} : { fingerprint }) }]],
    ),
  );
  return { [manifest.job]: { operators } };
}

function parse(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw unreadable(path, (cause as Error).message, cause);
  }
}

const unreadable = (path: string, why: string, cause?: unknown): SabotError =>
  new SabotError('SABOT_E_OPTION', `${path} cannot be read: ${why}.`, { kind: 'io', identifier: path, cause });
