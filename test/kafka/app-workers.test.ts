// `sabot -A app.ts worker` as a process: killed at random moments, stopped, started twice, at whatever parallelism.
//
//   orders, 20 keys   ->   a count of the key, and the order itself to a second topic   ->   every count once, in order; every order once

import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { CommandUnderTest } from '../cli/command.js';
import { JobFolder, type JobProcess } from '../job/job-folder.js';
import { describeKafka, useBroker } from './broker.js';
import { Follower } from './follower.js';

const TIMEOUT_MS = 240_000;
const KEYS = 20;
const ROUNDS = 6;
const ROWS_PER_ROUND = 1000;
/** A round is killed within this time from its first output on. */
const KILLED_WITHIN_MS = 600;

describeKafka('a worker', () => {
  const broker = useBroker();
  const command = new CommandUnderTest();
  let jobs: JobFolder;
  let names: { input: string; counts: string; audit: string };
  beforeAll(() => command.build(), 60_000);
  afterAll(() => command.remove());
  beforeEach(async () => {
    jobs = new JobFolder(command);
    names = {
      input: await broker().topic({ name: 'orders', partitions: 3 }),
      counts: await broker().topic({ name: 'counts', partitions: 2 }),
      audit: await broker().topic({ name: 'audit', partitions: 2 }),
    };
  });
  afterEach(() => jobs.remove());

  /** An app of two agents: one counts, one follows what it has counted. `more` is put into the first one's function. */
  const write = (more = '', path = 'app.ts') =>
    writeFileSync(
      join(jobs.path, path),
      `import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { App, t, valueState } from 'sabot';

export const app = new App('shop-${names.input}', {
  brokers: '${broker().bootstrapServers}',
  checkpoint: { dir: 'chk', interval: '100 ms' },
  settings: { 'batch.max-rows': '40' },
});
const orders = app.topic('${names.input}', { schema: t.row({ id: t.int(), customer: t.string() }), key: 'customer' });
const counts = app.topic('${names.counts}', { schema: t.row({ customer: t.string(), n: t.int() }), key: 'customer' });
const audit = app.topic('${names.audit}', { schema: t.row({ id: t.int(), n: t.int(), late: t.boolean() }) });

export const counting = app.agent(
  orders,
  {
    name: 'count',
    sends: [counts, audit],
    concurrency: 8,
    state: { n: valueState(t.int(), { initial: 0 }) },
    onTimer(_, ctx) {
      ctx.send(audit, { id: -1, n: ctx.state.n.value, late: true });
    },
  },
  async ({ id, customer }, ctx) => {
    ${more}
    if (id % 3 === 0) await sleep(1);
    ctx.state.n.set(ctx.state.n.value + 1);
    ctx.send(counts, { customer, n: ctx.state.n.value });
    ctx.send(audit, { id, n: ctx.state.n.value, late: false });
  },
);
`,
    );
  const worker = (...args: string[]) => jobs.start(['-A', 'app.ts:app', 'worker', ...args]);
  const produce = (from: number, to: number) =>
    broker().produce(
      names.input,
      Array.from({ length: to - from }, (_, i) => {
        const customer = `c${(from + i) % KEYS}`;
        return { key: customer, value: JSON.stringify({ id: from + i, customer }) };
      }),
    );
  const endOf = (run: JobProcess) => {
    let end: string | undefined;
    void run.ended.then(({ code, stderr }) => {
      end = `the worker has ended with ${code}: ${stderr}`;
    });
    return () => end;
  };
  const stop = async (run: JobProcess) => {
    run.child.kill('SIGINT');
    const { code, stderr } = await run.ended;
    expect(code, stderr).toBe(0);
    return stderr;
  };

  it(
    'that is killed again and again writes everything once, in the order of every key, to two topics alike',
    async () => {
      write();
      await using counts = await Follower.of(broker(), names.counts);
      await using audit = await Follower.of(broker(), names.audit);
      let restored = 0;
      for (let round = 0; round < ROUNDS; round++) {
        await produce(round * ROWS_PER_ROUND, (round + 1) * ROWS_PER_ROUND);
        const before = counts.records.length;
        const run = worker('--parallelism', String(1 + (round % 3)));
        await counts.until(() => counts.records.length > before, endOf(run));
        await sleep(Math.random() * KILLED_WITHIN_MS);
        run.child.kill('SIGKILL');
        const { signal, stderr } = await run.ended;
        expect(signal, stderr).toBe('SIGKILL');
        if (stderr.includes('restored checkpoint')) restored++;
      }
      expect(restored).toBe(ROUNDS - 1);
      // It has something to do too, whatever the last kill has left.
      const all = (ROUNDS + 1) * ROWS_PER_ROUND;
      await produce(ROUNDS * ROWS_PER_ROUND, all);
      const last = worker('--parallelism', '2');
      await counts.until(all, endOf(last));
      await audit.until(all, endOf(last));
      await stop(last);

      const seen = new Map<string, number[]>();
      for (const { customer, n } of counts.rows) seen.set(customer, [...(seen.get(customer) ?? []), n]);
      const inOrder = Array.from({ length: all / KEYS }, (_, i) => i + 1);
      expect(seen.size).toBe(KEYS);
      for (const [customer, ns] of seen) expect(ns, customer).toEqual(inOrder);
      const ids = audit.rows.map(({ id }) => id as number);
      expect(ids.sort((a, b) => a - b)).toEqual(Array.from({ length: all }, (_, id) => id));
    },
    TIMEOUT_MS,
  );

  it(
    'that is told to end takes a last checkpoint: the next one does nothing again, and its timers fire',
    async () => {
      write(`appendFileSync('calls', id + '\\n'); ctx.timers.processingTime(${Date.now() + 8000});`);
      await using counts = await Follower.of(broker(), names.counts);
      await using audit = await Follower.of(broker(), names.audit);
      await produce(0, 200);
      const first = worker();
      await counts.until(200, endOf(first));
      expect(await stop(first)).toMatch(/takes a last checkpoint and ends/);
      await produce(200, 300);
      const second = worker('--parallelism', '2');
      await counts.until(300, endOf(second));
      const timers = () => audit.rows.filter(({ late }) => late);
      await audit.until(() => timers().length >= KEYS, endOf(second));
      expect(await stop(second)).toContain('restored savepoint');
      expect(timers().map(({ n }) => n)).toEqual(Array.from({ length: KEYS }, () => 15));
      const calls = readFileSync(join(jobs.path, 'calls'), 'utf8').trim().split('\n').map(Number);
      expect(calls.sort((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, id) => id));
      // One is kept to go on from.
      expect(readdirSync(join(jobs.path, 'chk', `shop-${names.input}`, 'stopped'))).toHaveLength(1);
    },
    TIMEOUT_MS,
  );

  it(
    'that is started beside another one takes over',
    async () => {
      write();
      await using counts = await Follower.of(broker(), names.counts);
      await produce(0, 100);
      const first = worker();
      await counts.until(100, endOf(first));
      const second = worker();
      const { code, stderr } = await first.ended;
      expect(code, stderr).toBe(1);
      expect(stderr).toContain(`another worker of app 'shop-${names.input}' has taken over; this one ends`);
      await produce(100, 200);
      await counts.until(200, endOf(second));
      await stop(second);
    },
    TIMEOUT_MS,
  );

  // Brokers alone decide: where the first one has to make its producer anew just then, it is the one that stays.
  it(
    'that is started beside another one, with its own checkpoint folder, does not write beside it',
    async () => {
      write();
      await using counts = await Follower.of(broker(), names.counts);
      await produce(0, 100);
      const first = worker();
      await counts.until(100, endOf(first));
      const second = worker('--checkpoint-dir', 'other', '--restore', 'none');
      const { code, stderr } = await Promise.race([first.ended, second.ended]);
      expect(code, stderr).toBe(1);
      expect(stderr).toContain(`another worker of app 'shop-${names.input}' has taken over; this one ends`);
      first.child.kill('SIGKILL');
      second.child.kill('SIGKILL');
      await Promise.all([first.ended, second.ended]);
    },
    TIMEOUT_MS,
  );

  it('shows in sabot jobs which function does not come back', async () => {
    write('if (id === 7) await new Promise(() => setInterval(() => {}, 1000));');
    await produce(0, 40);
    const run = worker();
    const listed = async () => (await jobs.start(['jobs', '--output', 'json']).ended).stdout;
    let line = '';
    for (const end = endOf(run); !line.includes('blocked'); line = await listed())
      expect(end(), 'it does not end').toBeUndefined();
    expect((JSON.parse(line) as { state: string }).state).toMatch(/blocked in user function agent 'count'/);
    run.child.kill('SIGKILL');
    await run.ended;
  });

  it('lists what it reads and writes, and reads its state from another process', async () => {
    write();
    await using counts = await Follower.of(broker(), names.counts);
    const run = worker();
    await produce(0, 40);
    await counts.until(40, endOf(run));
    const told = await jobs.start(['topics', '-A', 'app.ts', '--output', 'json']).ended;
    expect(
      told.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([
      { topic: names.input, partitions: 3, key: ['customer'], readBy: ['count'], writtenBy: [] },
      { topic: names.counts, partitions: 2, readBy: [], writtenBy: ['count'] },
      { topic: names.audit, partitions: 2, makes: null, writtenBy: ['count'] },
    ]);
    const query = "SELECT n FROM state('count') WHERE customer = 'c7'";
    const job = `shop-${names.input}`;
    const state = await jobs.start(['state', 'query', job, query, '--read', 'live', '--output', 'json']).ended;
    expect(state.stdout, state.stderr).toContain('"n":2');
    await stop(run);
  });

  it('says what is wrong with the app that it is given', async () => {
    write();
    appendFileSync(join(jobs.path, 'app.ts'), 'export const nothing = 5;\n');
    writeFileSync(join(jobs.path, 'none.ts'), 'export const x = 1;\n');
    writeFileSync(
      join(jobs.path, 'two.ts'),
      "import { App } from 'sabot';\nexport const a = new App('a', { brokers: 'x:1' });\nexport const b = new App('b', { brokers: 'x:1' });\n",
    );
    writeFileSync(
      join(jobs.path, 'empty.ts'),
      "import { App } from 'sabot';\nexport const app = new App('a', { brokers: 'x:1' });\n",
    );
    const failing = async (...args: string[]) => {
      const { code, stderr } = await jobs.start(args).ended;
      expect(code, stderr).toBe(2);
      return stderr.trim();
    };
    expect(await failing('worker')).toContain(
      'Which app? Name its file, and what it is exported as: sabot -A app.ts:app',
    );
    expect(await failing('-A', 'nowhere.ts:app', 'worker')).toContain('There is no file nowhere.ts.');
    expect(await failing('-A', 'app.ts:shop', 'worker')).toContain(
      "app.ts exports no 'shop'. It exports an App: -A app.ts:app.",
    );
    expect(await failing('worker', '-A', 'app.ts:nothing')).toContain("'nothing' of app.ts is no App.");
    expect(await failing('-A', 'none.ts', 'worker')).toContain('It exports no App: export const app = new App(…).');
    expect(await failing('-A', 'two.ts', 'worker')).toContain(
      'two.ts exports several Apps: say which. It exports Apps: -A two.ts:a, -A two.ts:b.',
    );
    expect(await failing('-A', 'job.sql', 'worker')).toContain('job.sql is no file of TypeScript or JavaScript');
    expect(await failing('-A', 'empty.ts', 'worker')).toContain("App 'a' has no agent");
    expect(existsSync(join(jobs.path, 'chk'))).toBe(false);
  });
});
