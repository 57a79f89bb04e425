// One statement, by its first word.
//
//   current token CREATE -> parseCreate -> { kind: 'createTable', ... }
//
// No state besides the cursor's.

import type { ClientCommand, Statement } from '../ast.js';
import { parseAlter, parseDrop } from './alter.js';
import {
  parseCompile,
  parseDelete,
  parseExecute,
  parseExplain,
  parseInsert,
  parseMerge,
  parseQueryStatement,
  parseUpdate,
} from './changes.js';
import { parseCreate, parseReplaceTable } from './create.js';
import {
  parseAnalyze,
  parseCallProcedure,
  parseDescribe,
  parseJar,
  parseLoadModule,
  parseReset,
  parseSet,
  parseShow,
  parseStopJob,
  parseTruncate,
  parseUnloadModule,
  parseUse,
} from './session.js';
import type { TokenCursor } from './token-cursor.js';

const CLIENT_COMMANDS = new Set(['QUIT', 'EXIT', 'CLEAR', 'HELP']);

export function parseStatement(cursor: TokenCursor): Statement {
  const start = cursor.current;
  switch (start.keyword) {
    case 'SELECT':
    case 'WITH':
    case 'VALUES':
    case 'TABLE':
      return parseQueryStatement(cursor);
    case 'INSERT':
    case 'UPSERT':
      return parseInsert(cursor);
    case 'CREATE':
      return parseCreate(cursor);
    case 'REPLACE':
      return parseReplaceTable(cursor);
    case 'ALTER':
      return parseAlter(cursor);
    case 'DROP':
      return parseDrop(cursor);
    case 'SET':
      return parseSet(cursor);
    case 'RESET':
      return parseReset(cursor);
    case 'EXPLAIN':
      return parseExplain(cursor);
    case 'EXECUTE':
      return parseExecute(cursor);
    case 'COMPILE':
      return parseCompile(cursor);
    case 'BEGIN':
      cursor.expect('BEGIN', 'STATEMENT', 'SET');
      return { kind: 'beginStatementSet', span: cursor.spanFrom(start) };
    case 'END':
      cursor.take();
      return { kind: 'endStatementSet', span: cursor.spanFrom(start) };
    case 'USE':
      return parseUse(cursor);
    case 'SHOW':
      return parseShow(cursor);
    case 'DESCRIBE':
    case 'DESC':
      return parseDescribe(cursor);
    case 'DELETE':
      return parseDelete(cursor);
    case 'UPDATE':
      return parseUpdate(cursor);
    case 'MERGE':
      return parseMerge(cursor);
    case 'CALL':
      return parseCallProcedure(cursor);
    case 'TRUNCATE':
      return parseTruncate(cursor);
    case 'ANALYZE':
      return parseAnalyze(cursor);
    case 'LOAD':
      return parseLoadModule(cursor);
    case 'UNLOAD':
      return parseUnloadModule(cursor);
    case 'STOP':
      return parseStopJob(cursor);
    case 'ADD':
    case 'REMOVE':
      return parseJar(cursor);
    default:
      return parseOther(cursor);
  }
}

function parseOther(cursor: TokenCursor): Statement {
  const start = cursor.current;
  if (cursor.atSymbol('(')) return parseQueryStatement(cursor);
  const word = start.text.toUpperCase();
  const after = cursor.peek();
  if (start.type === 'word' && CLIENT_COMMANDS.has(word) && (after.type === 'end' || after.text === ';')) {
    cursor.take();
    return { kind: 'clientCommand', command: word as ClientCommand['command'], span: cursor.spanFrom(start) };
  }
  return cursor.unexpected('a statement such as SELECT, INSERT or CREATE');
}
