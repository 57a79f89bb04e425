// Rows, arrays and maps: their constructors, and access to their parts.
//
//   ARRAY[1, 2.5]  ->  call array of DECIMAL(11, 1)      m['key']  ->  call item, nullable

import { castTo } from '../../expressions/cast.js';
import { call, type Expression, isLiteral } from '../../expressions/expression.js';
import { leastRestrictive } from '../../schema/result-types.js';
import { isCharacter, isExactInteger, materialized, nullable, types, withNullable } from '../../schema/types.js';
import type * as ast from '../ast.js';
import { invalid, unsupported } from './errors.js';
import type { Analyse } from './expressions.js';
import { rowField } from './fields.js';
import { cannotApply } from './operators.js';

export function rowOf(items: readonly Expression[]): Expression {
  const fields = items.map((e, i) => ({ name: `EXPR$${i}`, type: materialized(e.type) }));
  return call('row', items, withNullable(types.row(fields), false));
}

export function arrayOf(node: ast.CollectionConstructor, analyse: Analyse): Expression {
  if (node.type === 'MULTISET') throw unsupported('MULTISET[...] is not supported', node.span);
  const items = node.items.map(analyse);
  if (items.length === 0) throw invalid('argument-count', 'ARRAY', 'Require at least 1 argument', node.span);
  const element = leastRestrictive(items.map((e) => e.type));
  if (element === undefined || (element.kind === 'NULL' && items.length > 1)) {
    throw invalid('type-mismatch', 'ARRAY', 'Parameters must be of the same type; CAST those that differ', node.span);
  }
  const args = items.map((e) => castTo(e, element));
  return call('array', args, withNullable(types.array(element), false));
}

export function mapOf(node: ast.MapConstructor, analyse: Analyse): Expression {
  const keys = node.entries.map((entry) => analyse(entry.key));
  const values = node.entries.map((entry) => analyse(entry.value));
  if (keys.length === 0) throw invalid('argument-count', 'MAP', 'Map requires at least 2 arguments', node.span);
  const key = leastRestrictive(keys.map((e) => e.type));
  const value = leastRestrictive(values.map((e) => e.type));
  // Flink gives NULL no type here, though ARRAY does.
  const untyped = values.filter((e) => e.type.kind === 'NULL').length;
  const keyless = key === undefined || key.kind === 'NULL';
  if (keyless || value === undefined || (untyped > 0 && untyped < values.length)) {
    throw invalid('type-mismatch', 'MAP', 'Parameters must be of the same type; CAST those that differ', node.span);
  }
  const args = keys.flatMap((e, i) => [castTo(e, key), castTo(values[i]!, value)]);
  return call('map', args, withNullable(types.map(key, value), false));
}

/** `a[1]`, `m['key']`, `r[1]`, `v['path']`. */
export function elementAt(base: Expression, index: Expression, span: ast.SourceSpan): Expression {
  const type = base.type;
  switch (type.kind) {
    case 'ARRAY':
      if (index.type.kind !== 'INTEGER') break;
      if (isLiteral(index) && typeof index.literal === 'number' && index.literal < 1) {
        const message = `Array element access needs an index starting at 1 but was ${index.literal}`;
        throw invalid('type-mismatch', String(index.literal), message, span);
      }
      return call('item', [base, index], nullable(type.element));
    case 'MAP': {
      const common = leastRestrictive([type.key, index.type]);
      const alike = common?.kind === type.key.kind || (isCharacter(type.key) && isCharacter(index.type));
      if (!alike && index.type.kind !== 'NULL') break;
      // Text is looked up as it is: cut to the keys' length it might be found.
      const key = isCharacter(type.key) && isCharacter(index.type) ? index : castTo(index, type.key);
      return call('item', [base, key], nullable(type.value));
    }
    case 'ROW': {
      const position = rowPosition(
        index,
        type.fields.map((f) => f.name),
      );
      if (position === undefined) break;
      return rowField(base, position);
    }
    case 'VARIANT':
      if (index.type.kind !== 'NULL' && !isCharacter(index.type) && !isExactInteger(index.type)) break;
      return call('variant_item', [base, index], nullable(type));
  }
  throw cannotApply('ITEM', [base, index], span);
}

function rowPosition(index: Expression, names: readonly string[]): number | undefined {
  if (!isLiteral(index)) return undefined;
  const position = typeof index.literal === 'number' ? index.literal - 1 : names.indexOf(String(index.literal));
  return position >= 0 && position < names.length ? position : undefined;
}

/** `f(x).name`. */
export function fieldOf(node: ast.FieldAccess, analyse: Analyse): Expression {
  const base = analyse(node.operand);
  const name = node.field;
  if (name === null) throw unsupported('A star after an expression is only supported in a select list', node.span);
  const fields = base.type.kind === 'ROW' ? base.type.fields : [];
  const position = fields.findIndex((f) => f.name === name.name);
  if (position < 0) throw invalid('unknown-column', name.name, `Unknown field '${name.name}'`, name.span);
  return rowField(base, position);
}
