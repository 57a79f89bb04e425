// unique-keys: which columns identify a row of a node's current result.
//
//   project [rate, cur] ( rank row_number = 1 by cur ( scan ) )   ->   [[1]]
//
// From primary keys, grouping and deduplication; what changes a key's value loses it.

import { type Expression, isCall, isColumn } from '../../expressions/expression.js';
import { isCharacter, isExactInteger, type LogicalType, sameType, withNullable } from '../../schema/types.js';
import type { LogicalNode } from '../nodes.js';

type Keys = readonly (readonly number[])[];

/** The known keys, each as positions of the node's columns. */
export function uniqueKeys(node: LogicalNode): Keys {
  switch (node.op) {
    case 'scan': {
      const { primaryKey = [] } = node.table;
      const columns = primaryKey.map((name) => node.schema.findIndex((field) => field.name === name));
      return columns.length === 0 || columns.includes(-1) ? [] : [columns];
    }
    case 'watermark':
    case 'filter':
    case 'sort':
    case 'limit':
      return uniqueKeys(node.input);
    case 'project':
      return uniqueKeys(node.input).flatMap((key) => {
        const places = key.map((column) => node.expressions.findIndex((e) => keptColumn(e) === column));
        return places.includes(-1) ? [] : [places];
      });
    case 'rank': {
      const one = node.function === 'row_number' && node.rankStart === node.rankEnd;
      return [...(one ? [node.partitionKeys] : []), ...uniqueKeys(node.input)];
    }
    case 'aggregate':
      return [node.keys.map((_, i) => i)];
    case 'temporal_join':
      return uniqueKeys(node.left);
    default:
      return [];
  }
}

/** The column that an expression is, or whose values it keeps apart. */
export function keptColumn(e: Expression): number | undefined {
  if (isColumn(e)) return e.column;
  const [inner] = isCall(e, 'cast') ? e.args : [];
  return inner !== undefined && isLossless(inner.type, e.type) ? keptColumn(inner) : undefined;
}

const INTEGERS = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT'];

function isLossless(from: LogicalType, to: LogicalType): boolean {
  if (sameType(withNullable(from, true), withNullable(to, true))) return true;
  if (isExactInteger(from) && isExactInteger(to)) return INTEGERS.indexOf(from.kind) <= INTEGERS.indexOf(to.kind);
  return isCharacter(from) && to.kind === 'VARCHAR' && to.length >= from.length;
}
