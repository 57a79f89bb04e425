// Nodes of the syntax tree: queries.
//
//   WITH x AS (...) SELECT ... UNION ALL ... ORDER BY ... LIMIT 3

import type { Expression, RowConstructor } from './expressions.js';
import type { Hint, Identifier, QualifiedName } from './names.js';
import type { Positioned, SourceSpan } from './positioned.js';
import type { TableReference } from './table-references.js';

/** A whole query: WITH, then a body, then ORDER BY, OFFSET and LIMIT (FETCH is LIMIT). */
export interface Query extends Positioned {
  readonly kind: 'query';
  readonly recursive: boolean;
  readonly with: readonly CommonTable[];
  readonly body: QueryBody;
  readonly orderBy: readonly OrderItem[];
  readonly offset: Expression | null;
  readonly limit: Expression | null;
}

/** `name (a, b) AS (query)`. */
export interface CommonTable extends Positioned {
  readonly kind: 'commonTable';
  readonly name: Identifier;
  readonly columns: readonly Identifier[];
  readonly query: Query;
}

/** A `Query` as a body is one in parentheses that has a WITH, ORDER BY, OFFSET or LIMIT of its own. */
export type QueryBody = Select | SetOperation | Values | ExplicitTable | Query;

export interface Select extends Positioned {
  readonly kind: 'select';
  readonly hints: readonly Hint[];
  readonly quantifier: 'DISTINCT' | 'ALL' | null;
  readonly stream: boolean;
  readonly items: readonly SelectItem[];
  readonly from: TableReference | null;
  readonly where: Expression | null;
  /** Null without GROUP BY; `GROUP BY ()` is one empty groupingSet. */
  readonly groupBy: GroupBy | null;
  readonly having: Expression | null;
  readonly windows: readonly NamedWindow[];
  readonly qualify: Expression | null;
}

export interface SelectItem extends Positioned {
  readonly kind: 'selectItem';
  /** A `star` node only here and in COUNT(*). */
  readonly expression: Expression;
  readonly alias: Identifier | null;
}

export interface SetOperation extends Positioned {
  readonly kind: 'setOperation';
  readonly operator: 'UNION' | 'INTERSECT' | 'EXCEPT';
  readonly all: boolean;
  /** Where the operator stands. */
  readonly operatorSpan: SourceSpan;
  readonly left: QueryBody;
  readonly right: QueryBody;
}

/** `VALUES (1, 'a'), (2, 'b')`; a row without parentheses has one item. */
export interface Values extends Positioned {
  readonly kind: 'values';
  readonly rows: readonly RowConstructor[];
}

/** `TABLE t` as a query. */
export interface ExplicitTable extends Positioned {
  readonly kind: 'explicitTable';
  readonly name: QualifiedName;
}

export interface GroupBy extends Positioned {
  readonly kind: 'groupBy';
  readonly quantifier: 'DISTINCT' | 'ALL' | null;
  readonly items: readonly GroupingElement[];
}

/** `a`, `(a, b)` and `()`: all sets; ROLLUP, CUBE and GROUPING SETS hold more of them. */
export type GroupingElement = GroupingSet | GroupingConstruct;

export interface GroupingSet extends Positioned {
  readonly kind: 'groupingSet';
  /** True if written in parentheses: `(a, b)`, `()`. */
  readonly parenthesized: boolean;
  readonly items: readonly Expression[];
}

export interface GroupingConstruct extends Positioned {
  readonly kind: 'groupingConstruct';
  readonly operator: 'GROUPING SETS' | 'ROLLUP' | 'CUBE';
  readonly elements: readonly GroupingElement[];
}

export interface OrderItem extends Positioned {
  readonly kind: 'orderItem';
  readonly expression: Expression;
  readonly descending: boolean;
  readonly nulls: 'FIRST' | 'LAST' | null;
}

export interface NamedWindow extends Positioned {
  readonly kind: 'namedWindow';
  readonly name: Identifier;
  readonly window: WindowSpecification;
}

/** What stands in OVER (...). */
export interface WindowSpecification extends Positioned {
  readonly kind: 'window';
  /** `OVER (w ORDER BY ...)` builds on a named window. */
  readonly base: Identifier | null;
  readonly partitionBy: readonly Expression[];
  readonly orderBy: readonly OrderItem[];
  readonly frame: WindowFrame | null;
  readonly allowPartial: boolean | null;
}

export interface WindowFrame extends Positioned {
  readonly kind: 'windowFrame';
  readonly unit: 'ROWS' | 'RANGE';
  readonly lower: WindowBound;
  /** Null if written without BETWEEN. */
  readonly upper: WindowBound | null;
}

export interface WindowBound extends Positioned {
  readonly kind: 'windowBound';
  readonly bound: 'UNBOUNDED PRECEDING' | 'PRECEDING' | 'CURRENT ROW' | 'FOLLOWING' | 'UNBOUNDED FOLLOWING';
  /** Only with PRECEDING and FOLLOWING. */
  readonly offset: Expression | null;
}
