// functions: how many rows per second functions of the Stream API take, compiled and in V8.
//
//   nexmark bids -> one function -> blackhole        rows/s (wall clock), rows per CPU-second (whole process)
//
//   npm run bench:functions -- [--rows 2000000] [--pairs 5] [--json]

import { parseArgs } from 'node:util';
import { blackhole, Job, type Source, type Stream, t } from 'sabot';

const Bid = t.row({
  auction: t.bigint(),
  bidder: t.bigint(),
  price: t.bigint(),
  channel: t.string(),
  url: t.string(),
  dateTime: t.timestamp(3),
});
type Bids = Stream<{ auction: bigint; bidder: bigint; price: bigint; channel: string; url: string; dateTime: number }>;

const { values: asked } = parseArgs({
  options: {
    rows: { type: 'string', default: '2000000' },
    pairs: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
});
const rows = Number(asked.rows);

function bids(job: Job): Bids {
  const fields = Object.entries(Bid.fields).map(([name, { type }]) => ({ kind: 'physical', name, type }) as const);
  const source: Source<never> = {
    table: {
      identifier: ['default_catalog', 'default_database', 'bid'],
      columns: fields,
      partitionedBy: [],
      options: { connector: 'nexmark', table: 'bid', rows: asked.rows! },
      temporary: true,
    },
  };
  return job.source(source) as Bids;
}

// What the compiler cannot see through: functions and values of the module.
const limit = 5000n;
const channels = new Set(['Google', 'Apple']);
const cents = (price: bigint) => Number(price) / 100;
const hostOf = (url: string) => url.slice(8, url.indexOf('/', 8));
const keep = <R>(row: R) => row;

const CASES: Readonly<Record<string, (b: Bids) => Stream<unknown>>> = {
  'compiled filter': (b) => b.filter((r) => r.price > 5000n).map((r) => ({ auction: r.auction })),
  'compiled bigint arithmetic': (b) => b.map((r) => ({ total: r.price * 3n + r.auction })),
  'filter on a bigint': (b) => b.filter((r) => r.price > limit).map((r) => ({ auction: r.auction })),
  'filter on short text': (b) => b.filter((r) => channels.has(r.channel)).map((r) => ({ auction: r.auction })),
  'map of a number': (b) =>
    b.map((r) => ({ auction: r.auction, price: cents(r.price) }), {
      returns: t.row({ auction: t.bigint(), price: t.double() }),
    }),
  'map of long text': (b) => b.map((r) => ({ host: hostOf(r.url) }), { returns: t.row({ host: t.string() }) }),
  'map of whole rows': (b) => b.map((r) => keep(r), { returns: Bid }),
};

interface Measured {
  readonly rowsPerSecond: number;
  readonly rowsPerCpuSecond: number;
}

async function measure(of: (b: Bids) => Stream<unknown>): Promise<Measured> {
  const job = new Job('bench');
  of(bids(job)).to(blackhole());
  const cpu = process.cpuUsage();
  const started = performance.now();
  await job.run();
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { rowsPerSecond: rows / seconds, rowsPerCpuSecond: rows / ((user + system) / 1e6) };
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

const results: Record<string, Measured> = {};
for (const [name, of] of Object.entries(CASES)) {
  await measure(of); // Warm: V8 has compiled the loop.
  const runs: Measured[] = [];
  for (let i = 0; i < Number(asked.pairs); i++) runs.push(await measure(of));
  results[name] = {
    rowsPerSecond: median(runs.map((run) => run.rowsPerSecond)),
    rowsPerCpuSecond: median(runs.map((run) => run.rowsPerCpuSecond)),
  };
}

const millions = (n: number): string => `${(n / 1e6).toFixed(1)} M`;
if (asked.json) console.log(JSON.stringify(results));
else {
  console.log('| function | rows/s | rows per CPU-second |\n| --- | --- | --- |');
  for (const [name, { rowsPerSecond, rowsPerCpuSecond }] of Object.entries(results))
    console.log(`| ${name} | ${millions(rowsPerSecond)} | ${millions(rowsPerCpuSecond)} |`);
}
