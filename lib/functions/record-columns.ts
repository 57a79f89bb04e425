// record-columns: what a Kafka record has beside its key and value, as columns that no row shows.
//
//   $topic $partition $offset $timestamp $headers   ->   { topic: 'orders', partition: 0, offset: 42n, timestamp: …, headers: { … } }
//
// Bytes of headers are hex in columns, text in records. No state.

import type { KafkaMetadata } from '../connectors/kafka-tables.js';
import { t } from '../schema/t.js';

/** Columns behind those of a topic's rows that are read. */
export const RECORD_COLUMNS = {
  fields: {
    $topic: t.string(),
    $partition: t.int(),
    $offset: t.bigint(),
    $timestamp: t.timestampLtz(3),
    $headers: t.map(t.bytes()),
  },
  keys: {
    $topic: 'topic',
    $partition: 'partition',
    $offset: 'offset',
    $timestamp: 'timestamp',
    $headers: 'headers',
  } satisfies Readonly<Record<string, KafkaMetadata>>,
} as const;

export const RECORD_TIME = '$timestamp';

/** Columns behind those of a topic's rows that are written. */
export const SEND_COLUMNS = {
  fields: { $sendTime: t.timestampLtz(3).nullable(), $sendHeaders: t.map(t.bytes()).nullable() },
  keys: { $sendTime: 'timestamp', $sendHeaders: 'headers' },
} as const;

/** A record's place, and what it has beside key and value. */
export interface EventRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** Epoch milliseconds. */
  readonly timestamp: number;
  /** As UTF-8; of several with one name the last. */
  readonly headers: Readonly<Record<string, string>>;
}

type RecordRow = Readonly<Record<keyof typeof RECORD_COLUMNS.fields, unknown>>;

/** A record from its columns. */
export function recordOf(row: RecordRow): EventRecord {
  const headers = row.$headers as Readonly<Record<string, string>>;
  return {
    topic: row.$topic as string,
    partition: row.$partition as number,
    offset: row.$offset as bigint,
    timestamp: row.$timestamp as number,
    headers: Object.fromEntries(Object.entries(headers).map(([name, hex]) => [name, textOf(hex)])),
  };
}

const textOf = (hex: string): string => Buffer.from(hex, 'hex').toString();

export type HeaderValue = string | Uint8Array;

/** Headers as the column has them. */
export function headersColumn(headers: Readonly<Record<string, HeaderValue>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      if (typeof value !== 'string' && !(value instanceof Uint8Array))
        throw new TypeError(`header '${name}' is text or a Uint8Array, not ${String(value)}`);
      return [name, Buffer.from(value as string).toString('hex')];
    }),
  );
}
