// main: the command `sabot`. Each subcommand is a file beside this one; it is imported only when it is called.

import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { SabotError } from '../errors.js';
import { version } from '../version.js';
import { reportFailure } from './failure.js';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

// A reader such as `head` that has seen enough is no failure; a full disk is one.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`error: cannot write to standard output: ${error.message}\n`);
  process.exit(EXIT_FAILED);
});
// Nobody is left to be told.
process.stderr.on('error', () => {});

const positive = (text: string): number => {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('expected a whole number above 0.');
  return Number(text);
};
const collect = (text: string, before: readonly string[] = []): string[] => [...before, text];

const file = (what = 'the Flink SQL script; - for standard input') =>
  new Option('-f, --file <script>', what).makeOptionMandatory();
const define = () =>
  new Option('--define <NAME=VALUE>', 'replaces ${NAME} in the script; may be repeated').argParser(collect);
const parallelism = () =>
  new Option('--parallelism <n>', 'subtasks of every operator, unless the script sets it').argParser(positive);
const restore = () =>
  new Option(
    '--restore <latest|path>',
    'go on from the latest checkpoint (if there is one), or from this one or savepoint',
  );
const claim = () =>
  new Option(
    '--claim',
    "what --restore PATH names becomes the job's, and is removed once enough checkpoints are newer; default: it stays",
  );
const allowNonRestoredState = () =>
  new Option('--allow-non-restored-state', 'leave state behind that no operator of the job claims');
const acceptDuplicates = () =>
  new Option(
    '--accept-duplicates',
    'go on from an older checkpoint if the latest is damaged, though its output is visible',
  );

const program = new Command('sabot')
  .description("Stream processing for TypeScript with Flink SQL's semantics")
  .version(version())
  .addHelpText(
    'after',
    `
Examples:
  $ sabot sql -f script.sql --define DATA=./data
  $ sabot sql -f script.sql --output csv > result.csv
  $ sabot explain -f script.sql
  $ sabot run job.ts --parallelism 4
  $ sabot -A app.ts:app worker

Exit codes: 0 finished, 1 the job failed, 2 the script or the arguments are wrong, 130 interrupted.`,
  )
  .option('-A, --app <file[:name]>', 'the file of an app, and what it is exported as: for worker and topics')
  .exitOverride();

program
  .command('worker')
  .description('run the agents of an app, from its latest checkpoint on, until Ctrl-C')
  .addOption(
    new Option('--parallelism <n>', 'subtasks of every agent; default: what the app says, else 1').argParser(positive),
  )
  .option('--checkpoint-dir <folder>', 'where checkpoints go; default: what the app says, else ./checkpoints')
  .addOption(new Option('--restore <latest|path|none>', 'what to begin from').default('latest'))
  .addOption(claim())
  .addOption(allowNonRestoredState())
  .addOption(acceptDuplicates())
  .action(async (_, command: Command) => {
    const { workerCommand } = await import('./worker.js');
    process.exitCode = await workerCommand(command.optsWithGlobals());
  });

program
  .command('topics')
  .description('list the topics of an app: who reads and writes them, and whether they are there')
  .addOption(new Option('--output <format>', 'default: table on a terminal, json in a pipe').choices(['table', 'json']))
  .action(async (_, command: Command) => {
    const { topicsCommand } = await import('./topics.js');
    process.exitCode = await topicsCommand(command.optsWithGlobals());
  });

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
  .addOption(claim())
  .addOption(allowNonRestoredState())
  .addOption(acceptDuplicates())
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
  .addOption(claim())
  .addOption(allowNonRestoredState())
  .addOption(acceptDuplicates())
  .action(async (path: string, options) => {
    const { runCommand } = await import('./run.js');
    process.exitCode = await runCommand(path, options);
  });

program
  .command('check')
  .description("say which states an edit of a job keeps, by the sabot.lock beside it, or a checkpoint's own record")
  .addOption(file('the Flink SQL script, or the job.ts'))
  .addOption(parallelism())
  .addOption(define())
  .option('--against <path>', 'compare with this checkpoint or savepoint, not with sabot.lock')
  .option('--write', 'bring sabot.lock up to date')
  .addOption(new Option('--output <format>', 'default: table on a terminal, json in a pipe').choices(['table', 'json']))
  .action(async (options) => {
    const { checkCommand } = await import('./check.js');
    process.exitCode = await checkCommand(options);
  });

const dir = () =>
  new Option('--dir <folder>', 'where to look for jobs: a folder with checkpoint folders below it').default('.');

program
  .command('jobs')
  .description('list jobs by their checkpoint folders, and what those that run tell of themselves')
  .argument('[folder]', 'where to look: a folder with checkpoint folders below it', '.')
  .addOption(new Option('--output <format>', 'default: table on a terminal, json in a pipe').choices(['table', 'json']))
  .action(async (folder: string, options) => {
    const { jobsCommand } = await import('./jobs.js');
    process.exitCode = await jobsCommand(folder, options);
  });

program
  .command('savepoint')
  .description('have a running job write a savepoint; prints its folder')
  .argument('<job>', "a job's name, or its checkpoint folder")
  .argument('[path]', "the savepoint's folder, absent or empty; default: a new one beside the checkpoints")
  .option('--stop', 'end the job with it: sources stop, their rows are processed, sinks commit')
  .option('--drain', 'as --stop, after event time has come to its end: every window fires')
  .addOption(dir())
  .action(async (job: string, path: string | undefined, options) => {
    const { savepointCommand } = await import('./savepoint.js');
    process.exitCode = await savepointCommand(job, path, options);
  });

program
  .command('explain-watermark')
  .description("say where a running job's event time stands, and which split holds it back, since when")
  .argument('<job>', "a job's name, or its checkpoint folder")
  .addOption(dir())
  .addOption(new Option('--output <format>', 'default: table on a terminal, json in a pipe').choices(['table', 'json']))
  .action(async (job: string, options) => {
    const { explainWatermarkCommand } = await import('./explain-watermark.js');
    process.exitCode = await explainWatermarkCommand(job, options);
  });

program
  .command('lag')
  .description('say how far a running job is behind the ends of its Kafka topics, partition by partition')
  .argument('<job>', "a job's name, or its checkpoint folder")
  .addOption(dir())
  .addOption(new Option('--output <format>', 'default: table on a terminal, json in a pipe').choices(['table', 'json']))
  .action(async (job: string, options) => {
    const { lagCommand } = await import('./lag.js');
    process.exitCode = await lagCommand(job, options);
  });

program
  .command('cancel')
  .description('end a running job where it stands')
  .argument('<job>', "a job's name, or its checkpoint folder")
  .addOption(dir())
  .action(async (job: string, options) => {
    const { cancelCommand } = await import('./cancel.js');
    process.exitCode = await cancelCommand(job, options);
  });

const dlq = program
  .command('dlq')
  .description('dead letters in a Kafka topic or a folder: what could not be read, processed or written');
const lettersOf = "a running job's name, or its checkpoint folder; else --topic and --brokers, or --path";
const letterOptions = (command: Command) =>
  command
    .argument('[job]', lettersOf)
    .addOption(new Option('--topic <topic>', 'the topic that takes the letters'))
    .addOption(new Option('--path <folder>', 'the folder that takes them as JSON: they can be listed'))
    .addOption(new Option('--brokers <list>', 'host:port, several with commas'))
    .addOption(
      new Option('--property <name=value>', "of Kafka's clients; may be given several times").argParser(
        (value: string, all: string[] = []) => [...all, value],
      ),
    )
    .addOption(dir())
    .addOption(
      new Option('--output <format>', 'default: table on a terminal, json in a pipe').choices(['table', 'json']),
    );

letterOptions(dlq.command('list'))
  .description('list the letters that have not been re-driven')
  .addOption(new Option('--all', 'those that have been, too'))
  .addOption(new Option('--limit <count>', 'default: 20 on a terminal'))
  .action(async (job: string | undefined, options) => {
    const { dlqListCommand } = await import('./dlq.js');
    process.exitCode = await dlqListCommand(job, options);
  });

letterOptions(dlq.command('redrive'))
  .description('send the records of letters to the topics that they came from, each once')
  .addOption(new Option('--to <topic>', 'another topic, for all of them'))
  .addOption(new Option('--limit <count>', 'so many letters at most'))
  .addOption(new Option('--skip', 'pass over letters that came from no topic: from files and functions'))
  .action(async (job: string | undefined, options) => {
    const { dlqRedriveCommand } = await import('./dlq.js');
    process.exitCode = await dlqRedriveCommand(job, options);
  });

const state = program
  .command('state')
  .description("read what a job's operators keep, from checkpoints or while it runs");
const stateOf = "a savepoint, a checkpoint, a checkpoint folder, or a job's name";
const read = () =>
  new Option(
    '--read <which>',
    'the job as it is now, or its newest checkpoint; default: committed, if there is a checkpoint',
  ).choices(['live', 'committed']);
const outputFormat = (...formats: string[]) =>
  new Option('--output <format>', 'default: table on a terminal, json in a pipe').choices(formats);

state
  .command('list')
  .description('list operators with their state, its columns and size')
  .argument('<path|job>', stateOf)
  .addOption(read())
  .addOption(outputFormat('table', 'json'))
  .addOption(dir())
  .action(async (target: string, options) => {
    const { stateListCommand } = await import('./state.js');
    process.exitCode = await stateListCommand(target, options);
  });

state
  .command('query')
  .description("run a query over state('UID'), a bounded table; nothing is written")
  .argument('<path|job>', stateOf)
  .argument('<sql>', "such as: SELECT * FROM state('group_aggregate') ORDER BY `COUNT(*)` DESC LIMIT 10")
  .addOption(read())
  .addOption(outputFormat('table', 'json', 'csv'))
  .addOption(dir())
  .action(async (target: string, sql: string, options) => {
    const { stateQueryCommand } = await import('./state.js');
    process.exitCode = await stateQueryCommand(target, sql, options);
  });

/** Whether errors are to be told in JSON as well, as far as arguments that could not be read tell. */
function asksForJson(args: readonly string[]): boolean {
  return args.includes('--output=json') || args[args.indexOf('--output') + 1] === 'json';
}

function argumentsError({ message }: CommanderError): string {
  const text = message.replace(/^error: /, '');
  const identifier = /'([^']*)'/.exec(text)?.[1];
  return reportFailure(
    new SabotError('SABOT_E_OPTION', text, {
      kind: 'invalid-arguments',
      ...(identifier === undefined ? {} : { identifier }),
    }),
    (error) => error.message,
  ).json;
}

async function main(): Promise<void> {
  try {
    await program.parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
    if (error.exitCode !== 0 && asksForJson(process.argv)) process.stderr.write(`${argumentsError(error)}\n`);
  }
}

void main();
