// run: a script in a process of its own, measured whole, with what its checkpoints were like.

import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { build } from 'esbuild';
import type { Measurement } from '../measurement.js';
import type { JobReport } from './job.js';

// Beside dist/, so that the addon is found from it as from there.
const JOB = `build/checkpoint-job-${process.pid}.mjs`;
process.on('exit', () => rmSync(JOB, { force: true }));
let built: Promise<unknown> | undefined;

export type Run = Measurement & JobReport;

/** Runs the script's INSERT; `restore` as the option of `sabot sql`. */
export async function runJob(script: string, restore?: string): Promise<Run> {
  built ??= build({
    entryPoints: ['bench/checkpoints/job.ts'],
    outfile: JOB,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
  });
  await built;
  const command = ['bench/measure.py', '3', process.execPath, JOB, script, ...(restore === undefined ? [] : [restore])];
  const child = spawn('python3', command, {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: { SABOT_BENCH_WARM_MB: '3072', ...process.env },
  });
  const [told, complaint, report] = await Promise.all(
    [child.stdout, child.stderr, child.stdio[3]].map((stream) => text(stream as Readable)),
  );
  const { status, ...measurement } = JSON.parse(report || '{"status":-1}') as Measurement & { readonly status: number };
  if (status !== 0) throw new Error(`${script} failed (exit code ${status}): ${complaint!.trim()}`);
  return { ...measurement, ...(JSON.parse(told!) as JobReport) };
}
