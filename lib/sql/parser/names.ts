// Names and the small lists that many statements share.
//
//   cat.`my db`.t          -> { kind: 'qualifiedName', parts: [cat, my db, t] }
//   ('a' = 'b', 'c' = 'd') -> two options
//
// No state besides the cursor's.

import type {
  Hint,
  HintArgument,
  Identifier,
  PartitionEntry,
  PropertyOption,
  QualifiedName,
  StringLiteral,
} from '../ast.js';
import type { Token } from '../lexer.js';
import { parseLiteral, parseNumericLiteral, parsePlainString, parseStringLiteral } from './literals.js';
import type { TokenCursor } from './token-cursor.js';

export function isIdentifier(token: Token): boolean {
  return (token.type === 'word' && !token.reserved) || token.type === 'quotedIdentifier';
}

export function parseIdentifier(cursor: TokenCursor, what = 'a name'): Identifier {
  if (!isIdentifier(cursor.current)) cursor.expectedName(what);
  return identifierOf(cursor.take());
}

export function identifierOf(token: Token): Identifier {
  const { start, end, line, column } = token;
  return {
    kind: 'identifier',
    name: token.value,
    quoted: token.type === 'quotedIdentifier',
    span: { start, end, line, column },
  };
}

/** A name without dots, as a `QualifiedName` of one part. */
export function parseSimpleName(cursor: TokenCursor, what = 'a name'): QualifiedName {
  const part = parseIdentifier(cursor, what);
  return { kind: 'qualifiedName', parts: [part], span: part.span };
}

export function parseQualifiedName(cursor: TokenCursor, what = 'a name'): QualifiedName {
  const start = cursor.current;
  const parts = [parseIdentifier(cursor, what)];
  while (cursor.acceptSymbol('.')) parts.push(parseIdentifier(cursor, 'a name after the dot'));
  return { kind: 'qualifiedName', parts, span: cursor.spanFrom(start) };
}

/** `(a, b)`. */
export function parseIdentifierList(cursor: TokenCursor): Identifier[] {
  return cursor.parenthesizedList((inner) => parseIdentifier(inner));
}

/** `('key' = 'value', ...)`; may be empty. */
export function parseOptions(cursor: TokenCursor): PropertyOption[] {
  cursor.expectSymbol('(');
  const options = cursor.atSymbol(')') ? [] : cursor.commaList(parseOption);
  cursor.expectSymbol(')');
  return options;
}

/** `WITH (...)`, or nothing. */
export function parseWithOptions(cursor: TokenCursor): PropertyOption[] {
  return cursor.accept('WITH') ? parseOptions(cursor) : [];
}

function parseOption(cursor: TokenCursor): PropertyOption {
  const start = cursor.current;
  const key = parseStringLiteral(cursor, "an option's key in quotes ('key' = 'value')");
  cursor.expectSymbol('=');
  const value = parseStringLiteral(cursor, "an option's value in quotes ('key' = 'value')");
  return { kind: 'option', key, value, span: cursor.spanFrom(start) };
}

/** `('key', ...)`; may be empty. */
export function parseOptionKeys(cursor: TokenCursor): StringLiteral[] {
  cursor.expectSymbol('(');
  const keys = cursor.atSymbol(')')
    ? []
    : cursor.commaList((inner) => parseStringLiteral(inner, "an option's key in quotes"));
  cursor.expectSymbol(')');
  return keys;
}

/** `COMMENT '...'`, or nothing. */
export function parseComment(cursor: TokenCursor): StringLiteral | null {
  return cursor.accept('COMMENT') ? parsePlainString(cursor, 'a comment in quotes') : null;
}

/** `(key = literal, ...)`; with `valuesOptional` a key alone will do. */
export function parsePartition(cursor: TokenCursor, valuesOptional = false): PartitionEntry[] {
  return cursor.parenthesizedList((inner) => {
    const start = inner.current;
    const key = parseIdentifier(inner, "a partition column's name");
    if (valuesOptional && !inner.atSymbol('='))
      return { kind: 'partitionEntry', key, value: null, span: inner.spanFrom(start) };
    inner.expectSymbol('=');
    const value = parseLiteral(inner);
    return { kind: 'partitionEntry', key, value, span: inner.spanFrom(start) };
  });
}

export function acceptIfExists(cursor: TokenCursor): boolean {
  return cursor.accept('IF', 'EXISTS');
}

export function acceptIfNotExists(cursor: TokenCursor): boolean {
  return cursor.accept('IF', 'NOT', 'EXISTS');
}

// ---------------------------------------------------------------------------------------------------------------- hints

/** `/*+ OPTIONS('k' = 'v'), BROADCAST(t) *\/`, or nothing. */
export function parseHints(cursor: TokenCursor): Hint[] {
  if (!cursor.atType('hintStart')) return [];
  cursor.take();
  const hints = cursor.commaList(parseHint);
  if (!cursor.atType('hintEnd')) cursor.unexpected("',' or the end of the hint (*/)");
  cursor.take();
  return hints;
}

function parseHint(cursor: TokenCursor): Hint {
  const start = cursor.current;
  const name = parseIdentifier(cursor, "a hint's name");
  let options: PropertyOption[] = [];
  let args: HintArgument[] = [];
  if (cursor.acceptSymbol('(')) {
    if (!cursor.atSymbol(')')) {
      if (cursor.atSymbol('=', 1)) options = cursor.commaList(parseHintOption);
      else args = parseHintArguments(cursor);
    }
    cursor.expectSymbol(')');
  }
  return { kind: 'hint', name, options, args, span: cursor.spanFrom(start) };
}

function parseHintOption(cursor: TokenCursor): PropertyOption {
  const start = cursor.current;
  let key: StringLiteral;
  if (isIdentifier(start)) {
    const { name, span } = parseIdentifier(cursor);
    key = { kind: 'string', value: name, charset: null, span };
  } else {
    key = parseStringLiteral(cursor, "an option's key in quotes");
  }
  cursor.expectSymbol('=');
  const value = parseStringLiteral(cursor, "an option's value in quotes");
  return { kind: 'option', key, value, span: cursor.spanFrom(start) };
}

function parseHintArguments(cursor: TokenCursor): HintArgument[] {
  const named = isIdentifier(cursor.current);
  return cursor.commaList((inner): HintArgument => {
    if (named) {
      const { name, span } = parseIdentifier(inner);
      return { kind: 'hintArgument', form: 'identifier', value: name, span };
    }
    if (inner.current.type === 'string') {
      const { value, span } = parseStringLiteral(inner, 'a string');
      return { kind: 'hintArgument', form: 'string', value, span };
    }
    const { text, span } = parseNumericLiteral(inner);
    return { kind: 'hintArgument', form: 'number', value: text, span };
  });
}
