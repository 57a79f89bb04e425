// state-ttl: how the Stream API says how long state is kept.
//
//   { duration: '1 h', update: 'readAndWrite' }   ->   { ms: 3600000, update: 'readAndWrite' }

import type { StateTtl } from './plan/nodes.js';
import { type Duration, milliseconds } from './window.js';

/**
 * How long the state of a key is kept that is not used, in processing time. A key that comes again afterwards begins anew.
 *
 * `update` says what counts as use. `createAndWrite`, the default: a row of the key. `readAndWrite`: also `job.state(…).get(key)` of a
 * running job, with `read: 'live'`. Reading all keys is no use of any.
 *
 * @example bids.keyBy((b) => b.auction).aggregate({ bids: count() }, { ttl: { duration: '1 h', update: 'readAndWrite' } })
 */
export interface Ttl {
  readonly duration: Duration;
  readonly update?: StateTtl['update'];
}

/** Of rows that are kept: they age from when they came. */
export type RowTtl = Pick<Ttl, 'duration'>;

/** As the plan has it; 0 is for ever. */
export function stateTtl({ duration, update = 'createAndWrite' }: Ttl): StateTtl {
  return { ms: milliseconds(duration), update };
}
