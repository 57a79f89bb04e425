// The fraud example: both the job and the agent find what the bank has hidden, killed once each while they run.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Bank, bank, usualOf } from '../../examples/fraud/bank.js';
import { differences, type Ending, play } from '../../examples/fraud/play.js';
import { CommandUnderTest } from '../cli/command.js';
import { describeKafka, useBroker } from './broker.js';

const TIMEOUT_MS = 180_000;
const TRANSACTIONS = 4_000;

/** Ids of the charges that the rule means, told as plainly as can be. */
function suspicious({ transactions, accounts }: Bank): bigint[] {
  const homeAt = (account: string, ts: number): string => {
    const versions = accounts.filter((row) => row.account === account && row.since <= ts);
    return versions.reduce((latest, row) => (row.since >= latest.since ? row : latest)).home;
  };
  const small = transactions.filter(({ cents }) => cents <= 200n);
  const found = transactions.filter(({ account, cents, country, ts }) => {
    const before = small.filter((probe) => probe.account === account && probe.ts <= ts && probe.ts >= ts - 600_000);
    const usual = before.length < 2 ? null : usualOf(transactions, account, ts);
    return usual !== null && cents >= 10n * usual && country !== homeAt(account, ts);
  });
  return found.map(({ id }) => id).sort((a, b) => Number(a - b));
}

it.each([
  { seed: 1, transactions: TRANSACTIONS },
  { seed: 1, transactions: 12_000 },
  { seed: 2, transactions: 12_000 },
])('the bank hides what the rule means, and nothing else: $seed, $transactions', (options) => {
  const made = bank(options);
  expect(made.transactions).toHaveLength(options.transactions);
  expect(suspicious(made)).toEqual(made.alerts.map(({ id }) => id).sort((a, b) => Number(a - b)));
  expect(bank(options)).toEqual(made);
});

it('the comparison tells what is lost, made up, doubled', () => {
  const right: Ending = {
    planted: ['a', 'b'],
    job: ['b', 'a'],
    agent: ['a', 'b'],
    charges: new Map([
      [1, 1],
      [2, 1],
    ]),
    transactions: 2,
  };
  expect(differences(right)).toEqual([]);
  expect(differences({ ...right, job: ['a'] })).toEqual([expect.stringMatching(/job +lost +b/)]);
  expect(differences({ ...right, agent: ['a', 'b', 'a', 'c'] })).toEqual([
    expect.stringMatching(/agent doubled +a/),
    expect.stringMatching(/agent made up +c/),
  ]);
  expect(differences({ ...right, charges: new Map([[1, 2]]) })).toEqual([
    '1 charges are lost',
    '1 charges are doubled',
  ]);
});

describeKafka('the job and the agent', () => {
  const broker = useBroker();
  const command = new CommandUnderTest();
  const folder = mkdtempSync(join(tmpdir(), 'sabot-fraud-test-'));
  beforeAll(() => command.build(), 60_000);
  afterAll(() => {
    command.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it(
    'find all frauds and nothing else, once, though both are killed',
    async () => {
      const said: string[] = [];
      const ending = await play({
        sabot: [process.execPath, command.path],
        brokers: broker().bootstrapServers,
        folder,
        transactions: TRANSACTIONS,
        speed: 1000,
        say: (line) => said.push(line),
      });
      expect(differences(ending), said.join('\n')).toEqual([]);
      expect(ending.planted).toHaveLength(8);
      for (const killed of ['job', 'agent']) {
        expect(said.join('\n')).toContain(`the ${killed} is dead`);
        expect(said.join('\n')).toMatch(new RegExp(`the ${killed}: restored checkpoint`));
      }
    },
    TIMEOUT_MS,
  );
});
