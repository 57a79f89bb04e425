// Where dead letters go, in the Stream API.
//
//   kafka({ …, onError: deadLetter(kafka.sink({ topic: 'bids.dlq', … })) })
//
// State: which target a sink has become, so that all who name the sink share it.

import { DEAD_LETTER_SCHEMA, type DeadLetter } from '../plan/dead-letters.js';
import type { Sink } from './tables.js';

const letters = new WeakMap<Sink, DeadLetter>();

/**
 * Sends what an operator cannot take to a sink, as rows with the raw bytes, where they came from and why they were refused; in the
 * same commit as everything else of the job. Operators that name one sink object share it.
 *
 * @example job.source(kafka({ …, onError: deadLetter(kafka.sink({ brokers, topic: 'bids.dlq', format: 'json' })) }))
 */
export function deadLetter(sink: Sink): DeadLetter {
  let letter = letters.get(sink);
  if (letter === undefined) {
    const table = sink.table(DEAD_LETTER_SCHEMA);
    letter = { target: { table, options: table.options } };
    letters.set(sink, letter);
  }
  return letter;
}
