// Sinks: nodes whose rows leave the job. Connectors say which one a table is; `result_sink` hands rows to the job's owner.
//
//   +I (1, 'a')   ->   result_sink   ->   {"op":"+I","id":1,"name":"a"}
//
// State, if any, is what is not committed yet; it belongs to native.

import { forward } from '../plan/inputs.js';
import {
  type Config,
  INSERT_ONLY,
  type OperatorSpec,
  type PhysicalInput,
  type PhysicalNode,
  type SinkTopic,
} from '../plan/physical.js';

const sink = (op: string, needsUpdateBefore: boolean): OperatorSpec => ({
  op,
  changes: () => INSERT_ONLY,
  needsUpdateBefore: () => needsUpdateBefore,
});

export const printSinkSpec = sink('print_sink', true);
export const blackholeSinkSpec = sink('blackhole_sink', false);
export const fileSinkSpec: OperatorSpec = {
  ...sink('file_sink', true),
  state: () => [],
  folder: ({ path, format }) => ({ path: String(path), format: String(format) }),
};
export const kafkaSinkSpec: OperatorSpec = {
  ...sink('kafka_sink', true),
  // By key, an update is the new row, unless that may have another key.
  needsUpdateBefore: (_, config) => config['upsert'] !== true || config['takesBack'] === true,
  replaces: (config) => config['upsert'] === true,
  seenWithCommit: (config) => config['deliveryGuarantee'] === 'exactly-once',
  state: () => [],
  // Those that a pattern matches are not known.
  topics: ({ topic, topics = topic === undefined ? [] : [topic], properties }) =>
    (topics as readonly string[]).map((each) => ({ topic: each, properties: properties as SinkTopic['properties'] })),
};
export const resultSinkSpec = sink('result_sink', true);

/** Writes a table; `config` comes from its connector. */
export function sinkNode(
  spec: OperatorSpec,
  input: PhysicalInput,
  config: Config,
  label: string,
  parallelism?: number,
): PhysicalNode {
  const { schema } = input.node;
  return { spec, inputs: [input], schema, config, label, ...(parallelism === undefined ? {} : { parallelism }) };
}

/** Where the rows of a job's only query, or of its first, go. */
export const RESULT_CHANNEL = 'result';

/** The channel of result sink number `index` of a job. */
export const resultChannel = (index: number): string => (index === 0 ? RESULT_CHANNEL : `${RESULT_CHANNEL}:${index}`);

/**
 * Hands rows to the job's owner: as JSON lines (with `op` first if `changelog`), or as Arrow IPC batches.
 */
export function resultSink(
  input: PhysicalNode,
  format: 'json' | 'arrow',
  changelog: boolean,
  channel = RESULT_CHANNEL,
): PhysicalNode {
  const config = { format, changelog, channel };
  return { spec: resultSinkSpec, inputs: [forward(input)], schema: input.schema, config };
}
