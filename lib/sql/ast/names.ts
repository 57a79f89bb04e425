// Nodes of the syntax tree: names and hints.
//
//   `db`.t, OPTIONS('k' = 'v')

import type { StringLiteral } from './literals.js';
import type { Positioned } from './positioned.js';

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
