// main: the command `sabot`. Each subcommand is a file beside this one; it is imported only when it is called.

import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { version } from '../version.js';

const EXIT_USAGE = 2;

// A reader such as `head` that has seen enough is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

const positive = (text: string): number => {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('expected a whole number above 0.');
  return Number(text);
};
const collect = (text: string, before: readonly string[]): string[] => [...before, text];

const file = () =>
  new Option('-f, --file <script>', 'the Flink SQL script; - for standard input').makeOptionMandatory();
const define = () =>
  new Option('--define <NAME=VALUE>', 'replaces ${NAME} in the script; may be repeated').argParser(collect).default([]);
const parallelism = () =>
  new Option('--parallelism <n>', 'subtasks of every operator, unless the script sets it').argParser(positive);
const restore = () => new Option('--restore <latest|path>', 'go on from a checkpoint');

const program = new Command('sabot')
  .description("Stream processing for TypeScript with Flink SQL's semantics")
  .version(version())
  .exitOverride();

program
  .command('sql')
  .description('run a Flink SQL script; SELECT prints to standard output')
  .addOption(file())
  .addOption(
    new Option('--output <format>', 'default: table on a terminal, json in a pipe').choices(['table', 'json', 'csv']),
  )
  .addOption(
    new Option(
      '--results <which>',
      'the changes, or the rows at the end of input; default: final for bounded input',
    ).choices(['changelog', 'final']),
  )
  .addOption(parallelism())
  .addOption(define())
  .addOption(restore())
  .action(async (options) => {
    const { sqlCommand } = await import('./sql.js');
    process.exitCode = await sqlCommand(options);
  });

program
  .command('explain')
  .description('print the plan of every query and INSERT of a script, without running them')
  .addOption(file())
  .addOption(parallelism())
  .addOption(define())
  .action(async (options) => {
    const { explainCommand } = await import('./explain.js');
    process.exitCode = await explainCommand(options);
  });

program
  .command('run')
  .description('run a TypeScript job')
  .argument('<job.ts>', 'a file that awaits job.run() itself, or exports a Job')
  .addOption(parallelism())
  .addOption(restore())
  .action(async (path: string, options) => {
    const { runCommand } = await import('./run.js');
    process.exitCode = await runCommand(path, options);
  });

async function main(): Promise<void> {
  try {
    await program.parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
  }
}

void main();
