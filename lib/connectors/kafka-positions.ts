// kafka-positions: where reading a topic begins and where it ends.
//
//   'scan.startup.mode' = 'timestamp', 'scan.startup.timestamp-millis' = '5'   ->   { mode: 'timestamp', timestampMs: 5 }
//   'scan.bounded.mode' = 'latest-offset'                                      ->   { mode: 'latest' }

import { type OptionSpec, type OptionValues, optionError } from './options.js';

const STARTUP_MODES = ['earliest-offset', 'latest-offset', 'group-offsets', 'timestamp', 'specific-offsets'];
const BOUNDED_MODES = ['unbounded', 'latest-offset', 'group-offsets', 'timestamp', 'specific-offsets'];
const RESETS = ['earliest', 'latest', 'none'];

export const STARTUP_OPTIONS: readonly OptionSpec[] = [
  { key: 'scan.startup.mode', type: 'enum', values: STARTUP_MODES, default: 'group-offsets' },
  { key: 'scan.startup.specific-offsets', type: 'string' },
  { key: 'scan.startup.timestamp-millis', type: 'long' },
];

export const BOUNDED_OPTIONS: readonly OptionSpec[] = [
  { key: 'scan.bounded.mode', type: 'enum', values: BOUNDED_MODES, default: 'unbounded' },
  { key: 'scan.bounded.specific-offsets', type: 'string' },
  { key: 'scan.bounded.timestamp-millis', type: 'long' },
];

export interface PartitionOffset {
  readonly partition: number;
  readonly offset: number;
}

/** Where every partition begins or ends, in native's words. */
export interface Position {
  readonly mode: 'earliest' | 'latest' | 'group-offsets' | 'timestamp' | 'specific-offsets' | 'unbounded';
  readonly timestampMs?: number;
  /** Of the only topic. */
  readonly offsets?: readonly PartitionOffset[];
  /** Where a partition begins for which the group has no offset. */
  readonly reset?: string;
}

/** `reset`: what the table says of `properties.auto.offset.reset`. */
export function startupOf(values: OptionValues, singleTopic: boolean, reset: string | undefined): Position {
  const position = positionOf(values, 'startup', singleTopic);
  return position.mode === 'group-offsets' ? { ...position, reset: resetOf(reset) } : position;
}

export const boundedOf = (values: OptionValues, singleTopic: boolean): Position =>
  positionOf(values, 'bounded', singleTopic);

/** Options of positions that the mode does not ask for; `owner` is how messages name the table. */
export function unheededPositions(
  values: OptionValues,
  given: Readonly<Record<string, string>>,
  owner: string,
): string[] {
  return (['startup', 'bounded'] as const).flatMap((side) =>
    (['specific-offsets', 'timestamp-millis'] as const).flatMap((name) => {
      const key = `scan.${side}.${name}`;
      const mode = `scan.${side}.mode`;
      if (given[key] === undefined || name.startsWith(String(values.get(mode)))) return [];
      return [`Option '${key}' of ${owner} has no effect: '${mode}' is '${String(values.get(mode))}'.`];
    }),
  );
}

function positionOf(values: OptionValues, side: 'startup' | 'bounded', singleTopic: boolean): Position {
  const mode = String(values.get(`scan.${side}.mode`));
  const required = (key: string): string | number => {
    const value = values.get(key);
    if (value !== undefined) return value as string | number;
    throw optionError('missing-option', key, `'${key}' is required in '${mode}' ${side} mode but missing.`);
  };
  switch (mode) {
    case 'timestamp': {
      const key = `scan.${side}.timestamp-millis`;
      const timestampMs = Number(required(key));
      if (timestampMs >= 0) return { mode, timestampMs };
      throw optionError('invalid-option', key, `Option '${key}' cannot be negative, as ${timestampMs} is.`);
    }
    case 'specific-offsets': {
      const key = `scan.${side}.specific-offsets`;
      const text = String(required(key));
      if (!singleTopic) {
        throw optionError(
          'invalid-option',
          key,
          'Currently Kafka source only supports specific offset for single topic.',
        );
      }
      return { mode, offsets: parseOffsets(key, text) };
    }
    default:
      return { mode: mode.replace(/^(earliest|latest)-offset$/, '$1') as Position['mode'] };
  }
}

/** `partition:0,offset:42;partition:1,offset:300`; of a partition that is named twice the last counts. */
function parseOffsets(key: string, text: string): PartitionOffset[] {
  const offsets = new Map<number, number>();
  // As Java's split: nothing behind the last separator is no part.
  for (const part of text.replace(/;+$/, '').split(';')) {
    const found = /^partition:(\d+),offset:(-?\d+)$/.exec(part);
    if (found === null) {
      throw optionError(
        'invalid-option',
        key,
        `Invalid properties '${key}' should follow the format 'partition:0,offset:42;partition:1,offset:300', but is '${text}'.`,
      );
    }
    offsets.set(Number(found[1]), Number(found[2]));
  }
  return [...offsets].map(([partition, offset]) => ({ partition, offset }));
}

function resetOf(value = 'none'): string {
  const reset = value.toLowerCase();
  if (RESETS.includes(reset)) return reset;
  throw optionError(
    'invalid-option',
    'properties.auto.offset.reset',
    `auto.offset.reset can not be set to ${value}. Valid values: [${RESETS.join(',')}]`,
  );
}
