// Checkpoints as the plan carries them: where they go, how often, and what to begin from.

/** The `checkpoint` member of docs/plan.md. */
export interface CheckpointPlan {
  /** The job's own folder. */
  readonly folder: string;
  /** Absent: none but the last one, at the end of the input. */
  readonly intervalMs?: number;
  readonly timeoutMs: number;
  readonly minPauseMs: number;
  /** Failures in a row that do not fail the job. */
  readonly tolerableFailures: number;
  readonly retained: number;
  readonly mode: 'exactly-once' | 'at-least-once';
  readonly restore?: RestorePlan;
}

export interface RestorePlan {
  /** `latest`: the newest checkpoint of the folder, or the beginning if there is none. */
  readonly from: 'nothing' | 'latest' | 'path';
  readonly path?: string;
  /** What lies at `path` is the job's from now on, and removed once enough checkpoints are newer. */
  readonly claim?: boolean;
  /** A checkpoint that this attempt or a later one has committed comes first: the job starts again. */
  readonly sinceAttempt?: number;
  /** State that no operator of the plan claims is left behind. */
  readonly allowNonRestoredState?: boolean;
  /** An older checkpoint will do if the newest is damaged, though its output is visible already. */
  readonly acceptDuplicates?: boolean;
}
