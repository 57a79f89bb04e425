// CREATE, and REPLACE TABLE.
//
//   CREATE TABLE t (id INT) WITH ('connector' = 'print') -> { kind: 'createTable', name: t, columns: [id], options: [connector] }
//
// No state besides the cursor's.

import type {
  CreateCatalog,
  CreateConnection,
  CreateDatabase,
  CreateFunction,
  CreateMaterializedTable,
  CreateModel,
  CreateTable,
  CreateView,
  FunctionResource,
  LikeClause,
  LikeOption,
  StartMode,
  Statement,
} from '../ast.js';
import type { Token } from '../lexer.js';
import { parseDistributed, parsePartitionedBy, parseTableElements, type TableElements } from './columns.js';
import { parseIntervalLiteral, parsePlainString, parseTimestampLiteral } from './literals.js';
import {
  acceptIfNotExists,
  parseComment,
  parseIdentifier,
  parseIdentifierList,
  parseOptions,
  parseQualifiedName,
  parseSimpleName,
  parseWithOptions,
} from './names.js';
import { parseTopQuery } from './queries.js';
import type { TokenCursor } from './token-cursor.js';

const NO_ELEMENTS: TableElements = { columns: [], watermarks: [], constraints: [] };

/** What may stand between CREATE and the kind of object. */
interface Modifiers {
  readonly start: Token;
  readonly orReplace: boolean;
  readonly orAlter: boolean;
  readonly temporary: boolean;
  readonly system: boolean;
}

export function parseCreate(cursor: TokenCursor): Statement {
  const start = cursor.expect('CREATE');
  const orReplace = cursor.accept('OR', 'REPLACE');
  const orAlter = !orReplace && cursor.accept('OR', 'ALTER');
  const temporary = cursor.accept('TEMPORARY');
  const system = cursor.accept('SYSTEM');
  const modifiers = { start, orReplace, orAlter, temporary, system };
  if (orAlter && !cursor.at('MATERIALIZED')) cursor.unexpected('MATERIALIZED TABLE after CREATE OR ALTER');
  if (system && !cursor.at('FUNCTION') && !cursor.at('CONNECTION'))
    cursor.unexpected('FUNCTION or CONNECTION after SYSTEM');
  if (system && !temporary)
    cursor.fail(cursor.previous, 'a system function or connection can only be temporary: CREATE TEMPORARY SYSTEM ...');
  switch (cursor.current.keyword) {
    case 'TABLE':
      return parseCreateTable(cursor, modifiers, false);
    case 'VIEW':
      return parseCreateView(cursor, modifiers);
    case 'FUNCTION':
      return parseCreateFunction(cursor, modifiers);
    case 'CATALOG':
      return parseCreateCatalog(cursor, modifiers);
    case 'DATABASE':
      return parseCreateDatabase(cursor, modifiers);
    case 'MODEL':
      return parseCreateModel(cursor, modifiers);
    case 'CONNECTION':
      return parseCreateConnection(cursor, modifiers);
    case 'MATERIALIZED':
      return parseCreateMaterializedTable(cursor, modifiers);
    default:
      return cursor.unexpected('TABLE, VIEW, FUNCTION, CATALOG, DATABASE, MODEL, CONNECTION or MATERIALIZED TABLE');
  }
}

/** `REPLACE [TEMPORARY] TABLE t ... AS query`. */
export function parseReplaceTable(cursor: TokenCursor): Statement {
  const start = cursor.expect('REPLACE');
  const temporary = cursor.accept('TEMPORARY');
  return parseCreateTable(cursor, { start, orReplace: false, orAlter: false, temporary, system: false }, true);
}

function parseCreateTable(cursor: TokenCursor, modifiers: Modifiers, replaceOnly: boolean): CreateTable {
  const { start, orReplace, temporary, system } = modifiers;
  cursor.expect('TABLE');
  const ifNotExists = acceptIfNotExists(cursor);
  const name = parseQualifiedName(cursor, "the table's name");
  const opening = cursor.current;
  const elements = cursor.atSymbol('(') ? parseTableElements(cursor, true) : NO_ELEMENTS;
  const comment = parseComment(cursor);
  const distribution = parseDistributed(cursor);
  const partitionedBy = parsePartitionedBy(cursor);
  const options = parseWithOptions(cursor);
  if (replaceOnly && !cursor.at('AS')) cursor.unexpected('AS and a query: REPLACE TABLE ... AS SELECT ...');
  const like = cursor.at('LIKE') ? parseLikeClause(cursor) : null;
  const as = like === null && cursor.accept('AS') ? parseTopQuery(cursor) : null;
  if (as === null && elements.columns.some((column) => column.kind === 'namedColumn')) {
    cursor.fail(opening, 'columns without types can only stand in CREATE TABLE ... AS SELECT');
  }
  return {
    kind: 'createTable',
    orReplace,
    replaceOnly,
    temporary,
    system,
    ifNotExists,
    name,
    ...elements,
    comment,
    distribution,
    partitionedBy,
    options,
    like,
    as,
    span: cursor.spanFrom(start),
  };
}

function parseLikeClause(cursor: TokenCursor): LikeClause {
  const start = cursor.expect('LIKE');
  const table = parseQualifiedName(cursor, "the other table's name");
  const options: LikeOption[] = [];
  if (cursor.acceptSymbol('(')) {
    do options.push(parseLikeOption(cursor));
    while (!cursor.acceptSymbol(')'));
  }
  return { kind: 'likeClause', table, options, span: cursor.spanFrom(start) };
}

function parseLikeOption(cursor: TokenCursor): LikeOption {
  const start = cursor.current;
  const merging = cursor.expectOneOf('INCLUDING', 'EXCLUDING', 'OVERWRITING');
  const feature = cursor.expectOneOf(
    'ALL',
    'CONSTRAINTS',
    'DISTRIBUTION',
    'GENERATED',
    'METADATA',
    'OPTIONS',
    'PARTITIONS',
    'WATERMARKS',
  );
  return { kind: 'likeOption', merging, feature, span: cursor.spanFrom(start) };
}

function parseCreateView(cursor: TokenCursor, { start, orReplace, temporary }: Modifiers): CreateView {
  cursor.expect('VIEW');
  const ifNotExists = acceptIfNotExists(cursor);
  const name = parseQualifiedName(cursor, "the view's name");
  const columns = cursor.atSymbol('(') ? parseIdentifierList(cursor) : [];
  const comment = parseComment(cursor);
  cursor.expect('AS');
  const query = parseTopQuery(cursor);
  return {
    kind: 'createView',
    orReplace,
    temporary,
    ifNotExists,
    name,
    columns,
    comment,
    query,
    span: cursor.spanFrom(start),
  };
}

function parseCreateFunction(cursor: TokenCursor, { start, temporary, system }: Modifiers): CreateFunction {
  cursor.expect('FUNCTION');
  const ifNotExists = acceptIfNotExists(cursor);
  const name = system
    ? parseSimpleName(cursor, "the function's name")
    : parseQualifiedName(cursor, "the function's name");
  cursor.expect('AS');
  const className = parsePlainString(cursor, "the function's class or module in quotes");
  const language = parseLanguage(cursor);
  const using = cursor.current;
  const resources = cursor.accept('USING') ? cursor.commaList(parseResource) : [];
  if (resources.length > 0 && (language === 'PYTHON' || language === 'SQL'))
    cursor.fail(using, 'USING goes with JAVA and SCALA only');
  const options = parseWithOptions(cursor);
  return {
    kind: 'createFunction',
    temporary,
    system,
    ifNotExists,
    name,
    className,
    language,
    resources,
    options,
    span: cursor.spanFrom(start),
  };
}

/** `LANGUAGE JAVA`, or nothing. JAVASCRIPT is no keyword of Flink's: sabot adds it. */
export function parseLanguage(cursor: TokenCursor): CreateFunction['language'] {
  if (!cursor.accept('LANGUAGE')) return null;
  if (cursor.atType('word') && cursor.current.value.toUpperCase() === 'JAVASCRIPT') {
    cursor.take();
    return 'JAVASCRIPT';
  }
  const language = cursor.acceptOneOf('JAVA', 'SCALA', 'PYTHON', 'SQL');
  return language ?? cursor.unexpected('JAVASCRIPT, JAVA, SCALA or PYTHON');
}

function parseResource(cursor: TokenCursor): FunctionResource {
  const start = cursor.current;
  const type = cursor.expectOneOf('JAR', 'ARTIFACT');
  const path = parsePlainString(cursor, "the file's path in quotes");
  return { kind: 'functionResource', type, path, span: cursor.spanFrom(start) };
}

function parseCreateCatalog(cursor: TokenCursor, { start }: Modifiers): CreateCatalog {
  cursor.expect('CATALOG');
  const ifNotExists = acceptIfNotExists(cursor);
  const name = parseIdentifier(cursor, "the catalog's name");
  const comment = parseComment(cursor);
  const options = parseWithOptions(cursor);
  return { kind: 'createCatalog', ifNotExists, name, comment, options, span: cursor.spanFrom(start) };
}

function parseCreateDatabase(cursor: TokenCursor, { start }: Modifiers): CreateDatabase {
  cursor.expect('DATABASE');
  const ifNotExists = acceptIfNotExists(cursor);
  const name = parseQualifiedName(cursor, "the database's name");
  const comment = parseComment(cursor);
  const options = parseWithOptions(cursor);
  return { kind: 'createDatabase', ifNotExists, name, comment, options, span: cursor.spanFrom(start) };
}

function parseCreateModel(cursor: TokenCursor, { start, orReplace, temporary }: Modifiers): CreateModel {
  cursor.expect('MODEL');
  const ifNotExists = acceptIfNotExists(cursor);
  const name = parseQualifiedName(cursor, "the model's name");
  const input = cursor.accept('INPUT') ? parseTableElements(cursor, false).columns : [];
  const output = cursor.accept('OUTPUT') ? parseTableElements(cursor, false).columns : [];
  const comment = parseComment(cursor);
  const options = parseWithOptions(cursor);
  const as = cursor.accept('AS') ? parseTopQuery(cursor) : null;
  return {
    kind: 'createModel',
    orReplace,
    temporary,
    ifNotExists,
    name,
    input,
    output,
    comment,
    options,
    as,
    span: cursor.spanFrom(start),
  };
}

function parseCreateConnection(cursor: TokenCursor, { start, temporary, system }: Modifiers): CreateConnection {
  cursor.expect('CONNECTION');
  const ifNotExists = acceptIfNotExists(cursor);
  const name = parseQualifiedName(cursor, "the connection's name");
  const comment = parseComment(cursor);
  cursor.expect('WITH');
  const options = parseOptions(cursor);
  return {
    kind: 'createConnection',
    temporary,
    system,
    ifNotExists,
    name,
    comment,
    options,
    span: cursor.spanFrom(start),
  };
}

function parseCreateMaterializedTable(cursor: TokenCursor, modifiers: Modifiers): CreateMaterializedTable {
  const { start, orAlter } = modifiers;
  const keyword = cursor.expect('MATERIALIZED');
  if (modifiers.temporary) cursor.fail(keyword, 'a materialized table cannot be temporary');
  if (modifiers.orReplace)
    cursor.fail(keyword, 'a materialized table cannot be replaced; use CREATE OR ALTER MATERIALIZED TABLE');
  cursor.expect('TABLE');
  const name = parseQualifiedName(cursor, "the materialized table's name");
  const elements = cursor.atSymbol('(') ? parseTableElements(cursor, true) : NO_ELEMENTS;
  const comment = parseComment(cursor);
  const distribution = parseDistributed(cursor);
  const partitionedBy = parsePartitionedBy(cursor);
  const options = parseWithOptions(cursor);
  const startMode = parseStartMode(cursor);
  const freshness = parseFreshness(cursor);
  const refreshMode = parseRefreshMode(cursor);
  cursor.expect('AS');
  const query = parseTopQuery(cursor);
  return {
    kind: 'createMaterializedTable',
    orAlter,
    name,
    ...elements,
    comment,
    distribution,
    partitionedBy,
    options,
    startMode,
    freshness,
    refreshMode,
    query,
    span: cursor.spanFrom(start),
  };
}

/** `START_MODE = FROM_NOW(INTERVAL '1' DAY)`, or nothing. */
function parseStartMode(cursor: TokenCursor): StartMode | null {
  const start = cursor.current;
  if (!cursor.accept('START_MODE')) return null;
  cursor.expectSymbol('=');
  const mode = cursor.expectOneOf(
    'FROM_BEGINNING',
    'FROM_NOW',
    'FROM_TIMESTAMP',
    'RESUME_OR_FROM_BEGINNING',
    'RESUME_OR_FROM_NOW',
    'RESUME_OR_FROM_TIMESTAMP',
  );
  let argument: StartMode['argument'] = null;
  if (mode.endsWith('TIMESTAMP') || (mode.endsWith('NOW') && cursor.atSymbol('('))) {
    cursor.expectSymbol('(');
    argument = mode.endsWith('NOW') ? parseIntervalLiteral(cursor) : parseTimestampLiteral(cursor);
    cursor.expectSymbol(')');
  }
  return { kind: 'startMode', mode, argument, span: cursor.spanFrom(start) };
}

/** `FRESHNESS = INTERVAL '30' SECOND`, or nothing. */
export function parseFreshness(cursor: TokenCursor): CreateMaterializedTable['freshness'] {
  if (!cursor.accept('FRESHNESS')) return null;
  cursor.expectSymbol('=');
  return parseIntervalLiteral(cursor);
}

/** `REFRESH_MODE = FULL`, or nothing. */
export function parseRefreshMode(cursor: TokenCursor): CreateMaterializedTable['refreshMode'] {
  if (!cursor.accept('REFRESH_MODE')) return null;
  cursor.expectSymbol('=');
  return cursor.expectOneOf('FULL', 'CONTINUOUS');
}
