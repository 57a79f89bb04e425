// Dead letters: what an operator could not take, as rows, and where they go.
//
//   onError: deadLetter(sink)   ->   config.onError 'dead-letter', and the sink reads the operator's letters
//
// The schema is native's (native/plan/dead_letter_schema.h). No state.

import type { SourceSpan } from '../errors.js';
import { notNull, type Schema, timeAttribute, types } from '../schema/types.js';
import type { Config } from './physical.js';
import type { TableDefinition, TablePlaces } from './table.js';

export const DEAD_LETTER_SCHEMA: Schema = [
  { name: 'value', type: types.bytes() },
  { name: 'key', type: types.bytes() },
  {
    name: 'headers',
    type: types.array(
      notNull(
        types.row([
          { name: 'name', type: notNull(types.string()) },
          { name: 'value', type: types.bytes() },
        ]),
      ),
    ),
  },
  { name: 'topic', type: types.string() },
  { name: 'partition', type: types.integer() },
  { name: 'offset', type: types.bigint() },
  { name: 'timestamp', type: types.timestampLtz(3) },
  { name: 'file', type: types.string() },
  { name: 'error', type: notNull(types.string()) },
  { name: 'job', type: notNull(types.string()) },
  { name: 'operator', type: notNull(types.string()) },
  { name: 'failed_at', type: notNull(types.timestampLtz(3)) },
  { name: 'attempts', type: notNull(types.integer()) },
];

/** A table that takes letters. Operators whose targets are one object share one sink. */
export interface DeadLetterTarget {
  readonly table: TableDefinition;
  readonly options: Readonly<Record<string, string>>;
  readonly places?: TablePlaces;
  /** Where the script names it. */
  readonly span?: SourceSpan;
}

/** Letters to a sink: what `deadLetter(sink)` gives. */
export interface DeadLetter {
  readonly target: DeadLetterTarget;
}

/** What becomes of a record, a row or an event that cannot be taken. */
export type OnError = 'fail' | 'drop' | DeadLetter;

/** The members of a physical node that say so. */
export interface ErrorHandling {
  readonly config: Config;
  readonly node: { readonly deadLetters?: DeadLetterTarget };
}

export function errorHandling(onError: OnError | undefined, time?: number): ErrorHandling {
  if (onError === undefined || onError === 'fail') return { config: {}, node: {} };
  const at = time === undefined || time < 0 ? {} : { errorTime: time };
  if (onError === 'drop') return { config: { onError: 'drop', ...at }, node: {} };
  return { config: { onError: 'dead-letter', ...at }, node: { deadLetters: onError.target } };
}

/** The column of event time; -1: there is none. */
export const rowtimeOf = (schema: Schema): number => schema.findIndex(({ type }) => timeAttribute(type) === 'rowtime');

/** Whether the whole row is wanted where a function fails. */
export const keepsLetters = (onError: OnError | undefined): boolean => typeof onError === 'object';
/** Whether the operator goes on behind what it cannot take. */
export const goesOn = (onError: OnError | undefined): boolean => onError !== undefined && onError !== 'fail';
