// topic: a topic of an app: what its records hold, how they are keyed, and how it is read and written.
//
//   app.topic('orders', { schema: Order, key: 'customer', partitions: 4 })   ->   agents read it, ctx.send(orders, row) writes it
//
// No state. The connector, its options and checks are those of kafka() and kafka.sink().

import { type KafkaSinkOptions, type KafkaSourceOptions, type KafkaStart, kafka } from '../connectors/kafka-tables.js';
import { nearest } from '../connectors/options.js';
import { fieldsOf, type Sink } from '../connectors/tables.js';
import { SabotError } from '../errors.js';
import { RECORD_COLUMNS, SEND_COLUMNS } from '../functions/record-columns.js';
import type { ScanNode } from '../plan/nodes.js';
import { scanSchema } from '../plan/table.js';
import { type Fields, type RowColumnType, type RowOf, t } from '../schema/t.js';
import { printType, type Schema, sameType } from '../schema/types.js';
import type { Row } from '../stream/rows.js';
import { type Duration, milliseconds } from '../window.js';

type Columns<F extends Fields> = keyof F & string;

/** The columns of a record's key: one, or several. */
export type TopicKey<F extends Fields> = Columns<F> | readonly [Columns<F>, ...Columns<F>[]];

/** A key as agents see it: the column's value, or an object of several. */
export type TopicKeyValue<F extends Fields, K> = K extends keyof F
  ? RowOf<F>[K]
  : K extends readonly (keyof F)[]
    ? { readonly [C in K[number]]: RowOf<F>[C] }
    : undefined;

export interface TopicOptions<F extends Fields, K extends TopicKey<F> | undefined> {
  readonly schema: RowColumnType<F>;
  /** The columns that are the record's key. Records with equal keys keep their order, and agents are keyed by it. */
  readonly key?: K;
  /** Of the records' values. Default: 'json'. */
  readonly format?: KafkaSourceOptions['format'];
  /** Of their keys. Default: the text itself of one STRING column ('raw'), else 'json'. */
  readonly keyFormat?: string;
  /** The columns of the key are not in the value. */
  readonly keyOnly?: boolean;
  /** Where the app begins to read when it has no checkpoint. Default: 'earliest'. */
  readonly from?: KafkaStart;
  /** Event time of a row, in milliseconds since 1970. Default: the record's timestamp. */
  readonly time?: (row: Row<RowOf<F>>) => number;
  /** How far behind the latest one a row may come. Default: 0. */
  readonly maxOutOfOrder?: Duration;
  /** How long a partition may be silent before it holds event time back no longer. Default: for ever. */
  readonly idleTimeout?: Duration;
  /** Makes the topic, with so many partitions, when a worker starts and it is not there. */
  readonly partitions?: number;
  /** Of a topic that is made. Default: the brokers'. */
  readonly replication?: number;
  /** Settings of a topic that is made, with Kafka's names: `{ 'retention.ms': '3600000' }`. */
  readonly config?: Readonly<Record<string, string>>;
  /** Further options of the connector and the format, with Flink's names. */
  readonly options?: Readonly<Record<string, string>>;
}

/** How an app reaches its topics. */
export interface TopicAccess {
  readonly app: string;
  readonly brokers: string | readonly string[];
  readonly group: string;
  readonly guarantee: 'exactly-once' | 'at-least-once';
  readonly properties: Readonly<Record<string, string>>;
}

declare const rows: unique symbol;

/** A topic named `N` with rows `R`, keyed by `K`. */
export class Topic<N extends string = string, R = unknown, K = unknown> {
  /** Only for type inference. */
  declare readonly [rows]?: readonly [R, K];
  /** @internal */
  readonly schema: Schema;
  /** @internal */
  readonly keyColumns: readonly string[];

  /** @internal */
  constructor(
    readonly name: N,
    /** @internal */
    readonly access: TopicAccess,
    /** @internal */
    readonly options: TopicOptions<Fields, TopicKey<Fields> | undefined>,
  ) {
    if (Object.keys(options.schema?.fields ?? {}).length === 0)
      throw refused(name, `needs the type of its rows: app.topic('${name}', { schema: t.row({ … }) }).`);
    this.schema = fieldsOf(options.schema);
    this.keyColumns = [options.key ?? []].flat();
    const names = this.schema.map((field) => field.name);
    for (const column of this.keyColumns) {
      if (names.includes(column)) continue;
      const near = nearest(column, names);
      throw refused(
        name,
        `has a key of a column '${column}' that there is not.${near === undefined ? ` Columns: ${names.join(', ')}.` : ` Did you mean '${near}'?`}`,
      );
    }
    if (options.keyOnly === true && this.keyColumns.length === names.length)
      throw refused(name, 'has nothing in its values: keyOnly leaves out all of its columns.');
    const reserved = names.find((column) => column.startsWith('$'));
    if (reserved !== undefined)
      throw refused(name, `has a column '${reserved}': names that begin with $ stand for what is not in the value.`);
    for (const count of ['partitions', 'replication'] as const) {
      const given = options[count];
      if (given !== undefined && !(Number.isSafeInteger(given) && given > 0))
        throw refused(name, `cannot have ${given} ${count}: it takes a whole number above 0.`);
    }
  }

  /** The records with what is not in their values; @internal */
  scan(): ScanNode {
    const { access, options } = this;
    const { table } = kafka({
      brokers: access.brokers,
      topic: this.name,
      group: access.group,
      from: options.from ?? 'earliest',
      format: options.format ?? 'json',
      properties: access.properties,
      metadata: RECORD_COLUMNS.keys,
      options: { ...(options.keyOnly === true ? this.keyOptions() : {}), ...options.options },
      schema: t.row({ ...options.schema.fields, ...RECORD_COLUMNS.fields }),
    });
    return { op: 'scan', table, options: table.options, schema: scanSchema(table) };
  }

  /** Takes the topic's rows, and behind them the timestamp and headers of each; @internal */
  sink(): Sink {
    return this.sinkWith(SEND_COLUMNS.keys);
  }

  /** Takes the topic's rows as a stream has them; @internal */
  rowSink(): Sink {
    const sink = this.sinkWith({});
    return {
      ...sink,
      table: (schema) => {
        this.requireRows(schema);
        return sink.table(schema);
      },
    };
  }

  private sinkWith(metadata: NonNullable<KafkaSinkOptions['metadata']>): Sink {
    const { access, options } = this;
    return kafka.sink({
      brokers: access.brokers,
      topic: this.name,
      format: options.format ?? 'json',
      properties: access.properties,
      guarantee: access.guarantee,
      ...(access.guarantee === 'exactly-once' ? { transactionalIdPrefix: `${access.app}-` } : {}),
      metadata,
      options: { ...this.keyOptions(), ...options.options },
    });
  }

  private requireRows(schema: Schema): void {
    const fits = ({ name, type }: Schema[number], i: number) => {
      const given = schema[i];
      const same = given?.name === name && sameType(given.type, type, { ignoreNullability: true });
      return same && (type.nullable || !given.type.nullable);
    };
    if (schema.length === this.schema.length && this.schema.every(fits)) return;
    const text = (of: Schema) => of.map(({ name, type }) => `${name} ${printType(type)}`).join(', ');
    throw refused(
      this.name,
      `takes rows of ${text(this.schema)}; the stream's are ${text(schema)}. Make them such with map(fn, { returns }).`,
    );
  }

  /** What a row of the sink is made of; @internal */
  sentRows(): RowColumnType<Fields> {
    return t.row({ ...this.options.schema.fields, ...SEND_COLUMNS.fields });
  }

  /** @internal */
  get outOfOrderMs(): number {
    return milliseconds(this.options.maxOutOfOrder ?? 0);
  }

  /** @internal */
  get idleTimeoutMs(): number | undefined {
    const { idleTimeout } = this.options;
    return idleTimeout === undefined ? undefined : milliseconds(idleTimeout);
  }

  private keyOptions(): Readonly<Record<string, string>> {
    if (this.keyColumns.length === 0) return {};
    return {
      'key.format': this.keyFormat(),
      'key.fields': this.keyColumns.join(';'),
      ...(this.options.keyOnly === true ? { 'value.fields-include': 'EXCEPT_KEY' } : {}),
    };
  }

  /** @internal */
  keyFormat(): string {
    const [only, ...others] = this.keyColumns.map((column) => this.schema.find(({ name }) => name === column)!.type);
    const isText = others.length === 0 && only?.kind === 'VARCHAR';
    return this.options.keyFormat ?? (isText ? 'raw' : 'json');
  }
}

// biome-ignore lint/suspicious/noExplicitAny: rows are neither only read nor only written.
export type AnyTopic = Topic<string, any, any>;
export type RowOfTopic<T> = T extends Topic<string, infer R, unknown> ? R : never;
// biome-ignore lint/suspicious/noExplicitAny: whatever its rows are.
export type KeyOfTopic<T> = T extends Topic<string, any, infer K> ? K : never;

const refused = (topic: string, what: string): SabotError =>
  new SabotError('SABOT_E_VALIDATION', `Topic '${topic}' ${what}`, { kind: 'topic', identifier: topic });
