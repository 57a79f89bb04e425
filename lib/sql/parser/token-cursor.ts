// The cursor that all parts of the parser share: looks at tokens, takes them, and says what is wrong.
//
//   tokens  SELECT  a  FROM  t        takeKeyword('SELECT') -> token, accept('FROM') -> true, expectSymbol(')') -> SabotError
//                   ^ current
//
// State: the position, the depth of nesting, the number of `?` seen.

import { SabotError, type SourceSpan } from '../../errors.js';
import type { Token, TokenType } from '../lexer.js';
import { explainMisfit, looksLikeName, reservedWord } from './suggestions.js';

/** Deeper nesting is an error, not a stack overflow; no script that people write comes near. */
export const NESTING_DEPTH_MAX = 500;

export class TokenCursor {
  private position = 0;
  private depth = 0;
  private numParameters = 0;

  constructor(
    readonly text: string,
    private readonly tokens: readonly Token[],
  ) {}

  get current(): Token {
    return this.tokens[this.position]!;
  }

  get previous(): Token {
    return this.tokens[Math.max(0, this.position - 1)]!;
  }

  /** The token `distance` after the current one; the end token if there are fewer. */
  peek(distance = 1): Token {
    return this.tokens[Math.min(this.position + distance, this.tokens.length - 1)]!;
  }

  /** Takes the current token, whatever it is. */
  take(): Token {
    const token = this.current;
    if (token.type === 'invalid') this.fail(token, token.value);
    if (token.type !== 'end') this.position++;
    return token;
  }

  atType(type: TokenType): boolean {
    return this.current.type === type;
  }

  atEnd(): boolean {
    return this.atType('end');
  }

  // ---------------------------------------------------------------------------------------------------------- keywords

  /** True if these keywords come next. Named one by one: it runs for every clause that could follow every name. */
  at(first: string, second?: string, third?: string, fourth?: string, fifth?: string): boolean {
    return (
      this.current.keyword === first &&
      (second === undefined || this.peek(1).keyword === second) &&
      (third === undefined || this.peek(2).keyword === third) &&
      (fourth === undefined || this.peek(3).keyword === fourth) &&
      (fifth === undefined || this.peek(4).keyword === fifth)
    );
  }

  atAny(keywords: ReadonlySet<string>): boolean {
    return this.current.keyword !== '' && keywords.has(this.current.keyword);
  }

  /** Takes the keywords if all of them come next. */
  accept(first: string, second?: string, third?: string): boolean {
    if (!this.at(first, second, third)) return false;
    this.position += third !== undefined ? 3 : second !== undefined ? 2 : 1;
    return true;
  }

  expect(...keywords: readonly string[]): Token {
    let token = this.current;
    for (const keyword of keywords) {
      if (this.current.keyword !== keyword) this.unexpected(keyword);
      token = this.take();
    }
    return token;
  }

  /** Takes one of these keywords and returns it. */
  expectOneOf<Keyword extends string>(...keywords: readonly Keyword[]): Keyword {
    const { keyword } = this.current;
    if (!keywords.includes(keyword as Keyword)) this.unexpected(listOf(keywords));
    this.take();
    return keyword as Keyword;
  }

  acceptOneOf<Keyword extends string>(...keywords: readonly Keyword[]): Keyword | null {
    return keywords.includes(this.current.keyword as Keyword) ? (this.take().keyword as Keyword) : null;
  }

  // ----------------------------------------------------------------------------------------------------------- symbols

  atSymbol(symbol: string, distance = 0): boolean {
    const token = this.peek(distance);
    return token.type === 'symbol' && token.text === symbol;
  }

  acceptSymbol(symbol: string): boolean {
    if (!this.atSymbol(symbol)) return false;
    this.position++;
    return true;
  }

  expectSymbol(symbol: string): Token {
    if (!this.atSymbol(symbol)) this.unexpected(`'${symbol}'`);
    return this.take();
  }

  /** How far ahead the token is that follows the parentheses that open at `distance`. */
  distanceAfterParentheses(distance = 0): number {
    let depth = 0;
    for (let i = this.position + distance; i < this.tokens.length; i++) {
      const { type, text } = this.tokens[i]!;
      if (type !== 'symbol') continue;
      if (text === '(') depth++;
      if (text === ')' && --depth === 0) return i + 1 - this.position;
    }
    return this.tokens.length - 1 - this.position;
  }

  // ------------------------------------------------------------------------------------------------------------- lists

  /** One or more items with commas between them. */
  commaList<Item>(parseItem: (cursor: TokenCursor) => Item): Item[] {
    const items = [parseItem(this)];
    while (this.acceptSymbol(',')) items.push(parseItem(this));
    return items;
  }

  /** `(item, item)` with at least one item. */
  parenthesizedList<Item>(parseItem: (cursor: TokenCursor) => Item): Item[] {
    this.expectSymbol('(');
    const items = this.commaList(parseItem);
    this.expectSymbol(')');
    return items;
  }

  // ----------------------------------------------------------------------------------------------------- spans and depth

  /** From the beginning of `start` to the end of the token taken last. */
  spanFrom(start: SourceSpan): SourceSpan {
    return {
      start: start.start,
      end: Math.max(this.previous.end, start.start),
      line: start.line,
      column: start.column,
    };
  }

  /** Runs one level deeper. Every rule that can contain itself goes through here. */
  nested<Result>(parse: () => Result): Result {
    if (++this.depth > NESTING_DEPTH_MAX) {
      this.fail(
        this.current,
        `nested more than ${NESTING_DEPTH_MAX} levels deep; split the statement, for example with views`,
      );
    }
    const result = parse();
    this.depth--;
    return result;
  }

  nextParameterIndex(): number {
    return this.numParameters++;
  }

  /** Each statement of a script is parsed on its own: its parameters count from 0. */
  beginStatement(): void {
    this.depth = 0;
    this.numParameters = 0;
  }

  /** Goes back to a token that was taken before. */
  rewindTo(token: Token): void {
    while (this.tokens[this.position] !== token) this.position--;
  }

  // ------------------------------------------------------------------------------------------------------------ errors

  /** The current token does not fit: says what would. */
  unexpected(expected: string, token: Token = this.current): never {
    if (token.type === 'invalid') this.fail(token, token.value);
    this.fail(token, explainMisfit({ tokens: this.tokens, position: this.tokens.indexOf(token), expected }));
  }

  /** `expected` is a name here; a reserved word gets told how to be one. */
  expectedName(what = 'a name'): never {
    const token = this.current;
    if (token.reserved) this.fail(token, reservedWord(token));
    return this.unexpected(what);
  }

  fail(at: SourceSpan & { readonly text?: string }, message: string, identifier: string = at.text ?? ''): never {
    const { start, end, line, column } = at;
    throw new SabotError('SABOT_E_SYNTAX', `Line ${line}, column ${column}: ${message}`, {
      kind: 'syntax',
      identifier,
      span: { start, end, line, column },
    });
  }

  /** True if the current token is a reserved word that stands where a name makes sense. */
  atMisusedName(): boolean {
    return looksLikeName(this.tokens, this.position);
  }
}

function listOf(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
