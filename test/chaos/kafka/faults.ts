// faults: each does its harm to a process that runs, and undoes it; what becomes of the process is seen afterwards.
//
//   await strike.freeze(context)   ->   'stopped for 5312 ms, its transaction was aborted'

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Broker } from '../../kafka/broker-client.js';
import type { RunningCluster } from '../../kafka/running-cluster.js';
import type { TinyDisk } from '../tiny-disk.js';
import { HeldCommit, type Node } from './held-commit.js';
import type { Act, Fault, Start } from './plan.js';
import type { Sabot } from './sabot.js';
import type { Tally } from './tally.js';

export const TRANSACTION_TIMEOUT_MS = 5_000;
/** Brokers look for transactions over their time now and then. */
const ABORTED_WITHIN_MS = 3_000;
const WITHIN_MS = 90_000;
const AWAY_MS_MAX = 1_500;
const BALLAST_BYTES = 64 * 1024;

export interface Struck {
  readonly act: Act;
  readonly process: Sabot;
  readonly cluster: RunningCluster;
  readonly broker: Broker;
  readonly proxies: readonly Node[];
  readonly transactionalIds: string;
  readonly outputs: readonly string[];
  /** That of the checkpoints, where it can be filled. */
  readonly disk: TinyDisk | undefined;
  readonly checkpoints: string;
  readonly start: (how: Start) => Sabot;
  readonly tally: Tally;
}

/** What was done; the process that goes on with the job, if it is another one. */
interface Done {
  readonly what: string;
  readonly next?: Sabot;
}

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const strike: Readonly<Record<Fault, (struck: Struck) => Promise<Done>>> = {
  kill: async ({ process }) => {
    process.kill();
    return { what: 'killed' };
  },

  freeze: async ({ process, cluster, transactionalIds, tally }) => {
    const before = cluster.numTimeouts(transactionalIds);
    const begun = Date.now();
    process.kill('SIGSTOP');
    const aborted = () => cluster.numTimeouts(transactionalIds) > before;
    while (!aborted() && Date.now() < begun + TRANSACTION_TIMEOUT_MS + ABORTED_WITHIN_MS) await delay(50);
    process.kill('SIGCONT');
    if (aborted()) tally.timedOut++;
    return { what: `stopped for ${Date.now() - begun} ms, its transaction was ${aborted() ? '' : 'not '}aborted` };
  },

  takeover: async ({ act, process, start, tally }) => {
    process.kill('SIGSTOP');
    const from = process.newestEpoch;
    const next = start(act.other);
    const runs = await next.progresses(2, WITHIN_MS, from);
    process.kill('SIGCONT');
    const { code } = await endOf(process);
    const isFenced = /fenced|no longer owns|has taken over/i.test(process.stderr);
    if (isFenced && code === 1) tally.fenced++;
    else if (runs) tally.findings.push(`a process whose job was taken over ends with ${code}: ${process.stderr}`);
    return { what: `stopped while another one ran; it ended with ${code}: ${process.complaint}`, next };
  },

  broker: async ({ act, cluster, tally }) => {
    const isKilled = act.choice < 0.5;
    if (isKilled) await cluster.killNode(1);
    else await cluster.stopNode(1);
    tally.brokersStopped++;
    await delay(act.choice * AWAY_MS_MAX);
    await cluster.startNode(1);
    return { what: `the broker was ${isKilled ? 'killed' : 'stopped'} and started again` };
  },

  leader: async ({ act, process, cluster, broker, outputs, tally }) => {
    const before = await leaders(broker, outputs);
    const node = 1 + Math.floor(act.choice * cluster.numNodes);
    const from = process.newestEpoch;
    await cluster.killNode(node);
    const went = await process.progresses(2, WITHIN_MS, from);
    const after = await leaders(broker, outputs);
    const changed = [...before].filter(([partition, leader]) => after.get(partition) !== leader).length;
    tally.leadersChanged += changed;
    await cluster.startNode(node);
    await inSync(broker, outputs, cluster.numNodes);
    return {
      what: `node ${node} was killed, ${changed} of ${before.size} partitions had new leaders, the process ${went ? 'went on' : 'ended'}`,
    };
  },

  commit: async ({ act, process, proxies, tally }) => {
    const held = new HeldCommit(proxies);
    let answer: number | undefined;
    let failure: Error | undefined;
    held.delivered.then(
      (error) => {
        answer = error;
      },
      (error: Error) => {
        failure = error;
      },
    );
    await process.until(
      () => answer !== undefined || failure !== undefined,
      WITHIN_MS,
      'a commit held back and its next transaction',
    );
    held.stop();
    if (failure !== undefined) throw failure;
    if (answer === undefined) return { what: 'no commit was held back: it ended before' };
    tally.commitsHeld++;
    // At once, or when the job has gone on.
    if (act.choice < 0.5) process.kill();
    return { what: `a commit was held back until the next transaction had rows; the broker then answered ${answer}` };
  },

  disk: async ({ act, process, disk, checkpoints, tally }) => {
    if (disk === undefined) return { what: 'no disk of its own can be mounted here' };
    const ballast = join(checkpoints, 'ballast');
    const full = fill(ballast);
    const said = await process.until(() => process.stderr.includes(full), WITHIN_MS, `'${full}'`);
    await delay(act.choice * AWAY_MS_MAX);
    rmSync(ballast, { force: true });
    if (said) tally.disksFilled++;
    return { what: `the checkpoints' disk was full${said ? '' : ', which it did not notice'}` };
  },
};

/** Bounded: a process that neither ends nor says why is a finding. */
async function endOf(process: Sabot): Promise<{ readonly code: number | null }> {
  await process.until(() => process.end !== undefined, WITHIN_MS, 'the end of a process whose job was taken over');
  return process.ended;
}

/** Takes all room there is; what writers are told from then on. */
function fill(path: string): string {
  const bytes = Buffer.alloc(BALLAST_BYTES);
  for (let size = BALLAST_BYTES; size >= 1; ) {
    try {
      writeFileSync(path, bytes.subarray(0, size), { flag: 'a' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      size = Math.floor(size / 2);
    }
  }
  return 'No space left on device';
}

async function partitionsOf(broker: Broker, topics: readonly string[]) {
  const { topics: found } = await broker.admin.fetchTopicMetadata({ topics: [...topics] });
  return found.flatMap(({ name, partitions }) =>
    partitions.map((each) => ({ ...each, name: `${name}-${each.partitionId}` })),
  );
}

async function leaders(broker: Broker, topics: readonly string[]): Promise<Map<string, number>> {
  const all = await partitionsOf(broker, [...topics, '__transaction_state']);
  return new Map(all.map(({ name, leader }) => [name, leader]));
}

/** Otherwise the next one to be killed would take the last copy with it. */
async function inSync(broker: Broker, topics: readonly string[], copies: number): Promise<void> {
  const deadline = Date.now() + WITHIN_MS;
  const all = [...topics, '__transaction_state', '__sabot_commits'];
  while ((await partitionsOf(broker, all)).some(({ isr }) => isr.length < copies)) {
    if (Date.now() > deadline) throw new Error('the nodes do not come into sync');
    await delay(200);
  }
}
