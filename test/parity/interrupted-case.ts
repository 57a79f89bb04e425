// interrupted-case: a parity case that dies in the midst of its input, and goes on from its checkpoint.
//
//   sources pause at a quarter of their rows  ->  a checkpoint counts  ->  the attempt is thrown away  ->  --restore latest  ->  the end
//
// Told from a run that nobody disturbed: how many rows each source has. Kept between the two attempts: the checkpoint folder alone.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OperatorMetrics } from '../../lib/job/metrics.js';
import { planScript } from '../../lib/job/run-script.js';
import { type RunningJob, startJob } from '../../lib/job/running-job.js';
import { rewrite, topological } from '../../lib/plan/physical.js';
import type { PlannedJob } from '../../lib/planner/plan.js';
import type { Schema } from '../../lib/schema/types.js';

export interface CasePlan {
  readonly results: 'changelog' | 'final';
  readonly parallelism: number;
  readonly settings: Readonly<Record<string, string>>;
  readonly restore?: string;
}

/** Rows that each source has given, by subtask; the plan's order of sources is the same at any parallelism. */
type SourceRows = readonly (readonly number[])[];

export interface WholeRun {
  readonly schema: Schema;
  readonly lines: readonly string[];
  readonly rows: SourceRows;
  /** What it ended in, if it failed. */
  readonly error: Error | undefined;
}

export interface InterruptedRun {
  /** Of both attempts, one after the other. */
  readonly lines: readonly string[];
  /** By source and subtask: the row at which it should be interrupted, and where it was. */
  readonly pauses: SourceRows;
  readonly interruptedAt: SourceRows;
  /** By source: how many rows it gave from there on, over all subtasks. */
  readonly rowsAfter: readonly number[];
  readonly restoredEpoch: number;
  readonly error: Error | undefined;
}

/** A run of the script's last query to its end. */
export async function runWhole(script: string, plan: CasePlan): Promise<WholeRun> {
  const planned = await planOf(script, plan);
  const { lines, rows, error } = await attempt(planned);
  return { schema: planned.sinks[0]!.schema, lines, rows, error };
}

/** What the run that goes on has otherwise. */
export type CasePlanAfter = Pick<CasePlan, 'parallelism' | 'settings'>;

/** A run that is killed at a share of its input, and one that goes on from its checkpoint. */
export async function runInterrupted(
  script: string,
  whole: WholeRun,
  share: number,
  first: CasePlan,
  after: CasePlanAfter,
): Promise<InterruptedRun> {
  const folder = mkdtempSync(join(tmpdir(), 'sabot-interrupted-'));
  const checkpointed = (settings: CasePlan['settings']) => ({
    'execution.checkpointing.dir': folder,
    'execution.checkpointing.interval': '1 ms',
    'state.backend.rocksdb.localdir': join(folder, 'state'),
    ...settings,
  });
  try {
    const pauses = whole.rows.map((rows) => Math.floor(share * Math.max(...rows)));
    const pausesBySubtask = whole.rows.map((rows, i) => rows.map((all) => Math.min(all, pauses[i]!)));
    const plan = await planOf(script, { ...first, settings: checkpointed(first.settings) });
    const begun = await attempt(paused(plan, pauses), storedAt(plan, pausesBySubtask));
    const interrupted = { pauses: pausesBySubtask, interruptedAt: begun.rows };
    if (begun.error !== undefined) return { ...begun, ...interrupted, rowsAfter: [], restoredEpoch: 0 };
    const rest = await attempt(
      await planOf(script, { ...first, ...after, settings: checkpointed(after.settings), restore: 'latest' }),
    );
    return {
      lines: [...begun.lines, ...rest.lines],
      ...interrupted,
      rowsAfter: rest.rows.map(sum),
      restoredEpoch: rest.restoredEpoch,
      error: rest.error,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);

async function planOf(script: string, plan: CasePlan): Promise<PlannedJob> {
  return (await planScript(script, () => {}, plan)).at(-1)!;
}

/** Ids of the sources among the plan's nodes. */
const sourcesOf = ({ sinks }: PlannedJob): number[] =>
  topological(sinks).flatMap(({ inputs }, i) => (inputs.length === 0 ? [i + 1] : []));

/** The same plan, whose sources stop after so many rows of a subtask. */
function paused(plan: PlannedJob, pauses: readonly number[]): PlannedJob {
  let numSources = 0;
  const sinks = rewrite(plan.sinks, (node) =>
    node.inputs.length > 0 ? node : { ...node, config: { ...node.config, pauseAfterRows: pauses[numSources++] } },
  );
  return { ...plan, sinks };
}

interface Attempt {
  readonly lines: readonly string[];
  readonly rows: SourceRows;
  readonly restoredEpoch: number;
  readonly error: Error | undefined;
}

/** Runs a job to its end, or until `isOver` says so: then it is thrown away where it stands. */
async function attempt(plan: PlannedJob, isOver?: (job: RunningJob) => boolean): Promise<Attempt> {
  const job = startJob(plan, { onWarning: () => {} });
  const lines = linesOf(job);
  let ended = false;
  let error: Error | undefined;
  const end = job.done.then(
    () => {
      ended = true;
    },
    (failure) => {
      ended = true;
      error = failure;
    },
  );
  if (isOver !== undefined) {
    while (!ended && !isOver(job)) await new Promise((resolve) => setTimeout(resolve, 1));
    if (ended && error === undefined) throw new Error('the job has ended though its sources pause');
    if (!ended) {
      job.cancel();
      await end;
      error = undefined;
    }
  }
  await end;
  const { operators, checkpoints } = job.metrics();
  const rows = sourcesOf(plan).map((id) => rowsOf(operators, id));
  return { lines: await lines, rows, restoredEpoch: checkpoints?.restoredEpoch ?? 0, error };
}

const rowsOf = (operators: readonly OperatorMetrics[], id: number): number[] =>
  operators.filter(({ node }) => node === id).map(({ rowsOut }) => rowsOut);

async function linesOf(job: RunningJob): Promise<string[]> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of job.results()) pieces.push(piece);
  } catch {
    // job.done has the same error.
  }
  return Buffer.concat(pieces)
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
}

// One may be under way, and another one's end untold, when the last row is seen: the third began behind it.
const CHECKPOINTS_BEHIND = 3;

/** Says when every source has come to its pause, or to its end, and a checkpoint of that counts. */
function storedAt(plan: PlannedJob, pauses: SourceRows): (job: RunningJob) => boolean {
  const sources = sourcesOf(plan);
  let enough: number | undefined;
  return (job) => {
    const { operators, checkpoints } = job.metrics();
    if (checkpoints === undefined) return false;
    const arrived = sources.every((id, i) =>
      rowsOf(operators, id).every((rows, subtask) => rows >= pauses[i]![subtask]!),
    );
    if (arrived) enough ??= checkpoints.completed + CHECKPOINTS_BEHIND;
    return enough !== undefined && checkpoints.completed >= enough;
  };
}
