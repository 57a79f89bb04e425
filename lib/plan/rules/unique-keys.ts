// unique-keys: which columns identify a row of a node's current result.
//
//   project [rate, cur] ( rank row_number = 1 by cur ( scan ) )   ->   [[1]]
//
// From primary keys, grouping and deduplication; what changes a key's value loses it.

import { keptColumn } from '../../expressions/kept-column.js';
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
