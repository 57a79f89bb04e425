// How long keys live on in the Stream API: what counts as use of one.

import { describe, expect, it } from 'vitest';
import { blackhole, count, Job, t } from '../../lib/index.js';

const TIMEOUT_MS = 30_000;
/** Long enough that a busy machine reads a key several times within it. */
const TTL = '2 s';
const Bid = t.row({ auction: t.bigint() });

function signal(): { readonly given: Promise<void>; readonly give: () => void } {
  let give = () => {};
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give };
}

/** Two rows; then the job runs until it is told to end. */
async function* bids(begun: () => void, ended: Promise<void>) {
  begun();
  yield { auction: 1n };
  yield { auction: 2n };
  await ended;
}

/** Reads auction 1 again and again, and sees what is left of all until auction 2 has gone. */
async function leftWhileOneIsRead(update: 'createAndWrite' | 'readAndWrite' | undefined): Promise<bigint[]> {
  const [begun, ended] = [signal(), signal()];
  const job = new Job('bids');
  const counts = job
    .source(() => bids(begun.give, ended.given), Bid, { unbounded: true })
    .keyBy((b) => b.auction)
    .aggregate({ bids: count() }, { ttl: { duration: TTL, ...(update === undefined ? {} : { update }) } })
    .uid('counts');
  counts.to(blackhole());
  const done = job.run();
  await begun.given;
  const live = job.state(counts, { read: 'live' });
  const keys = async () => {
    const all: bigint[] = [];
    for await (const { auction } of live) all.push(auction);
    return all.sort();
  };
  let left = await keys();
  for (let came = false; !came || left.includes(2n); left = await keys()) {
    came ||= left.includes(2n);
    await live.get(1n);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  ended.give();
  await done;
  return left;
}

describe('a TTL of keyed aggregates', () => {
  it(
    "is prolonged by rows alone with 'createAndWrite', which is the default",
    async () => {
      const [told, untold] = await Promise.all([leftWhileOneIsRead('createAndWrite'), leftWhileOneIsRead(undefined)]);
      expect([told, untold]).toEqual([[], []]);
    },
    TIMEOUT_MS,
  );

  it(
    "is prolonged by who reads a key, too, with 'readAndWrite'",
    async () => expect(await leftWhileOneIsRead('readAndWrite')).toEqual([1n]),
    TIMEOUT_MS,
  );

  it('must be a duration', () => {
    const rows = new Job('bids').source([{ auction: 1n }], Bid).keyBy((b) => b.auction);
    expect(() => rows.aggregate({ bids: count() }, { ttl: { duration: 'soon' } })).toThrow("'soon' is no duration");
  });
});
