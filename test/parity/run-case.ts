// run-case: one parity case through the code behind `sabot sql`, in process.

import type { SabotError } from '../../lib/errors.js';
import { runScript } from '../../lib/job/run-script.js';
import type { Schema } from '../../lib/schema/types.js';

export interface CaseRun {
  readonly parallelism: number;
  readonly settings: Readonly<Record<string, string>>;
  readonly results: 'changelog' | 'final';
}

/** The lines of the script's last query, with the columns they have. */
export interface CaseResult {
  readonly schema: Schema;
  readonly lines: readonly string[];
}

/** Runs a script; rejects with the error that it ends in. */
export async function runCase(script: string, run: CaseRun): Promise<CaseResult> {
  let result: CaseResult = { schema: [], lines: [] };
  await runScript(
    script,
    {
      async query(schema, _results, pieces) {
        const bytes: Buffer[] = [];
        for await (const piece of pieces) bytes.push(piece);
        const lines = Buffer.concat(bytes)
          .toString('utf8')
          .split('\n')
          .filter((line) => line !== '');
        result = { schema, lines };
      },
      rows: async () => {},
      text: () => {},
      warning: () => {},
      print: () => {},
    },
    run,
  );
  return result;
}

/** The error that a script ends in; undefined if it runs to its end. */
export async function errorOf(script: string, run: CaseRun): Promise<SabotError | undefined> {
  try {
    await runCase(script, run);
    return undefined;
  } catch (error) {
    return error as SabotError;
  }
}
