// The command `npm run chaos:kafka -- --rounds 1000 --seed 7`: rounds for as long as one likes, on the built command.

import { parseArgs } from 'node:util';
import { runRounds } from './rounds.js';
import { tallyText } from './tally.js';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '100' }, seed: { type: 'string', default: '1' } },
});
const root = process.cwd(); // scripts/chaos starts it at the project's root.
const tally = await runRounds({
  command: [process.execPath, `${root}/dist/cli.cjs`],
  cwd: root,
  rounds: Number(values.rounds),
  seed: Number(values.seed),
  log: (line) => process.stdout.write(`${line}\n`),
});
process.stdout.write(`${tallyText(tally)}\n`);
for (const finding of tally.findings) process.stderr.write(`${finding}\n`);
process.exitCode = tally.findings.length === 0 ? 0 : 1;
