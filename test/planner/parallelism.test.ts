// How many subtasks there may be.

import { describe, expect, it } from 'vitest';
import { SabotError } from '../../lib/errors.js';
import { plan, tables } from './planned.js';

const QUERY = 'SELECT k, COUNT(*) FROM t GROUP BY k;';
const MOST = `SET 'pipeline.max-parallelism' = `;

const refusal = (script: string, parallelism?: number) => {
  try {
    plan(tables + script, parallelism === undefined ? {} : { parallelism });
    return undefined;
  } catch (error) {
    if (!(error instanceof SabotError)) throw error;
    expect(error).toMatchObject({ code: 'SABOT_E_OPTION', kind: 'invalid-option', identifier: 'parallelism' });
    return error.message;
  }
};

describe('parallelism', () => {
  it('is no higher than the number of key groups', () => {
    const message = 'The parallelism of the job (129) is higher than the max parallelism (128): lower it.';
    expect(refusal(QUERY, 128)).toBeUndefined();
    expect(refusal(QUERY, 129)).toBe(message);
    expect(refusal(`SET 'parallelism.default' = '129'; ${QUERY}`)).toBe(message);
    expect(refusal(`SET 'table.exec.resource.default-parallelism' = '129'; ${QUERY}`)).toBe(message);
    // It has no more of them, whatever is asked for.
    expect(refusal(`${MOST}'256'; ${QUERY}`, 129)).toBe(message);
  });

  it('is no higher than pipeline.max-parallelism', () => {
    expect(refusal(`${MOST}'4'; ${QUERY}`, 4)).toBeUndefined();
    expect(refusal(`${MOST}'4'; ${QUERY}`, 5)).toBe(
      "The parallelism of the job (5) is higher than the max parallelism (4): lower it, or raise 'pipeline.max-parallelism'.",
    );
    expect(refusal(`${MOST}'-1'; ${QUERY}`, 128)).toBeUndefined();
  });

  it("is an operator's own, too", () => {
    const rows = (subtasks: number) => `CREATE TABLE g (id INT) WITH
      ('connector' = 'datagen', 'number-of-rows' = '9', 'scan.parallelism' = '${subtasks}'); SELECT * FROM g;`;
    expect(refusal(rows(128))).toBeUndefined();
    expect(refusal(rows(200))).toContain('(200) is higher than the max parallelism (128)');
  });
});
