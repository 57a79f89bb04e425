// main: what scripts/kafka runs once the broker is there.
//
//   HOME run FOLDER [--nodes N]   ->   one line of JSON on stdout when it is ready; ends, and stops it, when stdin does
//
// Lines on the input of `run` are orders, `stop 2`, `kill 2`, `start 2` (a node), each answered by a line once it is done: `ok`, or why not.

import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { startCluster, startNode, stopCluster, stopNode } from './cluster.js';

const USAGE =
  'usage: scripts/kafka install | run FOLDER [--nodes N] [--set PROPERTY=VALUE]… | start FOLDER (likewise) | stop FOLDER';

const { values, positionals } = parseArgs({
  args: process.argv.slice(2),
  options: { nodes: { type: 'string', default: '1' }, set: { type: 'string', multiple: true } },
  allowPositionals: true,
});
const [home, command, folder] = positionals;
const nodes = Number(values.nodes);
if (home === undefined || folder === undefined || !(Number.isInteger(nodes) && nodes > 0)) exit(2, USAGE);

switch (command) {
  case 'run': {
    const orders = createInterface({ input: process.stdin });
    // Whoever dies, however, closes our input.
    const over = new Promise<void>((resolve) => {
      orders.once('close', resolve);
      for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => resolve());
    });
    const started = start(home, folder, nodes, false);
    let last = started;
    orders.on('line', (order) => {
      last = last.then(() => obey(home, folder, order)).then(console.log, (error: Error) => console.log(error.message));
    });
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
    console.log(
      JSON.stringify(await startCluster({ home: from, folder: at, nodes: numNodes, outlive, set: values.set ?? [] })),
    );
  } catch (error) {
    await stopCluster(at);
    exit(1, `kafka: ${(error as Error).message}`);
  }
}

async function obey(from: string, at: string, order: string): Promise<string> {
  const [what, node] = order.split(' ');
  if (what === 'start') await startNode({ home: from, folder: at, outlive: false }, Number(node));
  else if (what === 'stop') await stopNode(at, Number(node), 'SIGTERM');
  else if (what === 'kill') await stopNode(at, Number(node), 'SIGKILL');
  else throw new Error(`unknown order '${order}'`);
  return 'ok';
}

function exit(code: number, message: string): never {
  console.error(message);
  process.exit(code);
}
