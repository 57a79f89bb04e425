// job-file: a file of jobs, bundled with esbuild, so that TypeScript runs on every supported Node, and imported.
//
//   job.ts  ->  .sabot-run-PID.mjs beside it (imports resolve as from job.ts), removed at the end
//
// A file that exports a Job (default, or named `job`) has it run; one that awaits job.run() itself has done so when it is imported.

import { existsSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SabotError } from '../errors.js';
import { type CommandRun, setCommandRun } from '../job/command-run.js';
import { packageFile } from '../version.js';

interface Runnable {
  run(): Promise<unknown>;
}

/** Whether a path names a file of jobs, and no SQL script. */
export const isJobFile = (path: string): boolean => /\.[cm]?[jt]s$/.test(path);

/** Runs the jobs of a file on behalf of a command. */
export function runJobFile(path: string, run: CommandRun): Promise<void> {
  return withJobFile(path, run, async (exports) => {
    await [exports['default'], exports['job']].find(isRunnable)?.run();
  });
}

/** Imports a file on behalf of a command, for as long as what it exports is used. */
export async function withJobFile<T>(
  path: string,
  run: CommandRun,
  use: (exports: Readonly<Record<string, unknown>>) => Promise<T>,
): Promise<T> {
  const bundle = join(dirname(resolve(path)), `.sabot-run-${process.pid}.mjs`);
  const removeBundle = () => rmSync(bundle, { force: true });
  process.once('exit', removeBundle); // Also where the reader of our output has gone.
  try {
    await bundleJob(path, bundle);
    process.setSourceMapsEnabled(true); // Stack traces point into job.ts.
    setCommandRun(run);
    return await use((await import(pathToFileURL(bundle).href)) as Record<string, unknown>);
  } finally {
    process.off('exit', removeBundle);
    removeBundle();
  }
}

/** A job that the file has not run itself. */
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
    const message = `Running ${path} needs esbuild: npm install --save-dev esbuild. (Plain JavaScript also runs by node.)`;
    throw new SabotError('SABOT_E_OPTION', message, { cause });
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
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new SabotError('SABOT_E_SYNTAX', message, { kind: 'syntax', cause });
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

/** The error of a file that did nothing. */
export function nothingRan(path: string): SabotError {
  return new SabotError(
    'SABOT_E_OPTION',
    `${path} ran no job: let it export one (export default job), or await job.run() itself.`,
    { kind: 'no-job', identifier: path },
  );
}
