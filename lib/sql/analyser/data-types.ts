// Data types as written -> logical types.
//
//   DECIMAL(39, 2)  ->  DECIMAL(38, 2)      TIMESTAMP  ->  TIMESTAMP(6)      VARCHAR  ->  STRING in Flink

import { DECIMAL_PRECISION_MAX, LENGTH_MAX, type LogicalType, types, withNullable } from '../../schema/types.js';
import type { DataType, ScalarType, SourceSpan } from '../ast.js';
import { foreignType } from '../foreign-names.js';
import { invalid, suggestion, unsupported } from './errors.js';

export function logicalType(node: DataType): LogicalType {
  return withNullable(nullableType(node), node.nullable);
}

function nullableType(node: DataType): LogicalType {
  switch (node.kind) {
    case 'scalarType':
      return scalarType(node);
    case 'intervalType':
      return ['YEAR', 'QUARTER', 'MONTH'].includes(node.qualifier.from)
        ? types.yearMonthInterval()
        : types.dayTimeInterval();
    case 'arrayType':
      return types.array(logicalType(node.element));
    case 'multisetType':
      return types.multiset(logicalType(node.element));
    case 'mapType':
      return types.map(logicalType(node.key), logicalType(node.value));
    case 'rowType':
      return types.row(node.fields.map((field) => ({ name: field.name.name, type: logicalType(field.type) })));
    case 'namedType': {
      const name = node.name.parts.map((part) => part.name).join('.');
      const written = foreignType(name);
      const hint = written === undefined ? suggestion(name.toUpperCase(), TYPE_NAMES) : `; write ${written}`;
      throw invalid('type-mismatch', name, `Unknown data type '${name}'${hint}`, node.span);
    }
    case 'rawType':
    case 'structuredType':
      throw unsupported(`${node.kind === 'rawType' ? 'RAW' : 'STRUCTURED'} types are not supported`, node.span);
  }
}

/** For suggestions. */
const TYPE_NAMES: readonly string[] =
  'BOOLEAN TINYINT SMALLINT INT INTEGER BIGINT FLOAT DOUBLE DECIMAL NUMERIC CHAR VARCHAR STRING BINARY VARBINARY BYTES DATE TIME TIMESTAMP TIMESTAMP_LTZ'.split(
    ' ',
  );

function scalarType({ name, precision, scale, span }: ScalarType): LogicalType {
  switch (name) {
    case 'BOOLEAN':
      return types.boolean();
    case 'TINYINT':
      return types.tinyint();
    case 'SMALLINT':
      return types.smallint();
    case 'INTEGER':
      return types.integer();
    case 'BIGINT':
      return types.bigint();
    case 'FLOAT':
    case 'REAL':
      return types.float();
    case 'DOUBLE':
      return types.double();
    case 'DECIMAL':
      return decimalType(Math.min(precision ?? 10, DECIMAL_PRECISION_MAX), scale ?? 0, span);
    case 'CHAR':
      return types.char(precision ?? 1);
    case 'VARCHAR':
      return types.varchar(precision ?? LENGTH_MAX);
    case 'STRING':
      return types.string();
    case 'BINARY':
      return types.binary(precision ?? 1);
    case 'VARBINARY':
      return types.varbinary(precision ?? LENGTH_MAX);
    case 'BYTES':
      return types.bytes();
    case 'DATE':
      return types.date();
    case 'TIME':
      return types.time(precision ?? 0);
    case 'TIMESTAMP':
      return types.timestamp(precision ?? 6);
    case 'TIMESTAMP_LTZ':
      return types.timestampLtz(precision ?? 6);
    case 'VARIANT':
      return types.variant();
    case 'NULL':
      return types.null();
    default:
      throw unsupported(`The data type ${name} is not supported`, span);
  }
}

function decimalType(precision: number, scale: number, span: SourceSpan): LogicalType {
  if (precision < 1) {
    const message = `Decimal precision must be between 1 and ${DECIMAL_PRECISION_MAX} (both inclusive).`;
    throw invalid('type-mismatch', 'DECIMAL', message, span);
  }
  if (scale > precision) {
    const message = `Decimal scale must be between 0 and the precision ${precision} (both inclusive).`;
    throw invalid('type-mismatch', 'DECIMAL', message, span);
  }
  return types.decimal(precision, scale);
}
