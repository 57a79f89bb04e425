// worker: `sabot -A app.ts:app worker`. Runs an app's agents until it is told to end, with a last checkpoint.
//
//   start   ->   made topic 'totals'   ->   app 'shop' runs: agent totals (orders -> totals)   ->   Ctrl-C   ->   a last checkpoint
//
// Ctrl-C or SIGTERM again ends the process at once: nothing is lost then either, it only has more to do when it comes back.

import type { App } from '../app/app.js';
import { isSabotError } from '../errors.js';
import { withApp } from './app-file.js';
import { reportFailure } from './failure.js';
import { Interrupt } from './interrupt.js';
import { showProgress } from './progress.js';

export interface WorkerOptions {
  readonly app?: string;
  readonly parallelism?: number;
  readonly checkpointDir?: string;
  readonly restore: string;
  readonly claim?: boolean;
  readonly allowNonRestoredState?: boolean;
  readonly acceptDuplicates?: boolean;
}

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

/** Runs the app and returns the exit code. */
export async function workerCommand({ app: given, checkpointDir, ...options }: WorkerOptions): Promise<number> {
  using interrupt = new Interrupt();
  let name = '';
  try {
    const run = { defaults: {}, signal: new AbortController().signal, jobStarted: showProgress };
    await withApp(given, run, async (app) => {
      name = app.name;
      const stopped = new Promise<void>((resolve, reject) => {
        const stop = () => {
          say(`app '${app.name}' takes a last checkpoint and ends (Ctrl-C again: at once)`);
          app.stop().then(resolve, reject);
        };
        if (interrupt.signal.aborted) stop();
        else interrupt.signal.addEventListener('abort', stop, { once: true });
      });
      const running = app.run({
        ...options,
        ...(checkpointDir === undefined ? {} : { checkpoint: { dir: checkpointDir } }),
        onTopics: (made) => {
          for (const topic of made) say(`made topic '${topic}'`);
        },
      });
      say(`app '${app.name}': ${agentsOf(app).join(', ')}`);
      // A job that could take no last checkpoint ends all the same; why it was failing counts more.
      const end = running.catch((error: unknown) => {
        if (!isSabotError(error) || error.code !== 'SABOT_E_CANCELLED') throw error;
      });
      await Promise.race([end, stopped.catch(() => end)]);
      await end;
      if (interrupt.received !== undefined) await stopped;
    });
    return 0;
  } catch (error) {
    if (isSabotError(error) && error.code === 'SABOT_E_FENCED')
      say(`another worker of app '${name}' has taken over; this one ends`);
    const report = reportFailure(error, (failure) => `error: ${failure.message}`, interrupt.received);
    say(report.text);
    return report.exitCode;
  }
}

const agentsOf = (app: App): string[] =>
  app.describe().map(({ name, reads, sends }) => `${name} (${reads.join(', ')} -> ${sends.join(', ') || 'nothing'})`);
