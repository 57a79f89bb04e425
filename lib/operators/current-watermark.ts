// current_watermark: appends the event time that has been reached, NULL before any.
//
//   in  +I (a)  watermark 5 s  +I (b)        out  +I (a, NULL)  +I (b, 5 s)
//
// State: that time.

import { forward } from '../plan/inputs.js';
import { type OperatorSpec, type PhysicalNode, unionOfChanges } from '../plan/physical.js';
import type { Field } from '../schema/types.js';

export const currentWatermarkSpec: OperatorSpec = {
  op: 'current_watermark',
  state: () => [],
  changes: unionOfChanges,
  needsUpdateBefore: () => true,
};

/** Appends the column `field`, a TIMESTAMP(3) or TIMESTAMP_LTZ(3). */
export function currentWatermark(input: PhysicalNode, field: Field): PhysicalNode {
  return { spec: currentWatermarkSpec, inputs: [forward(input)], schema: [...input.schema, field], config: {} };
}
