// Whole scripts: those that Flink runs pass the analyser with Flink's column names; those that it refuses are refused
// for the same reason at the same statement.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SabotError } from '../../lib/errors.js';
import type { LogicalNode } from '../../lib/plan/nodes.js';
import { parseScript } from '../../lib/sql/parser.js';
import { SqlSession } from '../../lib/sql/session.js';

interface Script {
  readonly about: readonly string[];
  readonly text: string;
}

/** `--@ name | fact | fact` begins a script. */
function scripts(file: string): readonly (readonly [name: string, script: Script])[] {
  const blocks = readFileSync(new URL(file, import.meta.url), 'utf8')
    .split(/^--@ /m)
    .slice(1);
  return blocks.map((block) => {
    const [header = '', ...lines] = block.split('\n');
    const [name = '', ...about] = header.split(' | ');
    return [name, { about, text: lines.join('\n') }] as const;
  });
}

/** The plan of the script's last query. */
function lastPlan(text: string): LogicalNode | undefined {
  const session = new SqlSession();
  let plan: LogicalNode | undefined;
  for (const statement of parseScript(text)) {
    const step = session.execute(statement, text);
    if (step.kind === 'query') plan = step.plan;
  }
  return plan;
}

describe('scripts that Flink runs', () => {
  it.each(scripts('accepted-scripts.sql'))('%s', (_name, { about: [columns], text }) => {
    const names = lastPlan(text)!.schema.map((field) => field.name);
    if (columns === '?') expect(names.length).toBeGreaterThan(0);
    else expect(names.join(',')).toBe(columns);
  });
});

/** What is wrong with a script, and at which statement; syntax errors are found before any statement runs. */
function mistakeOf(text: string) {
  let index = 0;
  try {
    const session = new SqlSession();
    for (const statement of parseScript(text)) {
      index = statement.index;
      session.execute(statement, text);
    }
  } catch (error) {
    if (!(error instanceof SabotError)) throw error;
    const { kind, identifier, span } = error;
    expect(span).toBeDefined();
    return { kind, identifier, index: index === 0 ? undefined : index };
  }
  return undefined;
}

describe('scripts that Flink refuses', () => {
  it.each(scripts('refused-scripts.sql'))('%s', (_name, { about: [kind, identifier, index], text }) => {
    expect(mistakeOf(text)).toEqual({ kind, identifier, index: kind === 'syntax' ? undefined : Number(index) });
  });
});
