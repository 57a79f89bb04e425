// metrics: what a running job tells of itself: counters, checkpoints, warnings.
//
//   job.metrics().operators[0].rowsOut        job.metrics().checkpoints?.lastCompleted?.durationMs

/** Counters of one subtask of one operator. */
export interface OperatorMetrics {
  readonly name: string;
  readonly uid: string;
  readonly node: number;
  readonly subtask: number;
  readonly rowsIn: number;
  readonly rowsOut: number;
  readonly bytesIn: number;
  readonly lateRows: number;
  readonly skippedRecords: number;
  /** Event time that it has passed on; null: none yet, or the end of input. */
  readonly watermarkMs: number | null;
  /** State in memory. */
  readonly stateBytes: number;
  /** State that has moved to disk so far, each time it did (`state.backend.type` = `rocksdb`). */
  readonly spilledBytes: number;
}

/** Counters of one task: a chain of operators of one subtask that run together. */
export interface TaskMetrics {
  /** The first operator's. */
  readonly name: string;
  readonly subtask: number;
  /** The plan's nodes in the chain. */
  readonly nodes: readonly number[];
  readonly rowsIn: number;
  readonly bytesIn: number;
  readonly rowsOut: number;
  readonly bytesOut: number;
  readonly watermarkMs: number | null;
  /** Time spent working, or ready to. */
  readonly busyNs: number;
  /** Time without input. */
  readonly idleNs: number;
  /** Time spent waiting for room: in a channel, or of a reader or function outside the engine. */
  readonly backpressuredNs: number;
  /** Waits for a function of the user's now; part of `backpressuredNs`. Absent: it does not. */
  readonly blocked?: BlockedTask;
}

/** A task that waits for a function in V8. No other task waits with it, but for those that read or feed it. */
export interface BlockedTask {
  /** The operator's functions, as `job.explain()` shows them. */
  readonly function: string;
  readonly operator: string;
  readonly uid: string;
  readonly forNs: number;
}

/** `blocked in user function process `(b) => …` for 12 s`: whoever has waited that long. */
export function blockedText({ tasks }: Pick<JobMetrics, 'tasks'>, atLeastMs = 1000): string | undefined {
  const blocked = tasks.flatMap((task) => (task.blocked === undefined ? [] : [task.blocked]));
  const [longest] = blocked.sort((a, b) => b.forNs - a.forNs);
  if (longest === undefined || longest.forNs < atLeastMs * 1e6) return undefined;
  return `blocked in user function ${longest.function} for ${Math.floor(longest.forNs / 1e9)} s`;
}

/** How far one split of a source has come: in event time, and of a topic's partition in records. */
export interface SplitMetrics {
  /** The source, or the first operator of the chain that assigns watermarks. */
  readonly operator: string;
  readonly uid: string;
  readonly subtask: number;
  /** A file or partition; empty: the source gives no names. */
  readonly split: string;
  /** null: no row has come yet, or it has ended. */
  readonly watermarkMs: number | null;
  /** Silent for its idle timeout: it holds nothing back. */
  readonly idle: boolean;
  /** A file whose turn has not come yet. */
  readonly waitsToBeRead: boolean;
  /** The offset that is read next. Absent: the source does not number its records. */
  readonly position?: number;
  /** Where the partition ended when something was fetched last; absent: nothing was yet. */
  readonly end?: number;
  /** Records between the two. */
  readonly lag?: number;
}

/** Records that a job has not read yet, of all partitions; undefined: it reads none, or knows of no end yet. */
export function lagOf({ splits }: Pick<JobMetrics, 'splits'>): number | undefined {
  const known = splits.flatMap(({ lag }) => lag ?? []);
  return known.length === 0 ? undefined : known.reduce((sum, lag) => sum + lag, 0);
}

/** A split that holds event time back: others are ahead of it. A warning follows when it has lasted half a minute. */
export interface WatermarkHold {
  readonly operator: string;
  readonly uid: string;
  readonly subtask: number;
  /** A file or partition; empty: the whole source. */
  readonly split: string;
  /** Where it stands, and how far others have come; null: before the first row, or at the end of input. */
  readonly watermarkMs: number | null;
  readonly othersMs: number | null;
  readonly heldMs: number;
}

/** What is known of one checkpoint. */
export interface CheckpointRecord {
  readonly epoch: number;
  readonly triggeredMs: number;
  /** Trigger to commit. */
  readonly durationMs: number;
  /** The longest that freezing one operator's state held its task up. */
  readonly syncNsMax: number;
  /** The longest that one task waited for the barriers of all its inputs. */
  readonly alignNsMax: number;
  /** The longest that writing one operator's state took, while rows were processed. */
  readonly asyncNsMax: number;
  readonly bytesNew: number;
  readonly bytesTotal: number;
  /** Its folder, if it is a savepoint. */
  readonly savepoint?: string;
  readonly failure?: string;
}

export interface CheckpointMetrics {
  readonly folder: string;
  readonly attempt: number;
  /** 0: nothing was restored. */
  readonly restoredEpoch: number;
  readonly restoreMs: number;
  readonly completed: number;
  readonly failed: number;
  readonly failuresByCause: Readonly<Record<string, number>>;
  /** When the barrier under way was injected; 0 if there is none. */
  readonly oldestBarrierMs: number;
  /** How long it has been under way; 0 if there is none. */
  readonly barrierAgeMs: number;
  readonly lastCompleted?: CheckpointRecord;
  readonly lastFailed?: CheckpointRecord;
  readonly lastSavepoint?: CheckpointRecord;
}

export interface JobMetrics {
  readonly operators: readonly OperatorMetrics[];
  readonly tasks: readonly TaskMetrics[];
  readonly holds: readonly WatermarkHold[];
  readonly splits: readonly SplitMetrics[];
  /** Absent: the job takes no checkpoints, or has not begun. */
  readonly checkpoints?: CheckpointMetrics;
}

/** Something that the job's owner should know although the job goes on: late rows, a split that holds event time back. */
export interface JobWarning {
  readonly operator: string;
  readonly uid: string;
  readonly subtask: number;
  readonly message: string;
}

/** A warning for each source that left records out, when its job has ended: skipping is what the user asked for, not silence. */
export function skippedRecordWarnings({ operators }: Pick<JobMetrics, 'operators'>): JobWarning[] {
  const skipped = new Map<string, number>();
  for (const { uid, skippedRecords } of operators)
    if (skippedRecords > 0) skipped.set(uid, (skipped.get(uid) ?? 0) + skippedRecords);
  return [...skipped].map(([uid, count]) => {
    const records = count === 1 ? 'record that could not be read was' : 'records that could not be read were';
    return {
      operator: '',
      uid,
      subtask: 0,
      message: `${uid}: ${count} ${records} skipped, as 'ignore-parse-errors' asks for`,
    };
  });
}
