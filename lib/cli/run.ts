// run: `sabot run job.ts`. Bundles the file with esbuild, so that TypeScript runs on every supported Node, and imports it.
//
//   job.ts  ->  .sabot-run-PID.mjs beside it (imports resolve as from job.ts), removed at the end
//
// A file that exports a Job (default, or named `job`) has it run; one that awaits job.run() itself has done so when it is imported.

import { existsSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SabotError } from '../errors.js';
import { setCommandRun } from '../job/command-run.js';
import { packageFile } from '../version.js';
import { reportFailure } from './failure.js';
import { Interrupt } from './interrupt.js';
import { showProgress } from './progress.js';

export interface RunOptions {
  readonly parallelism?: number;
  readonly restore?: string;
}

interface Runnable {
  run(options?: { readonly signal?: AbortSignal }): Promise<unknown>;
}

/** Runs the file and returns the exit code. */
export async function runCommand(path: string, options: RunOptions): Promise<number> {
  using interrupt = new Interrupt();
  const bundle = join(dirname(resolve(path)), `.sabot-run-${process.pid}.mjs`);
  const removeBundle = () => rmSync(bundle, { force: true });
  process.once('exit', removeBundle); // Also where the reader of our output has gone.
  try {
    // What the file's Job takes as its defaults.
    if (options.restore !== undefined) process.env['SABOT_RESTORE'] = options.restore;
    if (options.parallelism !== undefined) process.env['SABOT_PARALLELISM'] = String(options.parallelism);
    await bundleJob(path, bundle);
    process.setSourceMapsEnabled(true); // Stack traces point into job.ts.
    let numJobs = 0;
    setCommandRun({
      signal: interrupt.signal,
      jobStarted: (job) => {
        numJobs++;
        return showProgress(job);
      },
    });
    const exports = (await import(pathToFileURL(bundle).href)) as Record<string, unknown>;
    const job = [exports['default'], exports['job']].find(isRunnable);
    await job?.run();
    if (numJobs === 0) throw nothingRan(path);
    return 0;
  } catch (error) {
    const report = reportFailure(error, (failure) => `error: ${failure.message}`, interrupt.received);
    process.stderr.write(`${report.text}\n`);
    return report.exitCode;
  } finally {
    process.off('exit', removeBundle);
    removeBundle();
  }
}

const isRunnable = (value: unknown): value is Runnable =>
  typeof value === 'object' &&
  value !== null &&
  'run' in value &&
  typeof value.run === 'function' &&
  !('started' in value && value.started === true);

async function bundleJob(path: string, bundle: string): Promise<void> {
  if (!existsSync(path))
    throw new SabotError('SABOT_E_OPTION', `There is no file ${path}.`, { kind: 'io', identifier: path });
  const { build } = await import('esbuild').catch((cause: unknown) => {
    throw new SabotError('SABOT_E_OPTION', 'sabot run needs esbuild: npm install --save-dev esbuild.', { cause });
  });
  try {
    await build({
      entryPoints: [path],
      outfile: bundle,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      packages: 'external',
      ...sabotOf(path),
      sourcemap: 'inline',
      logLevel: 'silent',
    });
  } catch (cause) {
    throw new SabotError('SABOT_E_SYNTAX', cause instanceof Error ? cause.message : String(cause), {
      kind: 'syntax',
      cause,
    });
  }
}

/** What the file's `import 'sabot'` means: the package installed beside it, else the one that this command belongs to. */
function sabotOf(path: string): { external: string[]; alias?: Record<string, string> } {
  try {
    createRequire(resolve(path)).resolve('sabot/package.json');
    // Even if a tsconfig.json says where its sources are.
    return { external: ['sabot', 'sabot/*'] };
  } catch {
    const own = packageFile('dist/index.js');
    return { external: [own], alias: { sabot: own } };
  }
}

function nothingRan(path: string): SabotError {
  return new SabotError(
    'SABOT_E_OPTION',
    `${path} ran no job: let it export one (export default job), or await job.run() itself.`,
    { kind: 'no-job', identifier: path },
  );
}
