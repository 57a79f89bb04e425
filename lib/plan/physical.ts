// The physical plan: the operators that native runs, as a graph in memory (docs/plan.md is its JSON).
//
//   group_aggregate { inputs: [{ node: file_source, exchange: hash, keys: [0] }], config: { keys: [0], … } }
//
// A node that two others read is one object referred to twice. Nodes are immutable; rules make new ones (`rewrite`).
// What an operator is stands in its `spec` as data: nothing here or in the rules switches on its name.

import type { Expression } from '../expressions/expression.js';
import type { Schema } from '../schema/types.js';
import type { CheckpointPlan } from './checkpoint.js';
import type { DeadLetterTarget } from './dead-letters.js';
import type { StateField } from './state.js';
import type { StateTable } from './state-table.js';
import type { Answerer } from './user-function.js';

/** Kinds of change that a stream may carry beside inserts. */
export interface Changes {
  readonly updates: boolean;
  readonly deletes: boolean;
}

export const INSERT_ONLY: Changes = { updates: false, deletes: false };
export const UPDATING: Changes = { updates: true, deletes: false };
export const ALL_CHANGES: Changes = { updates: true, deletes: true };

export const isInsertOnly = (changes: Changes): boolean => !changes.updates && !changes.deletes;
export const unionOfChanges = (all: readonly Changes[]): Changes => ({
  updates: all.some((c) => c.updates),
  deletes: all.some((c) => c.deletes),
});

/** How rows get from one node's subtasks to the next one's. */
export type Exchange = 'forward' | 'hash' | 'rebalance' | 'broadcast' | 'singleton';

export interface PhysicalInput {
  readonly node: PhysicalNode;
  readonly exchange: Exchange;
  /** Columns of `node` that decide the subtask; empty unless `exchange` is hash. */
  readonly keys: readonly number[];
  /** Not the node's output, but the rows of that input of it that came too late. */
  readonly late?: number;
  /** Not the node's output, but what it could not take. */
  readonly deadLetters?: true;
}

export type Config = Readonly<Record<string, unknown>>;

/** What an operator is, as far as planning goes. */
export interface OperatorSpec {
  readonly op: string;
  /** The changes of its output, given those of its inputs. */
  readonly changes: (inputs: readonly Changes[], config: Config) => Changes;
  /** Whether it must be sent -U rows by an input, given whether its own consumers need them. */
  readonly needsUpdateBefore: (required: boolean, config: Config, input: number) => boolean;
  /** Members of config that say what the changelog inference found. */
  readonly changelogConfig?: (found: ChangelogFindings) => Config;
  /** Positions in the output that identify a row of the current result, given those of the inputs. */
  readonly upsertKey?: (
    node: PhysicalNode,
    inputs: readonly (readonly number[] | undefined)[],
  ) => readonly number[] | undefined;
  /**
   * Whether changes of the same key may be folded into their net change on the way in without changing what comes of it in the end,
   * given whether that is so for its own output. Absent: no.
   */
  readonly folds?: (output: boolean, node: PhysicalNode) => boolean;
  /** A source whose updates tell the new row only, or a sink that needs no more: by the table's key. Absent: no. */
  readonly replaces?: (config: Config) => boolean;
  /** A sink whose rows are seen only once a checkpoint counts, or the job has ended. Absent: no. */
  readonly seenWithCommit?: (config: Config) => boolean;
  /** The same node that keeps, of its own rows, those whose condition is TRUE; absent: that needs a filter. */
  readonly withCondition?: (node: PhysicalNode, condition: Expression) => PhysicalNode;
  /** How far a source is behind what there is to read; absent: nobody can say. */
  readonly lag?: (config: Config) => Promise<readonly SplitLag[]>;
  /** The topics that a sink writes to; absent: it writes to none. */
  readonly topics?: (config: Config) => readonly SinkTopic[];
  /** The folder that it writes to; absent: it writes to none. */
  readonly folder?: (config: Config) => SinkFolder;
  /** What it does, in words, if the engine does not have it yet: whoever asks for it is told so. */
  readonly pending?: string;
  /** One subtask only, whatever the job's parallelism. */
  readonly single?: boolean;
  /** What it keeps between rows, as far as the plan decides it; absent: it keeps nothing. */
  readonly state?: (node: PhysicalNode) => readonly StateField[];
  /** The same as a table, for readers; absent: it is nothing to look at. */
  readonly stateTable?: (node: PhysicalNode) => StateTable;
  /** What its state means is the business of the user's code: another text of that is no other meaning. */
  readonly meantByCode?: boolean;
  /** The operator in whose place it may stand in another plan of the same job, and whose state it then goes on with. */
  readonly inPlaceOf?: string;
  /** Every row of its only input goes on as one row, whatever becomes of its columns. */
  readonly keepsRows?: boolean;
  /** Where a column of its output comes from: a column of its only input, or an expression over them. Absent: it is made here. */
  readonly origin?: (node: PhysicalNode, column: number) => number | Expression;
  /** Takes part in event time: watermarks decide what it emits. */
  readonly eventTime?: boolean;
}

/** A partition of a source's topic. */
export interface SplitLag {
  readonly topic: string;
  readonly partition: number;
  /** The group's next offset, as of the last checkpoint; null: it has none yet. */
  readonly committed: number | null;
  /** The next record's offset. */
  readonly end: number;
  readonly lag: number | null;
}

/** A topic, and the client's properties by librdkafka's names. */
export interface SinkTopic {
  readonly topic: string;
  readonly properties: Readonly<Record<string, string>>;
}

/** A folder of files, and their format. */
export interface SinkFolder {
  readonly path: string;
  readonly format: string;
}

export interface ChangelogFindings {
  readonly inputs: readonly Changes[];
  /** Whether the inputs carry -U rows. */
  readonly inputsUpdateBefore: readonly boolean[];
  readonly emitUpdateBefore: boolean;
  /** Whether only the net changes matter. */
  readonly fold: boolean;
}

/** JavaScript behind a node. */
export interface OwnerCode {
  readonly parts: readonly object[];
  /** Makes the code of one subtask; called when the subtask first calls. */
  readonly open: (subtask: number) => Answerer;
}

export interface PhysicalNode {
  readonly spec: OperatorSpec;
  readonly inputs: readonly PhysicalInput[];
  readonly schema: Schema;
  readonly config: Config;
  /** State is restored by it; given by the user, or made from the operator and its place (`encode`). */
  readonly uid?: string;
  /** What the uid is made of: a table's name for sources and sinks. */
  readonly label?: string;
  readonly parallelism?: number;
  /** A source that never ends. */
  readonly unbounded?: boolean;
  /** Positions of a source's columns that its table says are its PRIMARY KEY. */
  readonly primaryKey?: readonly number[];
  /** What the job's owner should know of it before it runs. */
  readonly warnings?: readonly string[];
  /** Who reads what it cannot take; its config has `onError`. */
  readonly deadLetters?: DeadLetterTarget;
  /** Code that native calls while it runs; two nodes are the same only if it is made of the same `parts`. */
  readonly code?: OwnerCode;
  /** Changes of the output and whether -U rows are among them, once they are known (infer-changelog). */
  readonly changelog?: { readonly changes: Changes; readonly updateBefore: boolean };
}

const knownChanges = new WeakMap<PhysicalNode, Changes>();

/** The kinds of change in a node's output. */
export function changesOf(node: PhysicalNode): Changes {
  let changes = knownChanges.get(node);
  if (changes === undefined) {
    changes = node.spec.changes(
      node.inputs.map((input) => changesOf(input.node)),
      node.config,
    );
    knownChanges.set(node, changes);
  }
  return changes;
}

/** Whether every source below ends. */
export function isBounded(node: PhysicalNode): boolean {
  return topological([node]).every((n) => n.unbounded !== true);
}

/** Inputs before users; every node once. */
export function topological(roots: readonly PhysicalNode[]): PhysicalNode[] {
  const order = new Set<PhysicalNode>();
  const visit = (node: PhysicalNode): void => {
    if (order.has(node)) return;
    for (const input of node.inputs) visit(input.node);
    order.add(node);
  };
  roots.forEach(visit);
  return [...order];
}

/** Rebuilds the graph bottom-up, every node once; `change` gets the node with its new inputs and the old node. */
export function rewrite(
  roots: readonly PhysicalNode[],
  change: (node: PhysicalNode, old: PhysicalNode) => PhysicalNode,
): PhysicalNode[] {
  const done = new Map<PhysicalNode, PhysicalNode>();
  for (const old of topological(roots)) {
    const inputs = old.inputs.map((input) => ({ ...input, node: done.get(input.node)! }));
    const same = inputs.every((input, i) => input.node === old.inputs[i]!.node);
    done.set(old, change(same ? old : { ...old, inputs }, old));
  }
  return roots.map((root) => done.get(root)!);
}

/** What applies to the whole job, in the words of docs/plan.md. */
export interface PlanOptions {
  readonly parallelism: number;
  readonly 'batch.max-rows'?: number;
  readonly 'batch.max-delay-ms'?: number;
  readonly 'auto-watermark-interval-ms'?: number;
  readonly 'state-ttl-ms'?: number;
  readonly 'state-backend'?: 'memory' | 'rocksdb';
  readonly 'memory-limit-bytes'?: number;
  readonly 'state-folder'?: string;
  readonly 'local-time-zone'?: string;
  readonly 'query-start-ms'?: number;
}

/** A job ready for native: its sinks, and through them everything else. */
export interface PhysicalPlan {
  readonly job: string;
  readonly options: PlanOptions;
  /** Absent: the job takes no checkpoints. */
  readonly checkpoint?: CheckpointPlan;
  readonly sinks: readonly PhysicalNode[];
}
