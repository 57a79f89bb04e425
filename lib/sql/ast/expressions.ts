// Nodes of the syntax tree: expressions.
//
//   a + b * 2, CASE ... END, COUNT(*) FILTER (WHERE x)

import type { DataType } from './data-types.js';
import type {
  FormatJson,
  JsonArrayAggregate,
  JsonArrayExpression,
  JsonExistsExpression,
  JsonObjectAggregate,
  JsonObjectExpression,
  JsonQueryExpression,
  JsonValueExpression,
} from './json-expressions.js';
import type {
  BinaryLiteral,
  BooleanLiteral,
  DateTimeLiteral,
  IntervalLiteral,
  IntervalQualifier,
  NullLiteral,
  NumberLiteral,
  StringLiteral,
  SymbolNode,
} from './literals.js';
import type { Identifier, QualifiedName } from './names.js';
import type { Positioned, SourceSpan } from './positioned.js';
import type { OrderItem, Query, WindowSpecification } from './queries.js';

/** `a`, `t.a`, `r.f1.f2`: which part is table, column or field is for the analyser to find out. */
export interface ColumnReference extends Positioned {
  readonly kind: 'column';
  readonly parts: readonly Identifier[];
}

/** `*` or `t.*` in a select list. */
export interface Star extends Positioned {
  readonly kind: 'star';
  readonly qualifier: readonly Identifier[];
}

export type UnaryOperator = '-' | '+' | 'NOT' | 'FINAL' | 'RUNNING' | 'EXISTS' | 'UNIQUE';

/** EXISTS and UNIQUE have a subquery as operand; FINAL and RUNNING stand in MEASURES of MATCH_RECOGNIZE. */
export interface UnaryExpression extends Positioned {
  readonly kind: 'unary';
  readonly operator: UnaryOperator;
  readonly operand: Expression;
}

export type ComparisonOperator = '=' | '<>' | '<' | '<=' | '>' | '>=';

export type BinaryOperator =
  | ComparisonOperator
  | 'AND'
  | 'OR'
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '||'
  | 'IS DISTINCT FROM'
  | 'IS NOT DISTINCT FROM'
  | 'MEMBER OF'
  | 'SUBMULTISET OF'
  | 'NOT SUBMULTISET OF'
  | 'MULTISET UNION ALL'
  | 'MULTISET UNION DISTINCT'
  | 'MULTISET INTERSECT ALL'
  | 'MULTISET INTERSECT DISTINCT'
  | 'MULTISET EXCEPT ALL'
  | 'MULTISET EXCEPT DISTINCT'
  | 'CONTAINS'
  | 'OVERLAPS'
  | 'EQUALS'
  | 'PRECEDES'
  | 'SUCCEEDS'
  | 'IMMEDIATELY PRECEDES'
  | 'IMMEDIATELY SUCCEEDS';

export interface BinaryExpression extends Positioned {
  readonly kind: 'binary';
  readonly operator: BinaryOperator;
  /** Where the operator itself stands: analyser's messages point there. */
  readonly operatorSpan: SourceSpan;
  readonly left: Expression;
  readonly right: Expression;
}

export type IsTest =
  | 'NULL'
  | 'TRUE'
  | 'FALSE'
  | 'UNKNOWN'
  | 'JSON VALUE'
  | 'JSON OBJECT'
  | 'JSON ARRAY'
  | 'JSON SCALAR'
  | 'A SET'
  | 'EMPTY';

/** `a IS [NOT] NULL`; `IS JSON` is test 'JSON VALUE'. */
export interface IsExpression extends Positioned {
  readonly kind: 'is';
  readonly operand: Expression;
  readonly negated: boolean;
  readonly test: IsTest;
}

export interface BetweenExpression extends Positioned {
  readonly kind: 'between';
  readonly operand: Expression;
  readonly negated: boolean;
  readonly symmetric: boolean;
  readonly low: Expression;
  readonly high: Expression;
}

/** `a IN (1, 2)` has `list`, `a IN (SELECT ...)` has `query`: exactly one is not null. */
export interface InExpression extends Positioned {
  readonly kind: 'in';
  readonly operand: Expression;
  readonly negated: boolean;
  readonly list: readonly Expression[] | null;
  readonly query: Query | null;
}

export interface LikeExpression extends Positioned {
  readonly kind: 'like';
  readonly operator: 'LIKE' | 'SIMILAR TO' | 'ILIKE' | 'RLIKE';
  readonly operand: Expression;
  readonly negated: boolean;
  readonly pattern: Expression;
  readonly escape: Expression | null;
}

/** `a > ALL (SELECT ...)`, `a = ANY (1, 2)`. SOME and ANY are the same. */
export interface QuantifiedExpression extends Positioned {
  readonly kind: 'quantified';
  readonly operator: ComparisonOperator;
  readonly quantifier: 'SOME' | 'ANY' | 'ALL';
  readonly operand: Expression;
  readonly list: readonly Expression[] | null;
  readonly query: Query | null;
}

export interface CaseBranch extends Positioned {
  readonly kind: 'caseBranch';
  /** One condition; several only in `CASE a WHEN 1, 2 THEN`. */
  readonly conditions: readonly Expression[];
  readonly result: Expression;
}

/** With `operand`: `CASE a WHEN 1 THEN ...`; without: `CASE WHEN a = 1 THEN ...`. */
export interface CaseExpression extends Positioned {
  readonly kind: 'case';
  readonly operand: Expression | null;
  readonly branches: readonly CaseBranch[];
  readonly otherwise: Expression | null;
}

export interface CastExpression extends Positioned {
  readonly kind: 'cast';
  readonly operator: 'CAST' | 'TRY_CAST' | 'SAFE_CAST';
  readonly operand: Expression;
  readonly type: DataType;
}

/**
 * A function call, built-in or user-defined, aggregate or scalar.
 *
 * Built-ins with a syntax of their own arrive as ordinary calls in Calcite's order of arguments:
 * EXTRACT(DAY FROM ts) is EXTRACT(symbol DAY, ts); FLOOR(ts TO HOUR) is FLOOR(ts, symbol HOUR);
 * TRIM(BOTH 'x' FROM s) is TRIM(symbol BOTH, 'x', s) and so is every TRIM; SUBSTRING(s FROM 2 FOR 3) is SUBSTRING(s, 2, 3);
 * POSITION(a IN b) is POSITION(a, b); OVERLAY(s PLACING x FROM 2 FOR 1) is OVERLAY(s, x, 2, 1);
 * TIMESTAMPADD(WEEK, 1, ts) is TIMESTAMPADD(symbol WEEK, 1, ts). CURRENT_TIMESTAMP and its like are calls with `parentheses: false`.
 */
export interface FunctionCall extends Positioned {
  readonly kind: 'call';
  readonly name: QualifiedName;
  /** True if an identifier or an unreserved word named it; false for a keyword built-in such as CURRENT_DATE. */
  readonly parentheses: boolean;
  readonly quantifier: 'DISTINCT' | 'ALL' | null;
  readonly args: readonly Expression[];
  /** ORDER BY inside the parentheses: ARRAY_AGG(x ORDER BY y). */
  readonly argumentOrderBy: readonly OrderItem[];
  readonly nullTreatment: 'RESPECT NULLS' | 'IGNORE NULLS' | null;
  readonly withinDistinct: readonly Expression[];
  readonly withinGroup: readonly OrderItem[];
  readonly filter: Expression | null;
  readonly over: WindowSpecification | Identifier | null;
}

/** `f(a => 1)`. */
export interface NamedArgument extends Positioned {
  readonly kind: 'namedArgument';
  readonly name: Identifier;
  readonly value: Expression;
}

/** DEFAULT as an argument, and in VALUES. */
export interface DefaultArgument extends Positioned {
  readonly kind: 'default';
}

/** `DESCRIPTOR(a, b)`. */
export interface Descriptor extends Positioned {
  readonly kind: 'descriptor';
  readonly columns: readonly Identifier[];
}

/** `TABLE t PARTITION BY a ORDER BY b`, or a query, as an argument of a table function. */
export interface TableArgument extends Positioned {
  readonly kind: 'tableArgument';
  readonly table: QualifiedName | null;
  readonly query: Query | null;
  readonly partitionBy: readonly Expression[];
  readonly orderBy: readonly OrderItem[];
}

/** `MODEL m`. */
export interface ModelArgument extends Positioned {
  readonly kind: 'modelArgument';
  readonly name: QualifiedName;
}

/** `(a, b)` or `ROW(a, b)` (`explicit`). */
export interface RowConstructor extends Positioned {
  readonly kind: 'row';
  readonly explicit: boolean;
  readonly items: readonly Expression[];
}

/** `ARRAY[1, 2]`, `MULTISET[1, 2]`. */
export interface CollectionConstructor extends Positioned {
  readonly kind: 'collection';
  readonly type: 'ARRAY' | 'MULTISET';
  readonly items: readonly Expression[];
}

/** `ARRAY(SELECT ...)`, `MULTISET(SELECT ...)`, `MAP(SELECT ...)`. */
export interface CollectionQuery extends Positioned {
  readonly kind: 'collectionQuery';
  readonly type: 'ARRAY' | 'MULTISET' | 'MAP';
  readonly query: Query;
}

/** `MAP['k', 1, 'k2', 2]`. */
export interface MapConstructor extends Positioned {
  readonly kind: 'map';
  readonly entries: readonly MapEntry[];
}

export interface MapEntry extends Positioned {
  readonly kind: 'mapEntry';
  readonly key: Expression;
  readonly value: Expression;
}

/** `arr[1]`, `m['key']`. */
export interface ItemAccess extends Positioned {
  readonly kind: 'item';
  readonly operand: Expression;
  readonly index: Expression;
}

/** `arr[1].name`, `f(x).name`: a field of something that is not itself a dotted name. */
export interface FieldAccess extends Positioned {
  readonly kind: 'field';
  readonly operand: Expression;
  /** Null for `f(x).*`. */
  readonly field: Identifier | null;
}

export interface ScalarSubquery extends Positioned {
  readonly kind: 'subquery';
  readonly query: Query;
}

/** `INTERVAL x DAY` where x is not a literal. */
export interface IntervalExpression extends Positioned {
  readonly kind: 'intervalExpression';
  readonly operand: Expression;
  readonly qualifier: IntervalQualifier;
}

/** `(a - b) DAY`: a difference of two points in time, in that unit. */
export interface TimeDifference extends Positioned {
  readonly kind: 'timeDifference';
  readonly left: Expression;
  readonly right: Expression;
  readonly qualifier: IntervalQualifier;
}

/** `NEXT VALUE FOR seq`, `CURRENT VALUE FOR seq`. */
export interface SequenceValue extends Positioned {
  readonly kind: 'sequenceValue';
  readonly operator: 'NEXT VALUE' | 'CURRENT VALUE';
  readonly sequence: QualifiedName;
}

/** `?`. */
export interface DynamicParameter extends Positioned {
  readonly kind: 'parameter';
  readonly index: number;
}

export type Literal =
  | NumberLiteral
  | StringLiteral
  | BinaryLiteral
  | BooleanLiteral
  | NullLiteral
  | DateTimeLiteral
  | IntervalLiteral;

export type Expression =
  | Literal
  | SymbolNode
  | ColumnReference
  | Star
  | UnaryExpression
  | BinaryExpression
  | IsExpression
  | BetweenExpression
  | InExpression
  | LikeExpression
  | QuantifiedExpression
  | CaseExpression
  | CastExpression
  | FunctionCall
  | NamedArgument
  | DefaultArgument
  | Descriptor
  | TableArgument
  | ModelArgument
  | RowConstructor
  | CollectionConstructor
  | CollectionQuery
  | MapConstructor
  | ItemAccess
  | FieldAccess
  | ScalarSubquery
  | IntervalExpression
  | TimeDifference
  | SequenceValue
  | DynamicParameter
  | JsonValueExpression
  | JsonQueryExpression
  | JsonExistsExpression
  | JsonObjectExpression
  | JsonArrayExpression
  | JsonObjectAggregate
  | JsonArrayAggregate
  | FormatJson;
