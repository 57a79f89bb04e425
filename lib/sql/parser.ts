// The entrance to Flink SQL's parser: text in, syntax tree out.
//
//   SET 'a' = 'b'; SELECT * FROM t;  ->  [{ index: 1, statement: set }, { index: 2, statement: queryStatement }]
//
// No state between calls. Every mistake is a SabotError with code SABOT_E_SYNTAX and a span in the text that was given.

import type { DataType, Expression, QualifiedName, ScriptStatement, Statement } from './ast.js';
import { type Token, tokenize } from './lexer.js';
import { parseDataType as parseDataTypeAt } from './parser/data-types.js';
import { parseExpression as parseExpressionAt } from './parser/expressions.js';
import { parseQualifiedName as parseQualifiedNameAt } from './parser/names.js';
import { parseStatement as parseStatementAt } from './parser/statements.js';
import { TokenCursor } from './parser/token-cursor.js';

/**
 * Parses a script: statements with `;` between them, empty ones left out.
 *
 * Spans are positions in the script. The first mistake is thrown.
 *
 * @example parseScript("SET 'a' = 'b'; SELECT 1;").map(({ statement }) => statement.kind) // ['set', 'queryStatement']
 */
export function parseScript(text: string): ScriptStatement[] {
  const cursor = new TokenCursor(text, tokenize(text));
  const statements: ScriptStatement[] = [];
  for (;;) {
    while (cursor.acceptSymbol(';'));
    if (cursor.atEnd()) return statements;
    cursor.beginStatement();
    const statement = parseStatementAt(cursor);
    if (!cursor.atSymbol(';') && !cursor.atEnd()) cursor.unexpected("';' or the end of the statement");
    const { span } = statement;
    statements.push({
      kind: 'scriptStatement',
      index: statements.length + 1,
      text: text.slice(span.start, span.end),
      statement,
      span,
    });
  }
}

/**
 * Parses one statement; a `;` may follow it.
 *
 * @example parseStatement('SHOW TABLES').kind // 'show'
 */
export function parseStatement(text: string): Statement {
  return parseWhole(text, (cursor) => {
    const statement = parseStatementAt(cursor);
    while (cursor.acceptSymbol(';'));
    return statement;
  });
}

/**
 * Parses an expression by itself.
 *
 * @example parseExpression('a + 1').kind // 'binary'
 */
export function parseExpression(text: string): Expression {
  return parseWhole(text, parseExpressionAt);
}

/**
 * Parses a data type by itself, with its NOT NULL.
 *
 * @example parseDataType('ARRAY<INT NOT NULL>').kind // 'arrayType'
 */
export function parseDataType(text: string): DataType {
  return parseWhole(text, parseDataTypeAt);
}

/**
 * Parses a name by itself.
 *
 * @example parseQualifiedName('db.`my table`').parts.map(({ name }) => name) // ['db', 'my table']
 */
export function parseQualifiedName(text: string): QualifiedName {
  return parseWhole(text, parseQualifiedNameAt);
}

function parseWhole<Node>(text: string, parse: (cursor: TokenCursor) => Node): Node {
  const cursor = new TokenCursor(text, tokenize(text));
  const node = parse(cursor);
  if (!cursor.atEnd()) cursor.unexpected('the end of the text');
  return node;
}

/**
 * The number (from 1) of the statement that an offset of a script lies in, whether or not the script can be parsed.
 *
 * @example statementIndexAt('SELECT 1; SELECT FROM t', 17) // 2
 */
export function statementIndexAt(text: string, offset: number): number {
  let index = 0;
  let inStatement = false;
  let inSet = false;
  let previous: Token | null = null;
  for (const token of tokenize(text)) {
    if (token.type === 'end' || token.start > offset) break;
    // The `;` inside STATEMENT SET BEGIN ... END belong to the statement.
    if (token.keyword === 'BEGIN' && previous?.keyword === 'SET') inSet = true;
    else if (token.keyword === 'END' && previous?.text === ';') inSet = false;
    if (token.text === ';' && token.type === 'symbol') inStatement = inSet;
    else if (!inStatement) {
      inStatement = true;
      index++;
    }
    previous = token;
  }
  return Math.max(1, index);
}
