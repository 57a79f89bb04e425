// command: `sabot` as it stands in lib/, bundled for tests that run it as a process.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command, and a folder to run it in. */
export class CommandUnderTest {
  // Beside dist/, so that addon and package are found from it as from there.
  readonly path = join(root, 'build', `cli-under-test-${process.pid}-${Math.random().toString(36).slice(2)}.cjs`);
  readonly folder = mkdtempSync(join(tmpdir(), 'sabot-cli-'));

  async build(): Promise<void> {
    await build({
      entryPoints: [join(root, 'lib/cli/main.ts')],
      outfile: this.path,
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      define: { 'import.meta.url': 'importMetaUrl' },
      banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
      external: ['esbuild', 'apache-arrow', 'kafkajs'],
    });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
    rmSync(this.path, { force: true });
  }

  start(...args: string[]): ChildProcessWithoutNullStreams {
    return spawn(process.execPath, [this.path, ...args], { cwd: this.folder });
  }

  run(...args: string[]): Promise<Outcome> {
    return outcome(this.start(...args));
  }
}

/** What a process writes until it ends. */
export function outcome(child: ChildProcessWithoutNullStreams): Promise<Outcome> {
  return new Promise((resolve) => {
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (bytes) => (stdout += bytes));
    child.stderr.on('data', (bytes) => (stderr += bytes));
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}
