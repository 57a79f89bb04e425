// data: the files that both engines read, made once and kept in the user's cache folder.
//
//   bids 4000000, parts [1, 2]   ->   nexmark-4000000-42/p1/bid/part-0.jsonl   p2/bid/part-0.jsonl  p2/bid/part-1.jsonl …
//
// Rows are dealt in turn to the parts of p2, so that each part is in order of event time and both readers advance together.
// A folder p1, p2 … is renamed into its place when it is whole; what is there is not made again.

import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { NexmarkGenerator, TABLES, type TableName } from './generator.js';

const BUFFER_CHARACTERS = 4 << 20;

/** Where benchmarks keep what they can make again. */
export function cacheFolder(): string {
  const base = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  return process.env['SABOT_CACHE'] ?? join(base, 'sabot');
}

export interface DataOptions {
  readonly bids: number;
  readonly seed: number;
  /** In how many parts each table is wanted. */
  readonly parts: readonly number[];
  /** Default: below the cache folder. */
  readonly folder?: string;
}

/** Makes what is missing and returns the folder that holds p1, p2 … */
export function prepareData({ bids, seed, parts, folder }: DataOptions): string {
  const data = folder ?? join(cacheFolder(), 'bench', `nexmark-${bids}-${seed}`);
  const missing = parts.filter((n) => !existsSync(join(data, `p${n}`)));
  if (missing.length > 0) generate(data, bids, seed, missing);
  return data;
}

function generate(data: string, bids: number, seed: number, parts: readonly number[]): void {
  const pending = (n: number) => join(data, `.p${n}-${process.pid}`);
  const outputs = parts.map((n) => new TableFiles(pending(n), n));
  const generator = new NexmarkGenerator({ seed });
  try {
    while (generator.counts.bid < bids) {
      const { table, line } = generator.next();
      for (const output of outputs) output.write(table, line);
    }
    for (const output of outputs) output.close();
    for (const n of parts) renameSync(pending(n), join(data, `p${n}`));
  } finally {
    for (const n of parts) rmSync(pending(n), { recursive: true, force: true });
  }
}

/** The files of all tables, each in `numParts` parts. */
class TableFiles {
  private readonly parts: Readonly<Record<TableName, readonly LineFile[]>>;
  private readonly rows: Record<TableName, number> = { person: 0, auction: 0, bid: 0 };

  constructor(folder: string, numParts: number) {
    const partsOf = (table: TableName) =>
      Array.from({ length: numParts }, (_, i) => new LineFile(join(folder, table, `part-${i}.jsonl`)));
    this.parts = { person: partsOf('person'), auction: partsOf('auction'), bid: partsOf('bid') };
  }

  write(table: TableName, line: string): void {
    const parts = this.parts[table];
    parts[this.rows[table]++ % parts.length]!.write(line);
  }

  close(): void {
    for (const table of TABLES) for (const part of this.parts[table]) part.close();
  }
}

class LineFile {
  private readonly file: number;
  private buffer = '';

  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true });
    this.file = openSync(path, 'w');
  }

  write(line: string): void {
    this.buffer += `${line}\n`;
    if (this.buffer.length >= BUFFER_CHARACTERS) this.flush();
  }

  close(): void {
    this.flush();
    closeSync(this.file);
  }

  private flush(): void {
    const bytes = Buffer.from(this.buffer);
    for (let at = 0; at < bytes.length; ) at += writeSync(this.file, bytes, at);
    this.buffer = '';
  }
}
