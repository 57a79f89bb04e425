// explain: `sabot explain -f script.sql`. Prints the plan of every query and INSERT; nothing is run.

import type { SabotError } from '../errors.js';
import { explainScript } from '../job/run-script.js';
import { reportFailure } from './failure.js';
import { readScript, type ScriptFile } from './script-file.js';

export interface ExplainOptions {
  readonly file: string;
  readonly parallelism?: number;
  readonly define?: readonly string[];
}

/** Prints the plans and returns the exit code. */
export async function explainCommand(options: ExplainOptions): Promise<number> {
  let script: ScriptFile | undefined;
  try {
    script = readScript(options.file, options.define ?? []);
    const settings = options.parallelism === undefined ? {} : { parallelism: options.parallelism };
    const warn = (message: string) => process.stderr.write(`warning: ${message}\n`);
    for (const text of await explainScript(script.text, warn, settings)) process.stdout.write(`${text}\n\n`);
    return 0;
  } catch (error) {
    const render = (failure: SabotError) => script?.render(failure) ?? `error: ${failure.message}`;
    const report = reportFailure(script?.placed(error) ?? error, render);
    process.stderr.write(`${report.text}\n`);
    return report.exitCode;
  }
}
