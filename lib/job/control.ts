// control: what a command and a running job say to each other, one line of JSON each way over a Unix socket.
//
//   {"request":"savepoint","path":"/data/sp"}   ->   {"answer":"/data/sp"}   or   {"error":{"kind":…,"message":…}}
//   {"request":"state-read","uid":"counts",…}   ->   {"piece":"…"} {"piece":"…"} {"answer":null}
//
// A job's sockets lie in FOLDER/control, one per process that has started it: a process that was replaced keeps its own.

import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import type { SabotErrorCode } from '../errors.js';
import type { SinkFolder, SinkTopic, SplitLag } from '../plan/physical.js';
import type { CheckpointMetrics, OperatorMetrics, SplitMetrics, WatermarkHold } from './metrics.js';

export const CONTROL_FOLDER = 'control';

export type ControlRequest =
  | { readonly request: 'describe' }
  | { readonly request: 'cancel' }
  | { readonly request: 'watermarks' }
  | { readonly request: 'lag' }
  | { readonly request: 'dead-letters' }
  | { readonly request: 'savepoint'; readonly path?: string }
  | { readonly request: 'stop'; readonly path?: string; readonly drain?: boolean }
  | { readonly request: 'state' }
  | StateReadRequest;

/** Answered with any number of pieces before the answer: Arrow IPC messages in base64. */
export interface StateReadRequest {
  readonly request: 'state-read';
  readonly uid: string;
  readonly columns: readonly string[] | null;
  /** Base64. */
  readonly key: string | null;
}

export interface ControlPiece {
  readonly piece: string;
}

export interface ControlError {
  readonly code: SabotErrorCode;
  readonly kind: string;
  readonly message: string;
}

export type ControlAnswer = { readonly answer: unknown } | { readonly error: ControlError };

/** A job as it tells of itself. */
export interface JobDescription {
  readonly job: string;
  readonly folder: string;
  readonly pid: number;
  readonly startedMs: number;
  readonly state: 'starting' | 'running' | 'restarting';
  readonly checkpoints?: CheckpointMetrics;
  /** What it waits for, if that takes long: a function of the user's. */
  readonly blocked?: string;
  /** Records of its topics that it has not read yet. */
  readonly lag?: number;
}

/** Where a job's event time stands, and who holds it back. */
export interface WatermarkReport {
  readonly job: string;
  readonly operators: readonly Pick<OperatorMetrics, 'name' | 'uid' | 'subtask' | 'watermarkMs'>[];
  readonly splits: readonly SplitMetrics[];
  readonly holds: readonly WatermarkHold[];
}

/** How far a job is behind the ends of its topics. */
export interface LagReport {
  readonly job: string;
  readonly splits: readonly (SplitLag & { readonly uid: string })[];
}

/** Where a job writes its dead letters: topics, and how their brokers are reached, by librdkafka's names; folders, by absolute paths. */
export interface DeadLetterReport {
  readonly job: string;
  readonly topics: readonly SinkTopic[];
  readonly folders: readonly SinkFolder[];
}

// What an address of a socket holds, less its end mark.
const ADDRESS_BYTES_MAX = 107;

/** A socket's address; a longer path is told through an open file, until it is disposed of. */
export class SocketAddress implements Disposable {
  readonly path: string;
  private readonly folder: number | undefined;

  constructor(folder: string, name: string) {
    this.path = join(folder, name);
    if (Buffer.byteLength(this.path) <= ADDRESS_BYTES_MAX) return;
    this.folder = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
    this.path = `/proc/self/fd/${this.folder}/${name}`;
  }

  [Symbol.dispose](): void {
    if (this.folder !== undefined) closeSync(this.folder);
  }
}
