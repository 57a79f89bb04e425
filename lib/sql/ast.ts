// The abstract syntax tree of Flink SQL: what the parser hands to the analyser.
//
//   SELECT a FROM t        ->  { kind: 'query', body: { kind: 'select', items: [...], from: { kind: 'namedTable', ... } }, ... }
//
// Plain data, no state. Every node has a `kind` that names it and a `span` that says where it was written. Names keep the
// case they were written in; keywords and symbols are upper case; strings are unescaped. Parentheses leave no node:
// `(a + b) * c` is a binary node whose left side is a binary node. "Absent" is null or an empty array, never undefined.

export type * from './ast/alterations.js';
export type * from './ast/data-types.js';
export type * from './ast/definitions.js';
export type * from './ast/expressions.js';
export type * from './ast/json-expressions.js';
export type * from './ast/literals.js';
export type * from './ast/names.js';
export type { SourceSpan } from './ast/positioned.js';
export type * from './ast/queries.js';
export type * from './ast/session-statements.js';
export type * from './ast/statements.js';
export type * from './ast/table-parts.js';
export type * from './ast/table-references.js';
