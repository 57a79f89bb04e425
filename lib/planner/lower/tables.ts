// Tables: sources, rows of constants, watermarks and sinks.

import { readCast, tableSink, tableSource, watermarkOptions, writeCast } from '../../connectors/catalogue.js';
import { DEAD_LETTER_TABLE } from '../../connectors/on-error.js';
import { optionError } from '../../connectors/options.js';
import { valuesSource } from '../../connectors/sources.js';
import { SabotError } from '../../errors.js';
import { iterableSource, messageSource } from '../../operators/iterable-source.js';
import { notNull } from '../../operators/not-null.js';
import { project } from '../../operators/project.js';
import { watermarkAssigner } from '../../operators/watermark-assigner.js';
import type { ScanNode, SinkNode, ValuesNode, WatermarkNode } from '../../plan/nodes.js';
import { changesOf, type PhysicalNode } from '../../plan/physical.js';
import { printIdentifier, sinkSchema, type TableDefinition } from '../../plan/table.js';
import type { Schema } from '../../schema/types.js';
import type { Lowering } from './lowering.js';
import { newestRows, replacedRows, withBefore } from './replaced-rows.js';
import { refuseOnConflict, rowsByKey, type SinkOptions } from './sink-keys.js';

export function lowerScan(node: ScanNode): PhysicalNode {
  const { table, options, rows, messages, schema } = node;
  if (messages !== undefined) return messageSource(messages, schema, table.identifier[2]);
  if (rows !== undefined) return iterableSource(rows, schema, table.identifier[2]);
  return aboutTable(node, () => {
    const read = (columns: Schema): PhysicalNode => {
      const { schema: given, expressions } = readCast(table, options, columns);
      const source = withPrimaryKey(withLetters(tableSource(table, options, given), node), table);
      return expressions === undefined ? source : project(source, expressions, columns);
    };
    return replacesRows(table, options, schema) ? newestRows(table, schema, read) : read(schema);
  });
}

function withPrimaryKey(source: PhysicalNode, { primaryKey = [] }: TableDefinition): PhysicalNode {
  const positions = primaryKey.map((name) => source.schema.findIndex((field) => field.name === name));
  return positions.length === 0 || positions.includes(-1) ? source : { ...source, primaryKey: positions };
}

/** Whether the table's source tells new rows only. */
function replacesRows(table: TableDefinition, options: ScanNode['options'], schema: Schema): boolean {
  const { spec, config } = tableSource(table, options, readCast(table, options, schema).schema);
  return spec.replaces?.(config) === true;
}

export function lowerValues(node: ValuesNode): PhysicalNode {
  return valuesSource(node.rows, node.schema);
}

export function lowerWatermark(node: WatermarkNode, lowering: Lowering): PhysicalNode {
  const input = lowering.lower(node.input);
  const replaced = replacedRows(input);
  const below = node.input.op === 'project' ? node.input.input : node.input;
  const own = node.options ?? (below.op === 'scan' ? aboutTable(below, () => watermarkOptions(below.options)) : {});
  const options = { ...own, idleTimeoutMs: own.idleTimeoutMs ?? lowering.options.idleTimeoutMs };
  const assigned = (rows: PhysicalNode, schema: Schema): PhysicalNode =>
    watermarkAssigner(rows, node.time, node.watermark, options, schema);
  return replaced === undefined
    ? assigned(input, node.schema)
    : withBefore(replaced, node.schema, (rows, added) => assigned(rows, [...node.schema, ...added]));
}

export function lowerSink(node: SinkNode, lowering: Lowering): PhysicalNode {
  const input = lowering.lower(node.input);
  const { table, options } = node;
  return aboutTable(node, () => {
    const { schema, expressions } = writeCast(table, options, input.schema);
    const { sinks } = lowering.options;
    const taken = withoutNulls(table, expressions === undefined ? input : project(input, expressions, schema), sinks);
    const sink = tableSink(table, options, taken, changesOf(taken));
    if (sink.spec.replaces?.(sink.config) !== true) {
      refuseOnConflict(node);
      return withLetters(sink, node);
    }
    const { rows, takesBack } = rowsByKey(node, taken, sinks);
    const keyed = tableSink(table, options, rows, changesOf(rows));
    return withLetters(takesBack ? { ...keyed, config: { ...keyed.config, takesBack } } : keyed, node);
  });
}

/** Rows that have a value in every column of the table that is NOT NULL. */
function withoutNulls(table: TableDefinition, input: PhysicalNode, { nullRows }: SinkOptions): PhysicalNode {
  const required = new Set(sinkSchema(table).flatMap(({ name, type }) => (type.nullable ? [] : [name])));
  const columns = [...input.schema.entries()].filter(([, { name, type }]) => type.nullable && required.has(name));
  return columns.length === 0
    ? input
    : notNull(
        input,
        columns.map(([at]) => at),
        nullRows === 'DROP',
      );
}

/** Whose letters go where the logical node says. */
function withLetters(
  node: PhysicalNode,
  { deadLetters, table }: Pick<ScanNode, 'deadLetters' | 'table'>,
): PhysicalNode {
  if (node.config['onError'] !== 'dead-letter') return node;
  if (deadLetters !== undefined) return { ...node, deadLetters };
  throw optionError(
    'missing-option',
    DEAD_LETTER_TABLE,
    `Option '${DEAD_LETTER_TABLE}' of table '${printIdentifier(table.identifier)}' is missing: it names the table that takes dead letters.`,
  );
}

/** The option that a mistake of a kind is about; null: its identifier is the option's key. */
const OPTION_OF: Readonly<Record<string, string | null>> = {
  'unknown-connector': 'connector',
  'unknown-option': null,
  'invalid-option': null,
  'unsupported-option': null,
  'missing-primary-key': null,
};

/** Mistakes about a format, whose identifier is its name. */
const FORMAT_KINDS = ['unknown-format', 'unsupported-format', 'format-columns'];
const FORMAT_OPTIONS = ['format', 'value.format', 'key.format'];

/** Runs `action`; its mistakes are where the table's definition, or a hint, has what they are about. */
export function aboutTable<T>({ places, options }: Pick<ScanNode, 'places' | 'options'>, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (places === undefined || !(error instanceof SabotError)) throw error;
    const { kind = '', identifier = '' } = error;
    const key = FORMAT_KINDS.includes(kind)
      ? FORMAT_OPTIONS.find((name) => options[name] === identifier)
      : OPTION_OF[kind];
    const option = key === undefined ? undefined : places.options[key ?? identifier];
    const part = ['unknown-metadata', 'metadata-type'].includes(kind) ? places.metadata[identifier] : undefined;
    const place = identifier === 'PARTITIONED BY' ? places.partitionedBy : part;
    const span = place ?? (kind === 'unknown-option' ? option?.key : option?.value);
    throw span === undefined ? error : error.at({ span });
  }
}
