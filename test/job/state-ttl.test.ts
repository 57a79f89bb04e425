// How long keys live on in the Stream API, what counts as use of one; how long the rows of a Top-N do, there and in SQL.

import { describe, expect, it } from 'vitest';
import { blackhole, count, descending, Job, t } from '../../lib/index.js';
import { inJobFolder } from './in-job-folder.js';
import type { JobFolder } from './job-folder.js';

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

describe('a TTL of the rows of top()', () => {
  it(
    'lets them go when their time is over, whoever reads them',
    async () => {
      const [begun, ended] = [signal(), signal()];
      const job = new Job('top');
      const newest = job
        .source(() => bids(begun.give, ended.given), Bid, { unbounded: true })
        .keyBy((b) => b.auction)
        .top(
          1,
          descending((b) => b.auction),
          { ttl: { duration: TTL } },
        )
        .uid('newest');
      newest.to(blackhole());
      const done = job.run();
      await begun.given;
      const live = job.state('newest', { read: 'live' });
      const keys = async () => {
        const all: unknown[] = [];
        for await (const { auction } of live) all.push(auction);
        return all.sort();
      };
      let most = 0;
      for (let left = await keys(); most < 2 || left.length > 0; left = await keys()) {
        most = Math.max(most, left.length);
        await live.get(1n);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      expect(await live.get(1n)).toBeUndefined();
      ended.give();
      await done;
    },
    TIMEOUT_MS,
  );

  it('has a duration and nothing else', () => {
    const rows = new Job('top').source([{ auction: 1n }], Bid).keyBy((b) => b.auction);
    const byAuction = descending((b: { readonly auction: bigint }) => b.auction);
    expect(() => rows.top(1, byAuction, { ttl: { duration: 'soon' } })).toThrow("'soon' is no duration");
    // @ts-expect-error Reading is no use of rows.
    rows.top(1, byAuction, { ttl: { duration: '1 h', update: 'readAndWrite' } });
    // @ts-expect-error It is ordered by something.
    expect(() => rows.top(1, { ttl: { duration: '1 h' } })).toThrow('needs an order');
  });
});

describe('table.exec.state.ttl', () => {
  const LIMITED = "SET 'state.backend.type' = 'rocksdb';\nSET 'memory.limit' = '1 mb';\n";
  let jobs: JobFolder;
  inJobFolder((made) => {
    jobs = made;
  });

  /** Rows of one second and a half, each worse than those before. */
  const worse = (settings: string, hint = '') => `${settings}
CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '150', 'rows-per-second' = '100',
  'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '150', 'scan.parallelism' = '1');
SELECT n FROM (SELECT ${hint} n, k, ROW_NUMBER() OVER (PARTITION BY k ORDER BY n) AS place
  FROM (SELECT n, MOD(n, 1) AS k FROM numbers) AS r) WHERE place <= 1;`;
  const changes = async (script: string) => {
    const { code, stdout, stderr } = await jobs.sql(script, '--results', 'changelog').ended;
    expect(code, stderr).toBe(0);
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { op: string; n: number });
  };

  it(
    'makes room in a Top-N, without taking back what was too old, on either backend',
    async () => {
      expect(await changes(worse(''))).toEqual([{ op: '+I', n: 1 }]);
      const ttl = "SET 'table.exec.state.ttl' = '100 ms';";
      for (const script of [worse(ttl), worse(ttl + LIMITED), worse('', "/*+ STATE_TTL('r' = '100 ms') */")]) {
        const rows = await changes(script);
        expect(rows.length).toBeGreaterThan(1);
        expect(rows.length).toBeLessThan(150);
        expect(rows.every(({ op }) => op === '+I')).toBe(true);
      }
    },
    TIMEOUT_MS,
  );
});
