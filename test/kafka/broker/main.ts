// main: what scripts/kafka runs once the broker is there.
//
//   HOME run FOLDER [--nodes N]   ->   one line of JSON on stdout when it is ready; ends, and stops it, when stdin does

import { parseArgs } from 'node:util';
import { startCluster, stopCluster } from './cluster.js';

const USAGE = 'usage: scripts/kafka install | run FOLDER [--nodes N] | start FOLDER [--nodes N] | stop FOLDER';

const { values, positionals } = parseArgs({
  args: process.argv.slice(2),
  options: { nodes: { type: 'string', default: '1' } },
  allowPositionals: true,
});
const [home, command, folder] = positionals;
const nodes = Number(values.nodes);
if (home === undefined || folder === undefined || !(Number.isInteger(nodes) && nodes > 0)) exit(2, USAGE);

switch (command) {
  case 'run': {
    // Whoever dies, however, closes our input.
    process.stdin.resume();
    const over = new Promise<void>((resolve) => {
      process.stdin.once('close', resolve);
      for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => resolve());
    });
    const started = start(home, folder, nodes, false);
    await Promise.race([started, over]);
    await over;
    await stopCluster(folder);
    process.exit(0);
    break;
  }
  case 'start':
    await start(home, folder, nodes, true);
    process.exit(0);
    break;
  case 'stop':
    await stopCluster(folder);
    break;
  default:
    exit(2, USAGE);
}

async function start(from: string, at: string, numNodes: number, outlive: boolean): Promise<void> {
  try {
    console.log(JSON.stringify(await startCluster({ home: from, folder: at, nodes: numNodes, outlive })));
  } catch (error) {
    await stopCluster(at);
    exit(1, `kafka: ${(error as Error).message}`);
  }
}

function exit(code: number, message: string): never {
  console.error(message);
  process.exit(code);
}
