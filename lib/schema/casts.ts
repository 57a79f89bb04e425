// Which types may be cast to which: by CAST in a query, and silently on the way into a sink.
//
//   canCast(STRING, DATE)       true      CAST(s AS DATE)
//   canStore(STRING, DATE)      false     INSERT INTO t (d) SELECT s ... is refused

import { isCharacter, isNumeric, isTimestamp, type LogicalType, type RowType, type TypeKind } from './types.js';

const INTEGERS: readonly TypeKind[] = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT'];
const NUMERICS: readonly TypeKind[] = [...INTEGERS, 'DECIMAL', 'FLOAT', 'DOUBLE'];
const CHARACTERS: readonly TypeKind[] = ['CHAR', 'VARCHAR'];
const BINARIES: readonly TypeKind[] = ['BINARY', 'VARBINARY'];
const TIMESTAMPS: readonly TypeKind[] = ['TIMESTAMP', 'TIMESTAMP_LTZ'];
const DATETIMES: readonly TypeKind[] = ['DATE', 'TIME', ...TIMESTAMPS];

/** What CAST turns a type into; every type can also become a character string and itself. */
const CASTS: Partial<Record<TypeKind, readonly TypeKind[]>> = {
  BOOLEAN: NUMERICS,
  ...Object.fromEntries(NUMERICS.map((kind) => [kind, ['BOOLEAN', ...NUMERICS]])),
  ...Object.fromEntries(CHARACTERS.map((kind) => [kind, ['BOOLEAN', ...NUMERICS, ...BINARIES, ...DATETIMES]])),
  ...Object.fromEntries(BINARIES.map((kind) => [kind, BINARIES])),
  DATE: TIMESTAMPS,
  TIME: TIMESTAMPS,
  TIMESTAMP: DATETIMES,
  TIMESTAMP_LTZ: DATETIMES,
};

/** What a sink column takes without a CAST, by the column's kind. */
const STORES: Partial<Record<TypeKind, readonly TypeKind[]>> = {
  SMALLINT: ['TINYINT'],
  INTEGER: ['TINYINT', 'SMALLINT'],
  BIGINT: ['TINYINT', 'SMALLINT', 'INTEGER'],
  FLOAT: [...INTEGERS, 'DECIMAL'],
  DOUBLE: NUMERICS,
  DECIMAL: NUMERICS,
  VARCHAR: CHARACTERS,
  VARBINARY: BINARIES,
  DATE: ['TIMESTAMP'],
  TIME: ['TIMESTAMP'],
  TIMESTAMP: TIMESTAMPS,
  TIMESTAMP_LTZ: TIMESTAMPS,
};

type Rule = (from: LogicalType, to: LogicalType) => boolean;

/** Applies a rule to the parts of constructed types of one kind. */
function matchParts(from: LogicalType, to: LogicalType, rule: Rule): boolean {
  switch (from.kind) {
    case 'ARRAY':
    case 'MULTISET':
      return to.kind === from.kind && rule(from.element, to.element);
    case 'MAP':
      return to.kind === 'MAP' && rule(from.key, to.key) && rule(from.value, to.value);
    case 'ROW': {
      if (to.kind !== 'ROW') return false;
      const fields = (to as RowType).fields;
      return from.fields.length === fields.length && from.fields.every((f, i) => rule(f.type, fields[i]!.type));
    }
    default:
      return from.kind === to.kind;
  }
}

/** Whether CAST(... AS to) is allowed on a value of type `from`. */
export function canCast(from: LogicalType, to: LogicalType): boolean {
  if (from.kind === 'NULL') return true;
  if (from.kind === to.kind) return matchParts(from, to, canCast);
  if (isCharacter(to)) return from.kind !== 'VARIANT';
  return CASTS[from.kind]?.includes(to.kind) ?? false;
}

/** What a message says to write in place of a cast between numbers and timestamps. */
export function insteadOfCast(from: LogicalType, to: LogicalType): string {
  if (isNumeric(from) && to.kind === 'TIMESTAMP') return '; use TO_TIMESTAMP(FROM_UNIXTIME(seconds))';
  if (isNumeric(from) && to.kind === 'TIMESTAMP_LTZ') return '; use TO_TIMESTAMP_LTZ(number, precision)';
  return isTimestamp(from) && isNumeric(to) ? '; use UNIX_TIMESTAMP(CAST(timestamp AS STRING))' : '';
}

/** Whether a query's column of type `from` may be written to a sink's column of type `to` without a CAST. */
export function canStore(from: LogicalType, to: LogicalType): boolean {
  if (from.kind === 'NULL') return true;
  if (from.kind === to.kind) return matchParts(from, to, canStore);
  return STORES[to.kind]?.includes(from.kind) ?? false;
}
