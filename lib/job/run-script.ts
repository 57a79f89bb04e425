// run-script: a Flink SQL script, statement by statement.
//
//   CREATE TABLE …; INSERT INTO …; SELECT …   ->   one job per INSERT or SELECT, each awaited before the next statement
//
// State: the session (catalog and settings), and the job that runs. What becomes of results is the caller's business.

import { SabotError } from '../errors.js';
import { explainPlan } from '../plan/explain.js';
import type { LogicalNode } from '../plan/nodes.js';
import { type PlannedJob, planJob } from '../planner/plan.js';
import type { Schema } from '../schema/types.js';
import type { ScriptStatement } from '../sql/ast.js';
import { parseScript, statementIndexAt } from '../sql/parser.js';
import { Session } from '../sql/session.js';
import { type RunningJob, startJob } from './running-job.js';

export interface ScriptOptions {
  /** Settings that hold unless the script sets them. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly parallelism?: number;
  readonly results?: 'changelog' | 'final';
  readonly signal?: AbortSignal;
}

/** Who takes what a script produces. */
export interface ScriptOutput {
  /** The rows of a query: JSON lines, in whole pieces. */
  query(schema: Schema, results: 'changelog' | 'final', lines: AsyncIterable<Buffer>): Promise<void>;
  /** What SHOW, DESCRIBE and EXPLAIN answer. */
  rows(columns: readonly string[], rows: readonly (readonly (string | null)[])[]): Promise<void>;
  warning(message: string): void;
  /** A job has started; the returned function is called when it has ended. */
  job?(job: RunningJob): () => void;
}

/** Runs the statements of a script in order. Throws the first error, with the statement it belongs to. */
export async function runScript(script: string, output: ScriptOutput, options: ScriptOptions = {}): Promise<void> {
  const session = new Session({ settings: options.settings ?? {}, onWarning: (message) => output.warning(message) });
  for (const statement of parse(script)) {
    try {
      await runStatement(session, statement, output, options);
    } catch (error) {
      if (!(error instanceof SabotError)) throw error;
      throw error.at({ statement: error.statement ?? statement.index, span: error.span ?? statement.span });
    }
  }
}

function parse(script: string): ScriptStatement[] {
  try {
    return parseScript(script);
  } catch (error) {
    if (!(error instanceof SabotError) || error.span === undefined) throw error;
    throw error.at({ statement: statementIndexAt(script, error.span.start) });
  }
}
