// ALTER and DROP.
//
//   ALTER TABLE t ADD (c STRING AFTER b) -> { kind: 'alter', object: 'TABLE', action: { kind: 'alterColumns', columns: [c] } }
//
// No state besides the cursor's.

import type {
  Alter,
  AlterAction,
  AlterColumns,
  AlterDropParts,
  AlterPartitions,
  CatalogObjectType,
  Distribution,
  Drop,
  PartitionDefinition,
  PositionedColumn,
  QualifiedName,
  Statement,
} from '../ast.js';
import type { Token } from '../lexer.js';
import {
  parseColumn,
  parseDistribution,
  parseTableConstraint,
  parseWatermark,
  startsConstraint,
  type TableElements,
} from './columns.js';
import { parseFreshness, parseLanguage, parseRefreshMode } from './create.js';
import { parsePlainString } from './literals.js';
import {
  acceptIfExists,
  acceptIfNotExists,
  parseIdentifier,
  parseOptionKeys,
  parseOptions,
  parsePartition,
  parseQualifiedName,
  parseSimpleName,
  parseWithOptions,
} from './names.js';
import { parseTopQuery } from './queries.js';
import type { TokenCursor } from './token-cursor.js';

export function parseAlter(cursor: TokenCursor): Statement {
  const start = cursor.expect('ALTER');
  if (cursor.at('TEMPORARY') || cursor.at('FUNCTION')) return parseAlterFunction(cursor, start);
  const object = parseAlterObject(cursor);
  const ifExists = (object === 'TABLE' || object === 'MODEL' || object === 'CONNECTION') && acceptIfExists(cursor);
  const name = object === 'CATALOG' ? parseSimpleName(cursor) : parseQualifiedName(cursor);
  const action = parseAction(cursor, object);
  return { kind: 'alter', object, ifExists, name, action, span: cursor.spanFrom(start) };
}

function parseAlterObject(cursor: TokenCursor): Alter['object'] {
  if (cursor.accept('MATERIALIZED')) {
    cursor.expect('TABLE');
    return 'MATERIALIZED TABLE';
  }
  return cursor.expectOneOf('TABLE', 'VIEW', 'DATABASE', 'CATALOG', 'MODEL', 'CONNECTION');
}

/** Which keywords may follow the name. */
const ACTIONS: Readonly<Record<Alter['object'], readonly string[]>> = {
  TABLE: ['RENAME', 'SET', 'RESET', 'ADD', 'MODIFY', 'DROP'],
  'MATERIALIZED TABLE': ['SUSPEND', 'RESUME', 'REFRESH', 'SET', 'RESET', 'AS', 'ADD', 'MODIFY', 'DROP'],
  VIEW: ['RENAME', 'AS'],
  DATABASE: ['SET'],
  CATALOG: ['SET', 'RESET', 'COMMENT'],
  MODEL: ['RENAME', 'SET', 'RESET'],
  CONNECTION: ['RENAME', 'SET', 'RESET'],
};

function parseAction(cursor: TokenCursor, object: Alter['object']): AlterAction {
  const start = cursor.current;
  switch (cursor.expectOneOf(...ACTIONS[object])) {
    case 'RENAME':
      return parseRename(cursor, start, object);
    case 'SET':
      return parseSet(cursor, start, object);
    case 'RESET':
      return { kind: 'resetOptions', keys: parseOptionKeys(cursor), span: cursor.spanFrom(start) };
    case 'ADD':
      if (object === 'TABLE' && startsAddPartition(cursor)) return parseAddPartitions(cursor, start);
      return parseAddOrModify(cursor, start, 'ADD');
    case 'MODIFY':
      return parseAddOrModify(cursor, start, 'MODIFY');
    case 'DROP':
      return parseDropParts(cursor, start, object);
    case 'AS':
      return { kind: 'asQuery', query: parseTopQuery(cursor), span: cursor.spanFrom(start) };
    case 'COMMENT':
      return {
        kind: 'comment',
        comment: parsePlainString(cursor, 'a comment in quotes'),
        span: cursor.spanFrom(start),
      };
    case 'SUSPEND':
      return { kind: 'suspend', span: cursor.spanFrom(start) };
    case 'RESUME':
      return { kind: 'resume', options: parseWithOptions(cursor), span: cursor.spanFrom(start) };
    default:
      return {
        kind: 'refresh',
        partition: cursor.accept('PARTITION') ? parsePartition(cursor) : [],
        span: cursor.spanFrom(start),
      };
  }
}

function parseRename(cursor: TokenCursor, start: Token, object: Alter['object']): AlterAction {
  if (object !== 'TABLE' || cursor.at('TO')) {
    cursor.expect('TO');
    return { kind: 'rename', to: parseQualifiedName(cursor, 'the new name'), span: cursor.spanFrom(start) };
  }
  const from = parseQualifiedName(cursor, "TO, or a column's name");
  cursor.expect('TO');
  const to = parseQualifiedName(cursor, "the column's new name");
  return { kind: 'renameColumn', from, to, span: cursor.spanFrom(start) };
}

function parseSet(cursor: TokenCursor, start: Token, object: Alter['object']): AlterAction {
  if (object === 'MATERIALIZED TABLE') {
    const freshness = parseFreshness(cursor);
    if (freshness !== null) return { kind: 'setFreshness', freshness, span: cursor.spanFrom(start) };
    const mode = parseRefreshMode(cursor);
    if (mode !== null) return { kind: 'setRefreshMode', mode, span: cursor.spanFrom(start) };
  }
  return { kind: 'setOptions', options: parseOptions(cursor), span: cursor.spanFrom(start) };
}

// ------------------------------------------------------------------------------------------------- ADD, MODIFY, DROP parts

function parseAddOrModify(cursor: TokenCursor, start: Token, operation: AlterColumns['operation']): AlterColumns {
  const elements: TableElements = { columns: [], watermarks: [], constraints: [] };
  const columns: PositionedColumn[] = [];
  let distribution: Distribution | null = null;
  const word = cursor.current;
  if (cursor.accept('DISTRIBUTION')) distribution = parseDistribution(cursor, word);
  else if (cursor.atSymbol('(')) cursor.parenthesizedList((inner) => parseElement(inner, columns, elements));
  else parseElement(cursor, columns, elements);
  const { watermarks, constraints } = elements;
  return {
    kind: 'alterColumns',
    operation,
    columns,
    watermarks,
    constraints,
    distribution,
    span: cursor.spanFrom(start),
  };
}

function parseElement(cursor: TokenCursor, columns: PositionedColumn[], elements: TableElements): void {
  if (cursor.at('WATERMARK')) return parseWatermark(cursor, elements);
  if (startsConstraint(cursor)) {
    elements.constraints.push(parseTableConstraint(cursor));
    return;
  }
  const start = cursor.current;
  const column = parseColumn(cursor);
  const positionStart = cursor.current;
  let position: PositionedColumn['position'] = null;
  if (cursor.accept('FIRST')) position = { kind: 'columnPosition', after: null, span: cursor.spanFrom(positionStart) };
  else if (cursor.accept('AFTER')) {
    const after = parseQualifiedName(cursor, "another column's name");
    position = { kind: 'columnPosition', after, span: cursor.spanFrom(positionStart) };
  }
  columns.push({ kind: 'positionedColumn', column, position, span: cursor.spanFrom(start) });
}

function startsAddPartition(cursor: TokenCursor): boolean {
  return cursor.at('PARTITION') || cursor.at('IF', 'NOT', 'EXISTS');
}

function parseAddPartitions(cursor: TokenCursor, start: Token): AlterPartitions {
  const lenient = acceptIfNotExists(cursor);
  const partitions: PartitionDefinition[] = [];
  do {
    const partitionStart = cursor.expect('PARTITION');
    const entries = parsePartition(cursor);
    const options = parseWithOptions(cursor);
    partitions.push({ kind: 'partition', entries, options, span: cursor.spanFrom(partitionStart) });
  } while (cursor.at('PARTITION'));
  return { kind: 'alterPartitions', operation: 'ADD', lenient, partitions, span: cursor.spanFrom(start) };
}

function parseDropPartitions(cursor: TokenCursor, start: Token): AlterPartitions {
  const lenient = acceptIfExists(cursor);
  const partitions = cursor.commaList((inner): PartitionDefinition => {
    const partitionStart = inner.expect('PARTITION');
    const entries = parsePartition(inner);
    return { kind: 'partition', entries, options: [], span: inner.spanFrom(partitionStart) };
  });
  return { kind: 'alterPartitions', operation: 'DROP', lenient, partitions, span: cursor.spanFrom(start) };
}

function parseDropParts(cursor: TokenCursor, start: Token, object: Alter['object']): AlterDropParts | AlterPartitions {
  if (object === 'TABLE' && (cursor.at('PARTITION') || cursor.at('IF', 'EXISTS')))
    return parseDropPartitions(cursor, start);
  const drop = (
    part: AlterDropParts['part'],
    columns: QualifiedName[] = [],
    constraint: AlterDropParts['constraint'] = null,
  ): AlterDropParts => ({
    kind: 'dropParts',
    part,
    columns,
    constraint,
    span: cursor.spanFrom(start),
  });
  if (cursor.accept('PRIMARY')) {
    cursor.expect('KEY');
    return drop('PRIMARY KEY');
  }
  if (cursor.accept('CONSTRAINT')) return drop('CONSTRAINT', [], parseIdentifier(cursor, "the constraint's name"));
  if (cursor.accept('WATERMARK')) return drop('WATERMARK');
  if (cursor.accept('DISTRIBUTION')) return drop('DISTRIBUTION');
  if (cursor.atSymbol('('))
    return drop(
      'COLUMNS',
      cursor.parenthesizedList((inner) => parseQualifiedName(inner, "a column's name")),
    );
  return drop('COLUMNS', [
    parseQualifiedName(cursor, "a column's name, PRIMARY KEY, CONSTRAINT, WATERMARK or DISTRIBUTION"),
  ]);
}

// ----------------------------------------------------------------------------------------------------- ALTER FUNCTION, DROP

function parseAlterFunction(cursor: TokenCursor, start: Token): Statement {
  const temporary = cursor.accept('TEMPORARY');
  const system = temporary && cursor.accept('SYSTEM');
  cursor.expect('FUNCTION');
  const ifExists = acceptIfExists(cursor);
  const name = parseQualifiedName(cursor, "the function's name");
  cursor.expect('AS');
  const className = parsePlainString(cursor, "the function's class or module in quotes");
  const language = parseLanguage(cursor);
  return {
    kind: 'alterFunction',
    temporary,
    system,
    ifExists,
    name,
    className,
    language,
    span: cursor.spanFrom(start),
  };
}

export function parseDrop(cursor: TokenCursor): Drop {
  const start = cursor.expect('DROP');
  const temporary = cursor.accept('TEMPORARY');
  const system = cursor.accept('SYSTEM');
  const object = parseDropObject(cursor, system);
  if (temporary && object === 'MATERIALIZED TABLE')
    cursor.fail(cursor.previous, 'a materialized table is never temporary');
  if (system && !temporary && object === 'CONNECTION')
    cursor.fail(cursor.previous, 'a system connection is always temporary: DROP TEMPORARY SYSTEM CONNECTION');
  const ifExists = acceptIfExists(cursor);
  const name = parseQualifiedName(cursor);
  const cascade = object === 'DATABASE' && cursor.acceptOneOf('CASCADE', 'RESTRICT') === 'CASCADE';
  return { kind: 'drop', object, temporary, system, ifExists, name, cascade, span: cursor.spanFrom(start) };
}

function parseDropObject(cursor: TokenCursor, system: boolean): CatalogObjectType {
  if (system) return cursor.expectOneOf('FUNCTION', 'CONNECTION');
  if (cursor.accept('MATERIALIZED')) {
    cursor.expect('TABLE');
    return 'MATERIALIZED TABLE';
  }
  return cursor.expectOneOf('TABLE', 'VIEW', 'FUNCTION', 'CATALOG', 'DATABASE', 'MODEL', 'CONNECTION');
}
