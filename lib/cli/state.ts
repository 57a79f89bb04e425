// state: `sabot state list PATH|JOB` and `sabot state query PATH|JOB "SELECT …"`. Reads what operators keep; writes nothing.
//
//   sabot state query ./checkpoints/counts "SELECT * FROM state('group_aggregate')"   ->   {"k":"a","COUNT(*)":2}
//
// Rows of a query with ORDER BY come in that order.

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { SabotError } from '../errors.js';
import { findJob, nameOf, remoteState } from '../job/control-client.js';
import { runScript } from '../job/run-script.js';
import { type StateOperator, type StateStore, savedState, stateTables } from '../job/state.js';
import { printType } from '../schema/types.js';
import { parseScript } from '../sql/parser.js';
import { renderError } from '../sql/render-error.js';
import { reportFailure } from './failure.js';
import { Interrupt } from './interrupt.js';
import { type OutputFormat, renderTable, resultWriter } from './output.js';

export interface StateOptions {
  readonly dir: string;
  readonly read?: 'live' | 'committed';
}

/** Returns the exit code. */
export async function stateListCommand(
  target: string,
  options: StateOptions & { readonly output?: 'table' | 'json' },
): Promise<number> {
  try {
    const { operators } = await (await storeOf(target, options)).describe();
    const lines = operators.map(lineOf);
    if ((options.output ?? (process.stdout.isTTY ? 'table' : 'json')) === 'json') {
      for (const line of lines) process.stdout.write(`${JSON.stringify(line)}\n`);
      return 0;
    }
    const rows = lines.map(({ uid, operator, subtasks, bytes, columns }) => [
      uid,
      operator,
      String(subtasks),
      String(bytes),
      columns.map(({ name, type }) => `${name} ${type}`).join(', '),
    ]);
    process.stdout.write(renderTable(['uid', 'operator', 'subtasks', 'bytes', 'columns'], rows));
    return 0;
  } catch (error) {
    return fail(error, ({ message }) => `error: ${message}`, options.output === 'json');
  }
}

const lineOf = ({ uid, operator, subtasks, bytes, table }: StateOperator) => ({
  uid,
  operator,
  subtasks,
  bytes,
  columns: (table?.columns ?? []).map(({ name, type }) => ({ name, type: printType(type) })),
  keys: (table?.keys ?? []).map((column) => table!.columns[column]!.name),
});

/** Returns the exit code. */
export async function stateQueryCommand(
  target: string,
  sql: string,
  options: StateOptions & { readonly output?: OutputFormat },
): Promise<number> {
  const format = options.output ?? (process.stdout.isTTY ? 'table' : 'json');
  using interrupt = new Interrupt();
  try {
    onlyQuery(sql);
    const store = await storeOf(target, options);
    const states = stateTables(store, await store.describe());
    const output = {
      query: async (schema: readonly { readonly name: string }[], _: string, lines: AsyncIterable<Buffer>) => {
        const writer = resultWriter(
          format,
          schema.map(({ name }) => name),
          false,
          process.stdout,
        );
        for await (const piece of lines) await writer.write(piece);
        await writer.end();
      },
      rows: async () => {},
      text: (text: string) => {
        process.stdout.write(`${text}\n`);
      },
      warning: (message: string) => {
        process.stderr.write(`warning: ${message}\n`);
      },
    };
    await runScript(sql, output, { states, ordered: true, results: 'final', signal: interrupt.signal });
    return 0;
  } catch (error) {
    return fail(error, (failure) => renderError(sql, failure), options.output === 'json', interrupt.received);
  }
}

/** One query, so that nothing can be written. */
function onlyQuery(sql: string): void {
  const statements = parseScript(sql);
  const other = statements.find(({ statement }) => statement.kind !== 'queryStatement' && statement.kind !== 'explain');
  if (other === undefined && statements.length === 1) return;
  const span = other?.span ?? statements[1]?.span;
  throw new SabotError('SABOT_E_UNSUPPORTED', 'State is only read: one SELECT is expected.', {
    kind: 'unsupported',
    ...(span === undefined ? {} : { span }),
  });
}

/** Where to read: files if a path names them, else a job, live or from its newest checkpoint. */
async function storeOf(target: string, { dir, read }: StateOptions): Promise<StateStore> {
  const path = resolve(target);
  const isFolder = existsSync(path);
  if (isFolder && read === 'committed') return savedState(path);
  if (isFolder && !existsSync(join(path, 'log'))) {
    if (read !== 'live') return savedState(path);
    throw new SabotError('SABOT_E_OPTION', `${target} is no job: --read live needs one that runs.`, {
      kind: 'invalid-arguments',
      identifier: '--read',
    });
  }
  const job = await findJob(target, dir);
  if (read === 'live') return remoteState(job);
  if (read === 'committed' || job.newestEpoch > 0 || job.running.length === 0) return savedState(job.folder);
  process.stderr.write(`warning: job '${nameOf(job)}' has no checkpoint yet: its live state is read\n`);
  return remoteState(job);
}

function fail(error: unknown, render: (failure: SabotError) => string, json: boolean, signal?: NodeJS.Signals): number {
  const report = reportFailure(error, render, signal);
  process.stderr.write(`${report.text}\n${json ? `${report.json}\n` : ''}`);
  return report.exitCode;
}
