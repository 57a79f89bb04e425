// watermark_assigner: says how far event time has come.
//
//   ts - 5 s:   in  ts = 10 s  12 s        out  rows as they are, then watermark 7 s
//
// State: the greatest watermark of every split.

import type { Expression } from '../expressions/expression.js';
import { forward } from '../plan/inputs.js';
import type { WatermarkOptions } from '../plan/nodes.js';
import { type OperatorSpec, type PhysicalNode, unionOfChanges } from '../plan/physical.js';
import type { Schema } from '../schema/types.js';

export const watermarkAssignerSpec: OperatorSpec = {
  op: 'watermark_assigner',
  state: () => [],
  changes: unionOfChanges,
  needsUpdateBefore: (required) => required,
  folds: (output) => output,
  keepsRows: true,
  origin: (_node, column) => column,
  upsertKey: (_node, [key]) => key,
};

/** Emits the greatest `watermark` (a timestamp over the input) seen so far; `time` is the rowtime column, marked in `schema`. */
export function watermarkAssigner(
  input: PhysicalNode,
  time: number,
  watermark: Expression,
  { idleTimeoutMs, onEvent, alignment }: WatermarkOptions,
  schema: Schema,
): PhysicalNode {
  return {
    spec: watermarkAssignerSpec,
    inputs: [forward(input)],
    schema,
    config: {
      time,
      watermark,
      ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
      ...(onEvent === true ? { onEvent } : {}),
      ...(alignment === undefined ? {} : { alignment }),
    },
  };
}
