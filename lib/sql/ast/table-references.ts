// Nodes of the syntax tree: what stands in FROM.
//
//   t AS a JOIN TABLE(TUMBLE(...)) ON ...

import type { Expression, FunctionCall } from './expressions.js';
import type { IntervalLiteral, NumberLiteral, StringLiteral } from './literals.js';
import type { Hint, Identifier, QualifiedName } from './names.js';
import type { Positioned, SourceSpan } from './positioned.js';
import type { OrderItem, Query, SelectItem } from './queries.js';

/** `AS t (a, b)`. */
export interface TableAlias extends Positioned {
  readonly kind: 'tableAlias';
  readonly name: Identifier;
  readonly columns: readonly Identifier[];
}

/** `TABLESAMPLE BERNOULLI(10) REPEATABLE (5)`, or a substitute by name: `TABLESAMPLE SUBSTITUTE('x')`. */
export interface TableSample extends Positioned {
  readonly kind: 'tableSample';
  readonly method: 'BERNOULLI' | 'SYSTEM' | 'SUBSTITUTE';
  readonly percentage: NumberLiteral | null;
  readonly repeatable: NumberLiteral | null;
  readonly substitute: StringLiteral | null;
}

interface AliasedTable extends Positioned {
  readonly alias: TableAlias | null;
  /** FOR SYSTEM_TIME AS OF this. */
  readonly systemTime: Expression | null;
  readonly sample: TableSample | null;
}

/** `cat.db.t /*+ OPTIONS(...) *\/ FOR SYSTEM_TIME AS OF x AS a`. */
export interface NamedTable extends AliasedTable {
  readonly kind: 'namedTable';
  readonly name: QualifiedName;
  readonly hints: readonly Hint[];
}

/** `(SELECT ...) AS a`, `LATERAL (SELECT ...)`. */
export interface DerivedTable extends AliasedTable {
  readonly kind: 'derivedTable';
  readonly lateral: boolean;
  readonly query: Query;
}

/** `TABLE(TUMBLE(...))`, `LATERAL TABLE(f(x))`, `f(x)`. */
export interface TableFunctionTable extends AliasedTable {
  readonly kind: 'tableFunction';
  readonly lateral: boolean;
  readonly specific: boolean;
  readonly call: FunctionCall;
}

/** `UNNEST(a) WITH ORDINALITY AS t (x, pos)`. */
export interface UnnestTable extends AliasedTable {
  readonly kind: 'unnest';
  readonly lateral: boolean;
  readonly operands: readonly Expression[];
  readonly withOrdinality: boolean;
}

/** COMMA is `FROM a, b`; it binds less tightly than the others. */
export type JoinType = 'INNER' | 'LEFT' | 'RIGHT' | 'FULL' | 'CROSS' | 'COMMA';

/** `a JOIN b ON ...`; `condition` and `using` are never both there. */
export interface Join extends Positioned {
  readonly kind: 'join';
  readonly type: JoinType;
  readonly natural: boolean;
  /** Where `LEFT JOIN`, or the comma, stands. */
  readonly operatorSpan: SourceSpan;
  readonly left: TableReference;
  readonly right: TableReference;
  readonly condition: Expression | null;
  readonly using: readonly Identifier[] | null;
}

/** `t MATCH_RECOGNIZE (...) AS m`. */
export interface MatchRecognizeTable extends AliasedTable {
  readonly kind: 'matchRecognize';
  readonly input: TableReference;
  readonly partitionBy: readonly Expression[];
  readonly orderBy: readonly OrderItem[];
  readonly measures: readonly Measure[];
  readonly rowsPerMatch: RowsPerMatch | null;
  readonly afterMatch: AfterMatch | null;
  readonly pattern: RowPattern;
  /** `^` and `$`. */
  readonly startAnchor: boolean;
  readonly endAnchor: boolean;
  readonly within: IntervalLiteral | null;
  readonly subsets: readonly PatternSubset[];
  readonly defines: readonly PatternDefinition[];
}

export type RowsPerMatch = 'ONE ROW' | 'ALL ROWS';

export interface Measure extends Positioned {
  readonly kind: 'measure';
  readonly expression: Expression;
  readonly alias: Identifier;
}

/** AFTER MATCH SKIP ...; `variable` only with 'TO FIRST' and 'TO LAST'. */
export interface AfterMatch extends Positioned {
  readonly kind: 'afterMatch';
  readonly skip: 'TO NEXT ROW' | 'PAST LAST ROW' | 'TO FIRST' | 'TO LAST';
  readonly variable: Identifier | null;
}

export type RowPattern =
  | PatternVariable
  | PatternSequence
  | PatternAlternation
  | PatternRepetition
  | PatternPermutation
  | PatternExclusion;

export interface PatternVariable extends Positioned {
  readonly kind: 'patternVariable';
  readonly name: Identifier;
}

/** `A B C`. */
export interface PatternSequence extends Positioned {
  readonly kind: 'patternSequence';
  readonly items: readonly RowPattern[];
}

/** `A | B`. */
export interface PatternAlternation extends Positioned {
  readonly kind: 'patternAlternation';
  readonly items: readonly RowPattern[];
}

/** `A*` is 0..null, `A+` 1..null, `A?` 0..1, `A{2,3}` 2..3, `A{,4}` 0..4; `reluctant` after a second `?`. */
export interface PatternRepetition extends Positioned {
  readonly kind: 'patternRepetition';
  readonly item: RowPattern;
  readonly min: number;
  readonly max: number | null;
  readonly reluctant: boolean;
}

/** `PERMUTE(A, B)`. */
export interface PatternPermutation extends Positioned {
  readonly kind: 'patternPermutation';
  readonly items: readonly RowPattern[];
}

/** `{- A -}`. */
export interface PatternExclusion extends Positioned {
  readonly kind: 'patternExclusion';
  readonly item: RowPattern;
}

/** `SUBSET S = (A, B)`. */
export interface PatternSubset extends Positioned {
  readonly kind: 'patternSubset';
  readonly name: Identifier;
  readonly variables: readonly Identifier[];
}

export interface PatternDefinition extends Positioned {
  readonly kind: 'patternDefinition';
  readonly name: Identifier;
  readonly condition: Expression;
}

/** `t PIVOT (SUM(x) AS s FOR a IN (1 AS one, 2))`. Flink parses it and its planner rejects it. */
export interface PivotTable extends AliasedTable {
  readonly kind: 'pivot';
  readonly input: TableReference;
  readonly aggregates: readonly SelectItem[];
  readonly axes: readonly Expression[];
  readonly values: readonly SelectItem[];
}

/** `t UNPIVOT (v FOR k IN (a, b))`. Flink parses it and its planner rejects it. */
export interface UnpivotTable extends AliasedTable {
  readonly kind: 'unpivot';
  readonly input: TableReference;
  readonly includeNulls: boolean;
  readonly measures: readonly Identifier[];
  readonly axes: readonly Identifier[];
  readonly values: readonly UnpivotValue[];
}

export interface UnpivotValue extends Positioned {
  readonly kind: 'unpivotValue';
  readonly columns: readonly Identifier[];
  readonly values: readonly Expression[];
}

export type TableReference =
  | NamedTable
  | DerivedTable
  | TableFunctionTable
  | UnnestTable
  | Join
  | MatchRecognizeTable
  | PivotTable
  | UnpivotTable;
