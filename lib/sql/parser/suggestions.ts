// What a syntax error says beyond "unexpected": what the writer probably meant, and what to do.
//
//   SELECT a FORM t             ->  "did you mean FROM instead of 'FORM'?"
//            ^^^^ an alias to the parser; the word behind it then does not fit
//   SELECT COUNT(a FROM t       ->  "expected ',' or ')'; the '(' at line 1, column 13 is still open"
//   SELECT a, FROM t            ->  "the ',' before it is one too many"
//
// No state.

import type { Token } from '../lexer.js';

/** A token that does not fit, among the tokens of its script. */
export interface Misfit {
  readonly tokens: readonly Token[];
  readonly position: number;
  /** What would have fitted: keywords, or words about it. */
  readonly expected: string;
}

/** The message about a misfit, without its place. */
export function explainMisfit(misfit: Misfit): string {
  const { tokens, position, expected } = misfit;
  const token = tokens[position]!;
  if (token.text === '"') return `unexpected '"': a string stands in single quotes ('…'), a name in backquotes (\`…\`)`;
  const found =
    token.type === 'end'
      ? `the statement ends after '${tokens[Math.max(0, position - 1)]!.text}'`
      : `unexpected ${quoted(token.text)}`;
  const meant = misspeltKeyword(misfit) ?? foreignSyntax(misfit);
  if (meant !== undefined) return `${found}: ${meant}`;
  // Where a keyword is due, a reserved word is no name.
  if (!/^[A-Z]+( [A-Z]+)*$/.test(expected) && looksLikeName(tokens, position)) return reservedWord(token);
  const hint = extraComma(misfit) ?? missingComma(misfit) ?? openParenthesis(misfit);
  return `${found}; expected ${expectedHere(misfit)}${hint === undefined ? '' : `; ${hint}`}`;
}

export function reservedWord({ text }: Token): string {
  return `'${text}' is a reserved word; quote it to use it as a name: \`${text}\``;
}

function quoted(text: string): string {
  const line = text.split('\n', 1)[0]!;
  return line.startsWith("'") ? line : `'${line}'`;
}

// -------------------------------------------------------------------------------------------------------- misspelt keywords

const KEYWORDS =
  `SELECT FROM WHERE GROUP ORDER HAVING LIMIT JOIN UNION VALUES WINDOW PARTITION BETWEEN CREATE TABLE INSERT INTO
  WITH WATERMARK PRIMARY EXPLAIN DESCRIBE UPDATE DELETE ALTER DROP OVER DISTINCT INNER OUTER LEFT RIGHT CROSS LATERAL UNNEST
  INTERVAL EXECUTE STATEMENT TABLES VIEWS DATABASES CATALOGS COLUMNS FUNCTIONS VIEW DATABASE CATALOG FUNCTION TEMPORARY
  ENFORCED METADATA VIRTUAL COMMENT EXISTS PARTITIONED`.split(/\s+/);

/** Words behind which a name stands, whatever it looks like. */
const BEFORE_NAME = new Set(['FROM', 'JOIN', 'INTO', 'TABLE', 'VIEW', 'DATABASE', 'CATALOG', 'AS', 'USE', 'DESCRIBE']);

/** A sentence if the token, or the word before it, is a clause's keyword with a slip. */
function misspeltKeyword({ tokens, position }: Misfit): string | undefined {
  const previous = tokens[position - 1];
  const before = tokens[position - 2];
  const named = before !== undefined && (BEFORE_NAME.has(before.keyword) || before.text === '.' || before.text === ',');
  for (const candidate of [named ? undefined : previous, tokens[position]!]) {
    if (candidate?.type !== 'word' || candidate.keyword !== '' || candidate.text.length < 4) continue;
    const written = candidate.text.toUpperCase();
    const meant = KEYWORDS.find((keyword) => isOneSlip(written, keyword) && written !== `${keyword}S`);
    if (meant !== undefined) return `did you mean ${meant} instead of '${candidate.text}'?`;
  }
  return undefined;
}

/** True if one letter was left out, added or changed, or two neighbours were swapped. */
function isOneSlip(written: string, meant: string): boolean {
  if (Math.abs(written.length - meant.length) > 1 || written === meant) return false;
  let i = 0;
  while (i < written.length && written[i] === meant[i]) i++;
  const rest = (text: string, skipped: number): string => text.slice(i + skipped);
  return (
    rest(written, 1) === rest(meant, 1) ||
    rest(written, 1) === rest(meant, 0) ||
    rest(written, 0) === rest(meant, 1) ||
    (written[i] === meant[i + 1] && written[i + 1] === meant[i] && rest(written, 2) === rest(meant, 2))
  );
}

// ---------------------------------------------------------------------------------------- what other languages and databases write

/** What is right elsewhere, and how Flink writes it. */
function foreignSyntax({ tokens, position }: Misfit): string | undefined {
  const token = tokens[position]!;
  const previous = tokens[position - 1];
  const next = tokens[position + 1];
  if (token.text === ':' && next?.text === ':') return 'a type is given by CAST(value AS type)';
  if (token.text === '[') return 'an array is written ARRAY[1, 2, 3]';
  if (previous?.text.toUpperCase() === 'TOP' && token.type === 'integer')
    return `the first rows are taken at the end of the query: LIMIT ${token.text}`;
  if (previous?.keyword === 'DISTINCT' && token.keyword === 'ON')
    return 'one row per key is ROW_NUMBER() OVER (PARTITION BY key ORDER BY time) AS rn, and WHERE rn = 1 around it';
  return undefined;
}

/** Beside an operator that nothing fits: `==`, `&&`. */
export function foreignOperator(operator: Token, token: Token): string {
  if (operator.text === '=' && token.text === '=') return '; equality is a single =';
  return '';
}

// --------------------------------------------------------------------------------------------------- commas and parentheses

function isClosing({ type, text, reserved }: Token): boolean {
  return type === 'end' || text === ')' || text === ';' || (reserved && CLAUSES.has(text.toUpperCase()));
}

const CLAUSES = new Set(['FROM', 'WHERE', 'GROUP', 'HAVING', 'ORDER', 'LIMIT', 'UNION', 'WITH', 'SELECT']);

function extraComma({ tokens, position }: Misfit): string | undefined {
  return tokens[position - 1]?.text === ',' && isClosing(tokens[position]!)
    ? "the ',' before it is one too many"
    : undefined;
}

/** Two things side by side that nothing joins. */
function missingComma({ tokens, position }: Misfit): string | undefined {
  const previous = tokens[position - 1];
  if (previous === undefined || previous.text === ';' || previous.text === ',') return undefined;
  const token = tokens[position]!;
  if (token.text === '=' && previous.type === 'string') return "is a ',' missing between two options?";
  const begins = token.type !== 'symbol' && token.type !== 'end' && !token.reserved;
  const ends =
    previous.text === ')' || (previous.type !== 'symbol' && (!previous.reserved || TYPES.has(previous.keyword)));
  return begins && ends ? "is a ',' missing before it?" : undefined;
}

/** Reserved words that end a column's declaration. */
const TYPES = new Set(
  'BOOLEAN TINYINT SMALLINT INT INTEGER BIGINT FLOAT DOUBLE DECIMAL NUMERIC CHAR VARCHAR STRING BYTES DATE TIME TIMESTAMP NULL'.split(
    ' ',
  ),
);

/** The innermost parenthesis that is open before the token. */
function openingParenthesis({ tokens, position }: Misfit): Token | undefined {
  let depth = 0;
  for (let i = position - 1; i >= 0; i--) {
    const { type, text } = tokens[i]!;
    if (type !== 'symbol') continue;
    if (text === ';') return undefined;
    if (text === ')') depth++;
    if (text === '(' && depth-- === 0) return tokens[i];
  }
  return undefined;
}

function openParenthesis(misfit: Misfit): string | undefined {
  if (!misfit.expected.includes("')'") || !isClosing(misfit.tokens[misfit.position]!)) return undefined;
  const open = openingParenthesis(misfit);
  return open === undefined ? undefined : `the '(' at line ${open.line}, column ${open.column} is still open`;
}

/** In a list a comma fits as well as its end. */
function expectedHere(misfit: Misfit): string {
  const { tokens, expected } = misfit;
  if (expected !== "')'") return expected;
  const open = openingParenthesis(misfit);
  const isCall =
    open !== undefined && ['word', 'quotedIdentifier'].includes(tokens[tokens.indexOf(open) - 1]?.type ?? '');
  return isCall ? "',' or ')'" : expected;
}

// -------------------------------------------------------------------------------------------------------- reserved words

/** True for a reserved word that stands where a name makes sense: before an operator, a comma, FROM, ... */
export function looksLikeName(tokens: readonly Token[], position: number): boolean {
  if (!tokens[position]!.reserved) return false;
  const next = tokens[position + 1];
  return next !== undefined && AFTER_NAME.has(next.type === 'symbol' ? next.text : next.keyword);
}

const AFTER_NAME = new Set('= <> < > <= >= + - * / % || , . ) FROM AS IS IN LIKE BETWEEN AND OR ASC DESC'.split(' '));
