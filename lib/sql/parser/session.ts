// Statements about the session and the catalog: SET, RESET, USE, SHOW, DESCRIBE, LOAD MODULE, ANALYZE, jobs and jars.
//
//   SHOW TABLES FROM db NOT LIKE '%x' -> { kind: 'show', subject: 'TABLES', name: db, like: { negated: true, pattern: '%x' } }
//
// No state besides the cursor's.

import type { Describe, QualifiedName, Show, ShowLike, ShowSubject, Statement } from '../ast.js';
import type { Token } from '../lexer.js';
import { parseDescribedStatement } from './changes.js';
import { parseCall } from './functions.js';
import { parsePlainString, parseStringLiteral } from './literals.js';
import {
  isIdentifier,
  parseIdentifier,
  parsePartition,
  parseQualifiedName,
  parseSimpleName,
  parseWithOptions,
} from './names.js';
import type { TokenCursor } from './token-cursor.js';

export function parseSet(cursor: TokenCursor): Statement {
  const start = cursor.expect('SET');
  if (endsStatement(cursor)) return { kind: 'set', key: null, value: null, span: cursor.spanFrom(start) };
  const token = cursor.current;
  if (isIdentifier(token)) cursor.fail(token, "key and value stand in quotes: SET 'key' = 'value'");
  const key = parseStringLiteral(cursor, "a key in quotes: SET 'key' = 'value'");
  cursor.expectSymbol('=');
  const value = parseStringLiteral(cursor, "a value in quotes: SET 'key' = 'value'");
  return { kind: 'set', key, value, span: cursor.spanFrom(start) };
}

export function parseReset(cursor: TokenCursor): Statement {
  const start = cursor.expect('RESET');
  const key = endsStatement(cursor) ? null : parseStringLiteral(cursor, "a key in quotes: RESET 'key'");
  return { kind: 'reset', key, span: cursor.spanFrom(start) };
}

function endsStatement(cursor: TokenCursor): boolean {
  return cursor.atEnd() || cursor.atSymbol(';');
}

export function parseUse(cursor: TokenCursor): Statement {
  const start = cursor.expect('USE');
  if (cursor.at('MODULES') && !cursor.atSymbol('.', 1)) {
    cursor.take();
    const modules = cursor.commaList((inner) => parseIdentifier(inner, "a module's name"));
    return { kind: 'useModules', modules, span: cursor.spanFrom(start) };
  }
  if (cursor.at('CATALOG') && !cursor.atSymbol('.', 1)) {
    cursor.take();
    return {
      kind: 'use',
      object: 'CATALOG',
      name: parseSimpleName(cursor, "a catalog's name"),
      span: cursor.spanFrom(start),
    };
  }
  const name = parseQualifiedName(cursor, "a database's name");
  return { kind: 'use', object: 'DATABASE', name, span: cursor.spanFrom(start) };
}

export function parseLoadModule(cursor: TokenCursor): Statement {
  const start = cursor.expect('LOAD', 'MODULE');
  const name = parseIdentifier(cursor, "a module's name");
  const options = parseWithOptions(cursor);
  return { kind: 'loadModule', name, options, span: cursor.spanFrom(start) };
}

export function parseUnloadModule(cursor: TokenCursor): Statement {
  const start = cursor.expect('UNLOAD', 'MODULE');
  return { kind: 'unloadModule', name: parseIdentifier(cursor, "a module's name"), span: cursor.spanFrom(start) };
}

// ------------------------------------------------------------------------------------------------------------------ SHOW

/** What may follow each kind of list: FROM or IN a database, LIKE, ILIKE. */
const LISTS: Readonly<
  Partial<Record<ShowSubject, { readonly from: boolean; readonly like: readonly ('LIKE' | 'ILIKE')[] }>>
> = {
  CATALOGS: { from: false, like: ['LIKE', 'ILIKE'] },
  DATABASES: { from: true, like: ['LIKE', 'ILIKE'] },
  FUNCTIONS: { from: true, like: ['LIKE', 'ILIKE'] },
  'USER FUNCTIONS': { from: true, like: ['LIKE', 'ILIKE'] },
  PROCEDURES: { from: true, like: ['LIKE', 'ILIKE'] },
  TABLES: { from: true, like: ['LIKE'] },
  'MATERIALIZED TABLES': { from: true, like: ['LIKE'] },
  VIEWS: { from: true, like: ['LIKE'] },
  MODELS: { from: true, like: ['LIKE'] },
  CONNECTIONS: { from: true, like: ['LIKE'] },
  MODULES: { from: false, like: [] },
  'FULL MODULES': { from: false, like: [] },
  JARS: { from: false, like: [] },
  JOBS: { from: false, like: [] },
};

export function parseShow(cursor: TokenCursor): Show {
  const start = cursor.expect('SHOW');
  if (cursor.accept('CREATE')) return parseShowCreate(cursor, start);
  if (cursor.accept('CURRENT')) {
    const object = cursor.expectOneOf('CATALOG', 'DATABASE');
    return showOf(cursor, start, `CURRENT ${object}`);
  }
  if (cursor.accept('COLUMNS')) {
    if (!cursor.accept('FROM')) cursor.expect('IN');
    const name = parseQualifiedName(cursor, "a table's name");
    return {
      ...showOf(cursor, start, 'COLUMNS', name),
      like: parseShowLike(cursor, ['LIKE']),
      span: cursor.spanFrom(start),
    };
  }
  if (cursor.accept('PARTITIONS')) {
    const name = parseQualifiedName(cursor, "a table's name");
    const partition = cursor.accept('PARTITION') ? parsePartition(cursor) : [];
    return { ...showOf(cursor, start, 'PARTITIONS', name), partition, span: cursor.spanFrom(start) };
  }
  return parseShowList(cursor, start);
}

function parseShowList(cursor: TokenCursor, start: Token): Show {
  const prefix = cursor.acceptOneOf('USER', 'FULL', 'MATERIALIZED');
  const subject = `${prefix === null ? '' : `${prefix} `}${cursor.current.keyword}`;
  const list = LISTS[subject as ShowSubject];
  if (list === undefined) {
    const subjects =
      'CATALOGS, DATABASES, TABLES, VIEWS, COLUMNS, PARTITIONS, FUNCTIONS, PROCEDURES, MODULES, MODELS, CONNECTIONS, JOBS, JARS';
    cursor.unexpected(`one of ${subjects}, CREATE or CURRENT after SHOW`);
  }
  cursor.take();
  const from = list.from && (cursor.accept('FROM') || cursor.accept('IN'));
  const name = from ? parseQualifiedName(cursor, "a database's name") : null;
  const like = list.like.length > 0 ? parseShowLike(cursor, list.like) : null;
  return { ...showOf(cursor, start, subject as ShowSubject, name), like };
}

function showOf(cursor: TokenCursor, start: Token, subject: ShowSubject, name: QualifiedName | null = null): Show {
  return { kind: 'show', subject, name, partition: [], like: null, span: cursor.spanFrom(start) };
}

function parseShowLike(cursor: TokenCursor, operators: readonly ('LIKE' | 'ILIKE')[]): ShowLike | null {
  const start = cursor.current;
  const negated = cursor.accept('NOT');
  if (!negated && !(operators as readonly string[]).includes(cursor.current.keyword)) return null;
  const operator = cursor.expectOneOf(...operators);
  const pattern = parsePlainString(cursor, 'a pattern in quotes');
  return { kind: 'showLike', negated, operator, pattern, span: cursor.spanFrom(start) };
}

function parseShowCreate(cursor: TokenCursor, start: Token): Show {
  if (cursor.accept('MATERIALIZED')) {
    cursor.expect('TABLE');
    const name = parseQualifiedName(cursor, "a materialized table's name");
    return showOf(cursor, start, 'CREATE MATERIALIZED TABLE', name);
  }
  const object = cursor.expectOneOf('TABLE', 'VIEW', 'CATALOG', 'MODEL', 'CONNECTION');
  const name = object === 'CATALOG' ? parseSimpleName(cursor) : parseQualifiedName(cursor);
  return showOf(cursor, start, `CREATE ${object}`, name);
}

// -------------------------------------------------------------------------------------------------------------- DESCRIBE

const DESCRIBED_STATEMENTS = new Set(['SELECT', 'WITH', 'VALUES', 'INSERT', 'UPSERT', 'DELETE', 'UPDATE', 'MERGE']);

export function parseDescribe(cursor: TokenCursor): Statement {
  const start = cursor.current;
  const long = cursor.expectOneOf('DESCRIBE', 'DESC') === 'DESCRIBE';
  if (cursor.at('STATEMENT') && DESCRIBED_STATEMENTS.has(cursor.peek().keyword)) cursor.take();
  if (long && (cursor.atAny(DESCRIBED_STATEMENTS) || cursor.atSymbol('(')))
    return parseDescribedStatement(cursor, start);
  if (cursor.accept('JOB')) {
    const jobId = parsePlainString(cursor, "a job's id in quotes");
    return { kind: 'describe', object: 'JOB', extended: false, name: null, jobId, span: cursor.spanFrom(start) };
  }
  const object = parseDescribedObject(cursor);
  const extended = cursor.at('EXTENDED') && isIdentifier(cursor.peek()) && cursor.accept('EXTENDED');
  const name = object === 'CATALOG' ? parseSimpleName(cursor, "a catalog's name") : parseQualifiedName(cursor);
  return { kind: 'describe', object, extended, name, jobId: null, span: cursor.spanFrom(start) };
}

/** The kind of object; TABLE if none is named, and before a dot the word is a name itself. */
function parseDescribedObject(cursor: TokenCursor): Describe['object'] {
  const { keyword } = cursor.current;
  if (cursor.atSymbol('.', 1) || !['CATALOG', 'DATABASE', 'FUNCTION', 'MODEL', 'CONNECTION', 'TABLE'].includes(keyword))
    return 'TABLE';
  cursor.take();
  return keyword as Describe['object'];
}

// ---------------------------------------------------------------------------------------- procedures, statistics, jobs, jars

export function parseCallProcedure(cursor: TokenCursor): Statement {
  const start = cursor.expect('CALL');
  const call = parseCall(cursor);
  return { kind: 'callProcedure', call, span: cursor.spanFrom(start) };
}

export function parseTruncate(cursor: TokenCursor): Statement {
  const start = cursor.expect('TRUNCATE', 'TABLE');
  return { kind: 'truncateTable', table: parseQualifiedName(cursor, "a table's name"), span: cursor.spanFrom(start) };
}

export function parseAnalyze(cursor: TokenCursor): Statement {
  const start = cursor.expect('ANALYZE', 'TABLE');
  const table = parseQualifiedName(cursor, "a table's name");
  const partition = cursor.accept('PARTITION') ? parsePartition(cursor, true) : [];
  cursor.expect('COMPUTE', 'STATISTICS');
  const forColumns = cursor.accept('FOR');
  const allColumns = forColumns && cursor.accept('ALL');
  if (forColumns) cursor.expect('COLUMNS');
  const columns =
    forColumns && !allColumns ? cursor.commaList((inner) => parseIdentifier(inner, "a column's name")) : [];
  return { kind: 'analyzeTable', table, partition, allColumns, columns, span: cursor.spanFrom(start) };
}

export function parseStopJob(cursor: TokenCursor): Statement {
  const start = cursor.expect('STOP', 'JOB');
  const jobId = parsePlainString(cursor, "a job's id in quotes");
  const withSavepoint = cursor.accept('WITH', 'SAVEPOINT');
  const drain = cursor.current;
  const withDrain = cursor.accept('WITH', 'DRAIN');
  if (withDrain && !withSavepoint) cursor.fail(drain, 'WITH DRAIN goes with WITH SAVEPOINT only');
  return { kind: 'stopJob', jobId, withSavepoint, withDrain, span: cursor.spanFrom(start) };
}

export function parseJar(cursor: TokenCursor): Statement {
  const start = cursor.current;
  const operation = cursor.expectOneOf('ADD', 'REMOVE');
  cursor.expect('JAR');
  const path = parsePlainString(cursor, "the file's path in quotes");
  return { kind: 'jar', operation, path, span: cursor.spanFrom(start) };
}
