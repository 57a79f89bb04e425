// cluster: brokers of Apache Kafka as processes of this machine, KRaft, each both broker and controller.
//
//   { home, folder, nodes: 1 }   ->   folder/node-1/{server.properties,data,log}, folder/cluster.json, a JVM   ->   "127.0.0.1:40001"
//
// Formatting takes a JVM of its own, as do keys for TLS: what they make is kept beside the jars.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';

const HOST = '127.0.0.1';
/** Any will do, and every cluster is alone. */
const CLUSTER_ID = 'c2Fib3Qtb24tbG9vcA';
const LOGIN = { username: 'alice', password: 'only-for-tests' };
const KEYS = 'keys';
const KEY_STORE = 'broker.p12';
const STORE_PASSWORD = 'changeit';
const CA = 'ca.pem';
const READY_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 20_000;
/** Quick to start; who measures wants others (SABOT_KAFKA_JVM). */
const QUICK = '-Xmx512m -Xms128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto';
const JVM = (process.env['SABOT_KAFKA_JVM'] ?? QUICK).split(' ').filter((flag) => flag !== '');

export interface ClusterOptions {
  /** Where scripts/kafka has put the jars. */
  readonly home: string;
  readonly folder: string;
  readonly nodes: number;
  /** The brokers go on when this process ends. */
  readonly outlive: boolean;
  /** Of server.properties, `name=value`, instead of ours. */
  readonly set?: readonly string[];
}

export interface Cluster {
  readonly bootstrapServers: string;
  /** The same brokers behind TLS and a login (SASL_SSL, PLAIN). */
  readonly secure: {
    readonly bootstrapServers: string;
    /** A PEM file with the certificate to trust. */
    readonly ca: string;
    readonly username: string;
    readonly password: string;
  };
  /** One JVM per node, in the order of bootstrapServers. */
  readonly pids: readonly number[];
  /** By node; one test file at a time has them. */
  readonly proxied: readonly ProxiedServer[];
}

/** A third way to a node: it listens at `target`, and tells its clients to come to `port`, where a proxy may stand. */
export interface ProxiedServer {
  readonly port: number;
  readonly target: number;
}

interface Node {
  readonly id: number;
  readonly port: number;
  readonly securePort: number;
  readonly controllerPort: number;
  readonly proxied: ProxiedServer;
}

interface ClusterFile {
  readonly nodes: readonly Node[];
  readonly pids: readonly number[];
}

/** Starts a new cluster in the folder, or the one whose data is there, and waits until it answers. */
export async function startCluster({ home, folder, nodes: numNodes, outlive, set }: ClusterOptions): Promise<Cluster> {
  mkdirSync(folder, { recursive: true });
  const known = readClusterFile(folder);
  const nodes = known?.nodes ?? (await newNodes(numNodes));
  const keys = await tlsKeys(home);
  await Promise.all(nodes.map((node) => prepare(home, folder, node, nodes, set)));
  const processes = nodes.map((node) => launch(home, folder, node, outlive));
  const pids = processes.map(({ pid }) => pid!);
  writeClusterFile(folder, { nodes, pids });
  await ready(nodes, folder, new Map(nodes.map(({ id }, i) => [id, processes[i]!])));
  const servers = (portOf: (node: Node) => number) => nodes.map((node) => `${HOST}:${portOf(node)}`).join(',');
  const secure = { bootstrapServers: servers(({ securePort }) => securePort), ca: join(keys, CA), ...LOGIN };
  const proxied = nodes.map((node) => node.proxied);
  return { bootstrapServers: servers(({ port }) => port), secure, pids, proxied };
}

/** Ends the cluster's processes; its data stays. */
export async function stopCluster(folder: string): Promise<void> {
  await stopProcesses(readClusterFile(folder)?.pids ?? [], folder, 'SIGTERM');
}

/** Ends one node of a cluster that runs, from 1 on: as a person would, or as a machine that dies does. */
export async function stopNode(folder: string, id: number, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  const { pids } = runningCluster(folder, id);
  await stopProcesses([pids[id - 1]!], folder, signal);
}

/** Starts a node that was stopped, with its data and ports, and waits until all nodes are there. */
export async function startNode(
  { home, folder, outlive }: Omit<ClusterOptions, 'nodes' | 'set'>,
  id: number,
): Promise<void> {
  const { nodes, pids } = runningCluster(folder, id);
  const started = launch(home, folder, nodes[id - 1]!, outlive);
  writeClusterFile(folder, { nodes, pids: pids.with(id - 1, started.pid!) });
  await ready(nodes, folder, new Map([[id, started]]));
}

function runningCluster(folder: string, id: number): ClusterFile {
  const known = readClusterFile(folder);
  if (known?.nodes[id - 1] === undefined) throw new Error(`there is no node ${id} in ${folder}`);
  return known;
}

async function stopProcesses(of: readonly number[], folder: string, signal: NodeJS.Signals): Promise<void> {
  const pids = of.filter((pid) => isBroker(pid, folder));
  for (const pid of pids) process.kill(pid, signal);
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  while (pids.some((pid) => isBroker(pid, folder)) && Date.now() < deadline) await delay(50);
  for (const pid of pids.filter((left) => isBroker(left, folder))) process.kill(pid, 'SIGKILL');
}

function readClusterFile(folder: string): ClusterFile | undefined {
  const path = join(folder, 'cluster.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as ClusterFile) : undefined;
}

function writeClusterFile(folder: string, cluster: ClusterFile): void {
  writeFileSync(join(folder, 'cluster.json'), JSON.stringify(cluster));
}

/** Whether the number is still that of a broker of this folder, not of some process that came later. */
function isBroker(pid: number, folder: string): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const told = `/proc/${pid}/cmdline`;
  return !existsSync(told) || readFileSync(told, 'utf8').includes(folder);
}

async function newNodes(numNodes: number): Promise<Node[]> {
  const ports = await freePorts(5 * numNodes);
  return Array.from({ length: numNodes }, (_, i) => ({
    id: i + 1,
    port: ports[5 * i]!,
    securePort: ports[5 * i + 1]!,
    controllerPort: ports[5 * i + 2]!,
    proxied: { port: ports[5 * i + 3]!, target: ports[5 * i + 4]! },
  }));
}

/** Held all at once, so that they differ. */
async function freePorts(numPorts: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: numPorts },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
          const server = createServer().once('error', reject);
          server.listen(0, HOST, () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

const nodeFolder = (folder: string, { id }: Node): string => join(folder, `node-${id}`);

function settings(home: string, folder: string, node: Node, nodes: readonly Node[]): string {
  const copies = Math.min(3, nodes.length);
  const listeners = (proxiedPort: number): string =>
    `PLAINTEXT://${HOST}:${node.port},SASL_SSL://${HOST}:${node.securePort},PROXIED://${HOST}:${proxiedPort}`;
  const lines: Record<string, string | number | boolean> = {
    'process.roles': 'broker,controller',
    'node.id': node.id,
    'controller.quorum.voters': nodes.map(({ id, controllerPort }) => `${id}@${HOST}:${controllerPort}`).join(','),
    listeners: `${listeners(node.proxied.target)},CONTROLLER://${HOST}:${node.controllerPort}`,
    'advertised.listeners': listeners(node.proxied.port),
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT',
    'sasl.enabled.mechanisms': 'PLAIN',
    'listener.name.sasl_ssl.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required user_${LOGIN.username}="${LOGIN.password}";`,
    'ssl.keystore.type': 'PKCS12',
    'ssl.keystore.location': join(home, KEYS, KEY_STORE),
    'ssl.keystore.password': STORE_PASSWORD,
    'ssl.key.password': STORE_PASSWORD,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': join(nodeFolder(folder, node), 'data'),
    'auto.create.topics.enable': false,
    'num.partitions': 1,
    'default.replication.factor': copies,
    'min.insync.replicas': Math.min(2, copies),
    // Few partitions: every one is a folder to be made before the first commit.
    'offsets.topic.num.partitions': 4,
    'offsets.topic.replication.factor': copies,
    'transaction.state.log.num.partitions': 4,
    'transaction.state.log.replication.factor': copies,
    'transaction.state.log.min.isr': Math.min(2, copies),
    // Transactions that are over their time are aborted now, not within ten seconds.
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': 500,
    'group.initial.rebalance.delay.ms': 0,
    'log.cleaner.dedupe.buffer.size': 16 * 1024 * 1024,
  };
  return Object.entries(lines)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

const LOGGING = `rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d %p %c{1} %m%n
# Tells which transactions it aborts because of their timeout.
logger.transactions.name = kafka.coordinator.transaction.TransactionCoordinator
logger.transactions.level = info
`;

async function prepare(
  home: string,
  folder: string,
  node: Node,
  nodes: readonly Node[],
  set: readonly string[] = [],
): Promise<void> {
  const at = nodeFolder(folder, node);
  mkdirSync(at, { recursive: true });
  // Of two lines with one name the last counts.
  const properties = settings(home, folder, node, nodes) + set.map((line) => `${line}\n`).join('');
  writeFileSync(join(at, 'server.properties'), properties);
  writeFileSync(join(at, 'log4j2.properties'), LOGGING);
  if (existsSync(join(at, 'data', 'meta.properties'))) return;
  const formatted = join(home, `formatted-${node.id}`);
  if (!existsSync(formatted)) await format(home, node.id, formatted);
  cpSync(formatted, join(at, 'data'), { recursive: true });
}

/** What `kafka-storage format` makes; it depends on the node's number only. */
async function format(home: string, id: number, formatted: string): Promise<void> {
  const work = mkdtempSync(join(home, 'format-'));
  const data = join(work, 'data');
  const node = { id, port: 1, securePort: 2, controllerPort: 3, proxied: { port: 4, target: 5 } };
  const file = join(work, 'server.properties');
  writeFileSync(file, settings(home, work, node, [node]).replace(/^log\.dirs=.*$/m, `log.dirs=${data}`));
  const command = [
    ...JVM,
    '-cp',
    join(home, 'libs', '*'),
    'kafka.tools.StorageTool',
    'format',
    '-t',
    CLUSTER_ID,
    '-c',
    file,
  ];
  try {
    await promisify(execFile)('java', command);
    if (!existsSync(formatted)) renameSync(data, formatted);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** A key for the brokers, and its certificate for clients; returns the folder. */
async function tlsKeys(home: string): Promise<string> {
  const keys = join(home, KEYS);
  if (existsSync(keys)) return keys;
  const work = mkdtempSync(join(home, 'keys-'));
  const store = [
    '-keystore',
    join(work, KEY_STORE),
    '-storetype',
    'PKCS12',
    '-storepass',
    STORE_PASSWORD,
    '-alias',
    'broker',
  ];
  const keytool = (...command: string[]) => promisify(execFile)('keytool', [...command, ...store]);
  try {
    const names = ['-dname', 'CN=localhost', '-ext', `san=ip:${HOST},dns:localhost`, '-ext', 'bc:critical=ca:true'];
    await keytool('-genkeypair', '-keyalg', 'EC', '-groupname', 'secp256r1', '-validity', '3650', ...names);
    await keytool('-exportcert', '-rfc', '-file', join(work, CA));
    if (!existsSync(keys)) renameSync(work, keys);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return keys;
}

function launch(home: string, folder: string, node: Node, outlive: boolean): ChildProcess {
  const at = nodeFolder(folder, node);
  const log = openSync(join(at, 'log'), 'a');
  const command = [
    ...JVM,
    `-Dlog4j2.configurationFile=${join(at, 'log4j2.properties')}`,
    ...['-cp', join(home, 'libs', '*'), 'kafka.Kafka', join(at, 'server.properties')],
  ];
  const child = spawn('java', command, { stdio: ['ignore', log, log], detached: outlive });
  if (outlive) child.unref();
  return child;
}

/** Waits until every node is known to the cluster; `processes`: those that were started for it, by node. */
async function ready(
  nodes: readonly Node[],
  folder: string,
  processes: ReadonlyMap<number, ChildProcess>,
): Promise<void> {
  const brokers = nodes.map(({ port }) => `${HOST}:${port}`);
  const kafka = new Kafka({ clientId: 'start', brokers, logLevel: logLevel.NOTHING, retry: { retries: 0 } });
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (Date.now() < deadline) {
    for (const [id, child] of processes) {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`node ${id} has ended: ${complaint(folder, nodes[id - 1]!)}`);
    }
    const admin = kafka.admin();
    try {
      await admin.connect();
      const { brokers: found } = await admin.describeCluster();
      if (found.length === nodes.length) return;
    } catch {
      // Not yet.
    } finally {
      await admin.disconnect();
    }
    await delay(100);
  }
  throw new Error(`it does not answer after ${READY_TIMEOUT_MS / 1000} s: ${complaint(folder, nodes[0]!)}`);
}

const complaint = (folder: string, node: Node): string =>
  readFileSync(join(nodeFolder(folder, node), 'log'), 'utf8').slice(-4000);

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
