// play: the demo itself: topics, the generator, the job and the agent as processes, two of which are killed, and what they found.
//
//   play({ sabot, brokers, folder, say, … })   ->   { planted, job, agent, charges }   ->   differences(…): [] if all is as it must be
import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Admin, type Consumer, Kafka, logLevel } from 'kafkajs';
import { type Alert, bank } from './bank.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const PARTITIONS = 2;
const LOOK_EVERY_MS = 100;
const WRITTEN = ['charges', 'alerts', 'agent-alerts'];

export interface PlayOptions {
  /** The command, and arguments that come before all others. */
  readonly sabot: readonly [string, ...string[]];
  readonly brokers: string;
  /** Checkpoints go there. */
  readonly folder: string;
  readonly transactions: number;
  /** Seconds of the bank's time in one. */
  readonly speed: number;
  readonly seed?: number;
  /** How long to wait for what is missing when everything has been written. */
  readonly patienceMs?: number;
  readonly signal?: AbortSignal;
  readonly say: (line: string) => void;
}

/** Alerts as lines of text. */
export interface Ending {
  readonly planted: readonly string[];
  readonly job: readonly string[];
  readonly agent: readonly string[];
  /** How often every charge came out of the job. */
  readonly charges: ReadonlyMap<number, number>;
  readonly transactions: number;
}

export async function play(options: PlayOptions): Promise<Ending> {
  const { brokers, transactions, speed, seed = 1, patienceMs = 60_000, say } = options;
  const planted = bank({ seed, transactions }).alerts;
  const kafka = new Kafka({ clientId: 'demo', brokers: brokers.split(','), logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  await makeTopics(admin);
  const watcher = new Watcher(kafka, say);
  const processes = new Processes(options);
  try {
    await watcher.start();
    const env = { SEED: String(seed), TRANSACTIONS: String(transactions), SPEED: String(speed) };
    const generator = processes.start('generator', ['run', `${here}generate.ts`], env);
    let job = processes.start('job', ['run', `${here}fraud.ts`, '--restore', 'latest']);
    let agent = processes.start('agent', ['-A', `${here}agent.ts:app`, 'worker']);
    say(`a bank's day, ${speed} times as fast; ${planted.length} frauds are hidden in ${transactions} charges`);

    const { alerts } = watcher;
    await processes.until(() => generator.ended || alerts.job.length >= planted.length / 3);
    job = await processes.killAndStart(job);
    await processes.until(() => generator.ended || alerts.agent.length >= (2 * planted.length) / 3);
    agent = await processes.killAndStart(agent);

    await processes.until(() => generator.ended);
    say('the generator has written everything; the job reads the rest, and ends');
    const patience = Date.now() + patienceMs;
    const waiting = () => Date.now() < patience;
    await processes.until(async () => !waiting() || (await hasRead(admin, 'fraud', ['transactions', 'accounts'])));
    await processes.run('savepoint', ['savepoint', 'fraud', 'job-end', '--drain']);
    await processes.until(() => job.ended);
    await processes.until(() => !waiting() || watcher.charges.size >= transactions);
    await processes.until(async () => !waiting() || (await watcher.hasBeenReadBy(admin, 'fraud-agent')));
    await processes.run('savepoint', ['savepoint', 'fraud-agent', 'agent-end', '--stop']);
    await processes.until(() => agent.ended);
    // Whatever came twice would be there by now, and is read up to here.
    await watcher.catchUp(admin);
  } finally {
    processes.endAll();
    await Promise.all([watcher.stop(), admin.disconnect()]);
  }
  const { job, agent } = watcher.alerts;
  return { planted: planted.map(lineOf), job, agent, charges: watcher.charges, transactions };
}

/** What is not as it must be. */
export function differences({ planted, job, agent, charges, transactions }: Ending): string[] {
  const found: string[] = [];
  const compare = (name: string, alerts: readonly string[]) => {
    for (const alert of planted) if (!alerts.includes(alert)) found.push(`${name} lost       ${alert}`);
    alerts.forEach((alert, i) => {
      if (!planted.includes(alert)) found.push(`${name} made up    ${alert}`);
      else if (alerts.indexOf(alert) < i) found.push(`${name} doubled    ${alert}`);
    });
  };
  compare('the job  ', job);
  compare('the agent', agent);
  const doubled = [...charges].filter(([, times]) => times > 1).length;
  if (charges.size !== transactions) found.push(`${transactions - charges.size} charges are lost`);
  if (doubled > 0) found.push(`${doubled} charges are doubled`);
  return found;
}

async function makeTopics(admin: Admin): Promise<void> {
  const topics = ['transactions', 'accounts', ...WRITTEN];
  await admin.createTopics({
    topics: topics.map((topic) => ({
      topic,
      numPartitions: PARTITIONS,
      configEntries: topic === 'accounts' ? [{ name: 'cleanup.policy', value: 'compact' }] : [],
    })),
    waitForLeaders: true,
  });
}

/** Whether a group's checkpoints are at the end of topics that are written without transactions. */
async function hasRead(admin: Admin, groupId: string, topics: string[]): Promise<boolean> {
  const committed = await admin.fetchOffsets({ groupId, topics });
  for (const { topic, partitions } of committed) {
    const ends = await admin.fetchTopicOffsets(topic);
    const at = (partition: number) => Number(partitions.find((each) => each.partition === partition)?.offset ?? -1);
    if (ends.some(({ partition, high }) => at(partition) < Number(high))) return false;
  }
  return true;
}

// ------------------------------------------------------------------------------------------------------------ processes

interface Running {
  readonly name: string;
  readonly args: readonly string[];
  readonly child: ChildProcess;
  readonly exited: Promise<void>;
  ended: boolean;
  killed: boolean;
}

class Processes {
  private readonly all: Running[] = [];
  private failure: Error | undefined;

  constructor(private readonly options: PlayOptions) {}

  start(name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
    const { sabot, brokers, folder, say } = this.options;
    const [command, ...first] = sabot;
    const child = spawn(command, [...first, ...args], {
      cwd: folder,
      env: { ...process.env, ...env, BROKERS: brokers },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let told = '';
    child.stderr.on('data', (bytes) => {
      told += bytes;
      const restored = /restored checkpoint.*/.exec(String(bytes));
      if (restored !== null) say(`the ${name}: ${restored[0]}`);
    });
    const running: Running = {
      name,
      args,
      child,
      ended: false,
      killed: false,
      exited: new Promise((resolve) =>
        child.on('close', (code) => {
          running.ended = true;
          // What a process that is killed cannot remove itself.
          rmSync(join(here, `.sabot-run-${child.pid}.mjs`), { force: true });
          if (code !== 0 && !running.killed) this.failure ??= new Error(`The ${name} ended with ${code}:\n${told}`);
          resolve();
        }),
      ),
    };
    this.all.push(running);
    return running;
  }

  async run(name: string, args: readonly string[]): Promise<void> {
    const command = this.start(name, args);
    await this.until(() => command.ended);
  }

  /** As if the machine had lost its power. */
  async killAndStart(running: Running): Promise<Running> {
    const { name, child, args } = running;
    running.killed = true;
    child.kill('SIGKILL');
    await running.exited;
    this.options.say(`--- kill -9 ${child.pid}: the ${name} is dead; it is started again`);
    return this.start(name, args);
  }

  /** Waits until something holds; throws once a process has failed. */
  async until(what: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await what())) {
      this.options.signal?.throwIfAborted();
      if (this.failure !== undefined) throw this.failure;
      await sleep(LOOK_EVERY_MS);
    }
    if (this.failure !== undefined) throw this.failure;
  }

  endAll(): void {
    for (const running of this.all) {
      if (running.ended) continue;
      running.killed = true;
      running.child.kill('SIGKILL');
    }
  }
}

// -------------------------------------------------------------------------------------------------------------- watcher

/** Reads what is committed of the topics that the job and the agent write. */
class Watcher {
  readonly alerts = { job: [] as string[], agent: [] as string[] };
  readonly charges = new Map<number, number>();
  private readonly lastCharge = new Map<number, number>();
  /** By topic and partition, ends of transactions included. */
  private readonly positions = new Map<string, number>();
  private readonly consumer: Consumer;

  constructor(
    kafka: Kafka,
    private readonly say: (line: string) => void,
  ) {
    this.consumer = kafka.consumer({ groupId: 'demo', maxWaitTimeInMs: 100 });
  }

  async start(): Promise<void> {
    await this.consumer.connect();
    await this.consumer.subscribe({ topics: WRITTEN, fromBeginning: true });
    this.consumer.on('consumer.end_batch_process', ({ payload: { topic, partition, lastOffset } }) => {
      this.positions.set(`${topic} ${partition}`, Number(lastOffset) + 1);
    });
    await this.consumer.run({
      eachMessage: async ({ topic, partition, message: { offset, value } }) => {
        if (topic !== 'charges') return this.show(topic === 'alerts' ? 'job' : 'agent', alertOf(String(value)));
        const { id } = JSON.parse(String(value)) as { id: number };
        this.charges.set(id, (this.charges.get(id) ?? 0) + 1);
        this.lastCharge.set(partition, Number(offset));
      },
    });
  }

  private show(by: 'job' | 'agent', alert: Alert): void {
    const line = lineOf(alert);
    const again = this.alerts.job.includes(line) || this.alerts.agent.includes(line);
    this.alerts[by].push(line);
    const { account, owner, cents, country, home, usual, probes } = alert;
    const what = `${probes} small charges, then ${euros(cents)} in ${country} (at home in ${home}, usually ${euros(usual)})`;
    this.say(`${by.padEnd(6)} ${account}  ${again ? 'the same' : `${owner}: ${what}`}`);
  }

  /** Whether a group has had every charge that was read here. */
  async hasBeenReadBy(admin: Admin, groupId: string): Promise<boolean> {
    const [committed] = await admin.fetchOffsets({ groupId, topics: ['charges'] });
    return committed!.partitions.every(({ partition, offset }) => {
      const last = this.lastCharge.get(partition);
      return last === undefined || Number(offset) > last;
    });
  }

  /** Waits until all that is there now has been read. */
  async catchUp(admin: Admin): Promise<void> {
    for (const topic of WRITTEN) {
      for (const { partition, high } of await admin.fetchTopicOffsets(topic)) {
        while ((this.positions.get(`${topic} ${partition}`) ?? 0) < Number(high)) await sleep(LOOK_EVERY_MS);
      }
    }
  }

  stop(): Promise<void> {
    return this.consumer.disconnect();
  }
}

const euros = (cents: bigint): string => (Number(cents) / 100).toFixed(2);

function lineOf({ id, account, owner, ts, cents, country, home, usual, probes }: Alert): string {
  const charge = `charge ${id} at ${new Date(ts).toISOString()} of ${euros(cents)} in ${country}`;
  return `${charge}, account ${account} of ${owner} in ${home}, usually ${euros(usual)}, ${probes} small charges before`;
}

/** An alert as it lies in its topic. */
function alertOf(text: string): Alert {
  const { id, ts, cents, usual, ...rest } = JSON.parse(text);
  return { ...rest, id: BigInt(id), ts: Date.parse(`${ts}Z`), cents: BigInt(cents), usual: BigInt(usual) };
}
