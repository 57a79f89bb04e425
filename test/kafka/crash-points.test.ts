// Exactly once, point by point: the process is killed with SIGKILL at every step of the commit protocol, as a proxy before the
// broker and the checkpoint folder show it; the next one goes on. Readers with read_committed see every row once, in order.
//
//   in: 400 keys, 40 rows each   ->   SELECT k, COUNT(*) GROUP BY k   ->   out: for each key 1, 2, … 40
//
// Two sinks are in the same transaction: the second takes every row as it came.

import { mkdirSync, mkdtempSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CommandUnderTest, type Outcome, outcome } from '../cli/command.js';
import { describeKafka, useBroker } from './broker.js';
import { type Passing, Proxy, type ProxyHooks } from './proxy.js';
import { topicTable } from './scripts.js';

const KEYS = 400;
const ROWS_PER_KEY = 40;
/** Small fetches, and not too many: the job lasts some checkpoints. */
const ROWS_PER_PRODUCE = 50;
const FETCH_BYTES = '3000';
const ROWS_PER_SECOND = '16000';
const COMMITS_BEFORE = 2;
const TIMEOUT_MS = 120_000;
const COMMIT_TOPIC = '__sabot_commits';
/** What a row's record has in it, as it is sent. */
const A_ROW = '"n":';

/** Where a point shows: a request or an answer that the proxy sees, or a file that comes into being. `kill` is called there. */
type Sign =
  | { readonly request: (passing: Passing) => boolean; readonly goesOn?: boolean }
  | { readonly response: (passing: Passing) => boolean }
  | { readonly file: (path: string) => boolean };

const ends = ({ api }: Passing): boolean => api === 'EndTxn';

const points: Readonly<Record<string, Sign>> = {
  'before the snapshot, rows on their way': { request: ({ api, bytes }) => api === 'Produce' && bytes.includes(A_ROW) },
  'during the snapshot': { file: (path) => path.includes('/state/') },
  'after the snapshot, when its manifest appears': { file: (path) => path.endsWith('manifest.json') },
  'before the record of the commit is written': {
    request: ({ api, bytes }) => api === 'Produce' && bytes.includes(COMMIT_TOPIC),
  },
  'before the end of the transaction is asked for': { request: ends },
  'while the transaction ends': { request: ends, goesOn: true },
  'after the commit, before the process knows': { response: ends },
  'when the commit is confirmed in the log': { file: (path) => path.includes('/log/') },
};

/** Calls `kill` at the first sign once some transactions with rows have ended. */
function watchFor(sign: Sign, checkpoints: string, kill: () => void): { hooks: ProxyHooks; stop: () => void } {
  let rowsSent = false;
  let commits = 0;
  const isDue = (): boolean => commits >= COMMITS_BEFORE;
  const watcher = watch(checkpoints, { recursive: true }, (_, path) => {
    if ('file' in sign && path !== null && isDue() && sign.file(path)) kill();
  });
  const hooks: ProxyHooks = {
    onRequest: (passing) => {
      rowsSent ||= passing.api === 'Produce' && passing.bytes.includes(A_ROW);
      if (!('request' in sign) || !isDue() || !sign.request(passing)) return true;
      if (sign.goesOn === true) setImmediate(kill);
      else kill();
      return sign.goesOn === true;
    },
    onResponse: (passing) => {
      if ('response' in sign && isDue() && sign.response(passing)) {
        kill();
        return false;
      }
      if (ends(passing) && rowsSent) {
        commits++;
        rowsSent = false;
      }
      return true;
    },
  };
  return { hooks, stop: () => watcher.close() };
}

const backends = {
  memory: '',
  rocksdb: "SET 'state.backend.type' = 'rocksdb'; SET 'memory.limit' = '200 kb';\n",
} as const;

const messages = Array.from({ length: KEYS * ROWS_PER_KEY }, (_, i) => ({
  key: `k${i % KEYS}`,
  value: JSON.stringify({ k: `k${i % KEYS}`, v: i }),
}));

describeKafka('killed at a point of the commit protocol', () => {
  const broker = useBroker();
  const command = new CommandUnderTest();
  let input: string;
  beforeAll(async () => {
    await command.build();
    input = await broker().topic({ partitions: 2 });
    for (let i = 0; i < messages.length; i += ROWS_PER_PRODUCE) {
      await broker().produce(input, messages.slice(i, i + ROWS_PER_PRODUCE));
    }
    expect(await broker().read(input)).toHaveLength(messages.length);
  }, 120_000);
  afterAll(() => command.remove());

  const cases = Object.keys(points).flatMap((point, i) =>
    [1, 2].flatMap((sinks) =>
      // Every point on both backends and with both numbers of sinks, without the whole product.
      (Object.keys(backends) as (keyof typeof backends)[])
        .filter((backend) => (sinks === 1) === ((i % 2 === 0) === (backend === 'memory')))
        .map((backend) => ({ point, sinks, backend })),
    ),
  );

  it.each(cases)(
    '$point; $sinks sink(s), $backend',
    async ({ point, sinks, backend }) => {
      const servers = broker().proxied[0]!;
      const folder = mkdtempSync(join(tmpdir(), 'sabot-crash-'));
      await using proxy = await Proxy.listen(servers.port, servers.target);
      try {
        const [counts, rows] = [await broker().topic({ partitions: 2 }), await broker().topic({ partitions: 2 })];
        const checkpoints = join(folder, 'checkpoints');
        const script = join(folder, 'job.sql');
        writeFileSync(
          script,
          `SET 'execution.checkpointing.dir' = '${checkpoints}';
SET 'execution.checkpointing.interval' = '40 ms';
SET 'batch.max-rows' = '40';
${backends[backend]}${jobOf(`127.0.0.1:${servers.port}`, input, counts, rows, sinks)}`,
        );
        const run = (sign?: Sign): Promise<Outcome & { signal: NodeJS.Signals | null }> => {
          const child = command.start('sql', '-f', script, '--restore', 'latest');
          const watched = sign && watchFor(sign, checkpoints, () => child.kill('SIGKILL'));
          proxy.hooks = watched?.hooks ?? {};
          return outcome(child).then((ended) => {
            watched?.stop();
            return { ...ended, signal: child.signalCode };
          });
        };
        mkdirSync(checkpoints); // It must be there to be watched.
        const first = await run(points[point]);
        expect(first.signal, first.stderr).toBe('SIGKILL');
        const seen = await broker().read(counts);
        expect(seen.length, 'a commit before the kill').toBeGreaterThan(0);
        expect(outOfOrder(seen, false)).toEqual([]);
        const second = await run();
        expect(second.code, second.stderr).toBe(0);
        expect(outOfOrder(await broker().read(counts), true)).toEqual([]);
        if (sinks === 2) {
          const written = (await broker().read(rows)).map(({ value }) => JSON.parse(value!).v as number);
          expect(written.sort((a, b) => a - b)).toEqual(messages.map((_, i) => i));
        }
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
    TIMEOUT_MS,
  );

  function jobOf(bootstrapServers: string, input: string, counts: string, rows: string, sinks: number): string {
    const at = { 'properties.bootstrap.servers': bootstrapServers };
    const exactly = {
      ...at,
      'sink.delivery-guarantee': 'exactly-once',
      'sink.transactional-id-prefix': counts,
      'scan.startup.mode': '',
      'scan.bounded.mode': '',
    };
    const upsert = { connector: 'upsert-kafka', format: '', 'key.format': 'json', 'value.format': 'json' };
    const count = 'INSERT INTO counts SELECT k, COUNT(*) FROM numbers GROUP BY k;';
    const tables =
      topicTable(
        broker(),
        'k STRING, v INT',
        {
          ...at,
          topic: input,
          'properties.max.partition.fetch.bytes': FETCH_BYTES,
          'scan.rate-limit.rows-per-second': ROWS_PER_SECOND,
        },
        'numbers',
      ) +
      topicTable(
        broker(),
        'k STRING, n BIGINT, PRIMARY KEY (k) NOT ENFORCED',
        { ...exactly, ...upsert, topic: counts },
        'counts',
      );
    if (sinks === 1) return `${tables}${count}`;
    return `${tables}${topicTable(broker(), 'k STRING, v INT', { ...exactly, 'sink.transactional-id-prefix': rows, topic: rows }, 'copy')}
BEGIN STATEMENT SET;
${count}
INSERT INTO copy SELECT * FROM numbers;
END;`;
  }
});

/** Keys whose counts are not 1, 2, 3 and so on; if `whole`, to the end. */
function outOfOrder(written: readonly { key: string | null; value: string | null }[], whole: boolean): string[] {
  const last = new Map<string, number>();
  const wrong: string[] = [];
  for (const { key, value } of written) {
    const count = JSON.parse(value!).n as number;
    const expected = (last.get(key!) ?? 0) + 1;
    if (count !== expected) wrong.push(`${key}: ${count} in the place of ${expected}`);
    last.set(key!, count);
  }
  if (!whole) return wrong;
  for (let key = 0; key < KEYS; key++) {
    if (last.get(`{"k":"k${key}"}`) !== ROWS_PER_KEY) wrong.push(`k${key} ends with ${last.get(`{"k":"k${key}"}`)}`);
  }
  return wrong;
}
