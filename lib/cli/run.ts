// run: `sabot run job.ts`. Bundles the file with esbuild, so that TypeScript runs on every supported Node, and imports it.
//
//   job.ts  ->  .sabot-run-PID.mjs beside it (imports resolve as from job.ts), removed at the end
//
// A file that exports a Job (default, or named `job`) has it run; one that awaits job.run() itself has done so when it is imported.

import { existsSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SabotError } from '../errors.js';
import { reportFailure } from './failure.js';

export interface RunOptions {
  readonly parallelism?: number;
  readonly restore?: string;
}

interface Runnable {
  run(options?: { readonly signal?: AbortSignal }): Promise<unknown>;
}

/** Runs the file and returns the exit code. */
export async function runCommand(path: string, options: RunOptions): Promise<number> {
  const interrupt = new AbortController();
  const onSignal = () => interrupt.abort();
  process.once('SIGINT', onSignal);
  const bundle = join(dirname(resolve(path)), `.sabot-run-${process.pid}.mjs`);
  const removeBundle = () => rmSync(bundle, { force: true });
  process.once('exit', removeBundle); // Also where the reader of our output has gone.
  try {
    if (options.restore !== undefined) throw restoreUnsupported();
    // What the file's Job takes as its defaults.
    if (options.parallelism !== undefined) process.env['SABOT_PARALLELISM'] = String(options.parallelism);
    await bundleJob(path, bundle);
    const exports = (await import(pathToFileURL(bundle).href)) as Record<string, unknown>;
    const job = [exports['default'], exports['job']].find(isRunnable);
    await job?.run({ signal: interrupt.signal });
    return 0;
  } catch (error) {
    const report = reportFailure(error, (failure) => `error: ${failure.message}`, interrupt.signal.aborted);
    process.stderr.write(`${report.text}\n`);
    return report.exitCode;
  } finally {
    process.off('SIGINT', onSignal);
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
      // Even if a tsconfig.json says where its sources are.
      external: ['sabot', 'sabot/*'],
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

function restoreUnsupported(): SabotError {
  return new SabotError(
    'SABOT_E_UNSUPPORTED',
    '--restore is not supported yet: checkpoints come with a later version.',
    {
      kind: 'unsupported',
      identifier: '--restore',
    },
  );
}
