// sql: `sabot sql -f script.sql`. Runs a script; results go to standard output, everything else to standard error.

import type { SabotError } from '../errors.js';
import { runScript, type ScriptOutput } from '../job/run-script.js';
import { reportFailure } from './failure.js';
import { Interrupt } from './interrupt.js';
import { csvLine, type OutputFormat, renderAnswer, resultWriter } from './output.js';
import { showProgress } from './progress.js';
import { readScript, type ScriptFile } from './script-file.js';

export interface SqlOptions {
  readonly file: string;
  readonly output?: OutputFormat;
  readonly results?: 'changelog' | 'final';
  readonly parallelism?: number;
  readonly define?: readonly string[];
  readonly restore?: string;
  readonly claim?: boolean;
  readonly allowNonRestoredState?: boolean;
  readonly acceptDuplicates?: boolean;
}

/** Where the command writes. */
export interface OutputStreams {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** Runs the script and returns the exit code. */
export async function sqlCommand(options: SqlOptions, to: OutputStreams = process): Promise<number> {
  const format = options.output ?? (to.stdout.isTTY ? 'table' : 'json');
  using interrupt = new Interrupt();
  let script: ScriptFile | undefined;
  try {
    script = readScript(options.file, options.define ?? []);
    await runScript(script.text, scriptOutput(format, to), {
      signal: interrupt.signal,
      ...(options.parallelism === undefined ? {} : { parallelism: options.parallelism }),
      ...(options.results === undefined ? {} : { results: options.results }),
      ...(options.restore === undefined ? {} : { restore: options.restore }),
      ...(options.claim === undefined ? {} : { claim: options.claim }),
      ...(options.allowNonRestoredState === undefined ? {} : { allowNonRestoredState: options.allowNonRestoredState }),
      ...(options.acceptDuplicates === undefined ? {} : { acceptDuplicates: options.acceptDuplicates }),
    });
    return 0;
  } catch (error) {
    const render = (failure: SabotError) => script?.render(failure) ?? `error: ${failure.message}`;
    const report = reportFailure(script?.placed(error) ?? error, render, interrupt.received);
    to.stderr.write(`${report.text}\n${options.output === 'json' ? `${report.json}\n` : ''}`);
    return report.exitCode;
  }
}

function scriptOutput(format: OutputFormat, { stdout, stderr }: OutputStreams): ScriptOutput {
  return {
    async query(schema, results, lines) {
      const columns = schema.map((f) => f.name);
      const writer = resultWriter(
        format,
        results === 'changelog' ? ['op', ...columns] : columns,
        results === 'final',
        stdout,
      );
      for await (const piece of lines) await writer.write(piece);
      await writer.end();
    },
    async rows(columns, rows) {
      if (format === 'table')
        stdout.write(
          renderAnswer(
            columns,
            rows.map((row) => row.map((cell) => cell ?? 'NULL')),
          ),
        );
      else if (format === 'json') for (const row of rows) stdout.write(`${jsonRow(columns, row)}\n`);
      else for (const row of [columns, ...rows]) stdout.write(csvLine(row.map((cell) => cell ?? '')));
    },
    text(text) {
      stdout.write(`${text}\n`);
    },
    warning(message) {
      stderr.write(`warning: ${message}\n`);
    },
    job: (job) => showProgress(job, stderr),
  };
}

const jsonRow = (columns: readonly string[], row: readonly (string | null)[]): string =>
  JSON.stringify(Object.fromEntries(columns.map((name, i) => [name, row[i] ?? null])));
