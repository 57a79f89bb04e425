// measurement: what one run of one engine cost.

import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

export interface Measurement {
  readonly wallMs: number;
  /** User and system time. */
  readonly cpuMs: number;
  readonly peakRssBytes: number;
  /** Of a JVM: what collections left alive, at most. */
  readonly liveHeapBytes?: number;
  /** Of Flink: what its job ran with, as the environment that it was made of says, and what the process has loaded. */
  readonly used?: {
    readonly backend: string;
    readonly rocksdbLoaded: boolean;
    /** -1: none are taken. */
    readonly checkpointIntervalMs: number;
    readonly checkpointMode: string;
  };
}

/** Runs a command and measures its process whole, from its start to its end; `stdout`: what it has printed. */
export async function measureProcess(command: readonly string[]): Promise<Measurement & { readonly stdout: string }> {
  const child = spawn('python3', ['bench/measure.py', '3', ...command], { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
  const [stdout, complaint, report] = await Promise.all([
    text(child.stdout as Readable),
    text(child.stderr as Readable),
    text(child.stdio[3] as Readable),
  ]);
  const { status, ...measurement } = JSON.parse(report || '{"status":-1}') as Measurement & { readonly status: number };
  if (status !== 0) throw new Error(`${command.join(' ')} failed (exit code ${status}): ${complaint.trim()}`);
  return { ...measurement, stdout };
}
