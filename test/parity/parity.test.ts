// parity: every case of Flink's answers, at parallelism 1 and 2 and with tiny batches.
//
//   job.sql  ->  our rows  =  expected.jsonl (sorted), changelog.jsonl (in order), error.txt (kind, statement, identifier)
//
// What need not pass yet (expected.ts) runs too; its failures are shown as skipped tests with the reason.

import { afterAll, describe, expect, it, type TestContext } from 'vitest';
import { type ParityCase, parityCases } from './cases.js';
import { canonicalLine } from './compare.js';
import { isRequired } from './expected.js';
import { type CaseRun, errorOf, runCase } from './run-case.js';

const TIMEOUT_MS = 30_000;
const REASON_WIDTH_MAX = 160;

interface Mode {
  readonly name: string;
  readonly parallelism: number;
  readonly settings: Readonly<Record<string, string>>;
}

const MODES: readonly Mode[] = [
  { name: 'parallelism 1', parallelism: 1, settings: {} },
  { name: 'parallelism 2', parallelism: 2, settings: {} },
  { name: 'batches of 7 rows', parallelism: 1, settings: { 'batch.max-rows': '7' } },
];

const cases = parityCases();

/** What did not pass and need not yet: case to reason. */
const unsupported = new Map<string, string>();

describe('parity with Flink', () => {
  afterAll(() => console.log(summary()));

  it('knows its cases', () => expect(cases.length).toBeGreaterThan(150));

  for (const parityCase of cases) {
    for (const mode of MODES) {
      if (parityCase.singleSubtask && mode.parallelism > 1) continue;
      it(
        `${parityCase.name}, ${mode.name}`,
        (context) => judged(context, parityCase, () => check(parityCase, mode)),
        TIMEOUT_MS,
      );
    }
  }
});

/** A case that need not pass yet is reported as skipped, with what is wrong. */
async function judged(context: TestContext, { name }: ParityCase, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (isRequired(name)) throw error;
    const reason = (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
    unsupported.set(name, reason);
    context.skip(`not supported yet: ${reason}`);
  }
}

/** Cases by area: how many pass in every mode; and why the others do not. */
function summary(): string {
  const areas = [...new Set(cases.map(({ name }) => name.split('/')[0]!))];
  const counts = areas.map((area) => {
    const own = cases.filter(({ name }) => name.startsWith(`${area}/`));
    return `${area} ${own.filter(({ name }) => !unsupported.has(name)).length}/${own.length}`;
  });
  const reasons = [...unsupported].map(([name, reason]) => `  ${name}: ${reason.slice(0, REASON_WIDTH_MAX)}`);
  return [`parity cases that pass: ${counts.join(', ')}`, ...reasons].join('\n');
}

async function check(parityCase: ParityCase, mode: Mode): Promise<void> {
  const { script, error, final, changelog } = parityCase;
  const run = (results: CaseRun['results']): CaseRun => ({
    parallelism: mode.parallelism,
    settings: mode.settings,
    results,
  });
  if (error !== undefined) {
    const raised = await errorOf(script, run('final'));
    expect(
      { kind: raised?.kind, statement: raised?.statement, identifier: raised?.identifier },
      raised?.message,
    ).toEqual({ kind: error.kind, statement: error.statement, identifier: error.identifier });
  }
  if (final !== undefined) {
    const { schema, lines } = await runCase(script, run('final'));
    expect(lines.map((line) => canonicalLine(line, schema)).sort()).toEqual(
      final.map((line) => canonicalLine(line, schema)).sort(),
    );
  }
  if (changelog !== undefined && mode.parallelism === 1) {
    const { schema, lines } = await runCase(script, run('changelog'));
    expect(lines.map((line) => canonicalLine(line, schema))).toEqual(
      changelog.map((line) => canonicalLine(line, schema)),
    );
  }
}
