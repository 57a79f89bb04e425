// Thirty processes are killed at random moments; nothing is lost and nothing comes twice. More, and other seeds:
// `npm run chaos -- --rounds 1000 --seed 7`.

import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandUnderTest } from '../cli/command.js';
import { runChaos } from './chaos.js';

const ROUNDS = 30;
const RESTORED_LATER_LEAST = 25;
const JOBS_LEAST = 4; // Of every kind one.
const TIMEOUT_MS = 10 * 60_000;
const command = new CommandUnderTest();

beforeAll(() => command.build(), 60_000);
afterAll(() => command.remove());

describe('chaos', () => {
  it(
    `${ROUNDS} kills change nothing`,
    async () => {
      const lines: string[] = [];
      const report = await runChaos({
        command: [process.execPath, command.path],
        cwd: fileURLToPath(new URL('../..', import.meta.url)),
        rounds: ROUNDS,
        seed: 1,
        log: (line) => lines.push(line),
      });
      console.log(
        `chaos: ${report.rounds} kills, ${report.restoredLater} of processes that had restored a checkpoint later than the first, ${report.jobsDone} jobs done`,
      );
      expect(report.findings, lines.join('\n')).toEqual([]);
      expect(report.restoredLater, lines.join('\n')).toBeGreaterThanOrEqual(RESTORED_LATER_LEAST);
      expect(report.jobsDone, lines.join('\n')).toBeGreaterThanOrEqual(JOBS_LEAST);
    },
    TIMEOUT_MS,
  );
});
