// The flights example: the SQL script and the TypeScript job give the same rows, those that Flink gave.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { busyAircraft, job, lateCarriers, lateHours } from '../../examples/flights/flights.js';
import { runScript } from '../../lib/job/run-script.js';

const folder = fileURLToPath(new URL('../../examples/flights/', import.meta.url));

/** The lines of every query of the script, in order. */
async function linesOfQueries(): Promise<string[][]> {
  const queries: string[][] = [];
  const script = readFileSync(`${folder}flights.sql`, 'utf8').replaceAll('${DATA}', `${folder}data`);
  await runScript(script, {
    async query(_schema, _results, pieces) {
      const bytes: Buffer[] = [];
      for await (const piece of pieces) bytes.push(piece);
      queries.push(Buffer.concat(bytes).toString('utf8').trimEnd().split('\n'));
    },
    rows: async () => {},
    text: () => {},
    warning: (message) => expect.fail(message),
  });
  return queries;
}

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** A row of a stream as the SQL script writes it: its columns' names, times as text; only the columns that it selects. */
function asSqlRow(row: Readonly<Record<string, unknown>>, columns: readonly string[]): Record<string, unknown> {
  const renamed = new Map(Object.entries(row).map(([name, value]) => [snakeCase(name), value]));
  const text = (name: string) => {
    const value = renamed.get(name);
    if (name.startsWith('window_')) return new Date(value as number).toISOString().replace('T', ' ').slice(0, -1);
    return typeof value === 'bigint' ? Number(value) : value;
  };
  return Object.fromEntries(columns.map((name) => [name, text(name)]));
}

const sorted = (rows: readonly Record<string, unknown>[]) => rows.map((row) => JSON.stringify(row)).sort();

describe('a month of flights', () => {
  const streams = [
    {
      name: 'late hours',
      stream: lateHours,
      rows: 22,
      one: /"EWR","window_start":"2013-01-10 21:00:00.000","departures":24/,
    },
    {
      name: 'late carriers',
      stream: lateCarriers,
      rows: 64,
      one: /"2013-02-01 12:00:00.000","carrier":"EV","delayed_departures":20}/,
    },
    { name: 'busy aircraft', stream: busyAircraft, rows: 20, one: /"legs":7/ },
  ] as const;
  const queries = linesOfQueries();

  it.each(streams.map((one, query) => ({ ...one, query })))('$name', async ({ stream, rows, one, query }) => {
    const lines = (await queries)[query]!;
    expect(lines).toHaveLength(rows);
    expect(lines.some((line) => one.test(line))).toBe(true);
    const fromSql = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    const fromTypeScript: Record<string, unknown>[] = [];
    for await (const row of stream) fromTypeScript.push(asSqlRow(row, Object.keys(fromSql[0]!)));
    expect(sorted(fromTypeScript)).toEqual(sorted(fromSql));
  });

  it('is one job that reads the file once, without a function in V8', () => {
    const plan = job.explain();
    expect(plan).toContain('functions in V8: none');
    expect(plan.match(/file_source/g)).toHaveLength(1);
    expect(plan).toMatch(/window_rank .*\n/);
  });
});
