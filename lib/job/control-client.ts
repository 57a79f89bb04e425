// control-client: finds jobs by their checkpoint folders, and asks those that run.
//
//   findJobs('.')  ->  ./checkpoints/hot-items: running, process 4711, checkpoint 12
//
// No state.

import { type Dirent, existsSync, readdirSync, realpathSync } from 'node:fs';
import { createConnection } from 'node:net';
import { basename, join, resolve } from 'node:path';
import { SabotError } from '../errors.js';
import {
  CONTROL_FOLDER,
  type ControlAnswer,
  type ControlPiece,
  type ControlRequest,
  type JobDescription,
  SocketAddress,
} from './control.js';
import type { StateDescription, StateStore } from './state.js';

/** A job is looked for in a folder, in those below it, and in those below them. */
const DEPTH_MAX = 2;
const FOLDERS_MAX = 10_000;
const DESCRIBE_TIMEOUT_MS = 5_000;

/** A job that has a checkpoint folder. */
export interface FoundJob {
  readonly folder: string;
  /** What the processes tell that run it, or believe that they do. */
  readonly running: readonly (JobDescription & { readonly socket: string })[];
  /** Sockets of processes that do not answer. */
  readonly silent: readonly string[];
  /** 0: no checkpoint is there. */
  readonly newestEpoch: number;
}

/** Jobs whose checkpoint folders lie in `folder`, or are it. */
export async function findJobs(folder: string): Promise<FoundJob[]> {
  const folders: string[] = [];
  collectJobFolders(resolve(folder), 0, folders, { left: FOLDERS_MAX });
  return Promise.all(folders.sort().map(lookAt));
}

/** The job with this name, folder name or folder. */
export async function findJob(name: string, folder: string): Promise<FoundJob> {
  const byPath = isJobFolder(resolve(name)) ? [await lookAt(resolve(name))] : [];
  const jobs = byPath.length > 0 ? byPath : await findJobs(folder);
  const wanted = byPath.length > 0 ? jobs : jobs.filter((job) => isNamed(job, name));
  if (wanted.length === 1) return wanted[0]!;
  const known = jobs.map((job) => nameOf(job)).join(', ');
  const where = resolve(folder);
  const message =
    wanted.length > 1
      ? `Several jobs in ${where} are named '${name}': name one by its folder: ${wanted.map((job) => job.folder).join(', ')}.`
      : `There is no job '${name}' in ${where}${known === '' ? '' : `; there are: ${known}`}. Give the folder of its checkpoints with --dir.`;
  throw new SabotError('SABOT_E_OPTION', message, { kind: 'unknown-job', identifier: name });
}

/** The name that a job goes by. */
export const nameOf = (job: FoundJob): string => job.running[0]?.job ?? basename(job.folder);

/** Asks the one process that runs the job. */
export async function askJob(job: FoundJob, request: ControlRequest): Promise<unknown> {
  return ask(join(job.folder, CONTROL_FOLDER), socketOf(job), request);
}

/** The state of the process that runs the job, over its socket. */
export function remoteState(job: FoundJob): StateStore {
  return {
    describe: async () => (await askJob(job, { request: 'state' })) as StateDescription,
    read: ({ uid, columns, key }) =>
      piecesOf(join(job.folder, CONTROL_FOLDER), socketOf(job), {
        request: 'state-read',
        uid,
        columns,
        key: key === null ? null : Buffer.from(key).toString('base64'),
      }),
  };
}

function socketOf(job: FoundJob): string {
  // A process that was replaced, and has not noticed yet, has the lower attempt.
  const running = [...job.running].sort((a, b) => (b.checkpoints?.attempt ?? 0) - (a.checkpoints?.attempt ?? 0))[0];
  if (running === undefined) {
    const why = job.silent.length > 0 ? 'its process does not answer' : 'it does not run';
    throw new SabotError('SABOT_E_CONTROL', `Job '${nameOf(job)}' cannot be asked: ${why}.`, {
      kind: 'not-running',
      identifier: nameOf(job),
    });
  }
  return running.socket;
}

/** Whether a process listens on the socket. */
export async function isListening(control: string, name: string): Promise<boolean> {
  try {
    await ask(control, name, { request: 'describe' }, DESCRIBE_TIMEOUT_MS);
    return true;
  } catch (error) {
    return !isDead(error);
  }
}

function collectJobFolders(folder: string, depth: number, found: string[], budget: { left: number }): void {
  if (isJobFolder(folder)) {
    found.push(realpathSync(folder));
    return;
  }
  if (depth >= DEPTH_MAX) return;
  for (const entry of entriesOf(folder)) {
    if (!entry.isDirectory() || entry.name.startsWith('.') || entry.name === 'node_modules') continue;
    if (budget.left-- <= 0) return;
    collectJobFolders(join(folder, entry.name), depth + 1, found, budget);
  }
}

const isJobFolder = (folder: string): boolean =>
  existsSync(join(folder, 'log')) && (existsSync(join(folder, CONTROL_FOLDER)) || existsSync(join(folder, 'state')));

/** What lies in a folder; nothing if it is not there or not ours to read. */
function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

const isNamed = (job: FoundJob, name: string): boolean =>
  basename(job.folder) === name || job.running.some((each) => each.job === name);

async function lookAt(folder: string): Promise<FoundJob> {
  const control = join(folder, CONTROL_FOLDER);
  const running: (JobDescription & { socket: string })[] = [];
  const silent: string[] = [];
  for (const { name } of entriesOf(control)) {
    try {
      const answer = await ask(control, name, { request: 'describe' }, DESCRIBE_TIMEOUT_MS);
      running.push({ ...(answer as JobDescription), socket: name });
    } catch (error) {
      if (!isDead(error)) silent.push(name);
    }
  }
  const epochs = entriesOf(folder).flatMap(({ name }) => /^chk-(\d+)-\d+$/.exec(name)?.[1] ?? []);
  return { folder, running, silent, newestEpoch: Math.max(0, ...epochs.map(Number)) };
}

/** Nobody listens there any more. */
const isDead = (error: unknown): boolean =>
  ['ECONNREFUSED', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '');

function ask(control: string, name: string, request: ControlRequest, timeoutMs?: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const address = new SocketAddress(control, name);
    const socket = createConnection(address.path);
    let text = '';
    socket.setEncoding('utf8');
    if (timeoutMs !== undefined) {
      socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no answer in ${timeoutMs} ms`)));
    }
    socket.on('connect', () => socket.write(`${JSON.stringify(request)}\n`));
    socket.on('data', (piece: string) => (text += piece));
    socket.on('error', reject);
    socket.on('close', () => {
      address[Symbol.dispose]();
      if (!text.endsWith('\n')) return reject(endedBefore());
      try {
        resolve(answerIn(text));
      } catch (error) {
        reject(error);
      }
    });
  });
}

/** The pieces before the answer, as they come: who reads slowly slows the job's reading down. */
async function* piecesOf(control: string, name: string, request: ControlRequest): AsyncGenerator<Buffer, void, void> {
  using address = new SocketAddress(control, name);
  const socket = createConnection(address.path);
  try {
    socket.setEncoding('utf8');
    socket.write(`${JSON.stringify(request)}\n`);
    let text = '';
    for await (const data of socket as AsyncIterable<string>) {
      const lines = (text + data).split('\n');
      text = lines.pop()!;
      for (const line of lines) {
        const { piece } = JSON.parse(line) as Partial<ControlPiece>;
        if (piece === undefined) {
          answerIn(line);
          return;
        }
        yield Buffer.from(piece, 'base64');
      }
    }
    throw endedBefore();
  } finally {
    socket.destroy();
  }
}

const endedBefore = (): SabotError =>
  new SabotError('SABOT_E_CONTROL', 'The job ended before it answered.', { kind: 'control' });

function answerIn(line: string): unknown {
  const answer = JSON.parse(line) as ControlAnswer;
  if (!('error' in answer)) return answer.answer;
  const { code, kind, message } = answer.error;
  throw new SabotError(code, message, { kind });
}
