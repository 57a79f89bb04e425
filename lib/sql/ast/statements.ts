// Nodes of the syntax tree: statements: queries, inserts, and what wraps them.
//
//   INSERT INTO t SELECT ..., EXPLAIN ..., a script

import type { Expression, FunctionCall, RowConstructor } from './expressions.js';
import type { StringLiteral } from './literals.js';
import type { Hint, Identifier, QualifiedName } from './names.js';
import type { Positioned } from './positioned.js';
import type { Query } from './queries.js';
import type { Statement } from './session-statements.js';
import type { PartitionEntry } from './table-parts.js';
import type { TableReference } from './table-references.js';

/** A query as a statement of its own. */
export interface QueryStatement extends Positioned {
  readonly kind: 'queryStatement';
  readonly query: Query;
}

export interface Insert extends Positioned {
  readonly kind: 'insert';
  /** INSERT INTO, INSERT OVERWRITE, UPSERT INTO. */
  readonly mode: 'INTO' | 'OVERWRITE' | 'UPSERT';
  readonly table: QualifiedName;
  readonly hints: readonly Hint[];
  readonly partition: readonly PartitionEntry[];
  /** Empty: all columns, in the table's order. Parts of a compound name are nested fields. */
  readonly columns: readonly QualifiedName[];
  readonly query: Query;
  readonly onConflict: 'ERROR' | 'NOTHING' | 'DEDUPLICATE' | null;
}

/** `STATEMENT SET BEGIN insert; ...; END`, after EXECUTE, EXPLAIN or COMPILE PLAN. */
export interface StatementSet extends Positioned {
  readonly kind: 'statementSet';
  readonly inserts: readonly Insert[];
}

/** `BEGIN STATEMENT SET` and `END` as statements of their own. */
export interface BeginStatementSet extends Positioned {
  readonly kind: 'beginStatementSet';
}

export interface EndStatementSet extends Positioned {
  readonly kind: 'endStatementSet';
}

/** `EXECUTE statement`: the same as the statement. */
export interface Execute extends Positioned {
  readonly kind: 'execute';
  readonly statement: Statement;
}

/** `EXECUTE PLAN 'file'`. */
export interface ExecutePlan extends Positioned {
  readonly kind: 'executePlan';
  readonly file: StringLiteral;
}

/** `COMPILE PLAN 'file' [IF NOT EXISTS] FOR statement`, `COMPILE AND EXECUTE PLAN ...` (`execute`). */
export interface CompilePlan extends Positioned {
  readonly kind: 'compilePlan';
  readonly file: StringLiteral;
  readonly ifNotExists: boolean;
  readonly execute: boolean;
  readonly statement: Insert | StatementSet;
}

export interface Delete extends Positioned {
  readonly kind: 'delete';
  readonly table: QualifiedName;
  readonly hints: readonly Hint[];
  readonly alias: Identifier | null;
  readonly where: Expression | null;
}

export interface Assignment extends Positioned {
  readonly kind: 'assignment';
  readonly column: Identifier;
  readonly value: Expression;
}

export interface Update extends Positioned {
  readonly kind: 'update';
  readonly table: QualifiedName;
  readonly hints: readonly Hint[];
  readonly alias: Identifier | null;
  readonly assignments: readonly Assignment[];
  readonly where: Expression | null;
}

/** MERGE INTO: Flink's planner rejects it, its parser does not. */
export interface Merge extends Positioned {
  readonly kind: 'merge';
  readonly table: QualifiedName;
  readonly alias: Identifier | null;
  readonly source: TableReference;
  readonly condition: Expression;
  readonly matched: readonly Assignment[] | null;
  readonly notMatched: MergeInsert | null;
}

export interface MergeInsert extends Positioned {
  readonly kind: 'mergeInsert';
  readonly columns: readonly Identifier[];
  readonly row: RowConstructor;
}

/** `EXPLAIN [details | PLAN FOR] statement`. */
export interface Explain extends Positioned {
  readonly kind: 'explain';
  readonly details: readonly ExplainDetail[];
  readonly statement: Statement;
}

export type ExplainDetail = 'ESTIMATED_COST' | 'CHANGELOG_MODE' | 'JSON_EXECUTION_PLAN' | 'PLAN_ADVICE';

/** `CALL catalog.procedure(1, name => 'x')`. */
export interface CallProcedure extends Positioned {
  readonly kind: 'callProcedure';
  readonly call: FunctionCall;
}

export interface TruncateTable extends Positioned {
  readonly kind: 'truncateTable';
  readonly table: QualifiedName;
}

export interface AnalyzeTable extends Positioned {
  readonly kind: 'analyzeTable';
  readonly table: QualifiedName;
  readonly partition: readonly PartitionEntry[];
  readonly allColumns: boolean;
  readonly columns: readonly Identifier[];
}
