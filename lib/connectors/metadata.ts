// metadata: columns that are not in the data, such as a record's offset, between their own type and the column's.
//
//   `partition` BIGINT METADATA VIRTUAL   ->   the source gives an INT, project casts it
//
// A sink casts the other way.

import { SabotError } from '../errors.js';
import { castTo } from '../expressions/cast.js';
import { column, type Expression } from '../expressions/expression.js';
import { type MetadataColumn, metadataColumns, printIdentifier, type TableDefinition } from '../plan/table.js';
import { canCast } from '../schema/casts.js';
import { type LogicalType, printType, type Schema, sameType } from '../schema/types.js';
import type { ConnectorSpec } from './connector.js';
import { nearest, optionError } from './options.js';

export interface MetadataCast {
  /** Of the columns as the connector has them: what a source gives, or a sink takes. */
  readonly schema: Schema;
  /** From there to the columns of the table, or back; absent: they are the same. */
  readonly expressions?: readonly Expression[];
}

/** How the metadata among a table's columns is read or written; refuses what the connector does not have. */
export function metadataCast(
  connector: ConnectorSpec,
  table: TableDefinition,
  columns: Schema,
  direction: 'read' | 'write',
): MetadataCast {
  const declared = new Map(metadataColumns(table).map((each) => [each.name, each]));
  for (const each of declared.values()) {
    if (direction === 'read' || !each.virtual) ownType(connector, table, each, direction);
  }
  const schema = columns.map((field) => {
    const metadata = declared.get(field.name);
    const own = metadata && ownType(connector, table, metadata, direction);
    const same = own === undefined || sameType(own, field.type, { ignoreNullability: true });
    return same ? field : { name: field.name, type: own };
  });
  const [from, to] = direction === 'read' ? [schema, columns] : [columns, schema];
  const expressions = from.map(({ type }, i) => castTo(column(i, type), to[i]!.type));
  return schema.some((field, i) => field !== columns[i]) ? { schema, expressions } : { schema };
}

/** The type that the connector has; undefined: the column's. */
function ownType(
  connector: ConnectorSpec,
  table: TableDefinition,
  { name, key, type }: MetadataColumn,
  direction: 'read' | 'write',
): LogicalType | undefined {
  const { identifier, metadata = [] } = connector;
  const spec = metadata.find((each) => each.key === key);
  if (spec === undefined) {
    const near = nearest(
      key,
      metadata.map((each) => each.key),
    );
    throw optionError(
      'unknown-metadata',
      key,
      `Connector '${identifier}' has no metadata '${key}'.${near === undefined ? '' : ` Did you mean '${near}'?`}`,
    );
  }
  if (direction === 'write' && spec.writable === undefined) {
    throw optionError(
      'unknown-metadata',
      key,
      `Metadata '${key}' of connector '${identifier}' cannot be written: declare column '${name}' VIRTUAL.`,
    );
  }
  const own = direction === 'read' ? spec.type : spec.writable;
  if (own === undefined || (direction === 'read' ? canCast(own, type) : canCast(type, own))) return own;
  throw new SabotError(
    'SABOT_E_VALIDATION',
    `Invalid data type for metadata column '${name}' of table '${printIdentifier(table.identifier)}'. The column cannot be declared as '${printType(type)}' because the type must be castable ${direction === 'read' ? 'from' : 'to'} metadata type '${printType(own)}'.`,
    { kind: 'metadata-type', identifier: key },
  );
}
