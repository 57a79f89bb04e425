// Expressions: operators by precedence (Pratt). What stands between operators is in operands.ts.
//
//   a + b * c = d AND NOT e   ->   (a + (b * c) = d) AND (NOT e)
//
// Precedences are Calcite's, from loose to tight: multiset operators 14 and 18, OR 22, AND 24, NOT 26, IS 28, comparisons 30,
// IN LIKE BETWEEN 32, + - 40, * / % || 60, sign 80, [] and . 100. No state besides the cursor's.

import type {
  BinaryOperator,
  ComparisonOperator,
  Expression,
  IsTest,
  LikeExpression,
  Query,
  UnaryOperator,
} from '../ast.js';
import type { Token } from '../lexer.js';
import { parsePostfix, parsePrimary, parseQueryOrExpression, startsExpression } from './operands.js';
import { foreignOperator } from './suggestions.js';
import type { TokenCursor } from './token-cursor.js';

interface InfixSyntax {
  readonly operator: BinaryOperator;
  readonly precedence: number;
  readonly numTokens: number;
}

const SYMBOL_OPERATORS: Readonly<Record<string, InfixSyntax>> = Object.fromEntries(
  (
    [
      ['=', 30],
      ['<>', 30],
      ['<', 30],
      ['<=', 30],
      ['>', 30],
      ['>=', 30],
      ['+', 40],
      ['-', 40],
      ['*', 60],
      ['/', 60],
      ['%', 60],
      ['||', 60],
    ] as const
  ).map(([operator, precedence]) => [operator, { operator, precedence, numTokens: 1 }]),
);

const WORD_OPERATORS: Readonly<Record<string, InfixSyntax>> = {
  OR: { operator: 'OR', precedence: 22, numTokens: 1 },
  AND: { operator: 'AND', precedence: 24, numTokens: 1 },
  CONTAINS: { operator: 'CONTAINS', precedence: 30, numTokens: 1 },
  OVERLAPS: { operator: 'OVERLAPS', precedence: 30, numTokens: 1 },
  EQUALS: { operator: 'EQUALS', precedence: 30, numTokens: 1 },
  PRECEDES: { operator: 'PRECEDES', precedence: 30, numTokens: 1 },
  SUCCEEDS: { operator: 'SUCCEEDS', precedence: 30, numTokens: 1 },
};

const COMPARISONS = new Set<string>(['=', '<>', '<', '<=', '>', '>=']);
const QUANTIFIERS = new Set(['SOME', 'ANY', 'ALL']);
const NOT_PRECEDENCE = 26;
const IS_PRECEDENCE = 28;
const RANGE_PRECEDENCE = 32;
/** Less than LIKE's: `a BETWEEN 1 AND b LIKE c` is `a BETWEEN 1 AND (b LIKE c)`, but a second BETWEEN applies to the first. */
const BETWEEN_PRECEDENCE = 31;
const EXISTS_PRECEDENCE = 40;
const SIGN_PRECEDENCE = 80;

const RANGE_KEYWORDS = new Set(['IN', 'BETWEEN', 'LIKE', 'ILIKE', 'RLIKE', 'SIMILAR']);

export function parseExpression(cursor: TokenCursor): Expression {
  return parseOperators(cursor, 0, false);
}

export function parseExpressionList(cursor: TokenCursor): Expression[] {
  return parseCommaList(cursor, parseExpression);
}

/** Items that begin with an expression (in GROUP BY also with ROLLUP or CUBE). Like Flink, points at a comma that nothing of the kind follows. */
export function parseCommaList<Item>(cursor: TokenCursor, parseItem: (cursor: TokenCursor) => Item): Item[] {
  const items = [parseItem(cursor)];
  while (cursor.atSymbol(',')) {
    const comma = cursor.take();
    if (!cursor.at('ROLLUP') && !cursor.at('CUBE')) expectOperand(cursor, comma);
    items.push(parseItem(cursor));
  }
  return items;
}

/**
 * An expression all of whose operators bind at least as tightly as `minPrecedence`.
 * `stopAtAnd`: the AND that comes belongs to a BETWEEN outside.
 */
function parseOperators(cursor: TokenCursor, minPrecedence: number, stopAtAnd: boolean): Expression {
  return cursor.nested(() => {
    const start = cursor.current;
    let left = parsePrefix(cursor, stopAtAnd);
    for (;;) {
      const next = parseOperator(cursor, left, start, minPrecedence, stopAtAnd);
      if (next === null) return left;
      left = next;
    }
  });
}

/** Takes one operator after `left` and its right side; null if none comes that binds tightly enough. */
function parseOperator(
  cursor: TokenCursor,
  left: Expression,
  start: Token,
  minPrecedence: number,
  stopAtAnd: boolean,
): Expression | null {
  const token = cursor.current;
  if (token.type !== 'word' && token.type !== 'symbol') return null;
  if (token.text === '!=') cursor.fail(token, "'!=' is not SQL; write <>");
  const infix = infixSyntax(cursor, token);
  if (infix !== null) {
    if (infix.precedence < minPrecedence || (stopAtAnd && infix.operator === 'AND')) return null;
    return parseInfix(cursor, left, start, infix, stopAtAnd);
  }
  switch (token.keyword) {
    case 'IS':
      return IS_PRECEDENCE < minPrecedence ? null : parseIs(cursor, left, start);
    case 'FORMAT':
      if (IS_PRECEDENCE < minPrecedence || !cursor.accept('FORMAT', 'JSON')) return null;
      if (cursor.accept('ENCODING')) cursor.expectOneOf('UTF8', 'UTF16', 'UTF32');
      return { kind: 'formatJson', operand: left, span: cursor.spanFrom(start) };
    case 'IN':
    case 'BETWEEN':
    case 'LIKE':
    case 'ILIKE':
    case 'RLIKE':
    case 'SIMILAR':
    case 'NOT':
      return parseRange(cursor, left, start, minPrecedence, stopAtAnd);
    default:
      return null;
  }
}

function infixSyntax(cursor: TokenCursor, token: Token): InfixSyntax | null {
  if (token.type === 'symbol') {
    const syntax = SYMBOL_OPERATORS[token.text] ?? null;
    return syntax !== null && isQuantified(cursor, syntax) ? { ...syntax, precedence: RANGE_PRECEDENCE } : syntax;
  }
  switch (token.keyword) {
    case '':
      return null;
    case 'IS':
      if (cursor.at('IS', 'DISTINCT', 'FROM')) return { operator: 'IS DISTINCT FROM', precedence: 30, numTokens: 3 };
      if (cursor.at('IS', 'NOT', 'DISTINCT', 'FROM'))
        return { operator: 'IS NOT DISTINCT FROM', precedence: 30, numTokens: 4 };
      return null;
    case 'MEMBER':
      return cursor.at('MEMBER', 'OF') ? { operator: 'MEMBER OF', precedence: 30, numTokens: 2 } : null;
    case 'SUBMULTISET':
      return cursor.at('SUBMULTISET', 'OF') ? { operator: 'SUBMULTISET OF', precedence: 30, numTokens: 2 } : null;
    case 'NOT':
      return cursor.at('NOT', 'SUBMULTISET', 'OF')
        ? { operator: 'NOT SUBMULTISET OF', precedence: 30, numTokens: 3 }
        : null;
    case 'IMMEDIATELY':
      if (cursor.at('IMMEDIATELY', 'PRECEDES'))
        return { operator: 'IMMEDIATELY PRECEDES', precedence: 30, numTokens: 2 };
      return cursor.at('IMMEDIATELY', 'SUCCEEDS')
        ? { operator: 'IMMEDIATELY SUCCEEDS', precedence: 30, numTokens: 2 }
        : null;
    case 'MULTISET':
      return multisetSyntax(cursor);
    default:
      return WORD_OPERATORS[token.keyword] ?? null;
  }
}

/** `= ANY (`: binds as IN does, not as a comparison. */
function isQuantified(cursor: TokenCursor, { operator }: InfixSyntax): boolean {
  return COMPARISONS.has(operator) && QUANTIFIERS.has(cursor.peek().keyword) && cursor.atSymbol('(', 2);
}

function multisetSyntax(cursor: TokenCursor): InfixSyntax | null {
  const operation = cursor.peek(1).keyword;
  if (operation !== 'UNION' && operation !== 'INTERSECT' && operation !== 'EXCEPT') return null;
  const quantifier = cursor.peek(2).keyword;
  const distinct = quantifier === 'DISTINCT';
  return {
    operator: `MULTISET ${operation} ${distinct ? 'DISTINCT' : 'ALL'}`,
    precedence: operation === 'INTERSECT' ? 18 : 14,
    numTokens: distinct || quantifier === 'ALL' ? 3 : 2,
  };
}

function parseInfix(
  cursor: TokenCursor,
  left: Expression,
  start: Token,
  syntax: InfixSyntax,
  stopAtAnd: boolean,
): Expression {
  const { operator, precedence } = syntax;
  const operatorToken = cursor.current;
  for (let i = 0; i < syntax.numTokens; i++) cursor.take();
  const operatorSpan = cursor.spanFrom(operatorToken);
  if (precedence === RANGE_PRECEDENCE) {
    const quantifier = cursor.expectOneOf('SOME', 'ANY', 'ALL');
    const members = parseMembers(cursor);
    return {
      kind: 'quantified',
      operator: operator as ComparisonOperator,
      quantifier,
      operand: left,
      ...members,
      span: cursor.spanFrom(start),
    };
  }
  expectOperand(cursor, operatorToken);
  const right = parseOperators(cursor, precedence + 1, stopAtAnd);
  return { kind: 'binary', operator, operatorSpan, left, right, span: cursor.spanFrom(start) };
}

/** Like Flink, points at the operator if nothing follows that it could apply to. */
function expectOperand(cursor: TokenCursor, operator: Token): void {
  const token = cursor.current;
  if (startsExpression(token) || token.type === 'invalid' || token.text === '"') return;
  if (cursor.atMisusedName()) cursor.unexpected('an expression');
  const found = token.type === 'end' ? 'nothing' : `'${token.text}'`;
  const hint = foreignOperator(operator, token);
  cursor.fail(operator, `expected an expression after '${operator.text}', found ${found}${hint}`);
}

function parseIs(cursor: TokenCursor, operand: Expression, start: Token): Expression {
  cursor.expect('IS');
  const negated = cursor.accept('NOT');
  const test = parseIsTest(cursor);
  return { kind: 'is', operand, negated, test, span: cursor.spanFrom(start) };
}

function parseIsTest(cursor: TokenCursor): IsTest {
  if (cursor.accept('A', 'SET')) return 'A SET';
  if (cursor.accept('JSON')) return `JSON ${cursor.acceptOneOf('VALUE', 'OBJECT', 'ARRAY', 'SCALAR') ?? 'VALUE'}`;
  const test = cursor.acceptOneOf('NULL', 'TRUE', 'FALSE', 'UNKNOWN', 'EMPTY');
  return test ?? cursor.unexpected('NULL, TRUE, FALSE, UNKNOWN, JSON or DISTINCT FROM');
}

/** IN, BETWEEN, LIKE and its kin, each with or without NOT. */
function parseRange(
  cursor: TokenCursor,
  operand: Expression,
  start: Token,
  minPrecedence: number,
  stopAtAnd: boolean,
): Expression | null {
  const keyword = cursor.at('NOT') ? cursor.peek().keyword : cursor.current.keyword;
  if (!RANGE_KEYWORDS.has(keyword)) return null;
  if ((keyword === 'BETWEEN' ? BETWEEN_PRECEDENCE : RANGE_PRECEDENCE) < minPrecedence) return null;
  const negated = cursor.accept('NOT');
  const operator = cursor.take();
  switch (keyword) {
    case 'IN': {
      const members = parseMembers(cursor);
      return { kind: 'in', operand, negated, ...members, span: cursor.spanFrom(start) };
    }
    case 'BETWEEN': {
      const symmetric = cursor.acceptOneOf('SYMMETRIC', 'ASYMMETRIC') === 'SYMMETRIC';
      expectOperand(cursor, operator);
      const low = parseOperators(cursor, 0, true);
      cursor.expect('AND');
      const high = parseOperators(cursor, RANGE_PRECEDENCE, stopAtAnd);
      return { kind: 'between', operand, negated, symmetric, low, high, span: cursor.spanFrom(start) };
    }
    default: {
      if (keyword === 'SIMILAR') cursor.expect('TO');
      expectOperand(cursor, operator);
      const pattern = parseOperators(cursor, RANGE_PRECEDENCE, stopAtAnd);
      const escape = cursor.accept('ESCAPE') ? parsePrimary(cursor) : null;
      const name = (keyword === 'SIMILAR' ? 'SIMILAR TO' : keyword) as LikeExpression['operator'];
      return { kind: 'like', operator: name, operand, negated, pattern, escape, span: cursor.spanFrom(start) };
    }
  }
}

/** `(SELECT ...)` or `(1, 2)`: what stands after IN, ANY and ALL. */
function parseMembers(cursor: TokenCursor): { list: Expression[] | null; query: Query | null } {
  cursor.expectSymbol('(');
  const first = parseQueryOrExpression(cursor);
  if (first.kind === 'query' || (first.kind === 'subquery' && cursor.atSymbol(')'))) {
    cursor.expectSymbol(')');
    return { list: null, query: first.kind === 'query' ? first : first.query };
  }
  const list = [first];
  while (cursor.acceptSymbol(',')) list.push(parseExpression(cursor));
  cursor.expectSymbol(')');
  return { list, query: null };
}

// -------------------------------------------------------------------------------------------------------------- operands

function parsePrefix(cursor: TokenCursor, stopAtAnd: boolean): Expression {
  const token = cursor.current;
  switch (token.type === 'symbol' ? token.text : token.keyword) {
    case '-':
    case '+':
      return parseSign(cursor, token, stopAtAnd);
    case 'NOT':
      return parseUnary(cursor, 'NOT', NOT_PRECEDENCE, stopAtAnd);
    case 'EXISTS':
      return parseUnary(cursor, 'EXISTS', EXISTS_PRECEDENCE, stopAtAnd);
    case 'UNIQUE':
      return parseUnary(cursor, 'UNIQUE', EXISTS_PRECEDENCE, stopAtAnd);
    default:
      return parsePostfix(cursor);
  }
}

function parseUnary(cursor: TokenCursor, operator: UnaryOperator, precedence: number, stopAtAnd: boolean): Expression {
  const start = cursor.take();
  expectOperand(cursor, start);
  const operand = parseOperators(cursor, precedence, stopAtAnd);
  return { kind: 'unary', operator, operand, span: cursor.spanFrom(start) };
}

/** A sign before a number makes a literal of it: `-1`, `- -1`. */
function parseSign(cursor: TokenCursor, start: Token, stopAtAnd: boolean): Expression {
  const operator = start.text as '-' | '+';
  const expression = parseUnary(cursor, operator, SIGN_PRECEDENCE, stopAtAnd);
  if (expression.kind !== 'unary' || expression.operand.kind !== 'number') return expression;
  const { form, text } = expression.operand;
  const negated = text.startsWith('-') ? text.slice(1) : `-${text}`;
  return { kind: 'number', form, text: operator === '-' ? negated : text, span: expression.span };
}
