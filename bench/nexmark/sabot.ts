// sabot: one run of a script in a process of its own, measured whole: start of Node, planning, the job, and the end.

import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Measurement } from '../measurement.js';

export interface SabotOptions {
  /** Path of the script. */
  readonly script: string;
  readonly parallelism: number;
}

export async function runSabot({ script, parallelism }: SabotOptions): Promise<Measurement> {
  const command = [process.execPath, 'dist/cli.cjs', 'sql', '-f', script, '--parallelism', String(parallelism)];
  const child = spawn('python3', ['bench/measure.py', '3', ...command], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  const [complaint, report] = await Promise.all([text(child.stderr as Readable), text(child.stdio[3] as Readable)]);
  const { status, ...measurement } = JSON.parse(report || '{"status":-1}') as Measurement & { readonly status: number };
  if (status !== 0) throw new Error(`sabot failed (exit code ${status}): ${complaint.trim()}`);
  return measurement;
}
