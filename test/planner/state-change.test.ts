// What an edit does to state, decided before a deployment: the same cases as test/native/checkpoint/state_fields_test.cc.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { StateField } from '../../lib/plan/state.js';
import { compareFields } from '../../lib/plan/state-change.js';

interface Case {
  readonly case: string;
  readonly was: readonly StateField[];
  readonly is: readonly StateField[];
  readonly fate: string;
  readonly detail: string;
}

const cases = readFileSync(new URL('../state-changes.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Case);

describe('what becomes of state', () => {
  it.each(cases.map((each) => [each.case, each] as const))('%s', (_, { was, is, fate, detail }) => {
    expect(compareFields(was, is)).toEqual({ fate, detail });
  });
});
