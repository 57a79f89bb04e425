// run-script: a Flink SQL script, statement by statement.
//
//   CREATE TABLE …; INSERT INTO …; SELECT …   ->   one job per INSERT or SELECT, each awaited before the next statement
//
// State: the session (catalog and settings), and the job that runs. What becomes of results is the caller's business.

import { SabotError } from '../errors.js';
import { encodePlan } from '../plan/encode.js';
import { explainPlan } from '../plan/explain.js';
import type { LogicalNode } from '../plan/nodes.js';
import { type PlannedJob, planJob } from '../planner/plan.js';
import type { Schema } from '../schema/types.js';
import type { StateTables } from '../sql/analyser/state-tables.js';
import type { ExplainDetail, ScriptStatement, Statement } from '../sql/ast.js';
import { parseScript, statementIndexAt } from '../sql/parser.js';
import { type SessionStep, SqlSession } from '../sql/session.js';
import { type RecoveringJob, runJob } from './recovering-job.js';
import { type StartOptions, warningText } from './running-job.js';

export interface ScriptOptions {
  /** Settings that hold unless the script sets them. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly parallelism?: number;
  readonly results?: 'changelog' | 'final';
  /** `latest`: what every job of the script begins from; or the path of a checkpoint or savepoint of its only job. */
  readonly restore?: string;
  /** What is restored from a path becomes the job's. */
  readonly claim?: boolean;
  readonly allowNonRestoredState?: boolean;
  readonly acceptDuplicates?: boolean;
  readonly signal?: AbortSignal;
  /** What state('uid') reads. */
  readonly states?: StateTables;
  /** Final rows of a query come in the order of ORDER BY. */
  readonly ordered?: boolean;
}

/** Who takes what a script produces. */
export interface ScriptOutput {
  /** The rows of a query: JSON lines, in whole pieces. */
  query(schema: Schema, results: 'changelog' | 'final', lines: AsyncIterable<Buffer>): Promise<void>;
  /** What SHOW and DESCRIBE answer. */
  rows(columns: readonly string[], rows: readonly (readonly (string | null)[])[]): Promise<void>;
  /** What EXPLAIN answers. */
  text(text: string): void;
  warning(message: string): void;
  /** Lines of print sinks; default: standard output and standard error. */
  readonly print?: StartOptions['onPrint'];
  /** A job has started; the returned function is called when it has ended. */
  job?(job: RecoveringJob): () => void;
}

/** Subtasks unless the caller or the script says otherwise. */
export const PARALLELISM_DEFAULT = 1;

/** Runs the statements of a script in order. Throws the first error, with the statement it belongs to. */
export async function runScript(script: string, output: ScriptOutput, options: ScriptOptions = {}): Promise<void> {
  const runner = new ScriptRunner(script, output, options);
  const statements = parse(script);
  checkRestore(statements, options.restore);
  for (const statement of statements) {
    const stoppedWith = await located(statement, () => runner.run(statement));
    if (stoppedWith !== undefined) return output.warning(`stopped with savepoint ${stoppedWith}`);
  }
  runner.finish();
}

/** The plans of a script's queries and INSERTs as text; definitions take effect, nothing is run. */
export async function explainScript(
  script: string,
  warning: (message: string) => void,
  options: ScriptOptions = {},
): Promise<string[]> {
  const texts: string[] = [];
  const output: ScriptOutput = {
    query: async () => {},
    rows: async () => {},
    text: (text) => texts.push(text),
    warning,
  };
  const runner = new ScriptRunner(script, output, options);
  for (const statement of parse(script)) await located(statement, async () => runner.explain(statement));
  runner.finish();
  return texts;
}

/** The plans of a script's queries and INSERTs; definitions take effect, nothing is run. */
export async function planScript(
  script: string,
  warning: (message: string) => void,
  options: ScriptOptions = {},
): Promise<PlannedJob[]> {
  const jobs: PlannedJob[] = [];
  const output: ScriptOutput = { query: async () => {}, rows: async () => {}, text: () => {}, warning };
  const runner = new ScriptRunner(script, output, options);
  for (const statement of parse(script)) {
    const job = await located(statement, () => runner.planned(statement));
    if (job !== undefined) jobs.push(job);
  }
  runner.finish();
  return jobs;
}

/** A checkpoint or savepoint is one job's: `--restore PATH` says of a script with several too little. */
function checkRestore(statements: readonly ScriptStatement[], restore: string | undefined): void {
  if (restore === undefined || restore === 'latest') return;
  const numJobs = countJobs(statements.map(({ statement }) => statement));
  if (numJobs <= 1) return;
  throw new SabotError(
    'SABOT_E_OPTION',
    `--restore ${restore} is the state of one job, and this script runs ${numJobs}. Say which one: SET 'execution.state-recovery.path' = '${restore}'; before its statement and RESET 'execution.state-recovery.path'; behind it. Or let all go on from their own checkpoints: --restore latest.`,
    { kind: 'ambiguous-restore', identifier: restore },
  );
}

function countJobs(statements: readonly Statement[]): number {
  let numJobs = 0;
  let inSet = false;
  for (const each of statements) {
    const statement = each.kind === 'execute' ? each.statement : each;
    if (statement.kind === 'beginStatementSet') inSet = true;
    if (statement.kind === 'endStatementSet') inSet = false;
    const starts = ['queryStatement', 'statementSet', 'endStatementSet'].includes(statement.kind);
    if (starts || (statement.kind === 'insert' && !inSet)) numJobs++;
  }
  return numJobs;
}

function parse(script: string): ScriptStatement[] {
  try {
    return parseScript(script);
  } catch (error) {
    if (!(error instanceof SabotError) || error.span === undefined) throw error;
    throw error.at({ statement: statementIndexAt(script, error.span.start) });
  }
}

/** The plan, and what the details of EXPLAIN add to it; CHANGELOG_MODE adds nothing, for every plan shows it. */
function explained(plan: PlannedJob, details: readonly ExplainDetail[]): string {
  const parts = [explainPlan(plan)];
  if (details.includes('ESTIMATED_COST')) parts.push('estimated cost: none, plans are chosen by rules');
  if (details.includes('PLAN_ADVICE')) parts.push('plan advice: none');
  if (details.includes('JSON_EXECUTION_PLAN')) parts.push(JSON.stringify(encodePlan(plan), withoutSecrets, 2));
  return parts.join('\n\n');
}

/** A text under a name that says it is a secret is not shown, as in Flink. */
const withoutSecrets = (name: string, value: unknown): unknown =>
  typeof value === 'string' && /password|secret|token|jaas|key\.pem$/i.test(name) ? '******' : value;

/** Says of an error which statement it belongs to. */
async function located<T>(statement: ScriptStatement, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof SabotError)) throw error;
    throw error.at({ statement: error.statement ?? statement.index, span: error.span ?? statement.span });
  }
}

class ScriptRunner {
  private readonly session: SqlSession;
  private readonly jobNames = new Set<string>();

  constructor(
    private readonly script: string,
    private readonly output: ScriptOutput,
    private readonly options: ScriptOptions,
  ) {
    const { settings = {}, states } = options;
    this.session = new SqlSession({ settings, ...(states === undefined ? {} : { states }) });
  }

  /** Returns the savepoint that somebody stopped its job with: then the script ends. */
  async run(statement: ScriptStatement): Promise<string | undefined> {
    const step = this.session.execute(statement, this.script);
    if (step.kind === 'query') return this.query(this.plan([step.plan]));
    if (step.kind === 'insert') return this.insert(this.plan(step.sinks));
    await this.answer(step, statement);
    return undefined;
  }

  async planned(statement: ScriptStatement): Promise<PlannedJob | undefined> {
    const step = this.session.execute(statement, this.script);
    if (step.kind === 'query') return this.plan([step.plan]);
    if (step.kind === 'insert') return this.plan(step.sinks);
    await this.answer(step, statement);
    return undefined;
  }

  async explain(statement: ScriptStatement): Promise<void> {
    const step = this.session.execute(statement, this.script);
    if (step.kind === 'query') this.output.text(explainPlan(this.warned(this.plan([step.plan]))));
    else if (step.kind === 'insert') this.output.text(explainPlan(this.warned(this.plan(step.sinks))));
    else await this.answer(step, statement);
  }

  /** After the last statement. */
  finish(): void {
    try {
      this.session.finish();
    } catch (error) {
      if (!(error instanceof SabotError) || error.span === undefined) throw error;
      throw error.at({ statement: statementIndexAt(this.script, error.span.start) });
    }
  }

  private async answer(
    step: Exclude<SessionStep, { kind: 'query' | 'insert' }>,
    statement: ScriptStatement,
  ): Promise<void> {
    switch (step.kind) {
      case 'done':
        if (step.warning !== undefined) this.output.warning(`line ${statement.span.line}: ${step.warning}`);
        return;
      case 'table':
        return this.output.rows(step.table.columns, step.table.rows);
      case 'explain':
        this.output.text(explained(this.warned(this.plan(step.plans)), step.details));
    }
  }

  /** What a run would warn of. */
  private warned(plan: PlannedJob): PlannedJob {
    for (const warning of plan.warnings) this.output.warning(warning);
    return plan;
  }

  private plan(plans: readonly LogicalNode[]): PlannedJob {
    const {
      parallelism = PARALLELISM_DEFAULT,
      results,
      ordered,
      restore,
      claim,
      allowNonRestoredState,
      acceptDuplicates,
    } = this.options;
    return planJob({
      name: this.jobName(plans),
      plans,
      checkpoint: {
        ...(restore === undefined ? {} : { restore }),
        ...(claim === undefined ? {} : { claim }),
        ...(allowNonRestoredState === undefined ? {} : { allowNonRestoredState }),
        ...(acceptDuplicates === undefined ? {} : { acceptDuplicates }),
      },
      settings: Object.fromEntries(this.session.settings),
      parallelism,
      queryStartMs: Date.now(),
      result: { ...(results === undefined ? {} : { results }), ...(ordered === undefined ? {} : { ordered }) },
    });
  }

  /** Flink's names: `insert-into_catalog.database.table`; the same at every run of the script, since checkpoints lie under it. */
  private jobName(plans: readonly LogicalNode[]): string {
    const sinks = plans.flatMap((plan) => (plan.op === 'sink' ? [plan.table.identifier.join('.')] : []));
    const inferred = sinks.length === 0 ? 'select' : `insert-into_${sinks.join('_')}`;
    const base = this.session.settings.get('pipeline.name') ?? inferred;
    let name = base;
    for (let n = 2; this.jobNames.has(name); n++) name = `${base}-${n}`;
    this.jobNames.add(name);
    return name;
  }

  private async query(plan: PlannedJob): Promise<string | undefined> {
    await using job = this.start(plan);
    await this.output.query(plan.sinks[0]!.schema, plan.results!, job.results());
    await job.done;
    return job.stoppedWith;
  }

  private async insert(plan: PlannedJob): Promise<string | undefined> {
    await using job = this.start(plan);
    await job.done;
    return job.stoppedWith;
  }

  private start(plan: PlannedJob): RecoveringJob {
    const { print } = this.output;
    const { signal } = this.options;
    const job = runJob(plan, {
      onWarning: (warning) => this.output.warning(warningText(warning)),
      ...(print === undefined ? {} : { onPrint: print }),
      ...(signal === undefined ? {} : { signal }),
    });
    const ended = this.output.job?.(job);
    if (ended !== undefined) job.done.then(ended, ended);
    return job;
  }
}
