// jobs: the jobs that chaos kills, as Flink SQL scripts that write to a folder.
//
// Each reads enough, slowly enough (small batches), that it takes many checkpoints; each keeps another kind of state.

export interface ChaosJob {
  readonly name: string;
  /** `out` is the folder that it writes to. */
  readonly script: (out: string) => string;
}

const NEXMARK = (rows: number): string => `CREATE TABLE bid (
  auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, \`dateTime\` TIMESTAMP(3), extra STRING,
  WATERMARK FOR \`dateTime\` AS \`dateTime\` - INTERVAL '4' SECOND
) WITH ('connector' = 'nexmark', 'table' = 'bid', 'rows' = '${rows}', 'seed' = '7');`;

const sink = (columns: string, out: string): string =>
  `CREATE TABLE report (${columns}) WITH ('connector' = 'filesystem', 'path' = '${out}', 'format' = 'json');`;

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
    script: (out) => `CREATE TABLE flights (
  \`year\` INT, \`month\` INT, \`day\` INT, dep_time INT, sched_dep_time INT, dep_delay INT, arr_time INT, sched_arr_time INT,
  arr_delay INT, carrier STRING, flight INT, tailnum STRING, origin STRING, dest STRING, air_time INT, distance INT,
  \`hour\` INT, \`minute\` INT, time_hour TIMESTAMP(3),
  scheduled AS TIMESTAMPADD(MINUTE, \`minute\`, time_hour),
  WATERMARK FOR scheduled AS scheduled - INTERVAL '1' DAY
) WITH ('connector' = 'filesystem', 'path' = 'examples/flights/data/flights-2013-01.csv', 'format' = 'csv', 'csv.null-literal' = 'NA');
SET 'batch.max-rows' = '3';
${sink('tailnum STRING, window_start TIMESTAMP(3), window_end TIMESTAMP(3), legs BIGINT, minutes_flown BIGINT', out)}
INSERT INTO report SELECT tailnum, window_start, window_end, COUNT(*), SUM(air_time)
FROM TABLE(SESSION(TABLE flights PARTITION BY tailnum, DESCRIPTOR(scheduled), INTERVAL '10' HOUR))
WHERE tailnum IS NOT NULL GROUP BY tailnum, window_start, window_end;`,
  },
];
