// rounds: jobs from Kafka to Kafka under faults. Each round is one job; its processes are killed, stopped, cut off from brokers and disks,
// and started again at another parallelism on another state backend, until the last one is left alone. Readers with read_committed must
// then see what plain code makes of the same rows: none lost, none twice, each key's in order.
//
//   runRounds({ command, rounds: 20, seed: 1 })  ->  what struck how often, and what was wrong (nothing)
//
// A round's faults follow from its seed, which is the run's and its number: `--rounds 1 --seed 17` plays round 17 of any run again.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Broker } from '../../kafka/broker-client.js';
import { Proxy } from '../../kafka/proxy.js';
import { RunningCluster } from '../../kafka/running-cluster.js';
import { TinyDisk } from '../tiny-disk.js';
import { strike, TRANSACTION_TIMEOUT_MS } from './faults.js';
import type { Node } from './held-commit.js';
import { findWrong, type Input, type JobSettings, outputTopics, prefixOf, script, writeInput } from './job.js';
import { type Act, planRound, type Round, type Start, startText } from './plan.js';
import { playRecreated } from './recreated.js';
import { type Command, Sabot } from './sabot.js';
import { newTally, type Tally } from './tally.js';

export interface RoundsOptions extends Command {
  readonly rounds: number;
  readonly seed: number;
  readonly log?: (line: string) => void;
}

/** So long a job may take for what it does within a second or two. */
const WITHIN_MS = 90_000;
const DISK_SIZE = '64m';
/** A topic that is created again ends its job: these rounds are short, and come beside the others. */
const RECREATED_EVERY = 5;

/** Brokers, the input that all rounds read, and proxies before them. */
export interface Surroundings {
  readonly cluster: RunningCluster;
  readonly broker: Broker;
  readonly input: Input;
  readonly nodes: readonly Node[];
}

export async function runRounds(options: RoundsOptions): Promise<Tally> {
  const tally = newTally();
  const open = new Map<number, Surroundings>();
  try {
    for (let i = 0; i < options.rounds && tally.findings.length === 0; i++) {
      const round = planRound(options.seed + i);
      if (!open.has(round.nodes)) open.set(round.nodes, await surroundings(round.nodes));
      tally.rounds++;
      await playRound(round, open.get(round.nodes)!, options, tally);
      if (tally.findings.length > 0 || round.seed % RECREATED_EVERY !== 0 || round.nodes !== 1) continue;
      await playRecreated(round, open.get(round.nodes)!, options, tally);
    }
  } finally {
    for (const { cluster, broker, nodes } of open.values()) {
      await broker.disconnect();
      for (const { proxy } of nodes) await proxy[Symbol.asyncDispose]();
      await cluster[Symbol.asyncDispose]();
    }
  }
  return tally;
}

async function surroundings(numNodes: number): Promise<Surroundings> {
  const cluster = await RunningCluster.start(numNodes);
  const broker = await Broker.connect(cluster.addresses);
  const nodes = await Promise.all(
    cluster.addresses.proxied.map(async ({ port, target }) => ({ proxy: await Proxy.listen(port, target), target })),
  );
  return { cluster, broker, nodes, input: await writeInput(broker) };
}

async function playRound(round: Round, around: Surroundings, options: RoundsOptions, tally: Tally): Promise<void> {
  const { cluster, broker, input } = around;
  const { log = () => {} } = options;
  const folder = mkdtempSync(join(tmpdir(), 'sabot-chaos-kafka-'));
  const checkpoints = join(folder, 'checkpoints');
  mkdirSync(checkpoints);
  const has = (fault: Act['fault']) => round.acts.some((act) => act.fault === fault);
  const disk = has('disk') ? TinyDisk.mount(checkpoints, DISK_SIZE) : undefined;
  const output = await outputTopics(broker);
  const settings: Omit<JobSettings, keyof Start> = {
    bootstrapServers: cluster.addresses.proxied.map(({ port }) => `127.0.0.1:${port}`).join(','),
    input,
    output,
    folder,
    ...(has('freeze') ? { transactionTimeoutMs: TRANSACTION_TIMEOUT_MS } : {}),
  };
  const processes: Sabot[] = [];
  const start = (how: Start): Sabot => {
    const process = new Sabot(options, folder, script({ ...settings, ...how }), how.parallelism);
    processes.push(process);
    return process;
  };
  const strikes = {
    cluster,
    broker,
    proxies: around.nodes,
    outputs: Object.values(output),
    disk,
    checkpoints,
    start,
    tally,
  };
  const struck = { ...strikes, transactionalIds: prefixOf(output) };
  const begun = Date.now();
  const say = (text: string) => log(`round ${round.seed}, ${((Date.now() - begun) / 1000).toFixed(1)} s: ${text}`);
  try {
    for (const act of round.acts) {
      const process = start(act);
      const began = act.whileStarting ? true : await process.progresses(2, WITHIN_MS);
      await new Promise((resolve) => setTimeout(resolve, act.delayMs));
      if (process.end !== undefined || !began) {
        say(`${startText(act)}: ended before it was struck`);
        if (process.end?.code !== 0) throw new Error(`it ended with ${process.end?.code}: ${process.stderr}`);
        break;
      }
      const newest = process.newestEpoch;
      const { what, next } = await strike[act.fault]({ ...struck, act, process });
      const how = await goOnOrEnd(next ?? process, newest, tally);
      say(`${startText(act)}, restored ${process.restored}, newest ${newest}: after ${act.delayMs} ms ${what}; ${how}`);
    }
    const last = start(round.last);
    await last.until(() => last.end !== undefined, WITHIN_MS, 'the end of the job');
    if (last.end?.code !== 0) throw new Error(`the last process ends with ${last.end?.code}: ${last.stderr}`);
    const wrong = await findWrong(broker, output, true);
    tally.findings.push(...wrong.map((each) => `round ${round.seed}: ${each}`));
    if (wrong.length === 0) tally.jobsDone++;
    say(`${startText(round.last)}, restored ${last.restored}: ${wrong.length === 0 ? 'done' : wrong.join('; ')}`);
  } catch (error) {
    tally.findings.push(`round ${round.seed}: ${(error as Error).message}`);
  } finally {
    for (const process of processes) process.kill();
    await Promise.all(processes.map(({ ended }) => ended));
    disk?.unmount();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A process that was struck ends by itself and says why, or takes more checkpoints; then it is killed. What became of it. */
async function goOnOrEnd(process: Sabot, from: number, tally: Tally): Promise<string> {
  // Not the final one: that could be taken for going on.
  const goesOn = await process.progresses(3, WITHIN_MS, Math.max(from, process.newestEpoch - 1));
  if (goesOn && process.end === undefined) process.kill();
  const { code, signal } = await process.ended;
  if (signal === 'SIGKILL') {
    tally.kills++;
    if (process.restored > 1) tally.restoredLater++;
    return goesOn ? 'it went on, and was killed' : 'it is dead';
  }
  if (signal !== null) throw new Error(`it died of ${signal}: ${process.stderr}`);
  if (code !== 0 && process.complaint === '') throw new Error(`it ended with ${code} and no reason: ${process.stderr}`);
  return code === 0 ? 'it was done' : `it ended with ${code}: ${process.complaint}`;
}
