// Tables: sources, rows of constants, watermarks and sinks.

import { tableSink, tableSource, watermarkOptions } from '../../connectors/catalogue.js';
import { valuesSource } from '../../connectors/sources.js';
import { SabotError } from '../../errors.js';
import { iterableSource } from '../../operators/iterable-source.js';
import { watermarkAssigner } from '../../operators/watermark-assigner.js';
import type { ScanNode, SinkNode, ValuesNode, WatermarkNode } from '../../plan/nodes.js';
import { changesOf, isInsertOnly, type PhysicalNode } from '../../plan/physical.js';
import type { Lowering } from './lowering.js';

export function lowerScan(node: ScanNode): PhysicalNode {
  const { table, options, rows, schema } = node;
  return rows === undefined ? tableSource(table, options, schema) : iterableSource(rows, schema, table.identifier[2]);
}

export function lowerValues(node: ValuesNode): PhysicalNode {
  return valuesSource(node.rows, node.schema);
}

export function lowerWatermark(node: WatermarkNode, lowering: Lowering): PhysicalNode {
  const input = lowering.lower(node.input);
  if (!isInsertOnly(changesOf(input))) {
    throw new SabotError('SABOT_E_UNSUPPORTED', 'A watermark over a changelog is not supported yet.', {
      kind: 'unsupported',
    });
  }
  const below = node.input.op === 'project' ? node.input.input : node.input;
  const own = node.options ?? (below.op === 'scan' ? watermarkOptions(below.options) : {});
  const options = { ...own, idleTimeoutMs: own.idleTimeoutMs ?? lowering.options.idleTimeoutMs };
  return watermarkAssigner(input, node.time, node.watermark, options, node.schema);
}

export function lowerSink(node: SinkNode, lowering: Lowering): PhysicalNode {
  const input = lowering.lower(node.input);
  return tableSink(node.table, node.options, input, changesOf(input));
}
