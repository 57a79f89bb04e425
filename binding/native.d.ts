// What sabot.node exports. Private: only lib/native.ts loads it.

/** Why a job failed; `kind` as in the parity cases where it has one ('runtime-cast'), else 'plan', 'bad-record', 'io', 'cancelled', 'internal'. */
export interface NativeJobError {
  readonly kind: string;
  /** The value, name or file that the message is about; may be empty. */
  readonly identifier: string;
  /** The operator that failed, as the plan names it; may be empty. */
  readonly operator: string;
  readonly message: string;
}

/** A started job. It keeps the event loop alive until `onFinished` has been called. */
export class Job {
  /**
   * Decodes the plan, builds and starts the job. Throws an Error with `kind` and `identifier` if the plan is refused.
   *
   * `onData(channel, bytes)`: output. Channel 'result': what the result sink was asked for (JSON lines, or one Arrow IPC stream
   * per piece); 'stdout': lines of print sinks. Every piece must be acknowledged once it is dealt with: a job has at most 8 MiB unacknowledged, then its
   * sinks wait.
   * `onFinished(error)`: once, after the last `onData`; null for success.
   */
  constructor(
    plan: Uint8Array,
    onData: (channel: string, bytes: Buffer) => void,
    onFinished: (error: NativeJobError | null) => void,
  );
  /** Starts to stop; `onFinished` follows with kind 'cancelled'. */
  cancel(): void;
  /** For the end of the process: cancels and waits until no thread of the job runs. `onFinished` may not be called any more. */
  stop(): void;
  /** `bytes` of what `onData` delivered have been dealt with. */
  acknowledge(bytes: number): void;
  /** JSON: `{"operators": [{"name", "uid", "node", "subtask", "rowsIn", "rowsOut", "bytesIn", "lateRows", "skippedRecords", "watermarkMs", "stateBytes", "busyNs"}]}`. */
  metrics(): string;
}
