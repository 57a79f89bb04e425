// agent-context: what an agent is given beside its event, over the context of a keyed process function, or over one row.
//
//   ctx.send(totals, { customer: 'ann', cents: 5n })   ->   output 1, { …, $sendTime, $sendHeaders }
//
// State: the event that it stands for is that of the context below, or of the one row.

import { misuse } from '../functions/function-error.js';
import type { EventContext as ProcessedEvent } from '../functions/keyed-process-context.js';
import { type EventRecord, headersColumn, recordOf } from '../functions/record-columns.js';
import type { SendOptions } from './agent.js';
import { type AnyTopic, Topic } from './topic.js';

/** The topics of an agent, by the numbers of its outputs. */
export interface Outlets {
  readonly agent: string;
  readonly topics: readonly AnyTopic[];
  /** It has said so itself. */
  readonly declared: boolean;
}

type Send = (topic: AnyTopic, row: object, options?: SendOptions) => void;

/** A function that places rows: `emit` takes the number of an output and the row with all of its columns. */
function sender(
  { agent, topics, declared }: Outlets,
  emit: (output: number, row: object) => void,
  timestamp: () => number | null,
): Send {
  const send: Send = (topic, row, options) => {
    const output = topics.indexOf(topic);
    if (output < 0) throw misuse(unknownTopic(agent, topic, declared), send);
    if (typeof row !== 'object' || row === null)
      throw misuse(`send('${topic.name}', …) takes a row, not ${String(row)}`, send);
    const { headers } = options ?? {};
    emit(output, {
      ...row,
      $sendTime: options?.timestamp ?? timestamp(),
      $sendHeaders: headers === undefined ? null : headersColumn(headers),
    });
  };
  return send;
}

function unknownTopic(agent: string, topic: unknown, declared: boolean): string {
  if (!(topic instanceof Topic)) return `send(topic, row) takes a topic of the app, not ${String(topic)}`;
  const why = declared
    ? 'it is not among its sends'
    : 'it reads it itself, or it is a topic of another app, or one made later: name it among its sends';
  return `agent '${agent}' does not send to '${topic.name}': ${why}`;
}

/** The context of an agent with a key. */
export class KeyedAgentContext {
  readonly send: Send;

  constructor(
    private readonly of: ProcessedEvent,
    outlets: Outlets,
    emit: (output: number, row: object) => void,
  ) {
    // What a timer of processing time sends has no event time, as in Flink.
    const timestamp = () => (of.timerKind === 'processingTime' ? null : of.timestamp!);
    this.send = sender(outlets, emit, timestamp);
  }

  get record(): EventRecord | undefined {
    const row = this.of.record();
    return row === undefined ? undefined : recordOf(row as Parameters<typeof recordOf>[0]);
  }
  get key(): unknown {
    return this.of.key;
  }
  get state(): unknown {
    return this.of.state;
  }
  get timers(): unknown {
    return this.of.timers;
  }
  get timestamp(): number {
    return this.of.timestamp!;
  }
  get watermark(): number {
    return this.of.watermark;
  }
  get processingTime(): number {
    return this.of.processingTime;
  }
  get timerKind(): string | undefined {
    return this.of.timerKind;
  }
}

/** The context of an agent without a key: of one row. */
export class RowContext {
  readonly send: Send;
  private open = true;

  constructor(
    outlets: Outlets,
    private readonly row: Readonly<Record<string, unknown>>,
    readonly timestamp: number,
    emit: (output: number, row: object) => void,
  ) {
    const place = (output: number, sent: object) => {
      if (!this.open)
        throw new Error('its context was used after the function had returned, or its promise had settled');
      emit(output, sent);
    };
    this.send = sender(outlets, place, () => timestamp);
  }

  get record(): EventRecord {
    return recordOf(this.row as Parameters<typeof recordOf>[0]);
  }

  end(): void {
    this.open = false;
  }
}
