// report: from single runs to medians, ratios and a table.
//
//   runs of sabot and Flink in pairs   ->   rows per second, rows per CPU-second, peak memory; the median of the pairs' ratios

import type { Measurement } from '../measurement.js';

export interface Runs {
  readonly query: string;
  readonly parallelism: number;
  /** Rows read by one run. */
  readonly rows: number;
  readonly sabot: readonly Measurement[];
  /** As many as sabot's, run i beside run i; or none. */
  readonly flink: readonly Measurement[];
  /** Why the query has no runs. */
  readonly failure?: string;
}

export interface EngineFigures {
  readonly rowsPerSecond: number;
  readonly rowsPerCpuSecond: number;
  readonly peakRssBytes: number;
  readonly liveHeapBytes?: number;
  readonly runs: readonly Measurement[];
}

export interface QueryFigures {
  readonly query: string;
  readonly parallelism: number;
  readonly rows: number;
  readonly sabot?: EngineFigures;
  readonly flink?: EngineFigures;
  /** Rows per CPU-second of sabot over those of Flink, pair by pair. */
  readonly pairRatios?: readonly number[];
  /** The median of `pairRatios`. */
  readonly ratio?: number;
  readonly failure?: string;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

export function figuresOf({ query, parallelism, rows, sabot, flink, failure }: Runs): QueryFigures {
  const pairRatios = flink.map((peer, i) => peer.cpuMs / sabot[i]!.cpuMs);
  return {
    query,
    parallelism,
    rows,
    ...(sabot.length === 0 ? {} : { sabot: engineFigures(sabot, rows) }),
    ...(flink.length === 0 ? {} : { flink: engineFigures(flink, rows), pairRatios, ratio: median(pairRatios) }),
    ...(failure === undefined ? {} : { failure }),
  };
}

function engineFigures(runs: readonly Measurement[], rows: number): EngineFigures {
  const heaps = runs.flatMap((run) => run.liveHeapBytes ?? []);
  return {
    rowsPerSecond: (rows * 1000) / median(runs.map((run) => run.wallMs)),
    rowsPerCpuSecond: (rows * 1000) / median(runs.map((run) => run.cpuMs)),
    peakRssBytes: Math.max(...runs.map((run) => run.peakRssBytes)),
    ...(heaps.length === 0 ? {} : { liveHeapBytes: Math.max(...heaps) }),
    runs,
  };
}

/** The mean of all ratios; undefined without any. */
export function meanRatio(figures: readonly QueryFigures[]): number | undefined {
  const ratios = figures.flatMap((one) => one.ratio ?? []);
  return ratios.length === 0 ? undefined : geometricMean(ratios);
}

const HEADER = [
  'query',
  'p',
  'sabot rows/s',
  'rows/CPU-s',
  'peak MB',
  'Flink rows/s',
  'rows/CPU-s',
  'peak MB',
  'ratio',
] as const;

/** A table for people; failures stand below it. */
export function renderFigures(figures: readonly QueryFigures[]): string {
  const cells = figures.map(({ query, parallelism, sabot, flink, ratio, failure }) => [
    query,
    String(parallelism),
    ...engineCells(sabot, failure === undefined ? '-' : 'failed'),
    ...engineCells(flink, '-'),
    ratio === undefined ? '-' : `${ratio.toFixed(1)}x`,
  ]);
  const widths = HEADER.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i]!.length)));
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ');
  const mean = meanRatio(figures);
  return [
    line(HEADER),
    ...cells.map(line),
    ...(mean === undefined ? [] : [`geometric mean of the ratios: ${mean.toFixed(1)}x`]),
    ...new Set(figures.flatMap(({ flink }) => flink?.runs.flatMap(usedText) ?? [])),
    ...figures.flatMap((one) =>
      one.failure === undefined ? [] : [`${one.query} p${one.parallelism}: ${one.failure}`],
    ),
  ].join('\n');
}

function usedText({ used }: Measurement): string[] {
  if (used === undefined) return [];
  const { backend, rocksdbLoaded, checkpointIntervalMs, checkpointMode } = used;
  const library = rocksdbLoaded ? 'its library loaded' : 'its library not loaded';
  const state = backend === 'rocksdb' || rocksdbLoaded ? `${backend} (RocksDB: ${library})` : backend;
  const checkpoints =
    checkpointIntervalMs < 0 ? 'no checkpoints' : `checkpoints each ${checkpointIntervalMs} ms, ${checkpointMode}`;
  return [`Flink used: state in ${state}, ${checkpoints}`];
}

function engineCells(engine: EngineFigures | undefined, absent: string): string[] {
  if (engine === undefined) return [absent, '-', '-'];
  const { rowsPerSecond, rowsPerCpuSecond, peakRssBytes } = engine;
  return [grouped(rowsPerSecond), grouped(rowsPerCpuSecond), String(Math.round(peakRssBytes / 2 ** 20))];
}

const grouped = (n: number): string => Math.round(n).toLocaleString('en-US');
