// The agents of examples/agent: a worker that is killed in between thanks everybody once, and misses them when they are gone.

import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { CommandUnderTest } from '../cli/command.js';
import { JobFolder } from '../job/job-folder.js';
import { describeKafka, useBroker } from './broker.js';
import { Follower } from './follower.js';

const example = (file: string) => fileURLToPath(new URL(`../../examples/agent/${file}`, import.meta.url));
const CUSTOMERS = ['ann', 'bob', 'cid', 'dan'];

describeKafka('the shop', () => {
  const broker = useBroker();
  const command = new CommandUnderTest();
  let jobs: JobFolder;
  beforeAll(() => command.build(), 60_000);
  afterAll(() => command.remove());
  beforeEach(() => {
    jobs = new JobFolder(command);
    vi.stubEnv('BROKERS', broker().bootstrapServers);
    vi.stubEnv('PAUSE_MS', '20');
  });
  afterEach(() => {
    jobs.remove();
    vi.unstubAllEnvs();
  });

  it('writes its letters once', async () => {
    const worker = () => jobs.start(['-A', example('app.ts'), 'worker']);
    const first = worker();
    let told = '';
    first.child.stderr!.on('data', (bytes) => (told += bytes));
    await vi.waitUntil(() => told.includes("made topic 'letters'"), { timeout: 60_000 });
    await using totals = await Follower.of(broker(), 'totals');
    await using letters = await Follower.of(broker(), 'letters');
    const writing = jobs.start(['run', example('orders.ts')]);
    await totals.until(100);
    first.child.kill('SIGKILL');
    await first.ended;

    const second = worker();
    expect((await writing.ended).code).toBe(0);
    await totals.until(200);
    const sent = (what: RegExp) => letters.rows.filter(({ text }) => what.test(text)).map(({ customer }) => customer);
    await letters.until(() => sent(/Thank/).length >= 4 && sent(/miss/).length >= 4);
    second.child.kill('SIGINT');
    expect(await second.ended).toMatchObject({ code: 0 });
    expect(sent(/Thank/).sort()).toEqual(CUSTOMERS);
    expect([...new Set(sent(/miss/))].sort()).toEqual(CUSTOMERS);
    const spent = new Map(totals.rows.map(({ customer, cents }) => [customer, cents]));
    expect(spent.get('ann')).toBe(72_000);
  }, 180_000);
});
