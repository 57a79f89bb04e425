// sabot: one run of a script in a process of its own, measured whole: start of Node, planning, the job, and the end.

import { type Measurement, measureProcess } from '../measurement.js';

export interface SabotOptions {
  /** Path of the script. */
  readonly script: string;
  readonly parallelism: number;
}

export async function runSabot({ script, parallelism }: SabotOptions): Promise<Measurement> {
  const command = [process.execPath, 'dist/cli.cjs', 'sql', '-f', script, '--parallelism', String(parallelism)];
  const { stdout: _, ...measurement } = await measureProcess(command);
  return measurement;
}
