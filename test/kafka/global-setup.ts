// global-setup: the one broker of a vitest run, started when the first test asks for it.
//
//   test ── connects to a socket ──> here: starts scripts/kafka ──> "127.0.0.1:40001" to all who asked
//
// The broker reads our end of a pipe: it ends with this process, however that dies.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';

const SCRIPT = fileURLToPath(new URL('../../scripts/kafka', import.meta.url));

declare module 'vitest' {
  interface ProvidedContext {
    /** A socket that answers with a Cluster or { error }. */
    kafkaSocket: string;
  }
}

interface Started {
  readonly child: ChildProcess;
  readonly answer: Promise<string>;
  readonly ended: Promise<void>;
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'sabot-kafka-'));
  let started: Started | undefined;
  const server = createServer((socket) => {
    socket.on('error', () => {}); // The test has gone.
    started ??= start(folder);
    void started.answer.then((line) => socket.end(line));
  });
  const path = join(folder, 'socket');
  await new Promise<void>((resolve) => server.listen(path, resolve));
  server.unref();
  project.provide('kafkaSocket', path);
  return async () => {
    server.close();
    started?.child.stdin?.end();
    await started?.ended;
    rmSync(folder, { recursive: true, force: true });
  };
}

function start(folder: string): Started {
  const child = spawn(SCRIPT, ['run', join(folder, 'broker')], { stdio: ['pipe', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (bytes: Buffer) => (complaint += bytes.toString()));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const line = new Promise<string>((resolve) => createInterface({ input: child.stdout }).once('line', resolve));
  return { child, ended, answer: Promise.race([line, ended.then(() => JSON.stringify({ error: complaint }))]) };
}
