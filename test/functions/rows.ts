// Rows and jobs for the tests of functions: every type, NULLs, tiny batches, two subtasks.

import { Job, type Stream, t } from '../../lib/index.js';
import type { Fields, RowColumnType, RowOf } from '../../lib/schema/t.js';

export const Everything = t.row({
  id: t.int(),
  yes: t.boolean().nullable(),
  tiny: t.tinyint().nullable(),
  small: t.smallint().nullable(),
  big: t.bigint().nullable(),
  float: t.float().nullable(),
  double: t.double().nullable(),
  decimal: t.decimal(38, 4).nullable(),
  string: t.string().nullable(),
  bytes: t.bytes().nullable(),
  date: t.date().nullable(),
  time: t.time(3).nullable(),
  at: t.timestamp(3).nullable(),
  micros: t.timestamp(6).nullable(),
  instant: t.timestampLtz(3).nullable(),
  list: t.array(t.string().nullable()).nullable(),
  map: t.map(t.bigint().nullable()).nullable(),
  place: t.row({ city: t.string(), zip: t.int().nullable() }).nullable(),
  tree: t.array(t.row({ leaves: t.array(t.double()) })).nullable(),
});
export type Everything = RowOf<typeof Everything.fields>;

const full: Everything = {
  id: 0,
  yes: true,
  tiny: -128,
  small: 32767,
  big: 9223372036854775807n,
  float: 0.5,
  double: 0.1,
  decimal: '-123456789012345678901234567890.1234',
  string: 'grün 😀 and beyond twelve characters',
  bytes: '00ff',
  date: '2024-02-29',
  time: '23:59:59.999',
  at: Date.UTC(2024, 0, 1, 0, 0, 0, 1),
  micros: Date.UTC(2024, 0, 1) + 0.001,
  instant: -1,
  list: ['a', null, ''],
  map: { x: 1n, y: null },
  place: { city: 'Berlin', zip: 10115 },
  tree: [{ leaves: [1, 2.5] }, { leaves: [] }],
};
const empty: Everything = {
  ...(Object.fromEntries(Object.keys(full).map((name) => [name, null])) as unknown as Everything),
  id: 0,
};
const plain: Everything = {
  ...full,
  yes: false,
  string: 'plain',
  place: { city: '', zip: null },
  list: [],
  map: {},
  tree: [],
};

/** `count` rows with ids from 0; every third is NULL but for its id. */
export const everything = (count: number): Everything[] =>
  Array.from({ length: count }, (_, id) => ({ ...[full, empty, plain][id % 3]!, id }));

export interface Setting {
  readonly parallelism: number;
  readonly batch: string | undefined;
}

/** Whole batches and tiny ones, one subtask and two. */
export const SETTINGS: readonly Setting[] = [
  { parallelism: 1, batch: undefined },
  { parallelism: 1, batch: '7' },
  { parallelism: 2, batch: '7' },
];

export function jobOf({ parallelism, batch }: Setting, settings: Record<string, string> = {}): Job {
  return new Job('functions', {
    parallelism,
    settings: { ...settings, ...(batch === undefined ? {} : { 'batch.max-rows': batch }) },
  });
}

/** A stream of rows that are in memory. */
export const rowsOf = <F extends Fields>(
  job: Job,
  rows: readonly RowOf<F>[],
  schema: RowColumnType<F>,
): Stream<RowOf<F>> => job.source(rows, schema);

export async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const rows: T[] = [];
  for await (const row of stream) rows.push(row);
  return rows;
}

/** Two subtasks deliver in no certain order. */
export const byId = <R extends { readonly id: number }>(rows: readonly R[]): R[] =>
  [...rows].sort((a, b) => a.id - b.id);
