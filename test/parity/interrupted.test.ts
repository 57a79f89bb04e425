// interrupted: every parity case once more, killed at a quarter, half and three quarters of its input and restored there, at another
// parallelism where it can be, and on another state backend: the answer is Flink's all the same.
//
//   job.sql, killed at row n and restored  ->  our rows of both attempts  =  expected.jsonl, changelog.jsonl (in order)
//
// And its sources go on at row n: they give exactly the rows that are left. Cases whose queries keep state are played at all three points,
// each on another pair of backends; the others at one of them; all on all pairs if SABOT_INTERRUPTIONS is 'all'.

import { describe, expect, it, type TestContext } from 'vitest';
import type { SabotError } from '../../lib/errors.js';
import { type ParityCase, parityCases } from './cases.js';
import { canonicalLine } from './compare.js';
import { type CasePlan, runInterrupted, runWhole, sum, type WholeRun } from './interrupted-case.js';

const TIMEOUT_MS = 60_000;

interface Interruption {
  readonly share: number;
  readonly parallelism: number;
  readonly parallelismAfter: number;
}

const INTERRUPTIONS: readonly Interruption[] = [
  { share: 0.25, parallelism: 1, parallelismAfter: 2 },
  { share: 0.5, parallelism: 2, parallelismAfter: 1 },
  { share: 0.75, parallelism: 1, parallelismAfter: 1 },
];
// With RocksDB every key leaves memory after every batch.
const BACKENDS = {
  memory: { 'state.backend.type': 'memory' },
  rocksdb: { 'state.backend.type': 'rocksdb', 'memory.limit': '1 kb', 'batch.max-rows': '7' },
} as const;
type Backend = keyof typeof BACKENDS;
const BACKEND_PAIRS: readonly (readonly [Backend, Backend])[] = [
  ['memory', 'rocksdb'],
  ['rocksdb', 'memory'],
  ['memory', 'memory'],
];
const ALL = process.env['SABOT_INTERRUPTIONS'] === 'all';

interface Point extends Interruption {
  readonly backends: readonly [Backend, Backend];
}
const allPoints: readonly Point[] = INTERRUPTIONS.flatMap((point) =>
  BACKEND_PAIRS.map((backends) => ({ ...point, backends })),
);
/** Areas whose cases keep little but the positions of their sources. */
const STATELESS = /^(scalar|ddl|errors)\//;

/** Of the nth case. */
function pointsOf(n: number, name: string): readonly Point[] {
  if (ALL) return allPoints;
  const pair = Math.floor(n / INTERRUPTIONS.length);
  const points = INTERRUPTIONS.map((point, i) => ({
    ...point,
    backends: BACKEND_PAIRS[(pair + i) % BACKEND_PAIRS.length]!,
  }));
  return STATELESS.test(name) ? [points[n % points.length]!] : points;
}

describe('parity with Flink, interrupted', () => {
  for (const [i, parityCase] of parityCases().entries()) {
    const { name, singleSubtask, final, changelog, error } = parityCase;
    for (const { share, backends, ...asked } of pointsOf(i, name)) {
      const one = { share, backends, parallelism: 1, parallelismAfter: 1 };
      const point = singleSubtask ? one : { share, backends, ...asked };
      const { parallelism, parallelismAfter } = point;
      const [before, after] = backends;
      const title = `${name}, at ${share} of its rows, parallelism ${parallelism} on ${before}, then ${parallelismAfter} on ${after}`;
      if (final !== undefined || error?.atRunTime === true)
        it(title, (context) => check(context, parityCase, 'final', point), TIMEOUT_MS);
      if (changelog !== undefined)
        it(
          `${name}, changes, at ${share} of its rows, on ${before}, then on ${after}`,
          (context) => check(context, parityCase, 'changelog', one),
          TIMEOUT_MS,
        );
    }
  }
});

/** Formats of which one record may be several rows, or that are read by blocks of records. */
const TOGETHER = /'format'\s*=\s*'((debezium|ogg|canal|maxwell)-json|avro)'/;
/** In the cases' input. */
const ROWS_TOGETHER_MAX = 6;

async function check(
  context: TestContext,
  parityCase: ParityCase,
  results: CasePlan['results'],
  { share, backends: [before, after], parallelism, parallelismAfter }: Point,
): Promise<void> {
  const plan: CasePlan = { results, parallelism, settings: {} };
  const whole = await runWhole(parityCase.script, plan).catch((failure: Error) => failure);
  // Then it is parity.test.ts that says what is wrong.
  if (whole instanceof Error) return context.skip(`it cannot be planned: ${whole.message}`);
  const lines = linesOf(whole, whole, results);
  const { error } = parityCase;
  const expected = linesOf({ lines: parityCase[results] ?? [] }, whole, results);
  const isRight =
    error === undefined ? JSON.stringify(lines) === JSON.stringify(expected) : kindOf(whole.error) === error.kind;
  if (!isRight) return context.skip('its answer is not right when it is not interrupted');

  const run = await runInterrupted(
    parityCase.script,
    whole,
    share,
    { ...plan, settings: BACKENDS[before] },
    { parallelism: parallelismAfter, settings: BACKENDS[after] },
  );
  expect(kindOf(run.error), run.error?.message).toBe(error?.kind);
  if (error !== undefined) return;
  expect(run.restoredEpoch).toBeGreaterThan(0);
  // The checkpoint was taken when the sources stood still: at that share of their rows, each subtask for itself. Rows of one
  // record, or block, stay together.
  const beyondMax = TOGETHER.test(parityCase.script) ? ROWS_TOGETHER_MAX - 1 : 0;
  run.interruptedAt.flat().forEach((rows, i) => {
    expect(rows).toBeGreaterThanOrEqual(run.pauses.flat()[i]!);
    expect(rows).toBeLessThanOrEqual(run.pauses.flat()[i]! + beyondMax);
  });
  expect(run.rowsAfter).toEqual(whole.rows.map((rows, i) => sum(rows) - sum(run.interruptedAt[i]!)));
  expect(linesOf(run, whole, results)).toEqual(expected);
}

/** In canonical form; final rows sorted. */
function linesOf(
  { lines }: { readonly lines: readonly string[] },
  { schema }: WholeRun,
  results: CasePlan['results'],
): string[] {
  const canonical = lines.map((line) => canonicalLine(line, schema));
  return results === 'final' ? canonical.sort() : canonical;
}

const kindOf = (error: Error | undefined): string | undefined => (error as Partial<SabotError> | undefined)?.kind;
