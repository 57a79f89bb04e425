// Tables: sources, rows of constants, watermarks and sinks.

import { tableSink, tableSource, watermarkOptions } from '../../connectors/catalogue.js';
import { valuesSource } from '../../connectors/sources.js';
import { SabotError } from '../../errors.js';
import { iterableSource, messageSource } from '../../operators/iterable-source.js';
import { watermarkAssigner } from '../../operators/watermark-assigner.js';
import type { ScanNode, SinkNode, ValuesNode, WatermarkNode } from '../../plan/nodes.js';
import { changesOf, type PhysicalNode } from '../../plan/physical.js';
import type { TablePlaces } from '../../plan/table.js';
import type { Lowering } from './lowering.js';

export function lowerScan(node: ScanNode): PhysicalNode {
  const { table, options, rows, messages, schema } = node;
  if (messages !== undefined) return messageSource(messages, schema, table.identifier[2]);
  if (rows !== undefined) return iterableSource(rows, schema, table.identifier[2]);
  return aboutTable(node.places, () => tableSource(table, options, schema));
}

export function lowerValues(node: ValuesNode): PhysicalNode {
  return valuesSource(node.rows, node.schema);
}

export function lowerWatermark(node: WatermarkNode, lowering: Lowering): PhysicalNode {
  const input = lowering.lower(node.input);
  const below = node.input.op === 'project' ? node.input.input : node.input;
  const own =
    node.options ?? (below.op === 'scan' ? aboutTable(below.places, () => watermarkOptions(below.options)) : {});
  const options = { ...own, idleTimeoutMs: own.idleTimeoutMs ?? lowering.options.idleTimeoutMs };
  return watermarkAssigner(input, node.time, node.watermark, options, node.schema);
}

export function lowerSink(node: SinkNode, lowering: Lowering): PhysicalNode {
  const input = lowering.lower(node.input);
  return aboutTable(node.places, () => tableSink(node.table, node.options, input, changesOf(input)));
}

/** The option that a mistake of a kind is about; null: its identifier is the option's key. */
const OPTION_OF: Readonly<Record<string, string | null>> = {
  'unknown-connector': 'connector',
  'unknown-format': 'format',
  'unsupported-format': 'format',
  'format-columns': 'format',
  'unknown-option': null,
  'invalid-option': null,
  'unsupported-option': null,
  'missing-primary-key': null,
};

/** Runs `action`; its mistakes are where the table's definition, or a hint, has what they are about. */
function aboutTable<T>(places: TablePlaces | undefined, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (places === undefined || !(error instanceof SabotError)) throw error;
    const { kind = '', identifier = '' } = error;
    const option = kind in OPTION_OF ? places.options[OPTION_OF[kind] ?? identifier] : undefined;
    const part = kind === 'unknown-metadata' ? places.metadata[identifier] : undefined;
    const place = identifier === 'PARTITIONED BY' ? places.partitionedBy : part;
    const span = place ?? (kind === 'unknown-option' ? option?.key : option?.value);
    throw span === undefined ? error : error.at({ span });
  }
}
