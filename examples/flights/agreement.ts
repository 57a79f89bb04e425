// agreement: do flights.sql and flights.ts give the same rows? The last thing that `npm run demo` does:
//
//   npx sabot run agreement.ts   ->   flights.sql and flights.ts agree: 22 late hours, 64 late carriers, 20 busy aircraft
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { busyAircraft, lateCarriers, lateHours } from './flights.js';
import { asSqlRow, sorted } from './sql-rows.js';

const place = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Rows of all three questions; their columns tell them apart. */
function rowsOfSql(): Record<string, unknown>[] {
  const [node, sabot] = process.argv as [string, string];
  const script = ['sql', '-f', place('flights.sql'), '--define', `DATA=${place('data')}`, '--output', 'json'];
  const lines = execFileSync(node, [sabot, ...script], { encoding: 'utf8', maxBuffer: 1 << 28 });
  return lines
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

async function rowsOf(stream: AsyncIterable<Readonly<Record<string, unknown>>>, columns: readonly string[]) {
  const rows: Readonly<Record<string, unknown>>[] = [];
  for await (const row of stream) rows.push(asSqlRow(row, columns));
  return rows;
}

const fromSql = rowsOfSql();
const questions = [
  { name: 'late hours', column: 'mean_delay', stream: lateHours },
  { name: 'late carriers', column: 'carrier', stream: lateCarriers },
  { name: 'busy aircraft', column: 'tailnum', stream: busyAircraft },
] as const;
const counts: string[] = [];
for (const { name, column, stream } of questions) {
  const expected = fromSql.filter((row) => column in row);
  const rows = await rowsOf(stream, Object.keys(expected[0] ?? {}));
  const [sql, typescript] = [sorted(expected), sorted(rows)];
  const differs = sql.find((row) => !typescript.includes(row)) ?? typescript.find((row) => !sql.includes(row));
  if (differs !== undefined || sql.length !== typescript.length) {
    throw new Error(
      `flights.sql and flights.ts differ in the ${name}: ${differs ?? `${sql.length}, ${typescript.length} rows`}`,
    );
  }
  counts.push(`${sql.length} ${name}`);
}
console.log(`flights.sql and flights.ts agree: ${counts.join(', ')}`);
