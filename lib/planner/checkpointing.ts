// What Flink's checkpointing settings mean for a job.
//
//   { 'execution.checkpointing.dir': './checkpoints', 'execution.checkpointing.interval': '1 s' }, 'hot-items'
//     ->  { folder: 'checkpoints/hot-items', intervalMs: 1000, … }

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { SabotError } from '../errors.js';
import type { CheckpointPlan, RestorePlan } from '../plan/checkpoint.js';
import { choice, count, duration, flag, type Settings } from './settings.js';

const TIMEOUT_DEFAULT_MS = 600_000;
// Flink keeps 1; with 3 a damaged one is not the end.
const RETAINED_DEFAULT = 3;

/** How a job begins and where its checkpoints go, beside what its settings say. */
export interface CheckpointRequest {
  /** `latest`, or the path of a checkpoint or savepoint. */
  readonly restore?: string;
  /** What is restored from a path becomes the job's. */
  readonly claim?: boolean;
  readonly allowNonRestoredState?: boolean;
  readonly acceptDuplicates?: boolean;
}

/** The checkpoints of the job with this name; undefined if it takes none. */
export function checkpointsOf(
  settings: Settings,
  job: string,
  asked: CheckpointRequest = {},
): CheckpointPlan | undefined {
  const request = { ...asked, ...recoveryOf(settings) };
  const dir = settings['execution.checkpointing.dir'] ?? settings['state.checkpoints.dir'];
  const intervalMs = duration(settings, 'execution.checkpointing.interval');
  if (asked.claim === true && request.restore === undefined) {
    throw new SabotError('SABOT_E_OPTION', '--claim says what becomes of what is restored: it needs --restore PATH.', {
      kind: 'missing-option',
      identifier: 'restore',
    });
  }
  if (dir === undefined && request.restore !== undefined) {
    throw new SabotError(
      'SABOT_E_OPTION',
      "Restoring needs the folder of the job's checkpoints: SET 'execution.checkpointing.dir' = './checkpoints';",
      { kind: 'missing-option', identifier: 'execution.checkpointing.dir' },
    );
  }
  if (dir === undefined && intervalMs === undefined) return undefined;
  return {
    // As in Flink, checkpoints without a folder live as long as the process: enough to start again after a failure.
    folder: checkpointFolder(dir ?? processFolder(), job),
    ...(intervalMs === undefined || intervalMs === 0 ? {} : { intervalMs }),
    timeoutMs: duration(settings, 'execution.checkpointing.timeout') ?? TIMEOUT_DEFAULT_MS,
    minPauseMs: duration(settings, 'execution.checkpointing.min-pause') ?? 0,
    tolerableFailures: count(settings, 'execution.checkpointing.tolerable-failed-checkpoints', 0) ?? 0,
    retained:
      count(settings, 'execution.checkpointing.num-retained') ??
      count(settings, 'state.checkpoints.num-retained') ??
      RETAINED_DEFAULT,
    mode: modeOf(settings),
    ...(request.restore === undefined ? {} : { restore: restoreOf(request.restore, request) }),
  };
}

/** The folder in which the job's savepoints are made unless a path is given. */
export function savepointsAt(settings: Settings, checkpoint: CheckpointPlan): string {
  const dir = settings['execution.checkpointing.savepoint-dir'] ?? settings['state.savepoints.dir'];
  return dir === undefined ? join(checkpoint.folder, 'savepoints') : join(localPath(dir), basename(checkpoint.folder));
}

/** What settings say of it, before what the caller asks for. */
function recoveryOf(settings: Settings): CheckpointRequest {
  const restore = settings['execution.state-recovery.path'];
  const claim = claimMode(settings);
  const ignores = flag(settings, 'execution.state-recovery.ignore-unclaimed-state');
  return {
    ...(restore === undefined ? {} : { restore }),
    ...(claim === undefined ? {} : { claim }),
    ...(ignores === undefined ? {} : { allowNonRestoredState: ignores }),
  };
}

function restoreOf(restore: string, request: CheckpointRequest): RestorePlan {
  const latest = restore === 'latest';
  const claim = request.claim === true && !latest;
  const path = latest ? '' : localPath(restore);
  return {
    ...(latest ? { from: 'latest' } : { from: 'path', path: claim ? resolve(path) : path }),
    ...(claim ? { claim } : {}),
    ...(request.allowNonRestoredState === true ? { allowNonRestoredState: true } : {}),
    ...(request.acceptDuplicates === true ? { acceptDuplicates: true } : {}),
  };
}

/** Whether the job owns what it is restored from; undefined if the settings do not say. */
export function claimMode(settings: Settings, key = 'execution.state-recovery.claim-mode'): boolean | undefined {
  if (settings[key]?.trim().toUpperCase() === 'LEGACY') {
    const message = `Setting '${key}' is 'LEGACY', which Flink has given up and sabot never had: use 'NO_CLAIM' (the default: what is restored stays as it is) or 'CLAIM'.`;
    throw new SabotError('SABOT_E_OPTION', message, { kind: 'invalid-option', identifier: key });
  }
  const mode = choice(settings, key, ['CLAIM', 'NO_CLAIM']);
  return mode === undefined ? undefined : mode === 'CLAIM';
}

function modeOf(settings: Settings): 'exactly-once' | 'at-least-once' {
  const mode = choice(settings, 'execution.checkpointing.mode', ['EXACTLY_ONCE', 'AT_LEAST_ONCE']);
  return mode === 'AT_LEAST_ONCE' ? 'at-least-once' : 'exactly-once';
}

/** A folder of this process, gone when it ends. */
function processFolder(): string {
  if (ownFolder !== undefined) return ownFolder;
  const folder = mkdtempSync(join(tmpdir(), 'sabot-checkpoints-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  ownFolder = folder;
  return folder;
}
let ownFolder: string | undefined;

/** A path, or a file: URL as Flink's scripts have it. */
export function localPath(text: string, key = 'execution.checkpointing.dir'): string {
  const url = /^file:(?:\/\/(?:localhost)?)?(\/.*)$/.exec(text);
  if (url !== null) return decodeURIComponent(url[1]!);
  const scheme = /^(\w[\w+.-]+):\/\//.exec(text)?.[1];
  if (scheme === undefined) return text;
  throw new SabotError('SABOT_E_OPTION', `Checkpoints can be stored in a local folder only yet, not at '${text}'.`, {
    kind: 'unsupported-option',
    identifier: key,
  });
}

/** The job's own folder in the one for checkpoints. */
export const checkpointFolder = (dir: string, job: string): string => join(localPath(dir), folderName(job));

/** The job's name as one folder's. */
const folderName = (job: string): string => job.replaceAll(/[^\w.=-]+/g, '_').replace(/^\.+/, '_') || '_';
