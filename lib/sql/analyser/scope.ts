// Scopes: which columns a name can mean.
//
//   FROM orders AS o JOIN customers AS c     relations o (columns 0..4) and c (5..8); parent: the enclosing query
//
// Names are case-sensitive, as in Flink. Columns of enclosing queries become `OuterReference`s.

import { column, type Expression, isColumn } from '../../expressions/expression.js';
import { type Field, quoteIdentifier, type Schema } from '../../schema/types.js';
import type { Identifier } from '../ast.js';
import { invalid, suggestion } from './errors.js';
import { fieldAccess } from './fields.js';

/** One table of FROM: its alias and where its columns start in the row. */
export interface Relation {
  /** Alias, or the parts of the table's name; empty for a table without a name. */
  readonly path: readonly string[];
  readonly offset: number;
  readonly schema: Schema;
}

/** A column that USING or NATURAL merged from two; unqualified names and `*` see it first. */
export interface MergedColumn {
  readonly name: string;
  readonly expression: Expression;
  /** Positions that it stands for: `*` leaves them out. */
  readonly covers: readonly number[];
}

export class Scope {
  constructor(
    readonly relations: readonly Relation[],
    readonly parent: Scope | null = null,
    readonly merged: readonly MergedColumn[] = [],
  ) {}

  /** The row's columns, all relations in order. */
  get schema(): Schema {
    return this.relations.flatMap((relation) => relation.schema);
  }

  /** What a dotted name means: a column, or fields of one. Throws if it means nothing or too much. */
  resolve(parts: readonly Identifier[]): Expression {
    const found = this.find(parts, 0);
    if (found !== undefined) return found;
    throw this.unknown(parts);
  }

  /** As `resolve`, but undefined if no column has that name. */
  find(parts: readonly Identifier[], depth: number): Expression | undefined {
    return this.findHere(parts, depth) ?? this.parent?.find(parts, depth + 1);
  }

  private findHere(parts: readonly Identifier[], depth: number): Expression | undefined {
    const [first] = parts;
    for (const relation of this.relations) {
      const rest = afterPath(relation.path, parts);
      if (rest === undefined || rest.length === 0) continue;
      const base = this.columnOf(relation, rest[0]!, depth);
      if (base === undefined) continue;
      return fieldAccess(base, rest.slice(1), rest[0]!.name);
    }
    const merged = this.merged.find((m) => m.name === first!.name);
    if (merged !== undefined && depth === 0) return fieldAccess(merged.expression, parts.slice(1), first!.name);
    const holders = this.relations.filter((relation) => relation.schema.some((f) => f.name === first!.name));
    if (holders.length > 1) throw ambiguous(first!, holders);
    if (holders.length === 0) return undefined;
    const base = this.columnOf(holders[0]!, first!, depth);
    // A name before a dot is a table unless the column has fields.
    if (parts.length > 1 && base?.type.kind !== 'ROW') return undefined;
    return base && fieldAccess(base, parts.slice(1), first!.name);
  }

  private columnOf(relation: Relation, name: Identifier, depth: number): Expression | undefined {
    const positions = relation.schema.flatMap((field, i) => (field.name === name.name ? [i] : []));
    if (positions.length > 1) throw ambiguous(name);
    const position = positions[0];
    if (position === undefined) return undefined;
    const type = relation.schema[position]!.type;
    const at = relation.offset + position;
    return depth === 0 ? column(at, type) : { outer: depth, column: at, type };
  }

  private unknown(parts: readonly Identifier[]) {
    const [first, second] = parts;
    const last = parts.at(-1)!;
    const qualified = this.visible().find((relation) => afterPath(relation.path, parts)?.length);
    if (qualified !== undefined) {
      const rest = afterPath(qualified.path, parts)!;
      const table = qualified.path.at(-1)!;
      const names = qualified.schema.map((f) => f.name);
      const message = `Column '${rest[0]!.name}' not found in table '${table}'${suggestion(rest[0]!.name, names)}`;
      return invalid('unknown-column', rest[0]!.name, message, rest[0]!.span);
    }
    const column = second && this.schema.find((f) => f.name === first!.name);
    if (column !== undefined) {
      const message = `Table '${first!.name}' not found; there is a column of this name, but a ${column.type.kind} has no fields`;
      return invalid('unknown-table', first!.name, message, first!.span);
    }
    if (second !== undefined) {
      const aliases = this.visible().flatMap((relation) => relation.path.slice(-1));
      const message = `Table '${first!.name}' not found${suggestion(first!.name, aliases)}`;
      return invalid('unknown-table', first!.name, message, first!.span);
    }
    const message = `Column '${last.name}' not found in any table${suggestion(last.name, this.columnNames())}`;
    return invalid('unknown-column', last.name, message, last.span);
  }

  /** The name of the relation that a column stands in, if it has one. */
  owner(e: Expression): readonly string[] {
    if (!isColumn(e)) return [];
    const owner = this.relations.find((r) => e.column >= r.offset && e.column < r.offset + r.schema.length);
    return owner?.path.slice(-1) ?? [];
  }

  /** Relations of this query and of those around it. */
  private visible(): readonly Relation[] {
    return [...this.relations, ...(this.parent?.visible() ?? [])];
  }

  /** Names that could have been meant, for suggestions. */
  columnNames(): readonly string[] {
    return [...this.schema.map((f) => f.name), ...(this.parent?.columnNames() ?? [])];
  }

  /** The relation that `t.*` names; undefined if there is none. */
  relation(parts: readonly Identifier[]): Relation | undefined {
    return this.relations.find((relation) => afterPath(relation.path, parts)?.length === 0);
  }

  /** What `*` stands for: merged columns first, then the others in order. */
  star(): readonly { readonly name: string; readonly expression: Expression }[] {
    const covered = new Set(this.merged.flatMap((m) => m.covers));
    return [
      ...this.merged.map(({ name, expression }) => ({ name, expression })),
      ...this.relations.flatMap((relation) => relationColumns(relation).filter((c) => !covered.has(c.position))),
    ];
  }
}

/** A relation's columns as expressions. */
export function relationColumns(relation: Relation) {
  return relation.schema.map((field, i) => ({
    name: field.name,
    position: relation.offset + i,
    expression: column(relation.offset + i, field.type),
  }));
}

/** The rest of a name after a relation's alias (or a tail of its path); undefined if it does not start with it. */
function afterPath(path: readonly string[], parts: readonly Identifier[]): readonly Identifier[] | undefined {
  for (let length = path.length; length >= 1; length--) {
    const tail = path.slice(path.length - length);
    if (parts.length >= length && tail.every((name, i) => parts[i]!.name === name)) return parts.slice(length);
  }
  return undefined;
}

/** `holders`: the relations that have a column of this name. */
export function ambiguous(name: Identifier, holders: readonly Relation[] = []) {
  const written = holders.flatMap(({ path }) => (path.length === 0 ? [] : [`${path.at(-1)}.${name.name}`]));
  const hint = written.length < 2 ? '' : `; write ${written.join(' or ')}`;
  return invalid('ambiguous-column', name.name, `Column '${name.name}' is ambiguous${hint}`, name.span);
}

/** The name with a number if it is taken: `id`, `id0`, `id1`. Adds it to the taken ones. */
export function uniqueName(name: string, taken: Set<string>): string {
  let unique = name;
  for (let i = 0; taken.has(unique); i++) unique = `${name}${i}`;
  taken.add(unique);
  return unique;
}

/** A schema whose names are all different. */
export function uniqueNames(schema: Schema): Schema {
  const taken = new Set<string>();
  return schema.map((field): Field => ({ name: uniqueName(field.name, taken), type: field.type }));
}

export function printName(parts: readonly Identifier[]): string {
  return parts.map((part) => (part.quoted ? quoteIdentifier(part.name) : part.name)).join('.');
}
