// job: a dataflow of the Stream API, from its sources to its sinks.
//
//   new Job('hot-items')  ->  source(...), streams, to(...)  ->  explain(), run()
//
// State: the sinks that streams were sent to. Nothing runs before run(), or before a stream is iterated.

import type { Source } from '../connectors/tables.js';
import { SabotError } from '../errors.js';
import { explainPlan } from '../plan/explain.js';
import type { LogicalNode, SinkNode } from '../plan/nodes.js';
import { scanSchema } from '../plan/table.js';
import { type PlannedJob, planJob } from '../planner/plan.js';
import { Stream, type StreamOwner } from '../stream.js';
import { resultRows } from './result-rows.js';
import { startJob } from './running-job.js';

export interface JobOptions {
  /** Flink's settings and sabot's: `{ 'table.local-time-zone': 'Asia/Kolkata' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly parallelism?: number;
}

export interface RunOptions extends JobOptions {
  /** Cancels the job. */
  readonly signal?: AbortSignal;
}

/**
 * A job of streams.
 *
 * @example
 * const job = new Job('hot-items');
 * job.source(file({ path: './bids', format: 'json', schema: Bid })).filter((b) => b.price > 100n).to(print());
 * await job.run();
 */
export class Job {
  /** True once run() has been called. */
  started = false;
  private readonly sinks: SinkNode[] = [];
  private readonly owner: StreamOwner;

  constructor(
    readonly name: string,
    private readonly options: JobOptions = {},
  ) {
    this.owner = {
      addSink: (sink) => this.sinks.push(sink),
      rows: (node) => this.rows(node),
    };
  }

  /** Rows of a source. */
  source<T>(source: Source<T>): Stream<T> {
    const { table } = source;
    return new Stream<T>(this.owner, { op: 'scan', table, options: table.options, schema: scanSchema(table) });
  }

  /** The physical plan as text: operators, changes, and where functions run. */
  explain(options: JobOptions = {}): string {
    return explainPlan(this.plan(this.sinks, options));
  }

  /** Runs until all input has ended; rejects if the job fails. */
  async run({ signal, ...options }: RunOptions = {}): Promise<void> {
    if (this.sinks.length === 0) {
      throw new SabotError('SABOT_E_VALIDATION', `Job '${this.name}' has no sink: end a stream with .to(...).`, {
        job: this.name,
      });
    }
    this.started = true;
    await using running = startJob(this.plan(this.sinks, options), signal === undefined ? {} : { signal });
    await running.done;
  }

  private async *rows(node: LogicalNode): AsyncGenerator<Record<string, unknown>, void, void> {
    const plan = this.plan([node], {});
    const { schema } = plan.sinks[0]!;
    await using running = startJob(plan);
    for await (const piece of running.results()) yield* resultRows(piece, schema);
    await running.done;
  }

  private plan(plans: readonly LogicalNode[], options: JobOptions): PlannedJob {
    const settings = { ...this.options.settings, ...options.settings };
    const asked = process.env['SABOT_PARALLELISM'];
    const parallelism = options.parallelism ?? this.options.parallelism ?? (asked === undefined ? 1 : Number(asked));
    const plan = planJob({ name: this.name, plans, settings, parallelism, queryStartMs: Date.now() });
    if (plan.results === 'changelog' && plans.length === 1 && plans[0]!.op !== 'sink' && updates(plan)) {
      throw new SabotError(
        'SABOT_E_UNSUPPORTED',
        'An updating stream without end cannot be iterated: send it to a sink.',
        { job: this.name },
      );
    }
    return plan;
  }
}

/** Whether rows of the result are taken back. */
const updates = (plan: PlannedJob): boolean => {
  const changes = plan.sinks[0]!.inputs[0]!.node.changelog?.changes;
  return changes !== undefined && (changes.updates || changes.deletes);
};
