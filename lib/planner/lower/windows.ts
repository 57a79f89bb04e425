// Window TVFs whose rows are wanted as such.

import { SabotError } from '../../errors.js';
import { windowTable } from '../../operators/window-table.js';
import type { WindowTableNode } from '../../plan/nodes.js';
import type { PhysicalNode } from '../../plan/physical.js';
import { type LogicalType, printType, timeAttribute } from '../../schema/types.js';
import type { Lowering } from './lowering.js';

export function lowerWindowTable(node: WindowTableNode, lowering: Lowering): PhysicalNode {
  requireTimeAttribute(node.input.schema[node.window.time]!.type);
  return windowTable(lowering.lower(node.input), node.window, node.partitionKeys, node.schema);
}

/** Windows need a column with a watermark, or processing time. */
export function requireTimeAttribute(type: LogicalType): void {
  if (timeAttribute(type) !== undefined) return;
  throw new SabotError(
    'SABOT_E_VALIDATION',
    `The window function requires the timecol is a time attribute type, but is ${printType(type)}. ` +
      'Declare WATERMARK FOR the column in CREATE TABLE.',
    { kind: 'no-time-attribute', identifier: 'time attribute' },
  );
}
