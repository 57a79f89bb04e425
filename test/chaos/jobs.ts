// jobs: the jobs that chaos kills, as Flink SQL scripts that write to a folder.
//
// Each reads enough, slowly enough (small batches), that it takes many checkpoints; each keeps another kind of state. The last is
// the flights demo, all its queries at once.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface ChaosJob {
  readonly name: string;
  /** `out` is the folder that it writes to. */
  readonly script: (out: string) => string;
}

const NEXMARK = (rows: number): string => `CREATE TABLE bid (
  auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, \`dateTime\` TIMESTAMP(3), extra STRING,
  WATERMARK FOR \`dateTime\` AS \`dateTime\` - INTERVAL '4' SECOND
) WITH ('connector' = 'nexmark', 'table' = 'bid', 'rows' = '${rows}', 'seed' = '7');`;

const sink = (columns: string, out: string, name = 'report'): string =>
  `CREATE TABLE ${name} (${columns}) WITH ('connector' = 'filesystem', 'path' = '${out}', 'format' = 'json');`;

// The demo's table and queries, as they stand in its script.
const flights = new URL('../../examples/flights/', import.meta.url);
const [flightsTable, ...flightsQueries] = readFileSync(new URL('flights.sql', flights), 'utf8')
  .replaceAll('${DATA}', fileURLToPath(new URL('data', flights)))
  .replaceAll(/^--.*\n/gm, '')
  .split(';')
  .map((statement) => statement.trim())
  .filter((statement) => statement !== '');

/** Where their rows go. */
const FLIGHTS_REPORTS: readonly (readonly [name: string, columns: string])[] = [
  ['late_hours', 'origin STRING, window_start TIMESTAMP(3), departures BIGINT, mean_delay DOUBLE'],
  ['late_carriers', 'window_start TIMESTAMP(3), window_end TIMESTAMP(3), carrier STRING, delayed_departures BIGINT'],
  [
    'busy_aircraft',
    'tailnum STRING, window_start TIMESTAMP(3), window_end TIMESTAMP(3), legs BIGINT, minutes_flown INT',
  ],
];

export const chaosJobs: readonly ChaosJob[] = [
  {
    name: 'windowed aggregate',
    script: (out) => `${NEXMARK(1_500_000)}
SET 'batch.max-rows' = '150';
${sink('auction BIGINT, window_end TIMESTAMP(3), bids BIGINT, top BIGINT', out)}
INSERT INTO report SELECT auction, window_end, COUNT(*), MAX(price)
FROM TABLE(HOP(TABLE bid, DESCRIPTOR(\`dateTime\`), INTERVAL '2' SECOND, INTERVAL '10' SECOND))
GROUP BY auction, window_start, window_end HAVING COUNT(*) > 30;`,
  },
  {
    name: 'sessions',
    script: (out) => `${NEXMARK(1_000_000)}
SET 'batch.max-rows' = '200';
${sink('bidder BIGINT, bids BIGINT, window_start TIMESTAMP(3), window_end TIMESTAMP(3)', out)}
INSERT INTO report SELECT bidder, COUNT(*), window_start, window_end
FROM TABLE(SESSION(TABLE bid PARTITION BY bidder, DESCRIPTOR(\`dateTime\`), INTERVAL '2' SECOND))
GROUP BY bidder, window_start, window_end;`,
  },
  {
    name: 'distinct counts',
    script: (out) => `${NEXMARK(1_000_000)}
SET 'batch.max-rows' = '200';
${sink('channel STRING, window_end TIMESTAMP(3), bids BIGINT, bidders BIGINT, auctions BIGINT', out)}
INSERT INTO report SELECT channel, window_end, COUNT(*), COUNT(DISTINCT bidder), COUNT(DISTINCT auction)
FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(\`dateTime\`), INTERVAL '10' SECOND))
GROUP BY channel, window_start, window_end;`,
  },
  {
    name: 'flights',
    script: (out) => `${flightsTable};
SET 'batch.max-rows' = '3';
${FLIGHTS_REPORTS.map(([name, columns]) => sink(columns, `${out}/${name}`, name)).join('\n')}
BEGIN STATEMENT SET;
${FLIGHTS_REPORTS.map(([name], i) => `INSERT INTO ${name} ${flightsQueries[i]};`).join('\n')}
END;`,
  },
];
