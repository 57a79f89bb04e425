// Data types, of columns and of casts.
//
//   ROW<id INT NOT NULL, tags ARRAY<STRING>> -> rowType of a scalarType INTEGER (not nullable) and an arrayType of STRING
//   TIMESTAMP(3) WITH LOCAL TIME ZONE        -> scalarType TIMESTAMP_LTZ, precision 3
//
// No state besides the cursor's.

import type { DataType, RowTypeField, ScalarTypeName, SourceSpan } from '../ast.js';
import { foreignType } from '../foreign-names.js';
import type { Token } from '../lexer.js';
import { parseIntervalQualifier, parsePlainString, parseStringLiteral, parseUnsignedInteger } from './literals.js';
import { isIdentifier, parseIdentifier, parseQualifiedName } from './names.js';
import type { TokenCursor } from './token-cursor.js';

interface ScalarSyntax {
  readonly name: ScalarTypeName;
  /** How many numbers may stand in parentheses. */
  readonly numDigitsMax: 0 | 1 | 2;
}

const SCALARS: Readonly<Record<string, ScalarSyntax>> = {
  BOOLEAN: { name: 'BOOLEAN', numDigitsMax: 0 },
  TINYINT: { name: 'TINYINT', numDigitsMax: 0 },
  SMALLINT: { name: 'SMALLINT', numDigitsMax: 0 },
  INT: { name: 'INTEGER', numDigitsMax: 0 },
  INTEGER: { name: 'INTEGER', numDigitsMax: 0 },
  BIGINT: { name: 'BIGINT', numDigitsMax: 0 },
  FLOAT: { name: 'FLOAT', numDigitsMax: 0 },
  REAL: { name: 'REAL', numDigitsMax: 0 },
  DOUBLE: { name: 'DOUBLE', numDigitsMax: 0 },
  DEC: { name: 'DECIMAL', numDigitsMax: 2 },
  DECIMAL: { name: 'DECIMAL', numDigitsMax: 2 },
  NUMERIC: { name: 'DECIMAL', numDigitsMax: 2 },
  ANY: { name: 'ANY', numDigitsMax: 2 },
  CHAR: { name: 'CHAR', numDigitsMax: 1 },
  CHARACTER: { name: 'CHAR', numDigitsMax: 1 },
  VARCHAR: { name: 'VARCHAR', numDigitsMax: 1 },
  STRING: { name: 'STRING', numDigitsMax: 0 },
  BINARY: { name: 'BINARY', numDigitsMax: 1 },
  VARBINARY: { name: 'VARBINARY', numDigitsMax: 1 },
  BYTES: { name: 'BYTES', numDigitsMax: 0 },
  DATE: { name: 'DATE', numDigitsMax: 0 },
  TIME: { name: 'TIME', numDigitsMax: 1 },
  TIMESTAMP: { name: 'TIMESTAMP', numDigitsMax: 1 },
  TIMESTAMP_LTZ: { name: 'TIMESTAMP_LTZ', numDigitsMax: 1 },
  VARIANT: { name: 'VARIANT', numDigitsMax: 0 },
  BITMAP: { name: 'BITMAP', numDigitsMax: 0 },
};

/** True if a type can begin with this token. */
export function startsDataType(token: Token): boolean {
  return token.keyword in SCALARS || COMPOSITES.has(token.keyword) || isIdentifier(token);
}

const COMPOSITES = new Set(['ROW', 'ARRAY', 'MULTISET', 'MAP', 'RAW', 'STRUCTURED']);

/** A type with its NULL or NOT NULL, as a column has it. */
export function parseDataType(cursor: TokenCursor): DataType {
  return parseNullableType(cursor, true);
}

/** A type as the target of CAST has it: without NOT NULL of its own; INTERVAL DAY is possible. */
export function parseCastType(cursor: TokenCursor): DataType {
  const start = cursor.current;
  if (!cursor.accept('INTERVAL')) return parseNullableType(cursor, false);
  const qualifier = parseIntervalQualifier(cursor);
  return { kind: 'intervalType', qualifier, nullable: true, span: cursor.spanFrom(start) };
}

/** A type, then any number of postfix ARRAY and MULTISET, each of which may follow a NULL or NOT NULL of its element. */
function parseNullableType(cursor: TokenCursor, nullabilityAllowed: boolean): DataType {
  return cursor.nested(() => {
    const start = cursor.current;
    let type = parseBareType(cursor);
    for (;;) {
      if (nullabilityAllowed) type = withNullability(cursor, type, start);
      if (!cursor.at('ARRAY') && !cursor.at('MULTISET')) return type;
      const kind = cursor.take().keyword === 'ARRAY' ? 'arrayType' : 'multisetType';
      type = { kind, element: type, nullable: true, span: cursor.spanFrom(start) };
    }
  });
}

function withNullability(cursor: TokenCursor, type: DataType, start: SourceSpan): DataType {
  if (cursor.accept('NULL')) return { ...type, nullable: true, span: cursor.spanFrom(start) };
  if (cursor.accept('NOT', 'NULL')) return { ...type, nullable: false, span: cursor.spanFrom(start) };
  return type;
}

function parseBareType(cursor: TokenCursor): DataType {
  const token = cursor.current;
  switch (token.keyword) {
    case 'ARRAY':
    case 'MULTISET': {
      cursor.take();
      cursor.expectSymbol('<');
      const element = parseDataType(cursor);
      cursor.expectSymbol('>');
      return {
        kind: token.keyword === 'ARRAY' ? 'arrayType' : 'multisetType',
        element,
        nullable: true,
        span: cursor.spanFrom(token),
      };
    }
    case 'MAP':
      if (cursor.atSymbol('<', 1)) return parseMapType(cursor, token);
      break;
    case 'ROW':
      return parseRowType(cursor, token);
    case 'RAW':
      return parseRawType(cursor, token);
    case 'STRUCTURED':
      return parseStructuredType(cursor, token);
  }
  if (token.keyword === 'GEOMETRY') cursor.fail(token, 'GEOMETRY is not enabled in Flink SQL');
  const scalar = token.keyword === '' ? undefined : SCALARS[token.keyword];
  if (scalar !== undefined) return parseScalarType(cursor, token, scalar);
  if (!isIdentifier(token)) {
    const written = foreignType(token.text);
    if (written !== undefined) cursor.fail(token, `there is no data type ${token.text}; write ${written}`);
    cursor.unexpected('a data type');
  }
  const name = parseQualifiedName(cursor);
  return { kind: 'namedType', name, nullable: true, span: name.span };
}

function parseScalarType(cursor: TokenCursor, start: Token, syntax: ScalarSyntax): DataType {
  cursor.take();
  let { name } = syntax;
  if (name === 'DOUBLE') cursor.accept('PRECISION');
  if (name === 'CHAR' && cursor.accept('VARYING')) name = 'VARCHAR';
  if (name === 'BINARY' && cursor.accept('VARYING')) name = 'VARBINARY';
  let precision: number | null = null;
  let scale: number | null = null;
  if (syntax.numDigitsMax > 0 && cursor.acceptSymbol('(')) {
    precision = parseUnsignedInteger(cursor);
    if (syntax.numDigitsMax > 1 && cursor.acceptSymbol(',')) scale = parseUnsignedInteger(cursor);
    cursor.expectSymbol(')');
  }
  if ((name === 'CHAR' || name === 'VARCHAR') && cursor.accept('CHARACTER', 'SET'))
    parseIdentifier(cursor, "a character set's name");
  if (name === 'TIMESTAMP' && acceptTimeZone(cursor)) name = 'TIMESTAMP_LTZ';
  if (name === 'TIME' && acceptTimeZone(cursor)) {
    cursor.fail(cursor.spanFrom(start), 'TIME has no form WITH LOCAL TIME ZONE; use TIME, or TIMESTAMP_LTZ', 'TIME');
  }
  return { kind: 'scalarType', name, precision, scale, nullable: true, span: cursor.spanFrom(start) };
}

/** WITHOUT TIME ZONE, WITH LOCAL TIME ZONE or nothing: true for the second. */
function acceptTimeZone(cursor: TokenCursor): boolean {
  if (cursor.accept('WITHOUT', 'TIME', 'ZONE') || !cursor.at('WITH')) return false;
  if (!['LOCAL', 'TIME'].includes(cursor.peek().keyword)) return false;
  cursor.expect('WITH', 'LOCAL', 'TIME', 'ZONE');
  return true;
}

function parseMapType(cursor: TokenCursor, start: Token): DataType {
  cursor.take();
  cursor.expectSymbol('<');
  const key = parseDataType(cursor);
  cursor.expectSymbol(',');
  const value = parseDataType(cursor);
  cursor.expectSymbol('>');
  return { kind: 'mapType', key, value, nullable: true, span: cursor.spanFrom(start) };
}

function parseRowType(cursor: TokenCursor, start: Token): DataType {
  cursor.take();
  let fields: RowTypeField[] = [];
  if (!cursor.acceptSymbol('<>')) {
    const close = cursor.acceptSymbol('<') ? '>' : ')';
    if (close === ')' && !cursor.acceptSymbol('(')) cursor.unexpected("the row's fields: ROW<name TYPE, ...>");
    if (!cursor.atSymbol(close)) fields = cursor.commaList(parseField);
    cursor.expectSymbol(close);
  }
  return { kind: 'rowType', fields, nullable: true, span: cursor.spanFrom(start) };
}

function parseField(cursor: TokenCursor): RowTypeField {
  const start = cursor.current;
  const name = parseIdentifier(cursor, "a field's name");
  const type = parseDataType(cursor);
  const comment = cursor.current.type === 'string' ? parsePlainString(cursor, 'a comment in quotes') : null;
  return { kind: 'rowTypeField', name, type, comment, span: cursor.spanFrom(start) };
}

function parseRawType(cursor: TokenCursor, start: Token): DataType {
  cursor.take();
  cursor.expectSymbol('(');
  const className = parseStringLiteral(cursor, "a class's name in quotes");
  cursor.expectSymbol(',');
  const serializer = parseStringLiteral(cursor, 'a serializer in quotes');
  cursor.expectSymbol(')');
  return { kind: 'rawType', className, serializer, nullable: true, span: cursor.spanFrom(start) };
}

function parseStructuredType(cursor: TokenCursor, start: Token): DataType {
  cursor.take();
  cursor.expectSymbol('<');
  const className = parseStringLiteral(cursor, "a class's name in quotes");
  const fields = cursor.acceptSymbol(',') ? cursor.commaList(parseField) : [];
  cursor.expectSymbol('>');
  return { kind: 'structuredType', className, fields, nullable: true, span: cursor.spanFrom(start) };
}
