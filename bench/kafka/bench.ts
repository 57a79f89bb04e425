// bench: from topic to result, beside Flink, kafkajs and librdkafka alone, on the same topic of the same broker in the same run.
//
//   npm run bench:kafka -- --only count,consume,latency --records 4000000 --rounds 5 --json figures.json
//
//   count     JSON -> tumbling count per key -> Kafka, exactly once, checkpoints each second: sabot, Flink, a loop of kafkajs
//   consume   raw -> blackhole: sabot, librdkafka alone
//   latency   from the record that ends a window to the window's results, at 50,000 records a second
//
// Every engine runs once unmeasured, then they take turns. See README.md for what is compared and how.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Measurement, measureProcess } from '../measurement.js';
import { cacheFolder, prepareData } from '../nexmark/data.js';
import { median } from '../nexmark/report.js';
import { runSabot } from '../nexmark/sabot.js';
import { buildFlink, flinkVersion, startFlink } from '../peers/flink/flink.js';
import { compare, type Engine, type EngineFigures, render } from './compare.js';
import { type LatencyFigures, measureLatency, renderLatency } from './latency.js';
import { Broker, PROGRAM, startBroker } from './topics.js';

const { values: asked } = parseArgs({
  options: {
    only: { type: 'string', default: 'count,consume,latency' },
    records: { type: 'string', default: '4000000' },
    rounds: { type: 'string', default: '5' },
    partitions: { type: 'string', default: '4' },
    parallelism: { type: 'string', default: '1' },
    peers: { type: 'string', default: 'flink,kafkajs' },
    rate: { type: 'string', default: '50000' },
    seconds: { type: 'string', default: '65' },
    'window-ms': { type: 'string', default: '100' },
    guarantees: { type: 'string', default: 'at-least-once,exactly-once' },
    servers: { type: 'string' },
    json: { type: 'string' },
  },
});

const SEED = 42;
const BIDS = 'bids';
const [records, rounds, partitions, parallelism] = [
  asked.records,
  asked.rounds,
  asked.partitions,
  asked.parallelism,
].map(Number) as [number, number, number, number];
const wants = (what: string): boolean => asked.only.split(',').includes(what);
const work = mkdtempSync(join(tmpdir(), 'sabot-bench-'));

function scriptOf(query: string, values: Readonly<Record<string, string>>): string {
  const text = readFileSync(`bench/kafka/queries/${query}.sql`, 'utf8');
  const file = join(work, `${query}-${values['ENGINE'] ?? ''}${values['TOPIC'] ?? ''}.sql`);
  const all: Record<string, string> = { CHECKPOINTS: `file://${file}.checkpoints`, ...values };
  writeFileSync(
    file,
    text.replaceAll(/\$\{(\w+)\}/g, (whole, name: string) => all[name] ?? whole),
  );
  return file;
}

async function measureCount(broker: Broker): Promise<EngineFigures[]> {
  const scripts = ['sabot', 'flink'].map((engine) =>
    scriptOf('count', { SERVERS: broker.servers, TOPIC: BIDS, RESULTS: `counts-${engine}`, ENGINE: engine }),
  ) as [string, string];
  for (const engine of ['sabot', 'flink']) await broker.create(`counts-${engine}`, { partitions });
  const sabot = () => runSabot({ script: scripts[0], parallelism });
  const kafkajs = async (): Promise<Measurement> => {
    const command = [process.execPath, 'bench/kafka/kafkajs-count.mjs', broker.servers, BIDS];
    const { stdout, ...measured } = await measureProcess(command);
    const counted = JSON.parse(stdout) as { records: number };
    if (counted.records !== records) throw new Error(`kafkajs has read ${counted.records} records.`);
    return measured;
  };
  await sabot();
  const engines: Record<string, Engine> = { sabot };
  await using flink = asked.peers.includes('flink')
    ? await startFlink(buildFlink(cacheFolder()), { script: scripts[1], parallelism })
    : undefined;
  const [own, theirs] = await Promise.all(['sabot', 'flink'].map((engine) => broker.digest(`counts-${engine}`)));
  process.stderr.write(`results: sabot ${JSON.stringify(own)}, Flink ${JSON.stringify(theirs)}\n`);
  if (flink !== undefined) {
    if (own!.digest !== theirs!.digest) throw new Error('The results of sabot and Flink differ.');
    engines['Flink'] = async () => {
      const measured = await flink.run();
      if (measured.used?.checkpointIntervalMs !== 1000) throw new Error('Flink has run without checkpoints.');
      return measured;
    };
  }
  if (asked.peers.includes('kafkajs')) {
    await kafkajs();
    engines['kafkajs'] = kafkajs;
  }
  // Awaited here: Flink ends with this scope.
  return await compare('count', engines, { rows: records, rounds });
}

interface ConsumeFigures {
  readonly engines: readonly EngineFigures[];
  /** sabot's rows per CPU-second over librdkafka's, round by round the whole processes; the median. */
  readonly share: number;
  /** The same without what both cost where the topic is empty: Node's start, planning. */
  readonly shareWithoutStart: number;
}

async function measureConsume(broker: Broker): Promise<ConsumeFigures> {
  const empty = 'nothing';
  await broker.create(empty, { partitions });
  const bare = (topic: string, expected: number) => async (): Promise<Measurement> => {
    const { stdout, ...measured } = await measureProcess([PROGRAM, 'consume', broker.servers, topic]);
    if (JSON.parse(stdout).records !== expected) throw new Error(`librdkafka has read ${stdout}`);
    return measured;
  };
  const sabot = (topic: string) => {
    const script = scriptOf('consume', { SERVERS: broker.servers, TOPIC: topic });
    return () => runSabot({ script, parallelism });
  };
  await sabot(BIDS)();
  await bare(BIDS, records)();
  const engines = { librdkafka: bare(BIDS, records), sabot: sabot(BIDS) };
  const measured = await compare('consume', engines, { rows: records, rounds });
  const starts = await compare('start', { librdkafka: bare(empty, 0), sabot: sabot(empty) }, { rows: 1, rounds });
  const [ofBare, own] = measured.map(({ runs }) => runs.map(({ cpuMs }) => cpuMs)) as [number[], number[]];
  const [startOfBare, ownStart] = starts.map(({ runs }) => median(runs.map(({ cpuMs }) => cpuMs))) as [number, number];
  return {
    engines: measured,
    share: median(ofBare.map((cpuMs, i) => cpuMs / own[i]!)),
    shareWithoutStart: median(ofBare.map((cpuMs, i) => (cpuMs - startOfBare) / (own[i]! - ownStart))),
  };
}

async function measureLatencies(broker: Broker): Promise<LatencyFigures[]> {
  const figures: LatencyFigures[] = [];
  for (const guarantee of asked.guarantees.split(',') as ('at-least-once' | 'exactly-once')[]) {
    const options = {
      guarantee,
      partitions,
      rate: Number(asked.rate),
      seconds: Number(asked.seconds),
      windowMs: Number(asked['window-ms']),
    };
    figures.push(
      await measureLatency(broker, options, (values) => scriptOf('latency', { SERVERS: broker.servers, ...values })),
    );
  }
  return figures;
}

function gitCommit(): string | null {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return null; // A tree without its history.
  }
}

async function main(): Promise<void> {
  const loadBefore = loadavg()[0]!;
  if (loadBefore > cpus().length / 2)
    process.stderr.write(
      `This machine is busy (load ${loadBefore.toFixed(1)}): the figures will be worse than they are.\n`,
    );
  const results: { count?: EngineFigures[]; consume?: ConsumeFigures; latency?: LatencyFigures[] } = {};
  await using broker = asked.servers === undefined ? await startBroker() : new Broker(asked.servers, async () => {});
  if (wants('count') || wants('consume')) {
    const data = prepareData({ bids: records, seed: SEED, parts: [1] });
    await broker.create(BIDS, { partitions });
    const filled = await broker.fill(BIDS, join(data, 'p1/bid/part-0.jsonl'));
    process.stderr.write(`topic filled: ${filled.records} records in ${partitions} partitions\n`);
  }
  const say = (text: string) => process.stdout.write(`${text}\n`);
  if (wants('count')) {
    results.count = await measureCount(broker);
    say(render('JSON -> count per key and window -> Kafka, exactly once', results.count));
  }
  if (wants('consume')) {
    results.consume = await measureConsume(broker);
    say(render('raw -> nothing', results.consume.engines));
    const percent = (share: number) => `${(share * 100).toFixed(0)} %`;
    const { share, shareWithoutStart } = results.consume;
    say(
      `sabot takes ${percent(share)} of librdkafka's rows per CPU-second, ${percent(shareWithoutStart)} without its start`,
    );
  }
  if (wants('latency')) {
    results.latency = await measureLatencies(broker);
    say(renderLatency(results.latency));
  }
  if (asked.json === undefined) return;
  const machine = { processor: cpus()[0]?.model, cores: cpus().length, memoryBytes: totalmem(), kernel: release() };
  const report = {
    at: new Date().toISOString(),
    machine: { ...machine, loadBefore, loadAfter: loadavg()[0] },
    versions: { commit: gitCommit(), node: process.version, flink: flinkVersion() },
    options: asked,
    results,
  };
  writeFileSync(asked.json, `${JSON.stringify(report, null, 2)}\n`);
}

try {
  await main();
} finally {
  rmSync(work, { recursive: true, force: true });
}
