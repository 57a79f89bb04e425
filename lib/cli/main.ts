// main: the command `sabot`. Each subcommand is a file beside this one; it is imported only when it is called.

import { Command } from 'commander';
import { version } from '../version.js';

const program = new Command('sabot')
  .description("Stream processing for TypeScript with Flink SQL's semantics")
  .version(version());

void program.parseAsync();
