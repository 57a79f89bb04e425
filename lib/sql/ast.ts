// The abstract syntax tree of Flink SQL: what the parser hands to the analyser.
//
//   SELECT a FROM t        ->  { kind: 'query', body: { kind: 'select', items: [...], from: { kind: 'namedTable', ... } }, ... }
//
// Plain data, no state. Every node has a `kind` that names it and a `span` that says where it was written. Names keep the
// case they were written in; keywords and symbols are upper case; strings are unescaped. Parentheses leave no node:
// `(a + b) * c` is a binary node whose left side is a binary node. "Absent" is null or an empty array, never undefined.

import type { SourceSpan } from '../errors.js';

export type { SourceSpan };

interface Positioned {
  readonly span: SourceSpan;
}

// ---------------------------------------------------------------------------------------------------------------- names

/** One part of a name; `quoted` if it stood in backquotes. */
export interface Identifier extends Positioned {
  readonly kind: 'identifier';
  readonly name: string;
  readonly quoted: boolean;
}

/** `a`, `db.t` or `cat.db.t`: the name of an object in a catalog. */
export interface QualifiedName extends Positioned {
  readonly kind: 'qualifiedName';
  readonly parts: readonly Identifier[];
}

/** `'key' = 'value'` in WITH (...), SET (...) and hints. */
export interface PropertyOption extends Positioned {
  readonly kind: 'option';
  readonly key: StringLiteral;
  readonly value: StringLiteral;
}

/** `OPTIONS('k' = 'v')`, `BROADCAST(t1, t2)`, `LOOKUP('table' = 'c')`: one hint of a hint comment. */
export interface Hint extends Positioned {
  readonly kind: 'hint';
  readonly name: Identifier;
  /** `'k' = 'v'` pairs (a bare name as key is a string too); empty if the hint has plain arguments. */
  readonly options: readonly PropertyOption[];
  /** Names, strings and numbers, as text. */
  readonly args: readonly HintArgument[];
}

export interface HintArgument extends Positioned {
  readonly kind: 'hintArgument';
  readonly form: 'identifier' | 'string' | 'number';
  readonly value: string;
}

// ---------------------------------------------------------------------------------------------------------- data types

/** Scalar types under one spelling: CHARACTER VARYING is VARCHAR, DEC is DECIMAL, INT is INTEGER, DOUBLE PRECISION is DOUBLE. */
export type ScalarTypeName =
  | 'BOOLEAN'
  | 'TINYINT'
  | 'SMALLINT'
  | 'INTEGER'
  | 'BIGINT'
  | 'FLOAT'
  | 'REAL'
  | 'DOUBLE'
  | 'DECIMAL'
  | 'CHAR'
  | 'VARCHAR'
  | 'STRING'
  | 'BINARY'
  | 'VARBINARY'
  | 'BYTES'
  | 'DATE'
  | 'TIME'
  | 'TIMESTAMP'
  | 'TIMESTAMP_LTZ'
  | 'TIMESTAMP_TZ'
  | 'VARIANT'
  | 'BITMAP'
  | 'NULL'
  | 'ANY'
  | 'GEOMETRY';

interface TypeNode extends Positioned {
  /** False only after NOT NULL. */
  readonly nullable: boolean;
}

/** `precision` is the length of CHAR, VARCHAR, BINARY and VARBINARY, and the digits of the others. */
export interface ScalarType extends TypeNode {
  readonly kind: 'scalarType';
  readonly name: ScalarTypeName;
  readonly precision: number | null;
  readonly scale: number | null;
}

/** `INTERVAL DAY(2) TO SECOND(3)` as the target of a cast or the type of a column. */
export interface IntervalType extends TypeNode {
  readonly kind: 'intervalType';
  readonly qualifier: IntervalQualifier;
}

export interface ArrayType extends TypeNode {
  readonly kind: 'arrayType';
  readonly element: DataType;
}

export interface MultisetType extends TypeNode {
  readonly kind: 'multisetType';
  readonly element: DataType;
}

export interface MapType extends TypeNode {
  readonly kind: 'mapType';
  readonly key: DataType;
  readonly value: DataType;
}

export interface RowType extends TypeNode {
  readonly kind: 'rowType';
  readonly fields: readonly RowTypeField[];
}

export interface RowTypeField extends Positioned {
  readonly kind: 'rowTypeField';
  readonly name: Identifier;
  readonly type: DataType;
  readonly comment: StringLiteral | null;
}

/** `RAW('class', 'serializer snapshot')`. */
export interface RawType extends TypeNode {
  readonly kind: 'rawType';
  readonly className: StringLiteral;
  readonly serializer: StringLiteral;
}

/** `STRUCTURED<'class', a INT, b STRING>`. */
export interface StructuredType extends TypeNode {
  readonly kind: 'structuredType';
  readonly className: StringLiteral;
  readonly fields: readonly RowTypeField[];
}

/** A type known only by its name: the parser accepts any, the analyser looks it up. */
export interface NamedType extends TypeNode {
  readonly kind: 'namedType';
  readonly name: QualifiedName;
}

export type DataType =
  | ScalarType
  | IntervalType
  | ArrayType
  | MultisetType
  | MapType
  | RowType
  | RawType
  | StructuredType
  | NamedType;

// ------------------------------------------------------------------------------------------------------------- literals

/** Units of INTERVAL, EXTRACT, FLOOR ... TO, TIMESTAMPADD: always singular (MINUTES is MINUTE). */
export type TimeUnit =
  | 'YEAR'
  | 'QUARTER'
  | 'MONTH'
  | 'WEEK'
  | 'DAY'
  | 'HOUR'
  | 'MINUTE'
  | 'SECOND'
  | 'MILLISECOND'
  | 'MICROSECOND'
  | 'NANOSECOND'
  | 'EPOCH'
  | 'DECADE'
  | 'CENTURY'
  | 'MILLENNIUM'
  | 'DOW'
  | 'DOY'
  | 'ISODOW'
  | 'ISOYEAR';

/** `DAY(2) TO SECOND(3)`; `to` is null for a single unit. */
export interface IntervalQualifier extends Positioned {
  readonly kind: 'intervalQualifier';
  readonly from: TimeUnit;
  readonly to: TimeUnit | null;
  readonly precision: number | null;
  readonly fractionalPrecision: number | null;
}

/** A number; `text` is as written (with a leading '-' if the sign belongs to the literal, as in `a - -1`). */
export interface NumberLiteral extends Positioned {
  readonly kind: 'number';
  /** 'exact' without an exponent (`1`, `1.5`), 'approximate' with one (`1e10`). */
  readonly form: 'exact' | 'approximate';
  readonly text: string;
}

export interface StringLiteral extends Positioned {
  readonly kind: 'string';
  readonly value: string;
  /** From `_UTF8'...'`, upper case; null without a prefix. */
  readonly charset: string | null;
}

/** `x'AB'`: `hex` holds upper-case digits, two a byte. */
export interface BinaryLiteral extends Positioned {
  readonly kind: 'binaryLiteral';
  readonly hex: string;
}

/** TRUE, FALSE, or UNKNOWN (value null). */
export interface BooleanLiteral extends Positioned {
  readonly kind: 'boolean';
  readonly value: boolean | null;
}

export interface NullLiteral extends Positioned {
  readonly kind: 'null';
}

/** `DATE '2020-01-01'`, `TIME '10:00:00'`, `TIMESTAMP '2020-01-01 00:00:00.123'`; `text` is not checked here. DATETIME is TIMESTAMP. */
export interface DateTimeLiteral extends Positioned {
  readonly kind: 'dateTime';
  readonly type: 'DATE' | 'TIME' | 'TIMESTAMP' | 'TIMESTAMP_LTZ' | 'TIMESTAMP_TZ';
  readonly text: string;
}

/** `INTERVAL '1 02:03:04.5' DAY TO SECOND(3)`. */
export interface IntervalLiteral extends Positioned {
  readonly kind: 'interval';
  readonly negative: boolean;
  readonly text: string;
  readonly qualifier: IntervalQualifier;
}

/** A keyword in argument position: the unit of EXTRACT/FLOOR/TIMESTAMPADD/..., the side of TRIM. */
export interface SymbolNode extends Positioned {
  readonly kind: 'symbol';
  readonly symbol: string;
}

// ---------------------------------------------------------------------------------------------------------- expressions

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

/** What to do ON EMPTY or ON ERROR; `value` only with 'DEFAULT'. */
export interface JsonBehavior extends Positioned {
  readonly kind: 'jsonBehavior';
  readonly action:
    | 'ERROR'
    | 'NULL'
    | 'DEFAULT'
    | 'EMPTY'
    | 'EMPTY ARRAY'
    | 'EMPTY OBJECT'
    | 'TRUE'
    | 'FALSE'
    | 'UNKNOWN';
  readonly value: Expression | null;
}

/** `JSON_VALUE(j, '$.a' RETURNING INT DEFAULT 0 ON EMPTY ERROR ON ERROR)`. */
export interface JsonValueExpression extends Positioned {
  readonly kind: 'jsonValue';
  readonly input: Expression;
  readonly path: Expression;
  readonly returning: DataType | null;
  readonly onEmpty: JsonBehavior | null;
  readonly onError: JsonBehavior | null;
}

/** `JSON_QUERY(j, 'lax $.b' WITH CONDITIONAL ARRAY WRAPPER EMPTY ARRAY ON EMPTY)`. */
export interface JsonQueryExpression extends Positioned {
  readonly kind: 'jsonQuery';
  readonly input: Expression;
  readonly path: Expression;
  readonly returning: DataType | null;
  readonly wrapper: 'WITHOUT' | 'WITH CONDITIONAL' | 'WITH UNCONDITIONAL' | null;
  readonly onEmpty: JsonBehavior | null;
  readonly onError: JsonBehavior | null;
}

/** `JSON_EXISTS(j, '$.c' FALSE ON ERROR)`. */
export interface JsonExistsExpression extends Positioned {
  readonly kind: 'jsonExists';
  readonly input: Expression;
  readonly path: Expression;
  readonly onError: JsonBehavior | null;
}

export type JsonNullClause = 'NULL ON NULL' | 'ABSENT ON NULL';

export interface JsonMember extends Positioned {
  readonly kind: 'jsonMember';
  readonly key: Expression;
  readonly value: Expression;
}

/** `JSON_OBJECT(KEY 'a' VALUE 1 ABSENT ON NULL)`. */
export interface JsonObjectExpression extends Positioned {
  readonly kind: 'jsonObject';
  readonly members: readonly JsonMember[];
  readonly onNull: JsonNullClause | null;
}

/** `JSON_ARRAY(1, 2 NULL ON NULL)`. */
export interface JsonArrayExpression extends Positioned {
  readonly kind: 'jsonArray';
  readonly items: readonly Expression[];
  readonly onNull: JsonNullClause | null;
}

/** `JSON_OBJECTAGG(KEY k VALUE v ABSENT ON NULL)`. */
export interface JsonObjectAggregate extends Positioned {
  readonly kind: 'jsonObjectAggregate';
  readonly member: JsonMember;
  readonly onNull: JsonNullClause | null;
}

/** `JSON_ARRAYAGG(x ORDER BY y NULL ON NULL)`; the order may also stand in WITHIN GROUP. */
export interface JsonArrayAggregate extends Positioned {
  readonly kind: 'jsonArrayAggregate';
  readonly item: Expression;
  readonly orderBy: readonly OrderItem[];
  readonly onNull: JsonNullClause | null;
}

/** `x FORMAT JSON`: says that a string is JSON already. */
export interface FormatJson extends Positioned {
  readonly kind: 'formatJson';
  readonly operand: Expression;
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

// -------------------------------------------------------------------------------------------------------------- queries

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

// ----------------------------------------------------------------------------------------------------- table references

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

// ----------------------------------------------------------------------------------------------- parts of CREATE and ALTER

/** `name type [PRIMARY KEY NOT ENFORCED] [COMMENT '...']`. */
export interface PhysicalColumn extends Positioned {
  readonly kind: 'physicalColumn';
  readonly name: Identifier;
  readonly type: DataType;
  /** From PRIMARY KEY or UNIQUE after the type. */
  readonly constraint: TableConstraint | null;
  readonly comment: StringLiteral | null;
}

/** `name AS expression`. */
export interface ComputedColumn extends Positioned {
  readonly kind: 'computedColumn';
  readonly name: Identifier;
  readonly expression: Expression;
  readonly comment: StringLiteral | null;
}

/** `name type METADATA [FROM 'key'] [VIRTUAL]`. */
export interface MetadataColumn extends Positioned {
  readonly kind: 'metadataColumn';
  readonly name: Identifier;
  readonly type: DataType;
  readonly constraint: TableConstraint | null;
  /** Null: the column's own name is the key. */
  readonly from: StringLiteral | null;
  readonly virtual: boolean;
  readonly comment: StringLiteral | null;
}

/** Nothing but a name: in CREATE TABLE t (a, b) AS SELECT, which reorders the query's columns. */
export interface NamedColumn extends Positioned {
  readonly kind: 'namedColumn';
  readonly name: Identifier;
}

export type ColumnDefinition = PhysicalColumn | ComputedColumn | MetadataColumn | NamedColumn;

/** `WATERMARK FOR r.ts AS expression`. */
export interface WatermarkDefinition extends Positioned {
  readonly kind: 'watermark';
  readonly column: QualifiedName;
  readonly expression: Expression;
}

/** `[CONSTRAINT pk] PRIMARY KEY (a, b) NOT ENFORCED`. */
export interface TableConstraint extends Positioned {
  readonly kind: 'constraint';
  readonly name: Identifier | null;
  readonly type: 'PRIMARY KEY' | 'UNIQUE';
  readonly columns: readonly Identifier[];
  /** Null if neither ENFORCED nor NOT ENFORCED was written (Flink's planner then refuses a primary key). */
  readonly enforced: boolean | null;
}

/** `DISTRIBUTED BY HASH(k) INTO 6 BUCKETS`. */
export interface Distribution extends Positioned {
  readonly kind: 'distribution';
  readonly method: 'HASH' | 'RANGE' | null;
  readonly columns: readonly Identifier[];
  readonly buckets: number | null;
}

/** `LIKE t (EXCLUDING ALL INCLUDING OPTIONS)`. */
export interface LikeClause extends Positioned {
  readonly kind: 'likeClause';
  readonly table: QualifiedName;
  readonly options: readonly LikeOption[];
}

export interface LikeOption extends Positioned {
  readonly kind: 'likeOption';
  readonly merging: 'INCLUDING' | 'EXCLUDING' | 'OVERWRITING';
  readonly feature:
    | 'ALL'
    | 'CONSTRAINTS'
    | 'DISTRIBUTION'
    | 'GENERATED'
    | 'METADATA'
    | 'OPTIONS'
    | 'PARTITIONS'
    | 'WATERMARKS';
}

/** `key = literal` of PARTITION (...); value null in ANALYZE TABLE ... PARTITION (ds). */
export interface PartitionEntry extends Positioned {
  readonly kind: 'partitionEntry';
  readonly key: Identifier;
  readonly value: Expression | null;
}

// ------------------------------------------------------------------------------------------------- statements: queries, DML

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

// -------------------------------------------------------------------------------------------------- statements: CREATE, DROP

export interface CreateTable extends Positioned {
  readonly kind: 'createTable';
  readonly orReplace: boolean;
  /** REPLACE TABLE ... AS, without CREATE. */
  readonly replaceOnly: boolean;
  readonly temporary: boolean;
  readonly system: boolean;
  readonly ifNotExists: boolean;
  readonly name: QualifiedName;
  readonly columns: readonly ColumnDefinition[];
  readonly watermarks: readonly WatermarkDefinition[];
  /** Table constraints only; those after a column's type stand at the column. */
  readonly constraints: readonly TableConstraint[];
  readonly comment: StringLiteral | null;
  readonly distribution: Distribution | null;
  readonly partitionedBy: readonly Identifier[];
  readonly options: readonly PropertyOption[];
  readonly like: LikeClause | null;
  readonly as: Query | null;
}

export interface CreateView extends Positioned {
  readonly kind: 'createView';
  readonly orReplace: boolean;
  readonly temporary: boolean;
  readonly ifNotExists: boolean;
  readonly name: QualifiedName;
  readonly columns: readonly Identifier[];
  readonly comment: StringLiteral | null;
  readonly query: Query;
}

export interface CreateFunction extends Positioned {
  readonly kind: 'createFunction';
  readonly temporary: boolean;
  readonly system: boolean;
  readonly ifNotExists: boolean;
  readonly name: QualifiedName;
  readonly className: StringLiteral;
  /** Null: JAVA, as in Flink. JAVASCRIPT is sabot's own. */
  readonly language: 'JAVA' | 'SCALA' | 'PYTHON' | 'SQL' | 'JAVASCRIPT' | null;
  readonly resources: readonly FunctionResource[];
  readonly options: readonly PropertyOption[];
}

export interface FunctionResource extends Positioned {
  readonly kind: 'functionResource';
  readonly type: 'JAR' | 'ARTIFACT';
  readonly path: StringLiteral;
}

export interface CreateCatalog extends Positioned {
  readonly kind: 'createCatalog';
  readonly ifNotExists: boolean;
  readonly name: Identifier;
  readonly comment: StringLiteral | null;
  readonly options: readonly PropertyOption[];
}

export interface CreateDatabase extends Positioned {
  readonly kind: 'createDatabase';
  readonly ifNotExists: boolean;
  readonly name: QualifiedName;
  readonly comment: StringLiteral | null;
  readonly options: readonly PropertyOption[];
}

export interface CreateModel extends Positioned {
  readonly kind: 'createModel';
  readonly orReplace: boolean;
  readonly temporary: boolean;
  readonly ifNotExists: boolean;
  readonly name: QualifiedName;
  readonly input: readonly ColumnDefinition[];
  readonly output: readonly ColumnDefinition[];
  readonly comment: StringLiteral | null;
  readonly options: readonly PropertyOption[];
  readonly as: Query | null;
}

export interface CreateMaterializedTable extends Positioned {
  readonly kind: 'createMaterializedTable';
  readonly orAlter: boolean;
  readonly name: QualifiedName;
  readonly columns: readonly ColumnDefinition[];
  readonly watermarks: readonly WatermarkDefinition[];
  readonly constraints: readonly TableConstraint[];
  readonly comment: StringLiteral | null;
  readonly distribution: Distribution | null;
  readonly partitionedBy: readonly Identifier[];
  readonly options: readonly PropertyOption[];
  readonly startMode: StartMode | null;
  readonly freshness: IntervalLiteral | null;
  readonly refreshMode: 'FULL' | 'CONTINUOUS' | null;
  readonly query: Query;
}

/** `START_MODE = FROM_NOW(INTERVAL '1' DAY)`; `argument` is that interval, or the timestamp of FROM_TIMESTAMP. */
export interface StartMode extends Positioned {
  readonly kind: 'startMode';
  readonly mode:
    | 'FROM_BEGINNING'
    | 'FROM_NOW'
    | 'FROM_TIMESTAMP'
    | 'RESUME_OR_FROM_BEGINNING'
    | 'RESUME_OR_FROM_NOW'
    | 'RESUME_OR_FROM_TIMESTAMP';
  readonly argument: IntervalLiteral | DateTimeLiteral | null;
}

/** `CREATE CONNECTION name WITH (...)`. */
export interface CreateConnection extends Positioned {
  readonly kind: 'createConnection';
  readonly temporary: boolean;
  readonly system: boolean;
  readonly ifNotExists: boolean;
  readonly name: QualifiedName;
  readonly comment: StringLiteral | null;
  readonly options: readonly PropertyOption[];
}

export type CatalogObjectType =
  | 'TABLE'
  | 'VIEW'
  | 'FUNCTION'
  | 'CATALOG'
  | 'DATABASE'
  | 'MODEL'
  | 'MATERIALIZED TABLE'
  | 'CONNECTION';

export interface Drop extends Positioned {
  readonly kind: 'drop';
  readonly object: CatalogObjectType;
  readonly temporary: boolean;
  readonly system: boolean;
  readonly ifExists: boolean;
  readonly name: QualifiedName;
  /** DROP DATABASE ... CASCADE. */
  readonly cascade: boolean;
}

// ------------------------------------------------------------------------------------------------------- statements: ALTER

/** FIRST, or AFTER a column. */
export interface ColumnPosition extends Positioned {
  readonly kind: 'columnPosition';
  readonly after: QualifiedName | null;
}

export interface PositionedColumn extends Positioned {
  readonly kind: 'positionedColumn';
  readonly column: ColumnDefinition;
  readonly position: ColumnPosition | null;
}

/** One change of ALTER: each says what it does and carries only what that needs. */
export type AlterAction =
  | AlterRename
  | AlterSetOptions
  | AlterResetOptions
  | AlterColumns
  | AlterRenameColumn
  | AlterDropParts
  | AlterPartitions
  | AlterAsQuery
  | AlterComment
  | AlterFreshness
  | AlterRefreshMode
  | AlterSuspend
  | AlterResume
  | AlterRefresh;

export interface AlterRename extends Positioned {
  readonly kind: 'rename';
  readonly to: QualifiedName;
}

export interface AlterSetOptions extends Positioned {
  readonly kind: 'setOptions';
  readonly options: readonly PropertyOption[];
}

export interface AlterResetOptions extends Positioned {
  readonly kind: 'resetOptions';
  readonly keys: readonly StringLiteral[];
}

/** ADD (...) and MODIFY (...); `distribution` comes alone. */
export interface AlterColumns extends Positioned {
  readonly kind: 'alterColumns';
  readonly operation: 'ADD' | 'MODIFY';
  readonly columns: readonly PositionedColumn[];
  readonly watermarks: readonly WatermarkDefinition[];
  readonly constraints: readonly TableConstraint[];
  readonly distribution: Distribution | null;
}

export interface AlterRenameColumn extends Positioned {
  readonly kind: 'renameColumn';
  readonly from: QualifiedName;
  readonly to: QualifiedName;
}

export interface AlterDropParts extends Positioned {
  readonly kind: 'dropParts';
  readonly part: 'COLUMNS' | 'PRIMARY KEY' | 'CONSTRAINT' | 'WATERMARK' | 'DISTRIBUTION';
  readonly columns: readonly QualifiedName[];
  readonly constraint: Identifier | null;
}

export interface AlterPartitions extends Positioned {
  readonly kind: 'alterPartitions';
  readonly operation: 'ADD' | 'DROP';
  /** IF NOT EXISTS of ADD, IF EXISTS of DROP. */
  readonly lenient: boolean;
  readonly partitions: readonly PartitionDefinition[];
}

export interface PartitionDefinition extends Positioned {
  readonly kind: 'partition';
  readonly entries: readonly PartitionEntry[];
  readonly options: readonly PropertyOption[];
}

/** ALTER VIEW v AS query, ALTER MATERIALIZED TABLE t AS query. */
export interface AlterAsQuery extends Positioned {
  readonly kind: 'asQuery';
  readonly query: Query;
}

/** ALTER CATALOG c COMMENT '...'. */
export interface AlterComment extends Positioned {
  readonly kind: 'comment';
  readonly comment: StringLiteral;
}

export interface AlterFreshness extends Positioned {
  readonly kind: 'setFreshness';
  readonly freshness: IntervalLiteral;
}

export interface AlterRefreshMode extends Positioned {
  readonly kind: 'setRefreshMode';
  readonly mode: 'FULL' | 'CONTINUOUS';
}

export interface AlterSuspend extends Positioned {
  readonly kind: 'suspend';
}

export interface AlterResume extends Positioned {
  readonly kind: 'resume';
  readonly options: readonly PropertyOption[];
}

export interface AlterRefresh extends Positioned {
  readonly kind: 'refresh';
  readonly partition: readonly PartitionEntry[];
}

export interface Alter extends Positioned {
  readonly kind: 'alter';
  readonly object: Exclude<CatalogObjectType, 'FUNCTION'>;
  readonly ifExists: boolean;
  readonly name: QualifiedName;
  readonly action: AlterAction;
}

/** ALTER FUNCTION f AS 'class' LANGUAGE JAVA. */
export interface AlterFunction extends Positioned {
  readonly kind: 'alterFunction';
  readonly temporary: boolean;
  readonly system: boolean;
  readonly ifExists: boolean;
  readonly name: QualifiedName;
  readonly className: StringLiteral;
  readonly language: 'JAVA' | 'SCALA' | 'PYTHON' | 'SQL' | 'JAVASCRIPT' | null;
}

// ------------------------------------------------------------------------------------------- statements: session and catalog

/** `SET 'key' = 'value'`; both null for a bare SET. */
export interface SetOption extends Positioned {
  readonly kind: 'set';
  readonly key: StringLiteral | null;
  readonly value: StringLiteral | null;
}

/** `RESET 'key'`; key null for a bare RESET. */
export interface ResetOption extends Positioned {
  readonly kind: 'reset';
  readonly key: StringLiteral | null;
}

export interface Use extends Positioned {
  readonly kind: 'use';
  readonly object: 'CATALOG' | 'DATABASE';
  readonly name: QualifiedName;
}

/** `USE MODULES a, b`. */
export interface UseModules extends Positioned {
  readonly kind: 'useModules';
  readonly modules: readonly Identifier[];
}

export interface LoadModule extends Positioned {
  readonly kind: 'loadModule';
  readonly name: Identifier;
  readonly options: readonly PropertyOption[];
}

export interface UnloadModule extends Positioned {
  readonly kind: 'unloadModule';
  readonly name: Identifier;
}

export type ShowSubject =
  | 'CATALOGS'
  | 'CURRENT CATALOG'
  | 'DATABASES'
  | 'CURRENT DATABASE'
  | 'TABLES'
  | 'MATERIALIZED TABLES'
  | 'VIEWS'
  | 'COLUMNS'
  | 'PARTITIONS'
  | 'FUNCTIONS'
  | 'USER FUNCTIONS'
  | 'PROCEDURES'
  | 'MODULES'
  | 'FULL MODULES'
  | 'MODELS'
  | 'CONNECTIONS'
  | 'JOBS'
  | 'JARS'
  | 'CREATE TABLE'
  | 'CREATE VIEW'
  | 'CREATE CATALOG'
  | 'CREATE MODEL'
  | 'CREATE MATERIALIZED TABLE'
  | 'CREATE CONNECTION';

export interface Show extends Positioned {
  readonly kind: 'show';
  readonly subject: ShowSubject;
  /** What FROM or IN names, or the object of SHOW CREATE and SHOW PARTITIONS. */
  readonly name: QualifiedName | null;
  readonly partition: readonly PartitionEntry[];
  readonly like: ShowLike | null;
}

export interface ShowLike extends Positioned {
  readonly kind: 'showLike';
  readonly negated: boolean;
  readonly operator: 'LIKE' | 'ILIKE';
  readonly pattern: StringLiteral;
}

/** `DESCRIBE [EXTENDED] t`, and the forms for databases, catalogs, functions, jobs and models. */
export interface Describe extends Positioned {
  readonly kind: 'describe';
  readonly object: CatalogObjectType | 'JOB';
  readonly extended: boolean;
  /** Null for a job. */
  readonly name: QualifiedName | null;
  readonly jobId: StringLiteral | null;
}

export interface StopJob extends Positioned {
  readonly kind: 'stopJob';
  readonly jobId: StringLiteral;
  readonly withSavepoint: boolean;
  readonly withDrain: boolean;
}

/** `ADD JAR 'path'`, `REMOVE JAR 'path'`. */
export interface JarStatement extends Positioned {
  readonly kind: 'jar';
  readonly operation: 'ADD' | 'REMOVE';
  readonly path: StringLiteral;
}

/** Commands of Flink's SQL client, not of its parser: QUIT, EXIT, CLEAR, HELP. */
export interface ClientCommand extends Positioned {
  readonly kind: 'clientCommand';
  readonly command: 'QUIT' | 'EXIT' | 'CLEAR' | 'HELP';
}

export type Statement =
  | QueryStatement
  | Insert
  | StatementSet
  | BeginStatementSet
  | EndStatementSet
  | Execute
  | ExecutePlan
  | CompilePlan
  | Delete
  | Update
  | Merge
  | Explain
  | CallProcedure
  | TruncateTable
  | AnalyzeTable
  | CreateTable
  | CreateView
  | CreateFunction
  | CreateCatalog
  | CreateDatabase
  | CreateModel
  | CreateMaterializedTable
  | CreateConnection
  | Drop
  | Alter
  | AlterFunction
  | SetOption
  | ResetOption
  | Use
  | UseModules
  | LoadModule
  | UnloadModule
  | Show
  | Describe
  | StopJob
  | JarStatement
  | ClientCommand;

/** A statement of a script and where its text lies: `text` has no trailing `;`. */
export interface ScriptStatement extends Positioned {
  readonly kind: 'scriptStatement';
  /** Counts from 1, as in error reports. */
  readonly index: number;
  readonly text: string;
  readonly statement: Statement;
}
