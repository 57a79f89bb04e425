// Statements that change or feed tables: INSERT, STATEMENT SET, EXECUTE, COMPILE PLAN, EXPLAIN, UPDATE, DELETE, MERGE.
//
//   INSERT INTO t (a, b) SELECT x, y FROM s -> { kind: 'insert', mode: 'INTO', table: t, columns: [a, b], query }
//
// No state besides the cursor's.

import type {
  Assignment,
  CompilePlan,
  Delete,
  Explain,
  ExplainDetail,
  Identifier,
  Insert,
  Merge,
  MergeInsert,
  QualifiedName,
  Statement,
  StatementSet,
  Update,
} from '../ast.js';
import type { Token } from '../lexer.js';
import { parseCreate, parseReplaceTable } from './create.js';
import { parseExpression } from './expressions.js';
import { parseStringLiteral } from './literals.js';
import {
  acceptIfNotExists,
  parseHints,
  parseIdentifier,
  parseIdentifierList,
  parsePartition,
  parseQualifiedName,
} from './names.js';
import { parseAlias, parseTopQuery, parseValuesRow, QUERY_KEYWORDS } from './queries.js';
import { parseTableReference } from './table-references.js';
import type { TokenCursor } from './token-cursor.js';

export function parseInsert(cursor: TokenCursor): Insert {
  const start = cursor.current;
  const upsert = cursor.expectOneOf('INSERT', 'UPSERT') === 'UPSERT';
  const verb = cursor.current;
  const overwrite = cursor.expectOneOf('INTO', 'OVERWRITE') === 'OVERWRITE';
  if (upsert && overwrite) cursor.fail(verb, 'OVERWRITE goes with INSERT only');
  const table = parseQualifiedName(cursor, "the table's name");
  const hints = parseHints(cursor);
  const partition = cursor.accept('PARTITION') ? parsePartition(cursor) : [];
  const columns = cursor.atSymbol('(') && !startsNestedQuery(cursor) ? parseColumnNames(cursor) : [];
  const query = parseTopQuery(cursor);
  const onConflict = parseOnConflict(cursor);
  const mode = upsert ? 'UPSERT' : overwrite ? 'OVERWRITE' : 'INTO';
  return { kind: 'insert', mode, table, hints, partition, columns, query, onConflict, span: cursor.spanFrom(start) };
}

/** `((SELECT ...` or `(SELECT ...`, not `(a, b) SELECT ...`. */
function startsNestedQuery(cursor: TokenCursor): boolean {
  let distance = 0;
  while (cursor.atSymbol('(', distance)) distance++;
  return QUERY_KEYWORDS.has(cursor.peek(distance).keyword);
}

function parseColumnNames(cursor: TokenCursor): QualifiedName[] {
  return cursor.parenthesizedList((inner) => parseQualifiedName(inner, "a column's name"));
}

function parseOnConflict(cursor: TokenCursor): Insert['onConflict'] {
  if (!cursor.accept('ON')) return null;
  cursor.expect('CONFLICT', 'DO');
  return cursor.expectOneOf('ERROR', 'NOTHING', 'DEDUPLICATE');
}

// ------------------------------------------------------------------------------------------ STATEMENT SET, EXECUTE, COMPILE

/** `STATEMENT SET BEGIN INSERT ...; INSERT ...; END`. */
function parseStatementSet(cursor: TokenCursor): StatementSet {
  const start = cursor.expect('STATEMENT', 'SET', 'BEGIN');
  const inserts: Insert[] = [];
  do {
    inserts.push(parseInsert(cursor));
    if (!cursor.acceptSymbol(';')) cursor.unexpected("';' after the INSERT");
  } while (!cursor.accept('END'));
  return { kind: 'statementSet', inserts, span: cursor.spanFrom(start) };
}

export function parseExecute(cursor: TokenCursor): Statement {
  const start = cursor.expect('EXECUTE');
  if (cursor.accept('PLAN')) {
    const file = parseStringLiteral(cursor, "the plan file's path in quotes");
    return { kind: 'executePlan', file, span: cursor.spanFrom(start) };
  }
  const statement =
    parseExecutable(cursor) ?? cursor.unexpected('a query, INSERT, STATEMENT SET or PLAN after EXECUTE');
  return { kind: 'execute', statement, span: cursor.spanFrom(start) };
}

/** STATEMENT SET, INSERT or a query. */
function parseExecutable(cursor: TokenCursor): Statement | null {
  if (cursor.at('STATEMENT')) return parseStatementSet(cursor);
  if (cursor.at('INSERT') || cursor.at('UPSERT')) return parseInsert(cursor);
  return cursor.atAny(QUERY_KEYWORDS) || cursor.atSymbol('(') ? parseQueryStatement(cursor) : null;
}

export function parseQueryStatement(cursor: TokenCursor): Statement {
  const start = cursor.current;
  const query = parseTopQuery(cursor);
  return { kind: 'queryStatement', query, span: cursor.spanFrom(start) };
}

export function parseCompile(cursor: TokenCursor): CompilePlan {
  const start = cursor.expect('COMPILE');
  const execute = cursor.accept('AND');
  if (execute) cursor.expect('EXECUTE');
  cursor.expect('PLAN');
  const file = parseStringLiteral(cursor, "the plan file's path in quotes");
  const ifNotExists = !execute && acceptIfNotExists(cursor);
  cursor.expect('FOR');
  const statement = cursor.at('STATEMENT') ? parseStatementSet(cursor) : parseInsert(cursor);
  return { kind: 'compilePlan', file, ifNotExists, execute, statement, span: cursor.spanFrom(start) };
}

// --------------------------------------------------------------------------------------------------------------- EXPLAIN

const EXPLAIN_DETAILS = ['ESTIMATED_COST', 'CHANGELOG_MODE', 'JSON_EXECUTION_PLAN', 'PLAN_ADVICE'] as const;

export function parseExplain(cursor: TokenCursor): Explain {
  const start = cursor.expect('EXPLAIN');
  const details: ExplainDetail[] = [];
  if (!cursor.accept('PLAN', 'FOR') && isExplainDetail(cursor.current)) {
    cursor.commaList((inner) => {
      const token = inner.current;
      const detail = inner.expectOneOf(...EXPLAIN_DETAILS);
      if (details.includes(detail)) inner.fail(token, `${detail} is there twice`);
      details.push(detail);
    });
  }
  return { kind: 'explain', details, statement: parseExplained(cursor), span: cursor.spanFrom(start) };
}

function isExplainDetail(token: Token): boolean {
  return (EXPLAIN_DETAILS as readonly string[]).includes(token.keyword);
}

function parseExplained(cursor: TokenCursor): Statement {
  if (cursor.at('EXECUTE')) return parseExecute(cursor);
  if (cursor.at('REPLACE')) return parseReplaceTable(cursor);
  if (cursor.at('CREATE')) {
    const statement = parseCreate(cursor);
    if (statement.kind === 'createTable' && statement.as !== null) return statement;
    cursor.fail(cursor.previous, 'of the CREATE statements, EXPLAIN takes only CREATE TABLE ... AS SELECT');
  }
  return (
    parseExecutable(cursor) ??
    cursor.unexpected('a query, INSERT, STATEMENT SET or CREATE TABLE ... AS SELECT after EXPLAIN')
  );
}

/** `DESCRIBE SELECT ...` and `DESCRIBE STATEMENT ...` are EXPLAIN. */
export function parseDescribedStatement(cursor: TokenCursor, start: Token): Explain {
  const statement = parseExecutable(cursor) ?? parseModification(cursor);
  return { kind: 'explain', details: [], statement, span: cursor.spanFrom(start) };
}

function parseModification(cursor: TokenCursor): Statement {
  if (cursor.at('DELETE')) return parseDelete(cursor);
  return cursor.at('UPDATE') ? parseUpdate(cursor) : parseMerge(cursor);
}

// -------------------------------------------------------------------------------------------------- DELETE, UPDATE, MERGE

export function parseDelete(cursor: TokenCursor): Delete {
  const start = cursor.expect('DELETE');
  cursor.expect('FROM');
  const table = parseQualifiedName(cursor, "the table's name");
  const hints = parseHints(cursor);
  const alias = parseAlias(cursor);
  const where = cursor.accept('WHERE') ? parseExpression(cursor) : null;
  return { kind: 'delete', table, hints, alias, where, span: cursor.spanFrom(start) };
}

export function parseUpdate(cursor: TokenCursor): Update {
  const start = cursor.expect('UPDATE');
  const table = parseQualifiedName(cursor, "the table's name");
  const hints = parseHints(cursor);
  const alias = parseAlias(cursor);
  cursor.expect('SET');
  const assignments = cursor.commaList(parseAssignment);
  const where = cursor.accept('WHERE') ? parseExpression(cursor) : null;
  return { kind: 'update', table, hints, alias, assignments, where, span: cursor.spanFrom(start) };
}

function parseAssignment(cursor: TokenCursor): Assignment {
  const start = cursor.current;
  const column = parseIdentifier(cursor, "a column's name");
  cursor.expectSymbol('=');
  const value = parseExpression(cursor);
  return { kind: 'assignment', column, value, span: cursor.spanFrom(start) };
}

export function parseMerge(cursor: TokenCursor): Merge {
  const start = cursor.expect('MERGE');
  cursor.expect('INTO');
  const table = parseQualifiedName(cursor, "the table's name");
  const alias = parseAlias(cursor);
  cursor.expect('USING');
  const source = parseTableReference(cursor);
  cursor.expect('ON');
  const condition = parseExpression(cursor);
  let matched: Assignment[] | null = null;
  if (cursor.accept('WHEN', 'MATCHED')) {
    cursor.expect('THEN', 'UPDATE', 'SET');
    matched = cursor.commaList(parseAssignment);
  }
  const notMatched = matched === null || cursor.at('WHEN') ? parseMergeInsert(cursor) : null;
  return { kind: 'merge', table, alias, source, condition, matched, notMatched, span: cursor.spanFrom(start) };
}

function parseMergeInsert(cursor: TokenCursor): MergeInsert {
  const start = cursor.current;
  cursor.expect('WHEN', 'NOT', 'MATCHED', 'THEN', 'INSERT');
  const columns: Identifier[] =
    cursor.atSymbol('(') && cursor.peek().keyword !== 'VALUES' ? parseIdentifierList(cursor) : [];
  const parenthesized = cursor.acceptSymbol('(');
  cursor.expect('VALUES');
  const row = parseValuesRow(cursor);
  if (parenthesized) cursor.expectSymbol(')');
  return { kind: 'mergeInsert', columns, row, span: cursor.spanFrom(start) };
}
