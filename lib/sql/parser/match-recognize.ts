// MATCH_RECOGNIZE.
//
//   PATTERN (A B* (C | D){2,3}?) -> patternSequence of variable A, repetition of B, reluctant repetition of an alternation
//
// No state besides the cursor's.

import type { AfterMatch, MatchRecognizeTable, RowPattern, RowsPerMatch, TableReference } from '../ast.js';
import type { Token } from '../lexer.js';
import { parseExpression, parseExpressionList } from './expressions.js';
import { parseIntervalLiteral, parseUnsignedInteger } from './literals.js';
import { isIdentifier, parseIdentifier, parseIdentifierList } from './names.js';
import { parseOrderBy } from './queries.js';
import type { TokenCursor } from './token-cursor.js';

export function parseMatchRecognize(cursor: TokenCursor, input: TableReference, start: Token): MatchRecognizeTable {
  cursor.expect('MATCH_RECOGNIZE');
  cursor.expectSymbol('(');
  const partitionBy = cursor.accept('PARTITION', 'BY') ? parseExpressionList(cursor) : [];
  const orderBy = cursor.at('ORDER') ? parseOrderBy(cursor) : [];
  const measures = cursor.accept('MEASURES') ? cursor.commaList(parseMeasure) : [];
  const rowsPerMatch = parseRowsPerMatch(cursor);
  const afterMatch = cursor.at('AFTER') ? parseAfterMatch(cursor) : null;
  cursor.expect('PATTERN');
  cursor.expectSymbol('(');
  const startAnchor = cursor.acceptSymbol('^');
  const pattern = parseAlternation(cursor);
  const endAnchor = cursor.acceptSymbol('$');
  cursor.expectSymbol(')');
  const within = cursor.accept('WITHIN') ? parseIntervalLiteral(cursor) : null;
  const subsets = cursor.accept('SUBSET') ? cursor.commaList(parseSubset) : [];
  cursor.expect('DEFINE');
  const defines = cursor.commaList(parseDefinition);
  cursor.expectSymbol(')');
  return {
    kind: 'matchRecognize',
    input,
    partitionBy,
    orderBy,
    measures,
    rowsPerMatch,
    afterMatch,
    pattern,
    startAnchor,
    endAnchor,
    within,
    subsets,
    defines,
    alias: null,
    systemTime: null,
    sample: null,
    span: cursor.spanFrom(start),
  };
}

function parseMeasure(cursor: TokenCursor): MatchRecognizeTable['measures'][number] {
  const start = cursor.current;
  const expression = parseExpression(cursor);
  cursor.expect('AS');
  const alias = parseIdentifier(cursor, "the measure's name");
  return { kind: 'measure', expression, alias, span: cursor.spanFrom(start) };
}

function parseRowsPerMatch(cursor: TokenCursor): RowsPerMatch | null {
  if (cursor.accept('ONE')) {
    cursor.expect('ROW', 'PER', 'MATCH');
    return 'ONE ROW';
  }
  if (!cursor.accept('ALL')) return null;
  cursor.expect('ROWS', 'PER', 'MATCH');
  return 'ALL ROWS';
}

/** `TO variable` is TO LAST variable. */
function parseAfterMatch(cursor: TokenCursor): AfterMatch {
  const start = cursor.expect('AFTER', 'MATCH', 'SKIP');
  if (cursor.accept('PAST')) {
    cursor.expect('LAST', 'ROW');
    return { kind: 'afterMatch', skip: 'PAST LAST ROW', variable: null, span: cursor.spanFrom(start) };
  }
  cursor.expect('TO');
  if (cursor.accept('NEXT', 'ROW'))
    return { kind: 'afterMatch', skip: 'TO NEXT ROW', variable: null, span: cursor.spanFrom(start) };
  const edge = isIdentifier(cursor.peek()) ? cursor.acceptOneOf('FIRST', 'LAST') : null;
  const variable = parseIdentifier(cursor, "a pattern variable's name");
  return {
    kind: 'afterMatch',
    skip: edge === 'FIRST' ? 'TO FIRST' : 'TO LAST',
    variable,
    span: cursor.spanFrom(start),
  };
}

function parseSubset(cursor: TokenCursor): MatchRecognizeTable['subsets'][number] {
  const start = cursor.current;
  const name = parseIdentifier(cursor, "the subset's name");
  cursor.expectSymbol('=');
  const variables = parseIdentifierList(cursor);
  return { kind: 'patternSubset', name, variables, span: cursor.spanFrom(start) };
}

function parseDefinition(cursor: TokenCursor): MatchRecognizeTable['defines'][number] {
  const start = cursor.current;
  const name = parseIdentifier(cursor, "a pattern variable's name");
  cursor.expect('AS');
  const condition = parseExpression(cursor);
  return { kind: 'patternDefinition', name, condition, span: cursor.spanFrom(start) };
}

// --------------------------------------------------------------------------------------------------------------- patterns

function parseAlternation(cursor: TokenCursor): RowPattern {
  return cursor.nested(() => {
    const start = cursor.current;
    const items = [parseSequence(cursor)];
    while (cursor.acceptSymbol('|')) items.push(parseSequence(cursor));
    return items.length === 1 ? items[0]! : { kind: 'patternAlternation', items, span: cursor.spanFrom(start) };
  });
}

function parseSequence(cursor: TokenCursor): RowPattern {
  const start = cursor.current;
  const items = [parseRepetition(cursor)];
  while (startsPattern(cursor)) items.push(parseRepetition(cursor));
  return items.length === 1 ? items[0]! : { kind: 'patternSequence', items, span: cursor.spanFrom(start) };
}

function startsPattern(cursor: TokenCursor): boolean {
  return isIdentifier(cursor.current) || cursor.atSymbol('(') || cursor.atSymbol('{') || cursor.at('PERMUTE');
}

function parseRepetition(cursor: TokenCursor): RowPattern {
  const start = cursor.current;
  const item = parsePattern(cursor);
  const bounds = parseBounds(cursor);
  if (bounds === null) return item;
  const reluctant = cursor.acceptSymbol('?') && bounds.min !== bounds.max;
  return { kind: 'patternRepetition', item, ...bounds, reluctant, span: cursor.spanFrom(start) };
}

function parseBounds(cursor: TokenCursor): { min: number; max: number | null } | null {
  if (cursor.acceptSymbol('*')) return { min: 0, max: null };
  if (cursor.acceptSymbol('+')) return { min: 1, max: null };
  if (cursor.acceptSymbol('?')) return { min: 0, max: 1 };
  if (!cursor.atSymbol('{') || cursor.atSymbol('-', 1)) return null;
  cursor.take();
  const min = cursor.atSymbol(',') ? null : parseUnsignedInteger(cursor);
  let max = min;
  if (cursor.acceptSymbol(',')) max = min !== null && cursor.atSymbol('}') ? null : parseUnsignedInteger(cursor);
  cursor.expectSymbol('}');
  return { min: min ?? 0, max };
}

function parsePattern(cursor: TokenCursor): RowPattern {
  const start = cursor.current;
  if (cursor.acceptSymbol('(')) {
    const pattern = parseAlternation(cursor);
    cursor.expectSymbol(')');
    return pattern;
  }
  if (cursor.acceptSymbol('{')) {
    cursor.expectSymbol('-');
    const item = parseAlternation(cursor);
    cursor.expectSymbol('-');
    cursor.expectSymbol('}');
    return { kind: 'patternExclusion', item, span: cursor.spanFrom(start) };
  }
  if (cursor.accept('PERMUTE')) {
    const items = cursor.parenthesizedList(parseAlternation);
    return { kind: 'patternPermutation', items, span: cursor.spanFrom(start) };
  }
  const name = parseIdentifier(cursor, "a pattern variable's name");
  return { kind: 'patternVariable', name, span: name.span };
}
