// app: agents over topics of Kafka, as one job: read, state, timers and what is sent count together.
//
//   new App('shop', { brokers })  ->  topic(…), agent(…)  ->  sabot -A app.ts worker, or run()
//
// State: topics and agents; the job that they become when it is first asked for. Nothing runs before run().

import { readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { blackhole, type Sink } from '../connectors/tables.js';
import type { States } from '../functions/keyed-process-state.js';
import { commandRun } from '../job/command-run.js';
import { type CheckpointOptions, Job, type RunOptions, type StateReadOptions } from '../job/job.js';
import type { JobMetrics } from '../job/metrics.js';
import type { State } from '../job/state.js';
import type { LogicalNode } from '../plan/nodes.js';
import { checkpointFolder } from '../planner/checkpointing.js';
import type { Fields } from '../schema/t.js';
import type { Stream, TimedStream } from '../stream/stream.js';
import type { Agent, AgentContext, AgentFunction, AgentOptions, AgentState, PlainKey } from './agent.js';
import { checkAgent, refused, requireOwn } from './agent-check.js';
import { type AgentPlan, agentRows, topicRows } from './agent-nodes.js';
import {
  type AnyTopic,
  type KeyOfTopic,
  type RowOfTopic,
  Topic,
  type TopicAccess,
  type TopicKey,
  type TopicKeyValue,
  type TopicOptions,
} from './topic.js';
import { numPartitions, requireTopics } from './topic-check.js';

const CHECKPOINTS = { dir: './checkpoints', interval: '1 s' };
/** Where the last checkpoints of workers that were stopped lie, beside the job's others. */
const STOPPED = 'stopped';
/** Who reads and writes topics beside agents. */
const STREAMS = '(streams)';

/** Told by this, whichever copy of the package an app is made with. */
export const APP = Symbol.for('sabot.app');

export interface AppOptions {
  /** `host:port`, several with commas or as an array. */
  readonly brokers: string | readonly string[];
  /** Where checkpoints go and how often they are taken; what is sent is seen with them. Default: './checkpoints', every second. */
  readonly checkpoint?: Partial<CheckpointOptions>;
  /** Default: 'exactly-once'. */
  readonly guarantee?: 'exactly-once' | 'at-least-once';
  /** The consumer group whose offsets show how far the app is. Default: its name. */
  readonly group?: string;
  /** Subtasks of every agent. Default: 1. */
  readonly parallelism?: number;
  /** The Kafka client's, named as in Kafka's documentation: `{ 'security.protocol': 'SSL' }`. */
  readonly properties?: Readonly<Record<string, string>>;
  /** Flink's settings and sabot's: `{ 'state.backend.type': 'rocksdb' }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface AppRunOptions extends Omit<RunOptions, 'checkpoint'> {
  readonly checkpoint?: Partial<CheckpointOptions>;
  /** What to begin from: 'latest', the default, which is nothing where there is no checkpoint; a path; or 'none'. */
  readonly restore?: string;
  /** Takes the names of topics that were made. */
  readonly onTopics?: (made: readonly string[]) => void;
}

/** What an app reads and writes. */
export interface TopicUse {
  readonly topic: string;
  /** Undefined: it is not there. */
  readonly partitions: number | undefined;
  /** With how many it is made where it is not there. */
  readonly makes: number | undefined;
  readonly format: string;
  readonly key: readonly string[];
  /** Agents, by name; '(streams)' for those of the app. */
  readonly readBy: readonly string[];
  readonly writtenBy: readonly string[];
}

/** What an agent reads and writes. */
export interface AgentUse {
  readonly name: string;
  readonly reads: readonly string[];
  readonly sends: readonly string[];
}

interface DeclaredAgent {
  readonly plan: AgentPlan;
  readonly sends: readonly AnyTopic[] | undefined;
}

type None = Readonly<Record<never, never>>;

/**
 * Agents over topics.
 *
 * @example
 * export const app = new App('shop', { brokers: 'localhost:9092' });
 * const orders = app.topic('orders', { schema: Order, key: 'customer' });
 * const totals = app.topic('totals', { schema: Total, key: 'customer', partitions: 4 });
 *
 * app.agent(orders, { state: { cents: valueState(t.bigint(), { initial: 0n }) } }, async ({ customer, cents }, ctx) => {
 *   ctx.state.cents.set(ctx.state.cents.value + cents);
 *   ctx.send(totals, { customer, cents: ctx.state.cents.value });
 * });
 */
export class App {
  /** @internal */
  readonly [APP] = true;
  /** True once run() has been called. */
  started = false;
  private readonly access: TopicAccess;
  private readonly topicsByName = new Map<string, AnyTopic>();
  private readonly agents: DeclaredAgent[] = [];
  /** Topics of streams. */
  private readonly streamed: { readonly topic: AnyTopic; readonly how: 'read' | 'written' }[] = [];
  private readonly inputs = new Map<AnyTopic, LogicalNode>();
  private readonly ownJob: Job;
  private built: Job | undefined;
  private readonly cancelling = new AbortController();
  private stopping: Promise<void> | undefined;
  private running: Promise<void> | undefined;
  private checkpoint: CheckpointOptions = CHECKPOINTS;

  constructor(
    readonly name: string,
    private readonly options: AppOptions,
  ) {
    const { brokers, group = name, guarantee = 'exactly-once', properties = {}, parallelism, settings } = options ?? {};
    if (typeof name !== 'string' || name === '') throw refused('An app needs a name: new App(name, { brokers }).');
    if (brokers === undefined || [brokers].flat().length === 0)
      throw refused(`App '${name}' needs brokers: new App('${name}', { brokers: 'localhost:9092' }).`);
    this.access = { app: name, brokers, group, guarantee, properties };
    this.ownJob = new Job(name, {
      ...(parallelism === undefined ? {} : { parallelism }),
      ...(settings === undefined ? {} : { settings }),
    });
  }

  /**
   * A topic that agents read or send to.
   *
   * @example app.topic('orders', { schema: t.row({ id: t.string(), customer: t.string() }), key: 'customer' })
   */
  topic<const N extends string, F extends Fields, const K extends TopicKey<F> | undefined = undefined>(
    name: N,
    options: TopicOptions<F, K>,
  ): Topic<N, { readonly [C in keyof F]: import('../schema/t.js').Infer<F[C]> }, TopicKeyValue<F, K>> {
    this.requireOpen(`topic '${name}'`);
    if (this.topicsByName.has(name)) throw refused(`App '${this.name}' has a topic '${name}' already.`);
    const topic = new Topic(
      name,
      this.access,
      options as unknown as TopicOptions<Fields, TopicKey<Fields> | undefined>,
    );
    this.topicsByName.set(name, topic);
    return topic as never;
  }

  /**
   * Calls a function for every event of a topic, or of several with the same columns: those of one key one after the other.
   *
   * @example app.agent(orders, (order, ctx) => ctx.send(invoices, { id: order.id }))
   */
  agent<T extends AnyTopic>(
    topic: T | readonly T[],
    run: AgentFunction<RowOfTopic<T>, AgentContext<KeyOfTopic<T>, None, AnyTopic>>,
  ): Agent<KeyOfTopic<T>, None>;
  agent<T extends AnyTopic, K = KeyOfTopic<T>, S extends States = None, Sends extends AnyTopic = AnyTopic>(
    topic: T | readonly T[],
    options: AgentOptions<T, K, S, Sends>,
    run: AgentFunction<RowOfTopic<T>, AgentContext<PlainKey<K>, S, Sends>>,
  ): Agent<PlainKey<K>, S>;
  agent(
    topic: AnyTopic | readonly AnyTopic[],
    given: AgentOptions<AnyTopic, unknown, States, AnyTopic> | AgentPlan['handler'],
    run?: AgentPlan['handler'],
  ): Agent<never, never> {
    const options = typeof given === 'function' ? {} : given;
    const handler = typeof given === 'function' ? given : run;
    const reads = [topic].flat() as AnyTopic[];
    const name = options.name ?? reads[0]?.name ?? '';
    this.requireOpen(`agent '${name}'`);
    const plan: AgentPlan = {
      name,
      reads,
      handler: handler!,
      keyBy: options.keyBy as AgentPlan['keyBy'],
      keyType: options.keyType,
      state: options.state,
      concurrency: options.concurrency,
      onError: options.onError,
      onTimer: options.onTimer as AgentPlan['onTimer'],
    };
    checkAgent(plan, options.sends, {
      app: this.name,
      names: this.agents.map((agent) => agent.plan.name),
      topics: this.topicsByName,
    });
    this.agents.push({ plan, sends: options.sends });
    return { name };
  }

  /**
   * The rows of a topic as a stream, with event time: what windows, joins and process functions do best, beside agents of the same
   * topics, in the same job and commit.
   *
   * @example app.stream(orders).keyBy((o) => o.customer).window(tumble('1 min')).aggregate({ n: count() }).to(app.sink(perMinute))
   */
  stream<T extends AnyTopic>(topic: T): TimedStream<RowOfTopic<T>> {
    this.requireOwn('A stream', topic);
    this.requireOpen(`a stream of topic '${topic.name}'`);
    this.streamed.push({ topic, how: 'read' });
    return this.ownJob.timedStream(this.inputOf(topic));
  }

  /** Writes the rows of a stream into a topic: it has the topic's columns, in their order. */
  sink(topic: AnyTopic): Sink {
    this.requireOwn('A sink', topic);
    this.requireOpen(`a sink of topic '${topic.name}'`);
    this.streamed.push({ topic, how: 'written' });
    return topic.rowSink();
  }

  /** The job that agents and streams are; nothing can be added once it was asked for. */
  get job(): Job {
    this.built ??= this.build();
    return this.built;
  }

  /** Runs until `stop()`, or until it fails. Begins from the latest checkpoint, if there is one. */
  run(options: AppRunOptions = {}): Promise<void> {
    if (this.running !== undefined) throw refused(`App '${this.name}' is started twice.`);
    this.started = true;
    this.running = this.runJob(options);
    return this.running;
  }

  /** Takes a last checkpoint and ends; `run()` resolves. */
  stop(): Promise<void> {
    this.stopping ??= this.endJob();
    return this.stopping;
  }

  /**
   * What an agent keeps of its keys, while it runs.
   *
   * @example await app.state(totals).get('ann')
   */
  state<K, S extends States>(agent: Agent<K, S>, options?: StateReadOptions): State<AgentState<S>>;
  state(agent: string, options?: StateReadOptions): State;
  state(agent: string | Agent, options?: StateReadOptions): State {
    return this.job.state(typeof agent === 'string' ? agent : agent.name, options);
  }

  /** Counters of every operator as they are now; undefined before run(). */
  metrics(): JobMetrics | undefined {
    return this.built?.metrics();
  }

  /** The physical plan as text, and where functions run. */
  explain(): string {
    return this.job.explain();
  }

  /** The agents, and the names of topics that they read and may send to. */
  describe(): readonly AgentUse[] {
    return this.agents.map((agent) => ({
      name: agent.plan.name,
      reads: agent.plan.reads.map((topic) => topic.name),
      sends: this.sendsOf(agent).map((topic) => topic.name),
    }));
  }

  /** What the app reads and writes, and what of it is there. */
  async topics(): Promise<readonly TopicUse[]> {
    const all = [...this.topicsByName.values()];
    const partitions = await numPartitions(all, this.access);
    const agentsOf = (which: (agent: DeclaredAgent) => boolean) =>
      this.agents.filter(which).map(({ plan }) => plan.name);
    const streamsOf = (topic: AnyTopic, how: 'read' | 'written') =>
      this.streamed.some((each) => each.topic === topic && each.how === how) ? [STREAMS] : [];
    return all.map((topic) => ({
      topic: topic.name,
      partitions: partitions.get(topic.name),
      makes: topic.options.partitions,
      format: topic.options.format ?? 'json',
      key: topic.keyColumns,
      readBy: [...agentsOf(({ plan }) => plan.reads.includes(topic)), ...streamsOf(topic, 'read')],
      writtenBy: [...agentsOf((agent) => this.sendsOf(agent).includes(topic)), ...streamsOf(topic, 'written')],
    }));
  }

  private async runJob({ checkpoint, restore, signal, onTopics, ...rest }: AppRunOptions): Promise<void> {
    const { job } = this;
    const command = commandRun();
    const from = restore ?? command?.defaults.restore ?? 'latest';
    this.checkpoint = { ...CHECKPOINTS, ...this.options.checkpoint, ...checkpoint };
    if (command?.planned === undefined) {
      const made = await requireTopics(this.usedTopics(), this.access);
      if (made.length > 0) onTopics?.(made);
    }
    if (this.stopping !== undefined) return;
    const cancel = () => this.cancelling.abort();
    for (const each of [signal, command?.signal]) {
      if (each?.aborted) cancel();
      each?.addEventListener('abort', cancel, { once: true });
    }
    await job.run({
      ...rest,
      checkpoint: this.checkpoint,
      ...(from === 'none' ? {} : { restore: from }),
      signal: this.cancelling.signal,
    });
  }

  private async endJob(): Promise<void> {
    // Before its job has begun there is nothing to keep.
    if (this.running === undefined || this.built?.metrics() === undefined) return;
    const folder = join(checkpointFolder(this.checkpoint.dir, this.name), STOPPED);
    const at = join(folder, new Date().toISOString().replaceAll(/[-:]/g, ''));
    try {
      await this.built.stop({ savepoint: at });
    } catch (error) {
      this.cancelling.abort();
      throw error;
    }
    // Only the newest one is gone on from.
    for (const name of readdirSync(folder)) {
      if (name !== basename(at)) rmSync(join(dirname(at), name), { recursive: true, force: true });
    }
  }

  /** Read once, whoever asks. */
  private inputOf(topic: AnyTopic): LogicalNode {
    const rows = this.inputs.get(topic) ?? topicRows(topic);
    this.inputs.set(topic, rows);
    return rows;
  }

  private build(): Job {
    if (this.agents.length === 0 && this.streamed.length === 0)
      throw refused(`App '${this.name}' has no agent: app.agent(topic, (event, ctx) => { … }).`);
    const job = this.ownJob;
    const written = new Map<AnyTopic, Stream<unknown>[]>();
    for (const agent of this.agents) {
      const { plan } = agent;
      const topics = this.sendsOf(agent);
      const outlets = { agent: plan.name, topics, declared: agent.sends !== undefined };
      const rows = agentRows(
        plan,
        plan.reads.map((topic) => this.inputOf(topic)),
        outlets,
      ).map((node) => job.stream<unknown>(node));
      for (const [i, topic] of topics.entries()) written.set(topic, [...(written.get(topic) ?? []), rows[i]!]);
      if (topics.length === 0) rows[0]!.to(blackhole());
    }
    for (const [topic, [first, ...others]] of written)
      (others.length === 0 ? first! : first!.union(...others)).to(topic.sink());
    return job;
  }

  private sendsOf({ plan, sends }: DeclaredAgent): readonly AnyTopic[] {
    return sends ?? [...this.topicsByName.values()].filter((topic) => !plan.reads.includes(topic));
  }

  private usedTopics(): AnyTopic[] {
    const used = this.agents.flatMap((agent) => [...agent.plan.reads, ...this.sendsOf(agent)]);
    return [...new Set([...used, ...this.streamed.map(({ topic }) => topic)])];
  }

  private requireOwn(who: string, topic: AnyTopic): void {
    requireOwn(who, topic, this.topicsByName);
  }

  private requireOpen(what: string): void {
    if (this.built !== undefined) throw refused(`App '${this.name}' has begun: ${what} comes too late.`);
  }
}
