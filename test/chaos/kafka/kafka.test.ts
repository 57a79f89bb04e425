// Twenty jobs from Kafka to Kafka under faults of processes, brokers, network and disk: nothing is lost, nothing comes twice. More, and other
// seeds: `npm run chaos:kafka -- --rounds 1000 --seed 7`.

import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CommandUnderTest } from '../../cli/command.js';
import { describeKafka } from '../../kafka/broker.js';
import { runRounds } from './rounds.js';
import { type Tally, tallyText } from './tally.js';

const ROUNDS = 20;
/** What must have struck at least so often, or the rounds prove little. */
const STRUCK_LEAST: Partial<Record<keyof Tally, number>> = {
  jobsDone: ROUNDS,
  kills: 25,
  restoredLater: 15,
  timedOut: 2,
  fenced: 2,
  commitsHeld: 2,
  brokersStopped: 2,
  leadersChanged: 2,
  topicsRecreated: 2,
};
const TIMEOUT_MS = 20 * 60_000;

describeKafka('chaos with Kafka', () => {
  const command = new CommandUnderTest();
  beforeAll(() => command.build(), 60_000);
  afterAll(() => command.remove());

  it(
    `${ROUNDS} rounds change nothing`,
    async () => {
      const lines: string[] = [];
      const tally = await runRounds({
        command: [process.execPath, command.path],
        cwd: fileURLToPath(new URL('../../..', import.meta.url)),
        rounds: ROUNDS,
        seed: 1,
        log: (line) => lines.push(line),
      });
      console.log(`chaos with Kafka: ${tallyText(tally)}`);
      expect(tally.findings, lines.join('\n')).toEqual([]);
      for (const [what, least] of Object.entries(STRUCK_LEAST)) {
        expect(tally[what as keyof Tally], `${what}\n${lines.join('\n')}`).toBeGreaterThanOrEqual(least);
      }
    },
    TIMEOUT_MS,
  );
});
