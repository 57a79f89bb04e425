// Nodes of the syntax tree: JSON functions, whose arguments have a syntax of their own.
//
//   JSON_VALUE(doc, '$.a' RETURNING INT NULL ON EMPTY)

import type { DataType } from './data-types.js';
import type { Expression } from './expressions.js';
import type { Positioned } from './positioned.js';
import type { OrderItem } from './queries.js';

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
