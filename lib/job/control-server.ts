// control-server: a running job listens to commands, on a socket that only its user may open.
//
//   listenForControl('chk/job', job)   ->   chk/job/control/4711-9f3a   ->   describe, watermarks, cancel, savepoint, stop
//
// State: the socket, gone when it is closed. Those of processes that died are removed by the next one.

import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { isSabotError } from '../errors.js';
import {
  CONTROL_FOLDER,
  type ControlError,
  type ControlPiece,
  type ControlRequest,
  type DeadLetterReport,
  type JobDescription,
  type LagReport,
  SocketAddress,
  type StateReadRequest,
  type WatermarkReport,
} from './control.js';
import { isListening } from './control-client.js';
import type { StateDescription, StateRequest } from './state.js';

const REQUEST_BYTES_MAX = 64 << 10;

/** What a command may ask of a job. */
export interface ControlledJob {
  describe(): JobDescription;
  watermarks(): WatermarkReport;
  lag(): Promise<LagReport>;
  deadLetters(): DeadLetterReport;
  cancel(): void;
  savepoint(path?: string): Promise<string>;
  stop(path?: string, drain?: boolean): Promise<string>;
  describeState(): Promise<StateDescription>;
  readState(request: StateRequest): AsyncIterable<Uint8Array>;
}

export type ControlServer = AsyncDisposable;

/** Listens until it is disposed of; does not keep the process up. */
export async function listenForControl(folder: string, job: ControlledJob): Promise<ControlServer> {
  const control = join(folder, CONTROL_FOLDER);
  mkdirSync(folder, { recursive: true });
  mkdirSync(control, { recursive: true, mode: 0o700 });
  await removeDead(control);
  const address = new SocketAddress(control, `${process.pid}-${randomBytes(4).toString('hex')}`);
  const server = createServer((socket) => serve(socket, job));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.path, resolve);
  });
  chmodSync(address.path, 0o600);
  server.unref();
  return {
    [Symbol.asyncDispose]: async () => {
      // Connections end with their answers.
      server.close(() => address[Symbol.dispose]());
    },
  };
}

async function removeDead(control: string): Promise<void> {
  for (const name of readdirSync(control)) {
    if (isAlive(Number.parseInt(name, 10)) || (await isListening(control, name))) continue;
    rmSync(join(control, name), { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function serve(socket: Socket, job: ControlledJob): void {
  let text = '';
  let answered = false;
  socket.setEncoding('utf8');
  socket.on('error', () => socket.destroy()); // Who asked has gone.
  socket.on('data', (piece: string) => {
    if (answered) return;
    text += piece;
    const end = text.indexOf('\n');
    if (end < 0 && text.length <= REQUEST_BYTES_MAX) return;
    answered = true;
    answerTo(text.slice(0, end), job, socket).then(
      (answer) => socket.end(`${JSON.stringify({ answer })}\n`),
      (error) => socket.end(`${JSON.stringify({ error: asControlError(error) })}\n`),
    );
  });
}

async function answerTo(line: string, job: ControlledJob, socket: Socket): Promise<unknown> {
  const request = JSON.parse(line) as ControlRequest;
  switch (request.request) {
    case 'describe':
      return job.describe();
    case 'watermarks':
      return job.watermarks();
    case 'lag':
      return job.lag();
    case 'dead-letters':
      return job.deadLetters();
    case 'cancel':
      return job.cancel();
    case 'savepoint':
      return job.savepoint(request.path);
    case 'stop':
      return job.stop(request.path, request.drain);
    case 'state':
      return job.describeState();
    case 'state-read':
      return sendState(request, job, socket);
    default:
      throw new Error(`This version of sabot cannot do this: ${line}`);
  }
}

/** Ends early where nobody listens any more. */
async function sendState({ uid, columns, key }: StateReadRequest, job: ControlledJob, socket: Socket): Promise<null> {
  const request = { uid, columns, key: key === null ? null : Buffer.from(key, 'base64') };
  for await (const message of job.readState(request)) {
    const line: ControlPiece = { piece: Buffer.from(message).toString('base64') };
    if (socket.destroyed) return null;
    if (!socket.write(`${JSON.stringify(line)}\n`)) await drained(socket);
  }
  return null;
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      socket.off('drain', done).off('close', done);
      resolve();
    };
    socket.on('drain', done).on('close', done);
  });
}

function asControlError(error: unknown): ControlError {
  if (isSabotError(error)) return { code: error.code, kind: error.kind ?? 'internal', message: error.message };
  return { code: 'SABOT_E_CONTROL', kind: 'control', message: error instanceof Error ? error.message : String(error) };
}
