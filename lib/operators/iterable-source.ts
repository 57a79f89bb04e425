// iterable_source: rows that JavaScript hands over; any AsyncIterable or Iterable of objects.
//
//   source(readings(), Reading)   ->   iterable_source, one subtask
//
// State: how many rows were handed over; the iterator itself is JavaScript's.

import { iterableSourceSpec, sourceNode } from '../connectors/sources.js';
import { IterableRun } from '../functions/iterable-run.js';
import { MessageRun } from '../functions/message-run.js';
import type { IterableRows, ScanNode } from '../plan/nodes.js';
import type { PhysicalNode } from '../plan/physical.js';
import type { Schema } from '../schema/types.js';

/** The source that reads `schema`'s columns of every row. */
export function iterableSource(source: IterableRows, schema: Schema, label: string): PhysicalNode {
  return {
    ...sourceNode(iterableSourceSpec, schema, {}, label),
    code: { parts: [source], open: () => new IterableRun(source, schema) },
    ...(source.unbounded ? { unbounded: true } : {}),
  };
}

/** The source whose rows come as messages of `schema`'s columns; it cannot be restored. */
export function messageSource(
  messages: NonNullable<ScanNode['messages']>,
  schema: Schema,
  label: string,
): PhysicalNode {
  const names = schema.map(({ name }) => name);
  return {
    ...sourceNode(iterableSourceSpec, schema, {}, label),
    code: { parts: [messages], open: () => new MessageRun(messages(names)) },
  };
}
