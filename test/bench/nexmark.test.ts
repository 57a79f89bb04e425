// The Nexmark benchmark's own parts: rows of a seed, files in parts, figures from runs.

import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { prepareData } from '../../bench/nexmark/data.js';
import { type GeneratorOptions, NexmarkGenerator, TABLES } from '../../bench/nexmark/generator.js';
import { figuresOf, geometricMean, meanRatio, median, renderFigures } from '../../bench/nexmark/report.js';

const folder = mkdtempSync(join(tmpdir(), 'sabot-nexmark-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('rows', () => {
  const sums = (options: GeneratorOptions) => {
    const generator = new NexmarkGenerator(options);
    const hashes = TABLES.map((table) => [table, createHash('sha256')] as const);
    while (generator.counts.bid < 3000) {
      const { table, line } = generator.next();
      hashes.find(([name]) => name === table)![1].update(`${line}\n`);
    }
    return hashes.map(([table, hash]) => `${table} ${hash.digest('hex').slice(0, 16)}`);
  };

  // The sums are those of files that an independent generator wrote.
  it('are those of the seed', () => {
    expect(sums({})).toEqual(['person fea768586ed44173', 'auction 875520da8f42491b', 'bid 807d0afbcc174749']);
  });

  it('may come out of order, at another rate', () => {
    expect(sums({ seed: 7, outOfOrderMs: 500, rate: 3333 })).toEqual([
      'person 2441a7155198a615',
      'auction 3b353460ad1555a6',
      'bid af2ef410b9206009',
    ]);
  });
});

describe('files', () => {
  it('hold the same rows in one part or dealt in turn to several, and are made once', () => {
    const data = prepareData({ bids: 101, seed: 3, parts: [1, 2], folder });
    expect(readdirSync(data).sort()).toEqual(['p1', 'p2']);
    const lines = (path: string) => readFileSync(join(data, path), 'utf8').trimEnd().split('\n');
    const whole = lines('p1/bid/part-0.jsonl');
    expect(whole).toHaveLength(101);
    expect(lines('p2/bid/part-0.jsonl')).toEqual(whole.filter((_, i) => i % 2 === 0));
    expect(lines('p2/bid/part-1.jsonl')).toEqual(whole.filter((_, i) => i % 2 === 1));

    rmSync(join(data, 'p1/bid/part-0.jsonl'));
    prepareData({ bids: 101, seed: 3, parts: [1, 3], folder });
    expect(existsSync(join(data, 'p1/bid/part-0.jsonl'))).toBe(false);
    expect(lines('p3/bid/part-2.jsonl')).toHaveLength(33);
  });
});

describe('figures', () => {
  const cost = (cpuMs: number, wallMs = cpuMs) => ({ wallMs, cpuMs, peakRssBytes: cpuMs * 2 ** 20 });
  const q0 = figuresOf({
    query: 'q0',
    parallelism: 1,
    rows: 1000,
    sabot: [cost(10, 5), cost(20, 10), cost(100, 50)],
    flink: [cost(90), cost(400), cost(300)],
  });

  it('take the median of runs, and of the ratios pair by pair', () => {
    expect(q0.pairRatios).toEqual([9, 20, 3]);
    expect(q0.ratio).toBe(9);
    expect(q0.sabot?.rowsPerCpuSecond).toBe(50_000);
    expect(q0.sabot?.rowsPerSecond).toBe(100_000);
    expect(q0.sabot?.peakRssBytes).toBe(100 * 2 ** 20);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(geometricMean([1, 100])).toBeCloseTo(10);
  });

  it('say what Flink ran with', () => {
    const text = (backend: string, rocksdbLoaded: boolean, checkpointIntervalMs: number) => {
      const used = { backend, rocksdbLoaded, checkpointIntervalMs, checkpointMode: 'EXACTLY_ONCE' };
      const runs = [{ ...cost(90), used }];
      return renderFigures([figuresOf({ query: 'q5', parallelism: 1, rows: 9, sabot: [cost(1)], flink: runs })]);
    };
    expect(text('rocksdb', true, 1000)).toMatch(
      /^Flink used: state in rocksdb \(RocksDB: its library loaded\), checkpoints each 1000 ms, EXACTLY_ONCE$/m,
    );
    expect(text('rocksdb', false, 1000)).toContain('its library not loaded');
    expect(text('hashmap', false, -1)).toMatch(/^Flink used: state in hashmap, no checkpoints$/m);
  });

  it('leave a failed query out of the mean, and name it', () => {
    const q1 = figuresOf({ query: 'q1', parallelism: 2, rows: 1000, sabot: [], flink: [], failure: 'no such table' });
    expect(meanRatio([q0, q1])).toBeCloseTo(9);
    expect(meanRatio([q1])).toBeUndefined();
    const text = renderFigures([q0, q1]);
    expect(text).toMatch(/^q0 +1 +100,000 +50,000 +100 +3,333 +3,333 +400 +9\.0x$/m);
    expect(text).toMatch(/^q1 +2 +failed/m);
    expect(text).toContain('q1 p2: no such table');
  });
});
