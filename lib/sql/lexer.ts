// The lexer: cuts a script into tokens.
//
//   SELECT a -- why        ->  word SELECT (keyword, reserved), word a, symbol ;, end
//   ;
//
// No state is kept between calls. Comments and white space leave no token. A character that no token can begin with becomes
// an 'invalid' token, so that an earlier mistake of the grammar is reported first.

import type { SourceSpan } from '../errors.js';
import { keywordOf } from './keywords.js';

export type TokenType =
  | 'word'
  | 'quotedIdentifier'
  | 'string'
  | 'unicodeString'
  | 'binaryString'
  | 'integer'
  | 'decimal'
  | 'approximate'
  | 'symbol'
  | 'hintStart'
  | 'hintEnd'
  | 'invalid'
  | 'end';

/** One token; as a span it says where it stands. */
export interface Token extends SourceSpan {
  readonly type: TokenType;
  /** As written. */
  readonly text: string;
  /** Upper-case keyword, else ''. */
  readonly keyword: string;
  readonly reserved: boolean;
  /** Identifiers and strings without quotes and doublings; for 'invalid', what is wrong. Otherwise the same as `text`. */
  readonly value: string;
  /** `UTF8` of `_UTF8'...'`. */
  readonly charset: string | null;
}

const LETTERS =
  'A-Za-z_$\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u1fff\\u3040-\\u318f\\u3300-\\u3d2d\\u4e00-\\u9fff\\uf900-\\ufaff';
const WORD = new RegExp(`[${LETTERS}][${LETTERS}0-9]*`, 'y');
const NUMBER = /(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?/y;
const SPACE = /[ \t\f\r\n]+/y;
const LINE_COMMENT = /[^\r\n]*/y;
const QUOTED = /'(?:[^']|'')*'/y;
const BACKQUOTED = /`(?:[^`\r\n]|``)+`/y;
const UNICODE_IDENTIFIER = /"(?:[^"\r\n]|"")+"/y;
const CHARSET_STRING = /_([A-Za-z0-9][A-Za-z0-9:.\-_]*)'/y;
const SYMBOLS_OF_TWO = new Set(['<=', '>=', '<>', '!=', '||', '=>', '..']);
const PAIR_STARTS = new Set([...SYMBOLS_OF_TWO].map((pair) => pair.charCodeAt(0)));
const SYMBOLS_OF_ONE = new Set('()[]{};.,=><?:+-*/%|^$"');

class Lexer {
  readonly tokens: Token[] = [];
  private position = 0;
  private line = 1;
  private lineStart = 0;

  constructor(private readonly text: string) {}

  run(): Token[] {
    const { text } = this;
    while (this.position < text.length) {
      const code = text.charCodeAt(this.position);
      if (code === 32 || (code >= 9 && code <= 13 && code !== 11)) this.skip(SPACE);
      else if (code === 45 && text.charCodeAt(this.position + 1) === 45) this.skip(LINE_COMMENT);
      else if (code === 47 && text.charCodeAt(this.position + 1) === 47) this.skip(LINE_COMMENT);
      else if (code === 47 && text.charCodeAt(this.position + 1) === 42) this.commentOrHint();
      else this.token(code);
    }
    this.end();
    return this.tokens;
  }

  private token(code: number): void {
    const { text, position } = this;
    const next = text.charCodeAt(position + 1);
    if ((code >= 48 && code <= 57) || (code === 46 && next >= 48 && next <= 57)) return this.number();
    if (code === 39) return this.string(position, null);
    if (code === 96) return this.backquoted();
    if (next === 39 && (code === 120 || code === 88)) return this.binaryString();
    if (next === 39 && (code === 110 || code === 78)) return this.string(position + 1, 'ISO-8859-1');
    if (next === 38 && (code === 117 || code === 85)) {
      const quote = text.charCodeAt(position + 2);
      if (quote === 39) return this.string(position + 2, 'UTF16', 'unicodeString');
      if (quote === 34) return this.unicodeIdentifier();
    }
    if (code === 95) {
      const prefix = matchAt(CHARSET_STRING, text, position);
      if (prefix !== null) return this.string(position + prefix.length - 1, prefix.slice(1, -1).toUpperCase());
    }
    const word = matchAt(WORD, text, position);
    if (word !== null && word !== '$') return this.word(word);
    this.symbol(code, next);
  }

  private word(word: string): void {
    const keyword = keywordOf(word);
    if (keyword === undefined) this.add('word', word.length, word);
    else this.add('word', word.length, word, keyword.word, keyword.reserved);
  }

  private number(): void {
    const digits = matchAt(NUMBER, this.text, this.position)!;
    const type = /e/i.test(digits) ? 'approximate' : digits.includes('.') ? 'decimal' : 'integer';
    this.add(type, digits.length, digits);
  }

  private string(quoteAt: number, charset: string | null, type: TokenType = 'string'): void {
    const quoted = matchAt(QUOTED, this.text, quoteAt);
    if (quoted === null) return this.add('invalid', 1, "this string has no closing quote (')");
    const prefixLength = quoteAt - this.position;
    this.add(type, prefixLength + quoted.length, quoted.slice(1, -1).replaceAll("''", "'"), '', false, charset);
  }

  private binaryString(): void {
    const quoted = matchAt(QUOTED, this.text, this.position + 1);
    if (quoted === null) return this.add('invalid', 1, "this string has no closing quote (')");
    this.add('binaryString', 1 + quoted.length, quoted.slice(1, -1));
  }

  private backquoted(): void {
    const quoted = matchAt(BACKQUOTED, this.text, this.position);
    if (quoted === null) {
      const empty = this.text.charCodeAt(this.position + 1) === 96;
      const reason = empty ? 'a name cannot be empty' : 'this name has no closing backquote (`) on its line';
      return this.add('invalid', 1, reason);
    }
    this.add('quotedIdentifier', quoted.length, quoted.slice(1, -1).replaceAll('``', '`'));
  }

  private unicodeIdentifier(): void {
    const quoted = matchAt(UNICODE_IDENTIFIER, this.text, this.position + 2);
    if (quoted === null) return this.add('invalid', 1, 'this name has no closing quote (") on its line');
    const name = unescapeUnicode(quoted.slice(1, -1).replaceAll('""', '"'), '\\');
    if (name === null) return this.add('invalid', 2 + quoted.length, BAD_UNICODE_ESCAPE);
    this.add('quotedIdentifier', 2 + quoted.length, name);
  }

  private symbol(code: number, next: number): void {
    if (code === 42 && next === 47) return this.add('hintEnd', 2, '*/');
    const pair = PAIR_STARTS.has(code) ? String.fromCharCode(code, next) : '';
    if (SYMBOLS_OF_TWO.has(pair)) return this.add('symbol', 2, pair);
    const single = String.fromCodePoint(this.text.codePointAt(this.position)!);
    if (SYMBOLS_OF_ONE.has(single)) return this.add('symbol', 1, single);
    this.add('invalid', single.length, `'${single}' has no meaning in SQL`);
  }

  private commentOrHint(): void {
    const { text, position } = this;
    if (text.charCodeAt(position + 2) === 43) return this.add('hintStart', 3, '/*+');
    const close = text.indexOf('*/', position + 2);
    if (close === -1) return this.add('invalid', text.length - position, 'this comment has no closing */');
    this.moveTo(close + 2);
  }

  private skip(pattern: RegExp): void {
    pattern.lastIndex = this.position;
    pattern.test(this.text);
    this.moveTo(pattern.lastIndex);
  }

  private add(
    type: TokenType,
    length: number,
    value: string,
    keyword = '',
    reserved = false,
    charset: string | null = null,
  ): void {
    const start = this.position;
    const end = start + length;
    const text = value.length === length && type !== 'invalid' ? value : this.text.slice(start, end);
    this.tokens.push({
      type,
      start,
      end,
      line: this.line,
      column: start - this.lineStart + 1,
      text,
      keyword,
      reserved,
      value,
      charset,
    });
    if (type === 'string' || type === 'unicodeString' || type === 'binaryString' || type === 'invalid')
      this.moveTo(end);
    else this.position = end;
  }

  /** Stands on the last character of the last token: that is where Flink reports that something is missing. */
  private end(): void {
    const last = this.tokens.at(-1);
    const offset = last === undefined ? 0 : Math.max(0, last.end - 1);
    const at =
      last === undefined || last.text.includes('\n')
        ? locate(this.text, offset)
        : { line: last.line, column: last.column + last.text.length - 1 };
    this.tokens.push({
      type: 'end',
      start: offset,
      end: last?.end ?? 0,
      ...at,
      text: '<EOF>',
      keyword: '',
      reserved: false,
      value: '<EOF>',
      charset: null,
    });
  }

  /** Goes on at `end`, counting the lines in between. */
  private moveTo(end: number): void {
    const { text } = this;
    for (let i = this.position; i < end; i++) {
      const code = text.charCodeAt(i);
      if (code !== 10 && code !== 13) continue;
      if (code === 13 && text.charCodeAt(i + 1) === 10) continue;
      this.line++;
      this.lineStart = i + 1;
    }
    this.position = end;
  }
}

/** All tokens of a script; the last is the one token of type 'end'. */
export function tokenize(text: string): Token[] {
  return new Lexer(text).run();
}

/** Line and column (from 1) of an offset. */
export function locate(text: string, offset: number): { line: number; column: number } {
  let line = 1;
  let lineStart = 0;
  for (const newline of text.slice(0, offset).matchAll(/\r\n|\n|\r/g)) {
    line++;
    lineStart = newline.index + newline[0].length;
  }
  return { line, column: offset - lineStart + 1 };
}

export const BAD_UNICODE_ESCAPE = 'a Unicode escape is four hex digits (\\00e9), or + and six of them (\\+0000e9)';

/** Replaces `\00e9` and `\+0000e9`; a doubled escape character is itself. Null if an escape is malformed. */
export function unescapeUnicode(text: string, escape: string): string | null {
  let result = '';
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== escape) result += text[i];
    else if (text[i + 1] === escape) result += text[++i];
    else {
      const digits = /^(?:([0-9a-fA-F]{4})|\+([0-9a-fA-F]{6}))/.exec(text.slice(i + 1));
      const point = digits === null ? NaN : parseInt(digits[1] ?? digits[2]!, 16);
      if (!(point <= 0x10ffff)) return null;
      result += String.fromCodePoint(point);
      i += digits![0].length;
    }
  }
  return result;
}

function matchAt(pattern: RegExp, text: string, position: number): string | null {
  pattern.lastIndex = position;
  return pattern.test(text) ? text.slice(position, pattern.lastIndex) : null;
}
