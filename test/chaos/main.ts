// The command `npm run chaos -- --rounds 1000 --seed 7`: chaos for as long as one likes, on the built command.

import { parseArgs } from 'node:util';
import { runChaos } from './chaos.js';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '100' }, seed: { type: 'string', default: '1' } },
});
const root = process.cwd(); // scripts/chaos starts it at the project's root.
const report = await runChaos({
  command: [process.execPath, `${root}/dist/cli.cjs`],
  cwd: root,
  rounds: Number(values.rounds),
  seed: Number(values.seed),
  log: (line) => process.stdout.write(`${line}\n`),
});
process.stdout.write(
  `${report.rounds} kills, ${report.restoredLater} after a restore of a later checkpoint than the first, ${report.jobsDone} jobs done\n`,
);
for (const finding of report.findings) process.stderr.write(`${finding}\n`);
process.exitCode = report.findings.length === 0 ? 0 : 1;
