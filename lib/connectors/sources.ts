// Sources: nodes without inputs. Connectors say which one a table is (lib/connectors).
//
//   file_source, kafka_source, datagen_source, nexmark_source, iterable_source, values_source   ->   +I rows
//   file_source { format: 'debezium-json', changes: true }                        ->   +I -U +U -D rows
//
// State is the position in every split; it belongs to native.

import type { Literal } from '../expressions/expression.js';
import { ALL_CHANGES, type Config, INSERT_ONLY, type OperatorSpec, type PhysicalNode } from '../plan/physical.js';
import type { Schema } from '../schema/types.js';
import { kafkaLag } from './kafka-lag.js';

const source = (op: string): OperatorSpec => ({
  op,
  changes: (_inputs, config) => (config['changes'] === true ? ALL_CHANGES : INSERT_ONLY),
  needsUpdateBefore: () => false,
  state: () => [], // Positions, whatever the table is.
});

export const fileSourceSpec = source('file_source');
export const kafkaSourceSpec: OperatorSpec = {
  ...source('kafka_source'),
  changes: (_, config) => (config['upsert'] === true || config['changes'] === true ? ALL_CHANGES : INSERT_ONLY),
  replaces: (config) => config['upsert'] === true,
  lag: kafkaLag,
};
export const datagenSourceSpec = source('datagen_source');
export const nexmarkSourceSpec = source('nexmark_source');
export const iterableSourceSpec: OperatorSpec = { ...source('iterable_source'), single: true };
export const valuesSourceSpec: OperatorSpec = { ...source('values_source'), single: true };

/** Reads a table; `config` comes from its connector. */
export function sourceNode(
  spec: OperatorSpec,
  schema: Schema,
  config: Config,
  label: string,
  parallelism?: number,
): PhysicalNode {
  return { spec, inputs: [], schema, config, label, ...(parallelism === undefined ? {} : { parallelism }) };
}

/** Emits rows of constants, once. */
export function valuesSource(rows: readonly (readonly Literal[])[], schema: Schema): PhysicalNode {
  return { spec: valuesSourceSpec, inputs: [], schema, config: { values: rows } };
}
