// The flights example: the SQL script and the TypeScript job give the same rows, those that Flink gave.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { busyAircraft, job, lateCarriers, lateHours } from '../../examples/flights/flights.js';
import { asSqlRow, sorted } from '../../examples/flights/sql-rows.js';
import { runScript } from '../../lib/job/run-script.js';
import { CommandUnderTest } from '../cli/command.js';

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
    const fromTypeScript: Readonly<Record<string, unknown>>[] = [];
    for await (const row of stream) fromTypeScript.push(asSqlRow(row, Object.keys(fromSql[0]!)));
    expect(sorted(fromTypeScript)).toEqual(sorted(fromSql));
  });

  it('is compared by the demo itself', async () => {
    const command = new CommandUnderTest();
    await command.build();
    const outcome = await command.run('run', `${folder}agreement.ts`);
    command.remove();
    expect(outcome).toEqual({
      code: 0,
      stdout: 'flights.sql and flights.ts agree: 22 late hours, 64 late carriers, 20 busy aircraft\n',
      stderr: '',
    });
  });

  it('is one job that reads the file once, without a function in V8', () => {
    const plan = job.explain();
    expect(plan).toContain('functions in V8: none');
    expect(plan.match(/file_source/g)).toHaveLength(1);
    expect(plan).toMatch(/window_rank .*\n/);
  });
});
