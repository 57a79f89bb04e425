// planned: a script's last query or INSERT as a physical plan, in a form that tests can speak about.

import type { SabotError } from '../../lib/errors.js';
import { type EncodedNode, type EncodedPlan, encodePlan } from '../../lib/plan/encode.js';
import { type PlannedJob, planJob } from '../../lib/planner/plan.js';
import { parseScript } from '../../lib/sql/parser.js';
import { SqlSession } from '../../lib/sql/session.js';

export interface PlanningOptions {
  readonly parallelism?: number;
  readonly results?: 'changelog' | 'final';
}

/** Plans a script; tables of most tests are declared in `tables`. */
export function plan(script: string, { parallelism = 1, results = 'changelog' }: PlanningOptions = {}): PlannedJob {
  const session = new SqlSession();
  let planned: PlannedJob | undefined;
  for (const statement of parseScript(script)) {
    const step = session.execute(statement, script);
    if (step.kind !== 'query' && step.kind !== 'insert') continue;
    planned = planJob({
      name: 'test',
      plans: step.kind === 'query' ? [step.plan] : step.sinks,
      settings: Object.fromEntries(session.settings),
      parallelism,
      queryStartMs: 0,
      result: { results },
    });
  }
  return planned!;
}

export class Planned {
  readonly encoded: EncodedPlan;

  constructor(script: string, options: PlanningOptions = {}) {
    this.encoded = JSON.parse(JSON.stringify(encodePlan(plan(script, options)))) as EncodedPlan;
  }

  /** Operators in topological order. */
  get ops(): string[] {
    return this.encoded.nodes.map((node) => node.op);
  }

  /** The only node of an operator. */
  node(op: string): EncodedNode {
    const [node, ...others] = this.all(op);
    if (node === undefined || others.length > 0)
      throw new Error(`${others.length + (node ? 1 : 0)} nodes of ${op} in ${this.ops.join(' ')}`);
    return node;
  }

  all(op: string): EncodedNode[] {
    return this.encoded.nodes.filter((node) => node.op === op);
  }

  columns(op: string): string[] {
    return this.node(op).schema.map((f) => f.name);
  }

  /** `op` of a node's inputs with the exchange: `hash(k) file_source`. */
  inputs(node: EncodedNode): string[] {
    return node.inputs.map((input) => {
      const from = this.encoded.nodes.find((n) => n.id === input.node)!;
      const keys = input.keys === undefined ? '' : `(${input.keys.map((key) => from.schema[key]!.name).join(', ')})`;
      return `${input.exchange}${keys} ${from.op}`;
    });
  }
}

/** A query over `tables`. */
export const planned = (query: string, options?: PlanningOptions): Planned => new Planned(`${tables}${query}`, options);

/** What a query over `tables` is refused for. */
export function refused(query: string): Pick<SabotError, 'kind' | 'identifier'> {
  try {
    planned(query);
  } catch (error) {
    const { kind, identifier } = error as SabotError;
    return { kind, identifier };
  }
  throw new Error('the query was planned');
}

export const tables = `
  CREATE TABLE t (id INT, k STRING, v INT, big BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
    WITH ('connector' = 'filesystem', 'path' = '/t.jsonl', 'format' = 'json');
  CREATE TABLE u (id INT, k STRING, w INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
    WITH ('connector' = 'filesystem', 'path' = '/u.jsonl', 'format' = 'json');
  CREATE TABLE plain (id INT, k STRING, v INT) WITH ('connector' = 'filesystem', 'path' = '/p.jsonl', 'format' = 'json');
`;
