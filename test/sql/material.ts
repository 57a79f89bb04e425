// Reads the material: statements and expressions, and what Flink 2.3's own parser said about them.
//
//   '--@ cv | CREATE VIEW' + text, 'cv <tab> OK <tab> SqlCreateView' -> { id: 'cv', sql: text, accepted: true }

import { readFileSync } from 'node:fs';

export interface JudgedStatement {
  readonly id: string;
  readonly sql: string;
  readonly accepted: boolean;
  /** `line 1, column 15 Encountered "t" ...` of a rejected one. */
  readonly verdict: string;
}

export interface JudgedExpression {
  readonly sql: string;
  /** Flink's tree in prefix form; null if Flink rejects the expression. */
  readonly tree: string | null;
}

export function readMaterial(name: string): string {
  return readFileSync(new URL(`./material/${name}`, import.meta.url), 'utf8');
}

export function readRows(name: string): string[][] {
  return readMaterial(name)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
}

/** `NAME.sql` with `NAME.answers.tsv`. */
export function readStatements(name: string): JudgedStatement[] {
  const answers = new Map(readRows(`${name}.answers.tsv`).map(([id, answer, verdict]) => [id!, { answer, verdict }]));
  return readMaterial(`${name}.sql`)
    .split(/^--@ /m)
    .slice(1)
    .map((part) => {
      const lineEnd = part.indexOf('\n');
      const id = part.slice(0, lineEnd).split('|')[0]!.trim();
      const { answer, verdict } = answers.get(id)!;
      return { id, sql: part.slice(lineEnd + 1).trim(), accepted: answer === 'OK', verdict: verdict ?? '' };
    });
}

/** Files of one statement a line, then the answer. */
export function readJudgedStatements(name: string): JudgedStatement[] {
  return readRows(name).map(([sql, answer], i) => ({
    id: `${name}:${i + 1}`,
    sql: sql!,
    accepted: answer === 'OK',
    verdict: '',
  }));
}

export function readExpressions(name: string): JudgedExpression[] {
  return readRows(name).map(([sql, tree]) => ({ sql: sql!, tree: tree!.startsWith('ERR') ? null : tree! }));
}
