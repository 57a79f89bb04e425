// sabot: a process that runs the job of a round, and what it tells.

import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newestEpoch, restoredEpoch } from '../chaos.js';

const LOOK_EVERY_MS = 10;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What `sabot` is: an executable and its first arguments, and where it runs. */
export interface Command {
  readonly command: readonly string[];
  readonly cwd: string;
}

export class Sabot {
  readonly ended: Promise<Ended>;
  readonly child: ChildProcess;
  end: Ended | undefined;
  stderr = '';
  private readonly epochAtStart: number;

  constructor(
    { command, cwd }: Command,
    private readonly folder: string,
    script: string,
    parallelism: number,
  ) {
    const path = join(folder, 'job.sql');
    writeFileSync(path, script);
    this.epochAtStart = this.newestEpoch;
    const [file, ...first] = command as [string, ...string[]];
    const args = [...first, 'sql', '-f', path, '--restore', 'latest', '--parallelism', String(parallelism)];
    this.child = spawn(file, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
    this.child.stderr!.on('data', (bytes: Buffer) => (this.stderr += bytes.toString()));
    this.ended = new Promise((resolve, reject) => {
      this.child.on('error', reject);
      this.child.on('close', (code, signal) => {
        this.end = { code, signal };
        resolve(this.end);
      });
    });
  }

  /** Of the job, by whatever process. */
  get newestEpoch(): number {
    return newestEpoch(join(this.folder, 'checkpoints'));
  }

  /** The epoch that it went on from at first; 0: from nothing. */
  get restored(): number {
    return restoredEpoch(this.stderr);
  }

  /** The last thing that it said is wrong. */
  get complaint(): string {
    const lines = this.stderr.split('\n').filter((line) => line !== '' && !line.startsWith('warning: restored'));
    return (lines.findLast((line) => /error|fail|fenced|cannot/i.test(line)) ?? lines.at(-1) ?? '').slice(0, 300);
  }

  /** Waits until the job has taken so many checkpoints more; false if the process ends before. Throws when it takes too long. */
  async progresses(checkpoints: number, timeoutMs: number, from = this.epochAtStart): Promise<boolean> {
    return this.until(() => this.newestEpoch >= from + checkpoints, timeoutMs, `${checkpoints} more checkpoints`);
  }

  /** Waits until something holds; false if the process ends before. Throws when it takes too long. */
  async until(what: () => boolean, timeoutMs: number, name: string): Promise<boolean> {
    const deadline = Date.now() + timeoutMs;
    while (!what()) {
      if (this.end !== undefined) return what();
      if (Date.now() > deadline)
        throw new Error(`${name}: not within ${timeoutMs} ms; it said: ${this.stderr.slice(-2000)}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    return true;
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    if (this.end === undefined) this.child.kill(signal);
  }
}
