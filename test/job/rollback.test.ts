// A job that fails once, after checkpoints, and starts again within its process: its files hold what they hold if nothing fails.
//
//   numbers -> a function that throws once -> rows per key and window -> files

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { count, datagen, file, Job, sum, t, tumble } from '../../lib/index.js';
import { visibleRows } from '../chaos/chaos.js';

const ROWS = 20_000;
const CHECKPOINTS_BEFORE = 3;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sabot-rollback-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const Numbers = t.row({ n: t.bigint() });
const Timed = t.row({ n: t.bigint(), at: t.timestamp(3) });

interface Failure {
  /** Checkpoints that counted when the function threw. */
  checkpoints: number;
}

/** Runs the job; what became of it. With `fails` its function throws once. */
async function run(out: string, mode: string, fails: boolean) {
  const failure: Failure = { checkpoints: 0 };
  const warnings: string[] = [];
  const job = new Job('rollback', { parallelism: 2 });
  job
    .source(
      datagen({
        schema: Numbers,
        options: {
          'number-of-rows': String(ROWS),
          'fields.n.kind': 'sequence',
          'fields.n.start': '1',
          'fields.n.end': String(ROWS),
          ...(fails ? { 'rows-per-second': String(ROWS / 2) } : {}),
        },
      }),
    )
    .map(
      ({ n }) => {
        const looks = fails && failure.checkpoints === 0 && n % 50n === 0n;
        const completed = looks ? (job.metrics()?.checkpoints?.completed ?? 0) : 0;
        if (completed >= CHECKPOINTS_BEFORE) {
          failure.checkpoints = completed;
          throw new Error('this once');
        }
        return { n, at: Number(n) };
      },
      { returns: Timed },
    )
    .watermark((row) => row.at, { maxOutOfOrder: '5s' })
    .keyBy(({ n }) => n % 7n)
    .window(tumble('2s'))
    .aggregate({ rows: count(), total: sum((row) => row.n) })
    .to(file.sink({ path: join(folder, out), format: 'json' }));
  await job.run({
    checkpoint: { dir: join(folder, `checkpoints-${out}`), interval: '20 ms' },
    settings: {
      'execution.checkpointing.mode': mode,
      'restart-strategy.type': 'fixed-delay',
      'restart-strategy.fixed-delay.attempts': '1',
      'restart-strategy.fixed-delay.delay': '10 ms',
    },
    onWarning: ({ message }) => warnings.push(message),
  });
  return { failure, warnings, restoredEpoch: job.metrics()!.checkpoints!.restoredEpoch };
}

const rowsOf = (out: string) => visibleRows(join(folder, out));

interface Window {
  readonly key: number;
  readonly windowStart: string;
  readonly rows: number;
}
/** By key and window. */
function counts(out: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const line of rowsOf(out)) {
    const { key, windowStart, rows } = JSON.parse(line) as Window;
    found.set(`${key} ${windowStart}`, (found.get(`${key} ${windowStart}`) ?? 0) + rows);
  }
  return found;
}

describe('a job that fails once and starts again in its process', () => {
  it('writes every row once', async () => {
    await run('whole', 'EXACTLY_ONCE', false);
    const { failure, warnings, restoredEpoch } = await run('out', 'EXACTLY_ONCE', true);
    expect(failure.checkpoints).toBeGreaterThanOrEqual(CHECKPOINTS_BEFORE);
    expect(warnings).toContainEqual(expect.stringMatching(/this once.*starts again in 10 ms \(fixed-delay\)/s));
    expect(restoredEpoch).toBeGreaterThanOrEqual(failure.checkpoints);
    expect(rowsOf('out')).toEqual(rowsOf('whole'));
  });

  it('loses nothing in at-least-once mode', async () => {
    await run('whole', 'EXACTLY_ONCE', false);
    const { failure, restoredEpoch } = await run('out', 'AT_LEAST_ONCE', true);
    expect(restoredEpoch).toBeGreaterThanOrEqual(failure.checkpoints);
    expect(failure.checkpoints).toBeGreaterThanOrEqual(CHECKPOINTS_BEFORE);
    const [actual, expected] = [counts('out'), counts('whole')];
    expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [window, rows] of expected) expect(actual.get(window), window).toBeGreaterThanOrEqual(rows);
  });
});
