// What stands in the parentheses of CREATE TABLE: columns, watermarks, constraints; and the clauses after them that other
// statements share.
//
//   (id INT PRIMARY KEY NOT ENFORCED, c AS id + 1, WATERMARK FOR ts AS ts) -> { columns: [...], watermarks: [...], constraints: [] }
//
// No state besides the cursor's.

import type { ColumnDefinition, Distribution, Identifier, TableConstraint, WatermarkDefinition } from '../ast.js';
import type { Token } from '../lexer.js';
import { parseDataType } from './data-types.js';
import { parseExpression } from './expressions.js';
import { parseStringLiteral, parseUnsignedInteger } from './literals.js';
import { parseComment, parseIdentifier, parseIdentifierList, parseQualifiedName } from './names.js';
import type { TokenCursor } from './token-cursor.js';

export interface TableElements {
  readonly columns: ColumnDefinition[];
  readonly watermarks: WatermarkDefinition[];
  readonly constraints: TableConstraint[];
}

/** `(...)` of CREATE TABLE; with `namesAllowed`, `(a, b)` as CREATE TABLE t (a, b) AS SELECT has it. */
export function parseTableElements(cursor: TokenCursor, namesAllowed: boolean): TableElements {
  const elements: TableElements = { columns: [], watermarks: [], constraints: [] };
  if (namesAllowed && startsNameList(cursor)) {
    for (const name of parseIdentifierList(cursor))
      elements.columns.push({ kind: 'namedColumn', name, span: name.span });
    return elements;
  }
  cursor.parenthesizedList((inner) => parseTableElement(inner, elements));
  return elements;
}

function startsNameList(cursor: TokenCursor): boolean {
  return cursor.atSymbol('(') && (cursor.atSymbol(',', 2) || cursor.atSymbol(')', 2));
}

function parseTableElement(cursor: TokenCursor, elements: TableElements): void {
  if (cursor.at('WATERMARK')) parseWatermark(cursor, elements);
  else if (startsConstraint(cursor)) elements.constraints.push(parseTableConstraint(cursor));
  else elements.columns.push(parseColumn(cursor));
}

/** A column of CREATE TABLE or ALTER TABLE. */
export function parseColumn(cursor: TokenCursor): ColumnDefinition {
  const start = cursor.current;
  const name = parseIdentifier(cursor, "a column's name");
  if (cursor.accept('AS')) {
    const expression = parseExpression(cursor);
    const comment = parseComment(cursor);
    return { kind: 'computedColumn', name, expression, comment, span: cursor.spanFrom(start) };
  }
  const type = parseDataType(cursor);
  if (cursor.accept('METADATA')) {
    const from = cursor.accept('FROM') ? parseStringLiteral(cursor, "the metadata's key in quotes") : null;
    const virtual = cursor.accept('VIRTUAL');
    const comment = parseComment(cursor);
    return {
      kind: 'metadataColumn',
      name,
      type,
      constraint: null,
      from,
      virtual,
      comment,
      span: cursor.spanFrom(start),
    };
  }
  const constraint = startsConstraint(cursor) ? parseColumnConstraint(cursor, name) : null;
  const comment = parseComment(cursor);
  return { kind: 'physicalColumn', name, type, constraint, comment, span: cursor.spanFrom(start) };
}

export function parseWatermark(cursor: TokenCursor, elements: TableElements): void {
  const start = cursor.expect('WATERMARK');
  if (elements.watermarks.length > 0) cursor.fail(start, 'a table has one WATERMARK at most');
  cursor.expect('FOR');
  const column = parseQualifiedName(cursor, "the time column's name");
  cursor.expect('AS');
  const expression = parseExpression(cursor);
  elements.watermarks.push({ kind: 'watermark', column, expression, span: cursor.spanFrom(start) });
}

// ------------------------------------------------------------------------------------------------------------ constraints

export function startsConstraint(cursor: TokenCursor): boolean {
  return cursor.at('CONSTRAINT') || cursor.at('PRIMARY') || cursor.at('UNIQUE');
}

export function parseTableConstraint(cursor: TokenCursor): TableConstraint {
  const start = cursor.current;
  const { name, type } = parseConstraintHead(cursor);
  const columns = parseIdentifierList(cursor);
  return finishConstraint(cursor, start, name, type, columns);
}

function parseColumnConstraint(cursor: TokenCursor, column: Identifier): TableConstraint {
  const start = cursor.current;
  const { name, type } = parseConstraintHead(cursor);
  return finishConstraint(cursor, start, name, type, [column]);
}

function parseConstraintHead(cursor: TokenCursor): Pick<TableConstraint, 'name' | 'type'> {
  const name = cursor.accept('CONSTRAINT') ? parseIdentifier(cursor, "the constraint's name") : null;
  const keyword = cursor.expectOneOf('PRIMARY', 'UNIQUE');
  if (keyword === 'PRIMARY') cursor.expect('KEY');
  return { name, type: keyword === 'PRIMARY' ? 'PRIMARY KEY' : 'UNIQUE' };
}

function finishConstraint(
  cursor: TokenCursor,
  start: Token,
  name: Identifier | null,
  type: TableConstraint['type'],
  columns: Identifier[],
): TableConstraint {
  let enforced: boolean | null = null;
  if (cursor.accept('ENFORCED')) enforced = true;
  else if (cursor.accept('NOT', 'ENFORCED')) enforced = false;
  return { kind: 'constraint', name, type, columns, enforced, span: cursor.spanFrom(start) };
}

// ----------------------------------------------------------------------------------------------- DISTRIBUTED, PARTITIONED BY

/** `DISTRIBUTED BY HASH(k) INTO 6 BUCKETS`, or nothing. */
export function parseDistributed(cursor: TokenCursor): Distribution | null {
  const start = cursor.current;
  return cursor.accept('DISTRIBUTED') ? parseDistribution(cursor, start) : null;
}

/** `BY HASH(k) INTO 6 BUCKETS`, or `INTO 6 BUCKETS`. */
export function parseDistribution(cursor: TokenCursor, start: Token): Distribution {
  let method: Distribution['method'] = null;
  let columns: Identifier[] = [];
  if (!cursor.at('INTO')) {
    cursor.expect('BY');
    method = cursor.acceptOneOf('HASH', 'RANGE');
    columns = parseIdentifierList(cursor);
  }
  let buckets: number | null = null;
  if (cursor.accept('INTO')) {
    buckets = parseUnsignedInteger(cursor);
    cursor.expect('BUCKETS');
  }
  return { kind: 'distribution', method, columns, buckets, span: cursor.spanFrom(start) };
}

/** `PARTITIONED BY (a, b)`, or nothing. */
export function parsePartitionedBy(cursor: TokenCursor): Identifier[] {
  return cursor.accept('PARTITIONED', 'BY') ? parseIdentifierList(cursor) : [];
}
