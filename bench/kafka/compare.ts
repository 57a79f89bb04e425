// compare: engines in turn on the same work, each run measured whole, and their cost beside sabot's.
//
//   { sabot, flink, kafkajs }, 5 rounds   ->   by engine: median rows per second and per CPU-second; median of the rounds' ratios

import type { Measurement } from '../measurement.js';
import { median } from '../nexmark/report.js';

export type Engine = () => Promise<Measurement>;

export interface EngineFigures {
  readonly engine: string;
  readonly rowsPerSecond: number;
  readonly rowsPerCpuSecond: number;
  readonly cpuMicrosPerRow: number;
  readonly peakRssBytes: number;
  /** Its CPU time over that of the first engine, round by round, and the median of it. */
  readonly ratios: readonly number[];
  readonly ratio: number;
  readonly runs: readonly Measurement[];
}

/** The first engine is the one that the others are compared with. Every other round goes backwards. */
export async function compare(
  name: string,
  engines: Readonly<Record<string, Engine>>,
  { rows, rounds }: { readonly rows: number; readonly rounds: number },
): Promise<EngineFigures[]> {
  const names = Object.keys(engines);
  const runs = new Map<string, Measurement[]>(names.map((engine) => [engine, []]));
  for (let round = 0; round < rounds; round++) {
    for (const engine of round % 2 === 0 ? names : names.toReversed()) {
      const measured = await engines[engine]!();
      runs.get(engine)!.push(measured);
      const told = `${(measured.cpuMs / 1000).toFixed(2)} CPU-s in ${(measured.wallMs / 1000).toFixed(2)} s`;
      process.stderr.write(`${name}, round ${round + 1} of ${rounds}: ${engine} ${told}\n`);
    }
  }
  const first = runs.get(names[0]!)!;
  return names.map((engine) => {
    const own = runs.get(engine)!;
    const cpuMs = median(own.map((run) => run.cpuMs));
    const ratios = own.map((run, i) => run.cpuMs / first[i]!.cpuMs);
    return {
      engine,
      rowsPerSecond: (rows * 1000) / median(own.map((run) => run.wallMs)),
      rowsPerCpuSecond: (rows * 1000) / cpuMs,
      cpuMicrosPerRow: (cpuMs * 1000) / rows,
      peakRssBytes: Math.max(...own.map((run) => run.peakRssBytes)),
      ratios,
      ratio: median(ratios),
      runs: own,
    };
  });
}

const HEADER = ['', 'rows/s', 'rows/CPU-s', 'us/row', 'peak MB', 'CPU beside the first'] as const;

export function render(title: string, figures: readonly EngineFigures[]): string {
  const grouped = (n: number): string => Math.round(n).toLocaleString('en-US');
  const cells = figures.map((one) => [
    one.engine,
    grouped(one.rowsPerSecond),
    grouped(one.rowsPerCpuSecond),
    one.cpuMicrosPerRow.toFixed(3),
    String(Math.round(one.peakRssBytes / 2 ** 20)),
    `${one.ratio.toFixed(2)}x`,
  ]);
  const widths = HEADER.map((head, i) => Math.max(head.length, ...cells.map((row) => row[i]!.length)));
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ');
  return [title, line(HEADER), ...cells.map(line)].join('\n');
}
