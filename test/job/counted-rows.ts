// counted-rows: a job over numbered rows of some keys that keeps totals and windows by key, killed in turn or stopped with a savepoint.
//
//   const job = new CountedRows(() => jobs, 'process');  await job.killed();  await job.goesOnFrom('sp', look, lookAtIt);
//
// Its script, job.ts in the job's folder, is the test's, made of these parts: `${SOURCE}` has `rows`, ids are event time in milliseconds;
// `${RUN}` runs `job`.

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { visibleRows } from '../chaos/chaos.js';
import { type JobFolder, type JobProcess, killInTurn, until } from './job-folder.js';

export const ROWS = 100_000;
export const KEYS = 50;
export const WINDOW = 1000;

export const SOURCE = `const rows = datagen({
  schema: t.row({ id: t.bigint() }),
  options: {
    'number-of-rows': '${ROWS}', 'rows-per-second': '10000', 'scan.parallelism': '1',
    'fields.id.kind': 'sequence', 'fields.id.start': '0', 'fields.id.end': '${ROWS - 1}',
  },
});
`;

export const RUN = `const backends = {
  memory: { 'state.backend.type': 'hashmap' },
  rocksdb: { 'state.backend.type': 'rocksdb', 'memory.limit': '1 mb', 'state.backend.rocksdb.localdir': 'state' },
};
await job.run({
  checkpoint: { dir: 'chk', interval: 30 },
  settings: { ...backends[readFileSync('backend', 'utf8') as keyof typeof backends], 'batch.max-rows': '200', 'restart-strategy.type': 'none' },
});
`;

const TURNS = [
  ['memory', 1],
  ['rocksdb', 3],
  ['memory', 2],
  ['rocksdb', 4],
] as const;

export class CountedRows {
  constructor(
    private readonly jobs: () => JobFolder,
    private readonly name: string,
  ) {}

  start(backend: 'memory' | 'rocksdb', ...args: string[]): JobProcess {
    writeFileSync(join(this.jobs().path, 'backend'), backend);
    return this.jobs().start(['run', 'job.ts', ...args]);
  }

  rows<R>(folder: string): R[] {
    return visibleRows(join(this.jobs().path, folder)).map((line) => JSON.parse(line) as R);
  }

  /** At another parallelism on another backend each time; then to its end. */
  async killed(): Promise<void> {
    await killInTurn(
      TURNS,
      (...how) => this.start(...how),
      () => this.jobs().newestEpoch(this.name),
    );
    await this.ends('memory', '--restore', 'latest', '--parallelism', '2');
  }

  /** Stopped with a savepoint, without its checkpoints; then to its end. `look`: while it runs; `lookAtIt`: at the savepoint. */
  async goesOnFrom(savepoint: string, look: () => Promise<void>, lookAtIt: () => Promise<void>): Promise<void> {
    const run = this.start('memory', '--parallelism', '3');
    await until(() => this.jobs().newestEpoch(this.name) > 2, run);
    await look();
    const stopped = await this.jobs().start(['savepoint', this.name, savepoint, '--stop']).ended;
    expect(stopped, stopped.stderr).toMatchObject({ code: 0 });
    expect(await run.ended).toMatchObject({ code: 0 });
    rmSync(join(this.jobs().path, 'chk'), { recursive: true });
    await lookAtIt();
    await this.ends('rocksdb', '--restore', savepoint, '--parallelism', '1');
  }

  /** One row of a query over the state. */
  async query<R>(at: string, select: string, ...how: string[]): Promise<R> {
    const { code, stdout, stderr } = await this.jobs().start(['state', 'query', at, select, ...how]).ended;
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout) as R;
  }

  private async ends(...how: Parameters<CountedRows['start']>): Promise<void> {
    const { code, stderr } = await this.start(...how).ended;
    expect(code, stderr).toBe(0);
  }
}
