// agent-check: what is wrong with an agent, a stream or a sink of an app, told when it is declared.
//
//   app.agent(topicOfAnotherApp, fn)   ->   Agent 'orders' takes topics of its own app; 'orders' is one of app 'other'.
//
// No state.

import { SabotError } from '../errors.js';
import { sameType } from '../schema/types.js';
import type { AgentPlan } from './agent-nodes.js';
import { type AnyTopic, Topic } from './topic.js';

type Topics = ReadonlyMap<string, AnyTopic>;

/** What the app has before it. */
interface Before {
  readonly app: string;
  /** Of agents. */
  readonly names: readonly string[];
  readonly topics: Topics;
}

export function checkAgent(
  { name, reads, handler, keyBy, state, onTimer }: AgentPlan,
  sends: readonly AnyTopic[] | undefined,
  before: Before,
): void {
  const of = `Agent '${name}'`;
  for (const topic of [...reads, ...(sends ?? [])]) requireOwn(of, topic, before.topics);
  const [first, ...others] = reads;
  if (first === undefined) throw refused('An agent reads at least one topic: app.agent(topic, (event, ctx) => { … }).');
  if (typeof handler !== 'function')
    throw refused(`${of} needs a function: app.agent(topic, { … }, (event, ctx) => { … }).`);
  if (before.names.includes(name))
    throw refused(
      `App '${before.app}' has an agent '${name}' already: name this one, app.agent(topic, { name: '…' }, …).`,
    );
  const other = others.find((topic) => !sameColumns(topic, first));
  if (other !== undefined)
    throw refused(
      `${of} reads '${first.name}' and '${other.name}', whose columns or keys differ: make an agent of each.`,
    );
  if (keyBy !== undefined || first.keyColumns.length > 0) return;
  const what = state !== undefined ? 'keeps state' : onTimer !== undefined ? 'sets timers' : undefined;
  if (what !== undefined)
    throw refused(`${of} ${what} and has no key: give the topic one, or the agent, { keyBy: (event) => event.… }.`);
}

export function requireOwn(who: string, topic: AnyTopic, own: Topics): void {
  if (!(topic instanceof Topic)) throw refused(`${who} takes topics made by app.topic(…), not ${String(topic)}.`);
  if (own.get(topic.name) !== topic)
    throw refused(`${who} takes topics of its own app; '${topic.name}' is one of app '${topic.access.app}'.`);
}

function sameColumns(a: AnyTopic, b: AnyTopic): boolean {
  return (
    a.schema.length === b.schema.length &&
    a.schema.every(({ name, type }, i) => name === b.schema[i]!.name && sameType(type, b.schema[i]!.type)) &&
    a.keyColumns.join() === b.keyColumns.join()
  );
}

export const refused = (message: string): SabotError => new SabotError('SABOT_E_VALIDATION', message, { kind: 'app' });
