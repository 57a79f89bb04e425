// The logical plan: what the analyser gives and the planner's rules rewrite. Relational operators as data.
//
//   SELECT k, COUNT(*) FROM t GROUP BY k   ->   project [0, 1] ( aggregate keys [0] ( project [k] ( scan t ) ) )
//
// Every node carries its output `schema`; expressions refer to the concatenated columns of its inputs by position.
// Nothing is optimised here: filters stand where they were written, window functions are ordinary keys, Top-N is a filter
// over `over`. Time attributes are marked on the column's type (`rowtime`, `proctime`).

import type { SourceSpan } from '../errors.js';
import type { AggregateCall, SortKey } from '../expressions/aggregate-call.js';
import type { Expression, Literal, SubqueryPlan } from '../expressions/expression.js';
import type { LogicalType, Schema } from '../schema/types.js';
import type {
  BroadcastProcessNode,
  KeyedBroadcastProcessNode,
  KeyedProcessNode,
  UserFunctionNode,
} from './function-nodes.js';
import type { ScanNode, SinkNode, WatermarkNode } from './table-nodes.js';
import type { StateTtl } from './user-function.js';

export type { AggregateCall, SortKey } from '../expressions/aggregate-call.js';
export type {
  BroadcastMap,
  BroadcastProcessNode,
  KeyedBroadcastProcessNode,
  KeyedProcessNode,
  UserFunctionNode,
} from './function-nodes.js';
export type {
  IterableOrMaker,
  IterableRows,
  OnConflict,
  ScanNode,
  SinkNode,
  WatermarkAlignment,
  WatermarkNode,
  WatermarkOptions,
} from './table-nodes.js';
export type { StateTtl } from './user-function.js';

/** What all nodes have. */
export interface Node {
  readonly schema: Schema;
  /** Where the script has it, for errors; absent in the Stream API and for what rules make. */
  readonly span?: SourceSpan;
  /** Of its state, as the user says; in the physical plan it is the uid of the operator that keeps it. */
  readonly uid?: string;
}

/** Rows of constants, each cast to the schema's type. */
export interface ValuesNode extends Node {
  readonly op: 'values';
  readonly rows: readonly (readonly Literal[])[];
}

/** Keeps rows whose condition is TRUE. The condition may hold `Subquery` expressions. */
export interface FilterNode extends Node {
  readonly op: 'filter';
  readonly input: LogicalNode;
  readonly condition: Expression;
}

export interface ProjectNode extends Node {
  readonly op: 'project';
  readonly input: LogicalNode;
  readonly expressions: readonly Expression[];
}

/**
 * Groups by columns: output is keys, then aggregates. No aggregates: DISTINCT. No keys: one group over everything
 * (over no input: no row, as in Flink). Window aggregates are this node over `window_table` with window_start and
 * window_end among the keys.
 */
export interface AggregateNode extends Node {
  readonly op: 'aggregate';
  readonly input: LogicalNode;
  readonly keys: readonly number[];
  readonly aggregates: readonly AggregateCall[];
  /** Of windows: what becomes of rows that come too late. */
  readonly late?: LateOutput;
  /** All rows of a key are in one window, which this fires; without it groups are kept up to date. */
  readonly trigger?: CountTrigger;
  /** Of groups that are kept up to date; without it `table.exec.state.ttl` says how long. */
  readonly ttl?: StateTtl;
}

/** Fires a window at every `count`-th row; `purges`: it begins anew, otherwise it goes on. */
export interface CountTrigger {
  readonly count: number;
  readonly purges: boolean;
}

/** Rows that come too late for a window; dropped unless somebody has asked for them. */
export interface LateOutput {
  /** Set when a `late_rows` node is made; every plan of the job then computes the windows in the same way. */
  wanted: boolean;
  /** Columns of the aggregate's input that a late row has. */
  readonly columns: readonly number[];
}

/** The rows that came too late for the windows of `input`. */
export interface LateRowsNode extends Node {
  readonly op: 'late_rows';
  readonly input: AggregateNode;
}

/**
 * One output row per input row and projection: GROUPING SETS below an `aggregate`. The last column is the
 * grouping id (BIGINT), a constant of each projection.
 */
export interface ExpandNode extends Node {
  readonly op: 'expand';
  readonly input: LogicalNode;
  readonly projections: readonly (readonly Expression[])[];
}

/** How rows are put into windows; all durations in milliseconds. `time` is the time attribute's column. */
export type WindowSpec =
  | { readonly kind: 'tumble'; readonly time: number; readonly sizeMs: number; readonly offsetMs: number }
  | {
      readonly kind: 'hop';
      readonly time: number;
      readonly sizeMs: number;
      readonly slideMs: number;
      readonly offsetMs: number;
    }
  | {
      readonly kind: 'cumulate';
      readonly time: number;
      readonly sizeMs: number;
      readonly stepMs: number;
      readonly offsetMs: number;
    }
  | { readonly kind: 'session'; readonly time: number; readonly gapMs: number };

/** A window TVF: appends window_start, window_end (TIMESTAMP(3)) and window_time (a time attribute) to every row. */
export interface WindowTableNode extends Node {
  readonly op: 'window_table';
  readonly input: LogicalNode;
  readonly window: WindowSpec;
  /** PARTITION BY of SESSION; empty for the others. */
  readonly partitionKeys: readonly number[];
}

export type WindowProperty = 'window_start' | 'window_end' | 'window_rowtime' | 'window_proctime';

/** Legacy GROUP BY TUMBLE/HOP/SESSION(...): output is keys, aggregates, then the properties asked for. */
export interface GroupWindowAggregateNode extends Node {
  readonly op: 'group_window_aggregate';
  readonly input: LogicalNode;
  readonly window: WindowSpec;
  readonly keys: readonly number[];
  readonly aggregates: readonly AggregateCall[];
  readonly properties: readonly WindowProperty[];
}

export type JoinType = 'inner' | 'left' | 'right' | 'full' | 'semi' | 'anti';

/** A regular, interval or window join: the planner tells them apart. `condition` is over left ++ right. */
export interface JoinNode extends Node {
  readonly op: 'join';
  readonly left: LogicalNode;
  readonly right: LogicalNode;
  readonly joinType: JoinType;
  /** Absent: a cross join. */
  readonly condition?: Expression;
  /** Of the sides of a regular join; without them `table.exec.state.ttl` says how long. */
  readonly leftTtl?: StateTtl | undefined;
  readonly rightTtl?: StateTtl | undefined;
}

/** FOR SYSTEM_TIME AS OF: `time` (over the left columns) picks the version; over proctime it is a lookup join. */
export interface TemporalJoinNode extends Node {
  readonly op: 'temporal_join';
  readonly left: LogicalNode;
  readonly right: LogicalNode;
  readonly joinType: 'inner' | 'left';
  readonly time: Expression;
  readonly condition?: Expression;
}

/** LATERAL (SELECT ...): `right` is evaluated per left row; its `OuterReference`s with outer 1 are the left columns. */
export interface CorrelateNode extends Node {
  readonly op: 'correlate';
  readonly left: LogicalNode;
  readonly right: LogicalNode;
  readonly joinType: 'inner' | 'left';
}

/**
 * UNNEST: one output row per element of `collection` (an expression over the input), input columns first.
 * ARRAY: the element, or the element's fields if it is a ROW; MAP: key, value; MULTISET: as ARRAY, repeated.
 * `outer` keeps rows without elements; an ordinality column (INT, from 1) comes last if asked for.
 */
export interface UnnestNode extends Node {
  readonly op: 'unnest';
  readonly input: LogicalNode;
  readonly collection: Expression;
  readonly outer: boolean;
  readonly withOrdinality: boolean;
}

/** UNION ALL; column types were made equal by projections below. */
export interface UnionNode extends Node {
  readonly op: 'union';
  readonly inputs: readonly LogicalNode[];
}

/** INTERSECT and EXCEPT, as multisets if `all`. UNION is `union` under an `aggregate` of all columns. */
export interface SetOperationNode extends Node {
  readonly op: 'intersect' | 'except';
  readonly left: LogicalNode;
  readonly right: LogicalNode;
  readonly all: boolean;
}

export interface SortNode extends Node {
  readonly op: 'sort';
  readonly input: LogicalNode;
  readonly orderBy: readonly SortKey[];
  readonly offset?: number;
  readonly fetch?: number;
}

/** OFFSET and LIMIT without ORDER BY. */
export interface LimitNode extends Node {
  readonly op: 'limit';
  readonly input: LogicalNode;
  readonly offset?: number;
  readonly fetch?: number;
}

export type FrameBound =
  | { readonly bound: 'unbounded_preceding' | 'current_row' | 'unbounded_following' }
  | {
      readonly bound: 'preceding' | 'following';
      /** Rows, or milliseconds of a RANGE over time. */
      readonly offset: number;
    };

export interface WindowFrame {
  readonly unit: 'rows' | 'range';
  readonly lower: FrameBound;
  readonly upper: FrameBound;
}

/** Functions over one OVER specification; ranking functions (row_number, rank, dense_rank) are among them. */
export interface OverGroup {
  readonly partitionKeys: readonly number[];
  readonly orderBy: readonly SortKey[];
  readonly frame: WindowFrame;
  readonly aggregates: readonly AggregateCall[];
}

/** Appends the results of all groups' functions, group by group, to every input row. */
export interface OverNode extends Node {
  readonly op: 'over';
  readonly input: LogicalNode;
  readonly groups: readonly OverGroup[];
  /** Of what ranks outside windows, as of an aggregate. */
  readonly ttl?: StateTtl;
}

/**
 * Rows whose rank lies in a range (both ends included): a rule makes it of a filter over ranking `over`; the analyser never does.
 * Output is the input, and the rank (BIGINT) last if `outputRank`.
 */
export interface RankNode extends Node {
  readonly op: 'rank';
  readonly input: LogicalNode;
  readonly function: 'row_number' | 'rank' | 'dense_rank';
  readonly partitionKeys: readonly number[];
  readonly orderBy: readonly SortKey[];
  readonly rankStart: number;
  readonly rankEnd: number;
  readonly outputRank: boolean;
  /** Outside windows, as of an aggregate. */
  readonly ttl?: StateTtl;
}

export type PatternTerm =
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'sequence' | 'alternation'; readonly items: readonly PatternTerm[] }
  | {
      readonly kind: 'repetition';
      readonly item: PatternTerm;
      readonly min: number;
      /** Null: without bound. */
      readonly max: number | null;
      readonly reluctant: boolean;
    };

/** MATCH_RECOGNIZE: output is the partition columns, then the measures. */
export interface MatchRecognizeNode extends Node {
  readonly op: 'match_recognize';
  readonly input: LogicalNode;
  readonly partitionKeys: readonly number[];
  readonly orderBy: readonly SortKey[];
  readonly pattern: PatternTerm;
  readonly withinMs?: number;
  readonly skip: {
    readonly to: 'next_row' | 'past_last_row' | 'first' | 'last';
    readonly variable?: string;
  };
  /** Conditions of pattern variables; a variable that is not here matches any row. */
  readonly defines: readonly { readonly variable: string; readonly condition: Expression }[];
  readonly measures: readonly { readonly name: string; readonly expression: Expression }[];
}

export type LogicalNode =
  | ScanNode
  | ValuesNode
  | WatermarkNode
  | FilterNode
  | ProjectNode
  | UserFunctionNode
  | BroadcastProcessNode
  | KeyedProcessNode
  | KeyedBroadcastProcessNode
  | AggregateNode
  | LateRowsNode
  | ExpandNode
  | WindowTableNode
  | GroupWindowAggregateNode
  | JoinNode
  | TemporalJoinNode
  | CorrelateNode
  | UnnestNode
  | UnionNode
  | SetOperationNode
  | SortNode
  | LimitNode
  | OverNode
  | RankNode
  | MatchRecognizeNode
  | SinkNode;

/** The inputs of a node, in order; plans of subqueries in expressions are not among them. */
export function inputsOf(node: LogicalNode): readonly LogicalNode[] {
  if ('input' in node) return [node.input];
  if ('left' in node) return [node.left, node.right];
  return 'inputs' in node ? node.inputs : [];
}

/** The same node with other inputs, in the order of `inputsOf`; itself if they are the same. */
export function withInputs<N extends LogicalNode>(node: N, inputs: readonly LogicalNode[]): N {
  if (inputsOf(node).every((input, i) => input === inputs[i])) return node;
  if ('input' in node) return { ...node, input: inputs[0]! };
  if ('left' in node) return { ...node, left: inputs[0]!, right: inputs[1]! };
  return 'inputs' in node ? { ...node, inputs } : node;
}

/** The plan of a `Subquery` expression as a node. */
export function planOf(subquery: { readonly plan: SubqueryPlan }): LogicalNode {
  return subquery.plan as LogicalNode;
}

/** Type of a node's column. */
export function columnType(node: LogicalNode, position: number): LogicalType {
  const field = node.schema[position];
  if (field === undefined) throw new Error(`column ${position} of ${node.op} does not exist`);
  return field.type;
}
