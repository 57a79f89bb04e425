// running-cluster: brokers of a test's own, whose nodes it stops, kills and starts again while jobs use them.
//
//   await using cluster = await RunningCluster.start(3);   await cluster.kill(2);  …  await cluster.startNode(2);
//
// They run under scripts/kafka, which ends with this process, however that dies.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Cluster } from './broker/cluster.js';

/** A node that was killed is missed, and may come back, after this time, not after nine seconds. */
const QUICK = ['--set', 'broker.session.timeout.ms=3000', '--set', 'broker.heartbeat.interval.ms=500'];
const SCRIPT = fileURLToPath(new URL('../../scripts/kafka', import.meta.url));

export class RunningCluster implements AsyncDisposable {
  private constructor(
    readonly addresses: Cluster,
    readonly numNodes: number,
    private readonly folder: string,
    private readonly child: ChildProcess,
    private readonly lines: AsyncIterator<string>,
  ) {}

  static async start(numNodes: number): Promise<RunningCluster> {
    const folder = mkdtempSync(join(tmpdir(), 'sabot-cluster-'));
    const child = spawn(SCRIPT, ['run', join(folder, 'kafka'), '--nodes', String(numNodes), ...QUICK], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let complaint = '';
    child.stderr.on('data', (bytes: Buffer) => (complaint += bytes.toString()));
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`There are no Kafka brokers to test with: ${complaint}`);
    return new RunningCluster(JSON.parse(value) as Cluster, numNodes, folder, child, lines);
  }

  /** As a person would: the node hands over what it leads. */
  stopNode(node: number): Promise<void> {
    return this.order(`stop ${node}`);
  }

  /** As a machine that loses its power. */
  killNode(node: number): Promise<void> {
    return this.order(`kill ${node}`);
  }

  /** With its data; settles when all nodes of the cluster are there. */
  startNode(node: number): Promise<void> {
    return this.order(`start ${node}`);
  }

  /** How often the brokers have aborted a transaction of this id because it was over its time. */
  numTimeouts(transactionalId: string): number {
    const logs = Array.from({ length: this.numNodes }, (_, i) => join(this.folder, 'kafka', `node-${i + 1}`, 'log'));
    const told = logs.filter(existsSync).flatMap((log) => readFileSync(log, 'utf8').split('\n'));
    return told.filter((line) => line.includes('due to timeout') && line.includes(transactionalId)).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('close', resolve));
    this.child.stdin?.end();
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async order(what: string): Promise<void> {
    this.child.stdin!.write(`${what}\n`);
    const { value, done } = await this.lines.next();
    if (done === true || value !== 'ok') throw new Error(`the cluster did not ${what}: ${value ?? 'it has ended'}`);
  }
}
