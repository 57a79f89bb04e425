// state-lock: what `sabot.lock` records of a job, and what an edit of the job does to its state.
//
//   plan, before   ->  { uid: { operator, state } }   compared with the plan after   ->   kept, renamed, migrated, suspect, changed, …
//
// Operators go by their uids, as when a checkpoint is restored (native/engine/job_checkpoints.cc).

import { createHash } from 'node:crypto';
import { type EncodedPlan, encodePlan } from './encode.js';
import { meaningChange } from './fingerprint.js';
import { type PhysicalPlan, topological } from './physical.js';
import type { StateField } from './state.js';
import { compareFields } from './state-change.js';

export interface LockedOperator {
  readonly operator: string;
  readonly state: readonly StateField[];
  /** What the state means (fingerprint.ts); absent: it is nothing that a query decides, or older than this was noted. */
  readonly fingerprint?: string;
}

export interface LockedJob {
  /** Of the operators and how they are connected. */
  readonly plan: string;
  /** Those that keep state, by uid. */
  readonly operators: Readonly<Record<string, LockedOperator>>;
}

export type StateFate =
  /** Restored as it is. */
  | 'kept'
  /** Restored, but fields have other names now: the same only if they mean the same. */
  | 'renamed'
  /** Restored, and converted: types are wider now, or rows have more columns. */
  | 'migrated'
  /** Restored as it is, but the query that made it has changed: rows from before and from now on may not go together. */
  | 'suspect'
  /** Cannot be restored. */
  | 'changed'
  /** No operator has it any more. */
  | 'dropped'
  /** There is no state for it yet. */
  | 'new';

export interface StateChange {
  readonly uid: string;
  readonly operator: string;
  readonly fate: StateFate;
  /** Which fields, and how. */
  readonly detail: string;
}

export function lockJob(plan: PhysicalPlan): LockedJob {
  const encoded = encodePlan(plan);
  const operators: Record<string, LockedOperator> = {};
  topological(plan.sinks).forEach((node, i) => {
    const { uid, op, fingerprint } = encoded.nodes[i]!;
    if (node.spec.state === undefined) return;
    const state = node.spec.state(node);
    operators[uid] = { operator: op, state, ...(fingerprint === undefined ? {} : { fingerprint }) };
  });
  return { plan: planDigest(encoded), operators };
}

function planDigest({ nodes }: EncodedPlan): string {
  const operators = nodes.map(({ stateTable: _, ...node }) => node);
  return createHash('sha256').update(JSON.stringify(operators)).digest('hex').slice(0, 16);
}

/** What becomes of every state, by uid. */
export function compareStates(
  before: Readonly<Record<string, LockedOperator>>,
  after: Readonly<Record<string, LockedOperator>>,
): StateChange[] {
  const uids = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return uids.map((uid) => {
    const [was, is] = [before[uid], after[uid]];
    const operator = (is ?? was)!.operator;
    if (is === undefined) return { uid, operator, fate: 'dropped', detail: fieldsText(was!.state) };
    if (was === undefined) return { uid, operator, fate: 'new', detail: fieldsText(is.state) };
    const compared = compareFields(was.state, is.state);
    const detail = meaningChange(was.fingerprint, is.fingerprint);
    if (compared.fate === 'kept' && detail !== '') return { uid, operator, fate: 'suspect', detail };
    return { uid, operator, ...compared };
  });
}

const fieldsText = (fields: readonly StateField[]): string =>
  fields.map(([name, type]) => `${name} ${type}`).join(', ');
