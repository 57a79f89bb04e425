// job-folder: a folder with the checkpoints of a job, and the processes that run it: for tests that kill, stop and restart jobs.
//
//   const run = folder.sql(script, '--restore', 'latest');
//   await until(() => folder.newestEpoch('counts') > 1, run);  run.child.kill('SIGKILL');  await run.ended;

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CommandUnderTest, type Outcome, outcome } from '../cli/command.js';

export interface JobProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<Outcome & { readonly signal: NodeJS.Signals | null }>;
}

export class JobFolder {
  readonly path: string;
  private readonly root = mkdtempSync(join(tmpdir(), 'sabot-job-'));
  private readonly children = new Set<ChildProcess>();

  /** `below`: the folder's path in a temporary one. */
  constructor(
    private readonly command: CommandUnderTest,
    below = '.',
  ) {
    this.path = join(this.root, below);
    mkdirSync(this.path, { recursive: true });
  }

  /** `sabot` with these arguments, in the folder. */
  start(args: readonly string[]): JobProcess {
    const child = spawn(process.execPath, [this.command.path, ...args], {
      cwd: this.path,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.children.add(child);
    const ended = outcome(child).then((told) => {
      this.children.delete(child);
      return { ...told, signal: child.signalCode };
    });
    return { child, ended };
  }

  /** `sabot sql` with a script. */
  sql(script: string, ...args: string[]): JobProcess {
    writeFileSync(join(this.path, 'job.sql'), script);
    return this.start(['sql', '-f', 'job.sql', ...args]);
  }

  /** Names of the checkpoints of a job in `chk`. */
  checkpoints(job: string): string[] {
    const at = join(this.path, 'chk', job);
    return existsSync(at) ? readdirSync(at).filter((name) => name.startsWith('chk-')) : [];
  }

  newestEpoch(job: string): number {
    return Math.max(0, ...this.checkpoints(job).map((name) => Number(name.split('-')[1])));
  }

  /** Nothing of it is left, nor of its processes. */
  remove(): void {
    for (const child of this.children) child.kill('SIGKILL');
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Waits for something that a process brings about; throws if the process ends before. */
export async function until(what: () => boolean, { ended }: Pick<JobProcess, 'ended'>): Promise<void> {
  let end: Outcome | undefined;
  void ended.then((told) => {
    end = told;
  });
  while (!what()) {
    if (end !== undefined) throw new Error(`the process has ended with ${end.code}: ${end.stderr}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/**
 * Starts a job with each of these settings in turn, `latest` restored, and kills it once it has taken two checkpoints more; every one
 * but the first goes on from a checkpoint.
 */
export async function killInTurn<Backend extends string>(
  turns: readonly (readonly [backend: Backend, parallelism: number])[],
  start: (backend: Backend, ...args: string[]) => JobProcess,
  newestEpoch: () => number,
): Promise<void> {
  for (const [backend, parallelism] of turns) {
    const before = newestEpoch();
    const run = start(backend, '--restore', 'latest', '--parallelism', String(parallelism));
    await until(() => newestEpoch() > before + 2, run);
    run.child.kill('SIGKILL');
    const { signal, stderr } = await run.ended;
    if (signal !== 'SIGKILL') throw new Error(`it ended before it was killed: ${stderr}`);
    if (before > 0 && !stderr.includes('restored checkpoint')) throw new Error(`it restored nothing: ${stderr}`);
  }
}
