// functions: every function of Flink's list has a row in docs/function-list.md and a case whose answer Flink gave.
//
//   | ARRAY_SORT | `ARRAY_SORT` | scalar/array-functions |   ->   that case is there, has an answer, and calls ARRAY_SORT

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parityCases } from './cases.js';
import { isRequired } from './expected.js';

/** Names that need no case, by what the table must say of them. */
const EXEMPT: Readonly<Record<string, RegExp>> = {
  'not supported': /^(BITMAP_\w+|ML_PREDICT|FROM_CHANGELOG|TO_CHANGELOG)$/,
  "internal to Flink's planner":
    /^(AGG_DECIMAL_MINUS|AGG_DECIMAL_PLUS|HIVE_AGG_DECIMAL_PLUS|ASSIGNMENT|DEFAULT|rangeTo|reinterpretCast|streamRecordTimestamp|sum0)$/,
  "Flink's Table API only": /^(flatten|withColumns|withoutColumns|rowtime)$/,
  'in OVER only': /^lag$/,
};

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const names = read('test/sql/material/functions.txt')
  .split('\n')
  .filter((name) => name !== '');
const rows = new Map(
  [...read('docs/function-list.md').matchAll(/^\| (\w+) \| (.+) \| (\S*) ?\|$/gm)].map(([, name, sql, place]) => [
    name!,
    { sql: sql!.replaceAll('\\|', '|'), place: place! },
  ]),
);
const cases = new Map(parityCases().map((each) => [each.name, each]));

/** Whether a script uses a function, an operator or a phrase, outside its comments. */
function uses(script: string, sql: string): boolean {
  const text = sql.replace(/[^\w ]/g, '\\$&').replaceAll(' ', '\\s+');
  const [before, after] = [/^\w/.test(sql) ? '(?<!\\w)' : '', /\w$/.test(sql) ? '(?!\\w)' : ''];
  return new RegExp(before + text + after, 'i').test(script.replace(/--.*/g, ''));
}

describe('functions of Flink', () => {
  it('are a list without repetitions', () => {
    expect(names.length).toBeGreaterThan(240);
    expect([...rows.keys()]).toEqual(names);
  });

  it.each(names)('%s has a case', (name) => {
    const { sql, place } = rows.get(name)!;
    const exempt = Object.entries(EXEMPT).find(([, which]) => which.test(name));
    if (exempt !== undefined) {
      expect([sql, place]).toEqual([exempt[0], '']);
      return;
    }
    expect(sql).toMatch(/^`.+`$/);
    const found = cases.get(place);
    expect(found, `${place} is no case`).toBeDefined();
    expect(isRequired(place), `${place} need not pass`).toBe(true);
    expect(found!.final ?? found!.error, `${place} has no answer`).toBeDefined();
    expect(uses(found!.script, sql.slice(1, -1)), `${place} does not use ${sql}`).toBe(true);
  });

  it('are looked for outside comments, as whole words', () => {
    expect(uses("-- ABS\nSELECT ABSENT, 'x'", 'ABS')).toBe(false);
    expect(uses('SELECT a IS  NOT\nTRUE', 'IS NOT TRUE')).toBe(true);
    expect(uses('SELECT a || b', '||')).toBe(true);
  });
});
