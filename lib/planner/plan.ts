// The planner: logical plans of one job in, physical plan out.
//
//   sinks (logical)  ->  rules on logical plans  ->  lowering  ->  rules on the physical graph  ->  PhysicalPlan
//
// No state: planning the same job twice gives the same bytes.

import { resultChannel, resultSink } from '../connectors/sinks.js';
import { SabotError } from '../errors.js';
import { materializeFinal } from '../operators/materialize-final.js';
import { inputsOf, type LogicalNode } from '../plan/nodes.js';
import {
  changesOf,
  isBounded,
  isInsertOnly,
  type PhysicalNode,
  type PhysicalPlan,
  topological,
} from '../plan/physical.js';
import { dropInnerSorts } from '../plan/rules/drop-inner-sorts.js';
import { inferChangelog, upsertKey } from '../plan/rules/infer-changelog.js';
import { pruneColumns } from '../plan/rules/prune-columns.js';
import { pushFilters } from '../plan/rules/push-filters.js';
import { recogniseRank } from '../plan/rules/recognise-rank.js';
import { reuseSubplans } from '../plan/rules/reuse-subplans.js';
import { type CheckpointRequest, checkpointsOf, savepointsAt } from './checkpointing.js';
import { withDeadLetters } from './dead-letters.js';
import { checkSetting } from './known-settings.js';
import { Lowering } from './lower/lowering.js';
import { idleTimeoutOf, miniBatchOf, planOptions, sinkOptions } from './options.js';
import { checkParallelism } from './parallelism.js';
import { type RestartStrategy, restartStrategyOf } from './restarting.js';
import type { Settings } from './settings.js';
import { splitAggregates } from './two-phase.js';

/** What becomes of the rows of a query that has no INSERT. */
export interface ResultRequest {
  /** Default: `final` if all input is bounded, `changelog` otherwise. */
  readonly results?: 'changelog' | 'final';
  readonly format?: 'json' | 'arrow';
  /** Final rows come in the order of ORDER BY. */
  readonly ordered?: boolean;
}

export interface PlanRequest {
  readonly name: string;
  /** Sink nodes, or queries, whose rows go to the job's owner. */
  readonly plans: readonly LogicalNode[];
  readonly settings: Settings;
  /** If the settings say nothing. */
  readonly parallelism: number;
  readonly queryStartMs: number;
  readonly result?: ResultRequest;
  readonly checkpoint?: CheckpointRequest;
}

export interface PlannedJob extends PhysicalPlan {
  /** What the rows of a query are: changes, or the final rows; absent for INSERT. */
  readonly results: 'changelog' | 'final' | undefined;
  readonly restartStrategy: RestartStrategy;
  /** What its owner should know before it runs. */
  readonly warnings: readonly string[];
  /** Why it can be explained, but not run. */
  readonly refusal?: SabotError;
  /** Where savepoints are made unless a path is given; absent if the job takes no checkpoints. */
  readonly savepointsAt?: string;
}

/** The rules on logical plans, in order; each makes the next one's work simpler. */
const RULES: readonly ((node: LogicalNode) => LogicalNode)[] = [
  (node) => dropInnerSorts(node),
  pushFilters,
  recogniseRank,
];

/** Plans the statements of one job together, so that they share what they can. */
export function planJob(request: PlanRequest): PlannedJob {
  for (const [key, value] of Object.entries(request.settings)) checkSetting(key, value);
  const rewritten = request.plans.map((plan) => RULES.reduce((node, rule) => rule(node), plan));
  const pruned = pruneColumns(rewritten);
  const options = planOptions(request.settings, request.parallelism, request.queryStartMs);
  const spread = options.parallelism > 1;
  const lowerWith = (finalResults: boolean): PhysicalNode[] => {
    const lowering = new Lowering({
      miniBatch: miniBatchOf(request.settings),
      idleTimeoutMs: idleTimeoutOf(request.settings),
      finalResults,
      spread,
      ordered: finalResults && request.result?.ordered === true,
      sinks: sinkOptions(request.settings),
    });
    return pruned.map((node) => lowering.lower(node));
  };
  const isQuery = request.plans.some((plan) => plan.op !== 'sink');
  const wanted = isQuery ? request.result?.results : undefined;
  let nodes = lowerWith(isQuery && wanted !== 'changelog');
  const results = isQuery ? (wanted ?? (nodes.every(isBounded) ? 'final' : 'changelog')) : undefined;
  // Unbounded after all, and nobody asked for final rows.
  if (isQuery && wanted === undefined && results === 'changelog') nodes = lowerWith(false);

  let numResults = 0;
  const sinks = nodes.map((node, i) =>
    request.plans[i]!.op === 'sink'
      ? node
      : resultOf(node, results!, request.result?.format ?? 'json', resultChannel(numResults++), spread),
  );
  checkUids(request.plans, sinks);
  const planned = withDeadLetters(splitAggregates(inferChangelog(reuseSubplans(sinks)), options.parallelism));
  checkParallelism(request.settings, options.parallelism, topological(planned));
  const job = request.name;
  const checkpoint = checkpointsOf(request.settings, job, request.checkpoint);
  const hidden = checkpoint?.intervalMs === undefined ? hiddenOutput(sinks) : undefined;
  const warnings = topological(planned).flatMap((node) => node.warnings ?? []);
  return {
    job,
    options,
    ...(checkpoint === undefined ? {} : { checkpoint, savepointsAt: savepointsAt(request.settings, checkpoint) }),
    restartStrategy: restartStrategyOf(request.settings, checkpoint?.intervalMs !== undefined),
    results,
    warnings: [
      ...new Set([...warnings, ...(hidden !== undefined && checkpoint !== undefined ? [hidden.message] : [])]),
    ],
    ...(hidden !== undefined && checkpoint === undefined ? { refusal: hidden } : {}),
    sinks: planned,
  };
}

/**
 * Rows that nobody would see: of input that does not end, without checkpoints, there is no commit. (Flink writes them all the same.)
 * With a folder for checkpoints but no interval there is one when the job is stopped with a savepoint: that may be meant.
 */
function hiddenOutput(sinks: readonly PhysicalNode[]): SabotError | undefined {
  const hidden = sinks.find((node) => node.spec.seenWithCommit?.(node.config) === true && !isBounded(node));
  if (hidden === undefined) return undefined;
  const message = `What is written exactly once into '${hidden.label}' is seen only with a checkpoint, and this job, whose input does not end, takes none: SET 'execution.checkpointing.interval' = '1 s'; or write with 'sink.delivery-guarantee' = 'at-least-once'.`;
  return new SabotError('SABOT_E_OPTION', message, {
    kind: 'missing-option',
    identifier: 'execution.checkpointing.interval',
  });
}

/** Whoever names a state must find it under that name. */
function checkUids(plans: readonly LogicalNode[], sinks: readonly PhysicalNode[]): void {
  const given = new Set(topological(sinks).map(({ uid }) => uid));
  const visit = (node: LogicalNode): void => {
    const { uid } = node;
    // Where nobody asks for event time its watermarks are not told, and no state of theirs is there to be lost.
    if (uid !== undefined && !given.has(uid) && node.op !== 'watermark') {
      const message = `There is no state to name '${uid}': .uid('…') goes behind a source, aggregate or top.`;
      throw new SabotError('SABOT_E_VALIDATION', message, { kind: 'uid', identifier: uid });
    }
    inputsOf(node).forEach(visit);
  };
  plans.forEach(visit);
}

function resultOf(
  node: PhysicalNode,
  results: 'changelog' | 'final',
  format: 'json' | 'arrow',
  channel: string,
  spread: boolean,
): PhysicalNode {
  const insertOnly = isInsertOnly(changesOf(node));
  if (results === 'changelog') return resultSink(node, format, format === 'json' || !insertOnly, channel);
  return resultSink(insertOnly ? node : materializeFinal(node, upsertKey(node), spread), format, false, channel);
}
