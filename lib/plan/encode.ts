// The physical plan as docs/plan.md's JSON, and as bytes.
//
//   graph of nodes  ->  { version: 1, job, options, nodes: [{ id: 1, op: 'file_source', … }, …] }  ->  UTF-8
//
// No state. Ids count from 1 in topological order; uids are the user's, or the operator and the label or place.

import { SabotError } from '../errors.js';
import { type LogicalType, type Schema, types, withNullable } from '../schema/types.js';
import type { CheckpointPlan } from './checkpoint.js';
import { fingerprint } from './fingerprint.js';
import { type Config, type PhysicalNode, type PhysicalPlan, type PlanOptions, topological } from './physical.js';
import type { StateTable } from './state-table.js';

export const PLAN_VERSION = 1;

export interface EncodedInput {
  readonly node: number;
  readonly exchange: string;
  readonly keys?: readonly number[];
  readonly late?: number;
  readonly deadLetters?: true;
}

export interface EncodedNode {
  readonly id: number;
  readonly op: string;
  readonly uid: string;
  readonly inputs: readonly EncodedInput[];
  readonly schema: Schema;
  readonly config: Readonly<Record<string, unknown>>;
  readonly parallelism?: number;
  readonly stateTable?: StateTable;
  /** What the state means. */
  readonly fingerprint?: string;
}

export interface EncodedPlan {
  readonly version: number;
  readonly job: string;
  readonly options: PlanOptions;
  readonly checkpoint?: CheckpointPlan;
  readonly nodes: readonly EncodedNode[];
}

/** The plan as the JSON document of docs/plan.md. */
export function encodePlan(plan: PhysicalPlan): EncodedPlan {
  const order = topological(plan.sinks);
  const ids = new Map(order.map((node, i) => [node, i + 1]));
  const parallelism = subtasks(order, plan.options.parallelism);
  const uids = uidsOf(order);
  const nodes = order.map((node): EncodedNode => {
    const own = parallelism.get(node)!;
    return {
      id: ids.get(node)!,
      op: node.spec.op,
      uid: uids.get(node)!,
      inputs: node.inputs.map((input) => {
        const exchange =
          input.exchange === 'forward' && parallelism.get(input.node) !== own ? 'rebalance' : input.exchange;
        const id = ids.get(input.node)!;
        const keys = exchange === 'hash' ? { keys: input.keys } : {};
        const late = input.late === undefined ? {} : { late: input.late };
        return { node: id, exchange, ...keys, ...late, ...(input.deadLetters === true ? { deadLetters: true } : {}) };
      }),
      schema: node.schema,
      config: withState(node),
      ...(own === plan.options.parallelism ? {} : { parallelism: own }),
      ...(node.spec.stateTable === undefined
        ? {}
        : { stateTable: node.spec.stateTable(node), fingerprint: fingerprint(node) }),
    };
  });
  const { job, options, checkpoint } = plan;
  return { version: PLAN_VERSION, job, options, ...(checkpoint === undefined ? {} : { checkpoint }), nodes };
}

/** The bytes that native is given. A VARIANT is its JSON text there. */
export function encodePlanBytes(plan: PhysicalPlan): Uint8Array {
  const text = (_: string, value: unknown) => (isVariant(value) ? withNullable(types.string(), value.nullable) : value);
  return new TextEncoder().encode(JSON.stringify(encodePlan(plan), text));
}

const isVariant = (value: unknown): value is LogicalType =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'VARIANT';

/** Number of subtasks of every node: 1 for single operators and behind a singleton exchange, kept along forward exchanges. */
export function subtasks(order: readonly PhysicalNode[], parallelism: number): Map<PhysicalNode, number> {
  const found = new Map<PhysicalNode, number>();
  for (const node of order) {
    const single = node.spec.single === true || node.inputs.some((input) => input.exchange === 'singleton');
    const forwarded = node.inputs
      .filter((input) => input.exchange === 'forward')
      .map((input) => found.get(input.node)!);
    const spread = node.inputs.length === 0 || forwarded.length < node.inputs.length;
    found.set(node, single ? 1 : (node.parallelism ?? (spread ? parallelism : Math.max(...forwarded))));
  }
  return found;
}

function withState(node: PhysicalNode): Config {
  const state = node.spec.state?.(node) ?? [];
  return state.length === 0 ? node.config : { ...node.config, state };
}

function uidsOf(order: readonly PhysicalNode[]): Map<PhysicalNode, string> {
  const given = order.flatMap((node) => (node.uid === undefined ? [] : [node.uid]));
  const taken = new Set(given);
  const twice = given.find((uid, i) => given.indexOf(uid) !== i);
  if (twice !== undefined) {
    throw new SabotError(
      'SABOT_E_VALIDATION',
      `Two operators of the job have the uid '${twice}': it must tell them apart.`,
      {
        kind: 'uid',
        identifier: twice,
      },
    );
  }
  const uids = new Map<PhysicalNode, string>();
  for (const node of order) {
    let uid = node.uid;
    if (uid === undefined) {
      const op = node.spec.inPlaceOf ?? node.spec.op;
      const base = node.label === undefined ? op : `${op}:${node.label}`;
      for (let n = 1; uid === undefined || taken.has(uid); n++) uid = n === 1 ? base : `${base}#${n}`;
      taken.add(uid);
    }
    uids.set(node, uid);
  }
  return uids;
}
