// prune-columns: computes and reads only the columns that somebody uses.
//
//   project [0] ( filter #3 > 1 ( scan a b c d ) )   ->   project [0] ( filter #1 > 1 ( scan a d ) )
//
// Watermark assigners that nobody depends on go too. Equal expressions of a projection and equal aggregates are computed once. All
// accesses to one table read the same columns, so that they can be one source afterwards (reuse-subplans).

import type { AggregateCall } from '../../expressions/aggregate-call.js';
import { columnsOf, hasSubquery, isDeterministic } from '../../expressions/columns.js';
import { type Expression, isSubquery, mapExpression } from '../../expressions/expression.js';
import { type Schema, timeAttribute } from '../../schema/types.js';
import { keepsLetters } from '../dead-letters.js';
import {
  type BroadcastProcessNode,
  inputsOf,
  type KeyedBroadcastProcessNode,
  type KeyedProcessNode,
  type LogicalNode,
  planOf,
  type ScanNode,
  type UserFunctionNode,
  type WatermarkNode,
  withInputs,
} from '../nodes.js';
import type { UserFunction } from '../user-function.js';
import { pruneAppending } from './prune-appending.js';
import { pruneUserFunction } from './prune-user-function.js';
import {
  add,
  all,
  arrange,
  keepColumns,
  move,
  moveAggregate,
  type Pruned,
  readBy,
  retyped,
  sorted,
  usedBy,
} from './pruned.js';
import { windowProperties } from './window-properties.js';

/** Columns in use of every table access, by what JavaScript hands over, table and options. */
type Accesses = Map<unknown, Map<string, Set<number>>>;

/** Prunes plans that run as one job; their output columns stay as they are. */
export function pruneColumns(roots: readonly LogicalNode[]): LogicalNode[] {
  const found: Accesses = new Map();
  const functions = new Map<UserFunction, Set<number>>();
  const times = new Map<WatermarkNode, Set<number>>();
  for (const root of roots) new Pruner(found, functions, times, true).root(root);
  return roots.map((root) => new Pruner(found, functions, times, false).root(root));
}

class Pruner {
  /** Whether an operator above lives by watermarks. */
  private timed = false;

  constructor(
    private readonly accesses: Accesses,
    private readonly functions: Map<UserFunction, Set<number>>,
    private readonly times: Map<WatermarkNode, Set<number>>,
    private readonly exploring: boolean,
  ) {}

  root(node: LogicalNode): LogicalNode {
    if (node.op !== 'sink') return this.whole(node);
    // Conflicts are settled at the watermark.
    this.timed = node.onConflict === 'ERROR' || node.onConflict === 'NOTHING';
    const pruned = { ...node, input: this.whole(node.input) };
    this.timed = false;
    return pruned;
  }

  /** The node with all of its columns in their old order. */
  private whole(node: LogicalNode): LogicalNode {
    const { node: pruned, at } = this.prune(node, all(node.schema));
    return arrange(
      pruned,
      node.schema,
      node.schema.map((_, i) => at.get(i)!),
    );
  }

  private prune(node: LogicalNode, required: ReadonlySet<number>): Pruned {
    const outside = this.timed;
    this.timed ||= readsEventTime(node);
    const pruned = this.pruneNode(node, required);
    this.timed = outside;
    return pruned;
  }

  private pruneNode(node: LogicalNode, required: ReadonlySet<number>): Pruned {
    switch (node.op) {
      case 'scan':
        return this.scan(node, this.widen(node, node, required));
      case 'watermark':
        return this.watermark(node, required);
      case 'values':
        return keepColumns(node, sorted(required), (kept) => ({
          ...node,
          rows: node.rows.map((row) => kept.map((i) => row[i]!)),
        }));
      case 'filter': {
        const input = this.prune(node.input, columnsOf(node.condition, new Set(required)));
        const condition = this.expression(move(node.condition, input.at));
        return { node: { ...node, input: input.node, condition, schema: input.node.schema }, at: input.at };
      }
      case 'project': {
        const kept = sorted(required);
        const input = this.prune(node.input, usedBy(kept.map((i) => node.expressions[i]!)));
        const expressions: Expression[] = [];
        const schema: Schema[number][] = [];
        const at = new Map<number, number>();
        const known = new Map<string, number>();
        for (const i of kept) {
          const e = this.expression(move(node.expressions[i]!, input.at));
          const digest = JSON.stringify(e);
          let to = isDeterministic(e) && !hasSubquery(e) ? known.get(digest) : undefined;
          if (to === undefined) {
            to = expressions.push(e) - 1;
            schema.push(node.schema[i]!);
            known.set(digest, to);
          }
          at.set(i, to);
        }
        return { node: { ...node, input: input.node, expressions, schema }, at };
      }
      case 'user_function':
        return this.userFunction(node, required);
      case 'broadcast_process':
        return this.broadcastProcess(node);
      case 'keyed_process':
        return this.keyedProcess(node);
      case 'keyed_broadcast_process':
        return this.keyedBroadcastProcess(node);
      case 'expand': {
        const kept = sorted(required);
        const used = usedBy(node.projections.flatMap((p) => kept.map((i) => p[i]!)));
        const input = this.prune(node.input, used);
        return keepColumns(node, kept, (columns) => ({
          ...node,
          input: input.node,
          projections: node.projections.map((p) => columns.map((i) => move(p[i]!, input.at))),
        }));
      }
      case 'late_rows': {
        const { node: input } = this.prune(node.input, all(node.input.schema));
        if (input.op !== 'aggregate') throw new Error('late rows are those of an aggregate');
        return { node: { ...node, input }, at: new Map(node.schema.map((_, i) => [i, i])) };
      }
      case 'aggregate': {
        const late = node.late?.wanted === true ? node.late : undefined;
        const asked = late === undefined ? required : all(node.schema);
        const wanted = [...asked].filter((i) => i >= node.keys.length).map((i) => i - node.keys.length);
        if (node.keys.length === 0 && wanted.length === 0 && node.aggregates.length > 0) wanted.push(0);
        return this.aggregate(
          node,
          node.keys,
          node.aggregates,
          wanted,
          (input, keys, aggregates, schema, at) => ({
            ...node,
            input,
            keys,
            aggregates,
            schema,
            ...(late === undefined ? {} : { late: { ...late, columns: late.columns.map((i) => at.get(i)!) } }),
          }),
          0,
          late?.columns,
        );
      }
      case 'group_window_aggregate': {
        const end = node.keys.length + node.aggregates.length;
        const wanted = [...required].filter((i) => i >= node.keys.length && i < end).map((i) => i - node.keys.length);
        return this.aggregate(
          node,
          node.keys,
          node.aggregates,
          wanted,
          (input, keys, aggregates, schema, at) => ({
            ...node,
            input,
            keys,
            aggregates,
            schema,
            window: { ...node.window, time: at.get(node.window.time)! },
          }),
          node.properties.length,
          [node.window.time],
        );
      }
      case 'window_table':
      case 'unnest':
      case 'over':
      case 'rank':
        return pruneAppending(node, required, (input, columns) => this.prune(input, columns));
      case 'sort': {
        const input = this.prune(
          node.input,
          add(
            new Set(required),
            node.orderBy.map((k) => k.column),
          ),
        );
        const orderBy = node.orderBy.map((k) => ({ ...k, column: input.at.get(k.column)! }));
        return { node: { ...node, input: input.node, orderBy, schema: input.node.schema }, at: input.at };
      }
      case 'limit': {
        const input = this.prune(node.input, required);
        return { node: { ...node, input: input.node, schema: input.node.schema }, at: input.at };
      }
      case 'union': {
        const kept = sorted(required);
        const schema = kept.map((i) => node.schema[i]!);
        const inputs = node.inputs.map((branch) => {
          const { node: pruned, at } = this.prune(branch, required);
          return arrange(
            pruned,
            schema,
            kept.map((i) => at.get(i)!),
          );
        });
        return { node: { ...node, inputs, schema }, at: new Map(kept.map((i, to) => [i, to])) };
      }
      case 'join':
      case 'temporal_join': {
        const half = node.joinType === 'semi' || node.joinType === 'anti';
        const width = node.left.schema.length;
        const used = node.condition === undefined ? new Set(required) : columnsOf(node.condition, new Set(required));
        if (node.op === 'temporal_join') {
          columnsOf(node.time, used);
          // The right's event time tells its versions apart.
          const time = node.right.schema.findIndex(({ type }) => timeAttribute(type) === 'rowtime');
          if (time >= 0) used.add(width + time);
        }
        const left = this.prune(node.left, new Set([...used].filter((i) => i < width)));
        const right = this.prune(node.right, new Set([...used].filter((i) => i >= width).map((i) => i - width)));
        const shift = left.node.schema.length;
        const at = new Map([...left.at, ...[...right.at].map(([from, to]) => [from + width, to + shift] as const)]);
        // Join outputs may be nullable where the inputs are not.
        const types = new Map([...at].map(([from, to]) => [to, node.schema[from]?.type]));
        const fields = half ? left.node.schema : [...left.node.schema, ...right.node.schema];
        const schema = fields.map((f, i) => ({ name: f.name, type: types.get(i) ?? f.type }));
        const condition = node.condition === undefined ? {} : { condition: move(node.condition, at) };
        const sides = { left: left.node, right: right.node, schema, ...condition };
        if (node.op === 'temporal_join') return { node: { ...node, ...sides, time: move(node.time, at) }, at };
        return { node: { ...node, ...sides }, at };
      }
      default: {
        // What is left reads its inputs whole.
        const pruned = withInputs(
          node,
          inputsOf(node).map((input) => this.whole(input)),
        );
        return { node: pruned, at: new Map(node.schema.map((_, i) => [i, i])) };
      }
    }
  }

  /** In the first pass remembers what is read of a table; in the second asks for all of it. */
  private widen(top: LogicalNode, scan: ScanNode, required: ReadonlySet<number>): ReadonlySet<number> {
    const { table, options } = scan;
    const source = scan.rows ?? scan.messages;
    const key = JSON.stringify([top.op, table.identifier, table.columns.map(({ name }) => name), options]);
    const accesses = this.accesses.get(source) ?? new Map<string, Set<number>>();
    this.accesses.set(source, accesses);
    if (!this.exploring) return new Set([...required, ...(accesses.get(key) ?? [])]);
    accesses.set(key, add(accesses.get(key) ?? new Set(), required));
    return required;
  }

  /** The same for event time that is computed: what several plans read of the one node. */
  private shared(node: WatermarkNode, required: ReadonlySet<number>): ReadonlySet<number> {
    const known = this.times.get(node) ?? new Set();
    if (this.exploring) this.times.set(node, add(known, required));
    return new Set([...required, ...known]);
  }

  private scan(node: ScanNode, required: ReadonlySet<number>): Pruned {
    const kept = sorted(required);
    // A row without columns is no row: COUNT(*) reads the first column, as in Flink, where a broken value fails it.
    if (kept.length === 0) kept.push(0);
    return keepColumns(node, kept, () => node);
  }

  private watermark(node: WatermarkNode, required: ReadonlySet<number>): Pruned {
    const scan =
      node.input.op === 'scan'
        ? node.input
        : node.input.op === 'project' && node.input.input.op === 'scan'
          ? node.input.input
          : undefined;
    const outside = scan === undefined ? this.shared(node, required) : this.widen(node, scan, required);
    // Nobody asks how late it is: the time column need not even be read. (If it is read, a missing time is still an error.)
    if (!this.timed && !outside.has(node.time)) return this.prune(node.input, outside);
    const input = this.prune(node.input, columnsOf(node.watermark, add(new Set(outside), [node.time])));
    return {
      node: {
        ...node,
        input: input.node,
        time: input.at.get(node.time)!,
        watermark: move(node.watermark, input.at),
        schema: retyped(node.schema, input),
      },
      at: input.at,
    };
  }

  /** Functions that two plans read are one operator only if they keep the same columns. */
  private userFunction(node: UserFunctionNode, required: ReadonlySet<number>): Pruned {
    const known = this.functions.get(node.functions[0]!) ?? new Set();
    if (this.exploring) this.functions.set(node.functions[0]!, add(known, required));
    const wanted = new Set([...required, ...known].filter((i) => i < node.schema.length));
    return pruneUserFunction(node, wanted, (input, columns) => this.prune(input, columns));
  }

  /** Called for every row whoever reads what it gives; the map's rows go to V8 whole, and no time is told by them. */
  private broadcastProcess(node: BroadcastProcessNode): Pruned {
    const { function: of } = node;
    const letters = keepsLetters(of.onError) ? node.left.schema.keys() : [];
    const left = this.prune(node.left, new Set([...node.columns, ...node.keys, ...of.reads, ...letters]));
    const places = (columns: readonly number[]) => columns.map((i) => left.at.get(i)!);
    const pruned: BroadcastProcessNode = {
      ...node,
      left: left.node,
      right: this.untimed(node.right),
      keys: places(node.keys),
      columns: places(node.columns),
      function: { ...of, reads: places(of.reads) },
    };
    return { node: pruned, at: new Map(node.schema.map((_, i) => [i, i])) };
  }

  /** Rows whose event time nobody asks for, with all of their columns. */
  private untimed(node: LogicalNode): LogicalNode {
    const outside = this.timed;
    this.timed = false;
    const whole = this.whole(node);
    this.timed = outside;
    return whole;
  }

  /** Called for every row whoever reads what it gives. */
  private keyedProcess(node: KeyedProcessNode): Pruned {
    const { rows, read } = this.processed(node, node.input);
    return { node: { ...node, ...read, input: rows }, at: new Map(node.schema.map((_, i) => [i, i])) };
  }

  private keyedBroadcastProcess(node: KeyedBroadcastProcessNode): Pruned {
    const { rows, read } = this.processed(node, node.left);
    const right = this.untimed(node.right);
    return { node: { ...node, ...read, left: rows, right }, at: new Map(node.schema.map((_, i) => [i, i])) };
  }

  /** The rows that a keyed process function sees, and where in them is what it reads. */
  private processed(node: Omit<KeyedProcessNode, 'op' | 'input'>, input: LogicalNode) {
    const { process, extras } = node.code;
    const time = node.time === undefined ? [] : [node.time];
    const letters = keepsLetters(process.onError) ? input.schema.keys() : [];
    const record = extras?.record ?? [];
    const rows = this.prune(input, new Set([...node.keys, ...time, ...process.reads, ...record, ...letters]));
    const places = (columns: readonly number[]) => columns.map((i) => rows.at.get(i)!);
    const read: Pick<KeyedProcessNode, 'keys' | 'time' | 'code'> = {
      keys: places(node.keys),
      time: places(time)[0],
      code: {
        ...node.code,
        process: { ...process, reads: places(process.reads) },
        extras: extras && { ...extras, record: places(record) },
      },
    };
    return { rows: rows.node, read };
  }

  private aggregate(
    node: LogicalNode & { readonly input: LogicalNode },
    keys: readonly number[],
    calls: readonly AggregateCall[],
    wanted: readonly number[],
    make: (
      input: LogicalNode,
      keys: number[],
      calls: AggregateCall[],
      schema: Schema,
      at: ReadonlyMap<number, number>,
    ) => LogicalNode,
    numProperties: number,
    alsoRead: readonly number[] = [],
  ): Pruned {
    const kept = [...wanted].sort((a, b) => a - b);
    const input = this.prune(node.input, new Set([...keys, ...alsoRead, ...kept.flatMap((i) => readBy(calls[i]!))]));
    const newKeys: number[] = [];
    const newCalls: AggregateCall[] = [];
    const keySchema: Schema[number][] = [];
    const callSchema: Schema[number][] = [];
    const at = new Map<number, number>();
    keys.forEach((key, i) => {
      const to = input.at.get(key)!;
      let place = newKeys.indexOf(to);
      if (place < 0) {
        place = newKeys.push(to) - 1;
        keySchema.push(node.schema[i]!);
      }
      at.set(i, place);
    });
    const known = new Map<string, number>();
    for (const i of kept) {
      const moved = moveAggregate(calls[i]!, input.at);
      const digest = JSON.stringify(moved);
      let place = known.get(digest);
      if (place === undefined) {
        place = newCalls.push(moved) - 1;
        callSchema.push(node.schema[keys.length + i]!);
        known.set(digest, place);
      }
      at.set(keys.length + i, newKeys.length + place);
    }
    const properties = node.schema.slice(keys.length + calls.length, keys.length + calls.length + numProperties);
    for (const i of properties.keys()) at.set(keys.length + calls.length + i, newKeys.length + newCalls.length + i);
    return { node: make(input.node, newKeys, newCalls, [...keySchema, ...callSchema, ...properties], input.at), at };
  }

  /** Prunes the plans of subqueries inside an expression. */
  private expression(e: Expression): Expression {
    return hasSubquery(e)
      ? mapExpression(e, (part) => (isSubquery(part) ? { ...part, plan: this.whole(planOf(part)) } : part))
      : e;
  }
}

/** Operators whose output depends on watermarks. */
const EVENT_TIME = new Set<LogicalNode['op']>([
  'window_table',
  'group_window_aggregate',
  'over',
  'rank',
  'sort',
  'temporal_join',
  'match_recognize',
]);

function readsEventTime(node: LogicalNode): boolean {
  if (node.op === 'keyed_process' || node.op === 'keyed_broadcast_process') return node.time !== undefined;
  if (node.op === 'join')
    return windowProperties(node.left) !== undefined && windowProperties(node.right) !== undefined;
  return EVENT_TIME.has(node.op);
}
