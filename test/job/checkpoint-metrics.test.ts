// What a running job tells of its checkpoints: how long barriers are under way, what held them up, why they failed, what a restore took.
//
//   one of two inputs waits for a function  ->  the barrier grows old  ->  the function answers: the wait was an alignment
//                                                                      ->  it does not: the checkpoint has failed, by its time-out

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { blackhole, type CheckpointMetrics, count, datagen, Job, sum, t } from '../../lib/index.js';

const KEYS = 50_000;
const HELD_MS = 60;
const TIMEOUT_MS = 2_000;
const Number64 = t.row({ n: t.bigint() });
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sabot-metrics-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Answers at once, or when it is opened again. */
class Gate {
  private waiting: (() => void)[] = [];
  private closed = false;

  close(): void {
    this.closed = true;
  }

  open(): void {
    this.closed = false;
    for (const go of this.waiting.splice(0)) go();
  }

  pass(): Promise<void> {
    return this.closed ? new Promise((go) => this.waiting.push(go)) : Promise.resolve();
  }
}

const sequence = (rows: number, perSecond?: number) =>
  datagen({
    schema: Number64,
    options: {
      'number-of-rows': String(rows),
      'fields.n.kind': 'sequence',
      'fields.n.start': '1',
      'fields.n.end': String(rows),
      ...(perSecond === undefined ? {} : { 'rows-per-second': String(perSecond) }),
    },
  });

/** Sums by key of two inputs: many keys that come at once, and few rows that a function lets through. */
function sumsBehind(gate: Gate): Job {
  const job = new Job('sums');
  const slow = job.source(sequence(1_000_000, 1_000)).map(
    async ({ n }) => {
      await gate.pass();
      return { n };
    },
    { returns: Number64 },
  );
  job
    .source(sequence(KEYS))
    .union(slow)
    .keyBy(({ n }) => n)
    .aggregate({ rows: count(), total: sum(({ n }) => n) })
    .to(blackhole());
  return job;
}

/** Looks at the metrics until they say so. */
async function when(job: Job, says: (metrics: CheckpointMetrics) => boolean): Promise<CheckpointMetrics> {
  for (;;) {
    const metrics = job.metrics()?.checkpoints;
    if (metrics !== undefined && says(metrics)) return metrics;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

describe('metrics of checkpoints', () => {
  it('tell how old a barrier is, what it waited for, why it failed, and what a restore took', async () => {
    const gate = new Gate();
    const settings = {
      'execution.checkpointing.timeout': `${TIMEOUT_MS} ms`,
      'execution.checkpointing.tolerable-failed-checkpoints': '1000',
    };
    const checkpoint = { dir: folder, interval: '20 ms' };
    const first = sumsBehind(gate);
    const stop = new AbortController();
    const ended = first.run({ checkpoint, settings, signal: stop.signal }).catch((error) => error);

    const begun = await when(first, ({ lastCompleted }) => (lastCompleted?.bytesTotal ?? 0) > KEYS * 8);
    expect(begun).toMatchObject({ attempt: 1, restoredEpoch: 0, restoreMs: 0, failed: 0, failuresByCause: {} });
    expect(begun).not.toHaveProperty('lastFailed');

    gate.close();
    const held = await when(first, ({ barrierAgeMs }) => barrierAgeMs >= HELD_MS);
    expect(held.oldestBarrierMs).toBeGreaterThan(Date.now() - 60_000);
    expect(held.oldestBarrierMs).toBeLessThanOrEqual(Date.now() - HELD_MS);
    gate.open();
    const { lastCompleted } = await when(first, ({ completed }) => completed > held.completed);
    // It was that barrier: one is under way at a time. The aggregate had it from one input and waited for the other.
    expect(lastCompleted!.triggeredMs).toBe(held.oldestBarrierMs);
    expect(lastCompleted!.durationMs).toBeGreaterThanOrEqual(HELD_MS);
    expect(lastCompleted!.alignNsMax).toBeGreaterThan((HELD_MS / 2) * 1e6);
    expect(lastCompleted!.alignNsMax).toBeLessThanOrEqual((lastCompleted!.durationMs + 1) * 1e6);
    expect(lastCompleted!.syncNsMax).toBeGreaterThan(0);
    expect(lastCompleted!.asyncNsMax).toBeGreaterThan(0);
    expect(lastCompleted!.bytesNew).toBeGreaterThan(0);
    expect(lastCompleted!.bytesTotal).toBeGreaterThan(KEYS * 8);

    gate.close();
    const failed = await when(first, ({ failuresByCause }) => (failuresByCause['checkpoint-timeout'] ?? 0) > 0);
    expect(failed.failed).toBe(failed.failuresByCause['checkpoint-timeout']);
    expect(failed.lastFailed!.durationMs).toBeGreaterThanOrEqual(TIMEOUT_MS);
    expect(failed.lastFailed!.failure).toContain(`did not complete in ${TIMEOUT_MS} ms`);
    gate.open();
    await when(first, ({ completed }) => completed > failed.completed);
    stop.abort();
    expect(await ended).toMatchObject({ code: 'SABOT_E_CANCELLED' });

    const second = sumsBehind(gate);
    const stopRest = new AbortController();
    const rest = second
      .run({ checkpoint, settings, signal: stopRest.signal, restore: 'latest' })
      .catch((error) => error);
    const restored = await when(second, ({ completed }) => completed > 0);
    expect(restored.attempt).toBeGreaterThan(begun.attempt);
    expect(restored.restoredEpoch).toBeGreaterThanOrEqual(lastCompleted!.epoch);
    expect(restored.restoreMs).toBeGreaterThan(0);
    stopRest.abort();
    expect(await rest).toMatchObject({ code: 'SABOT_E_CANCELLED' });
  });
});
