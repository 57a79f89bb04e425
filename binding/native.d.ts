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

/** What of an operator's state is asked for. */
export interface NativeStateRequest {
  readonly uid: string;
  /** By name, in that order; null: all. */
  readonly columns: readonly string[] | null;
  /** One row of the key columns as one Arrow IPC message; null: all keys. */
  readonly key: Uint8Array | null;
}

/** What a job calls on the event loop. */
export interface JobOwner {
  /**
   * Output. Channel 'result', 'result:1', …: what the result sinks were asked for (JSON lines, or one Arrow IPC stream per piece);
   * 'stdout', 'stderr': lines of print sinks. Every piece must be acknowledged once it is dealt with: a channel has at most 8 MiB
   * unacknowledged, then its sinks wait.
   */
  onData(channel: string, bytes: Buffer): void;
  /**
   * Runs the code of a plan node for one of its subtasks (native/operators/row_call.h says what the bytes are); must not throw. Every
   * call is settled by `answer` or `refuse`.
   */
  onCall(call: number, node: number, subtask: number, request: Buffer): void;
  /** What became of `savepoint(id, …)`; null for success. Not called if the job ends before. */
  onSavepoint(id: number, error: NativeJobError | null): void;
  /** What became of `readState(id, …)`, after its last piece; null for success. Not called if the job ends before. */
  onState(id: number, error: NativeJobError | null): void;
  /** Once, after the last `onData`; null for success; kind 'stopped' if it ended with a savepoint, whose folder is the identifier. */
  onFinished(error: NativeJobError | null): void;
}

/** A started job. It keeps the event loop alive until `onFinished` has been called. */
export class Job {
  /** Decodes the plan, builds and starts the job. Throws an Error with `kind` and `identifier` if the plan is refused. */
  constructor(plan: Uint8Array, owner: JobOwner);
  /** Starts to stop; `onFinished` follows with kind 'cancelled'. */
  cancel(): void;
  /** For the end of the process: cancels and waits until no thread of the job runs. `onFinished` may not be called any more. */
  stop(): void;
  /** `bytes` of what `onData` delivered on the channel have been dealt with. */
  acknowledge(channel: string, bytes: number): void;
  /** What a call came to; the bytes are copied. */
  answer(call: number, bytes: Uint8Array): void;
  /** A call failed, and so does the job. */
  refuse(call: number, error: Partial<NativeJobError>): void;
  /**
   * Writes a savepoint to `path`, a folder that is absent or empty; with `stop` the job ends with it, with `drain` after event time has
   * come to its end. `onSavepoint` follows.
   */
  savepoint(id: number, path: string, stop: boolean, drain: boolean): void;
  /** Reads an operator's state as it is: `onData` on channel 'state:ID' as Arrow IPC messages, then `onState`. */
  readState(id: number, request: NativeStateRequest): void;
  /** Nobody wants the rest of a read: `onState` follows soon. */
  cancelStateRead(id: number): void;
  /** JSON: `{"operators": […], "tasks": […], "holds": […], "checkpoints": {…}}`, JobMetrics of lib/job/running-job.ts. */
  metrics(): string;
}

/**
 * What is at `path` (a checkpoint folder, one checkpoint, a savepoint), as JSON: StateDescription of lib/job/state.ts. Throws an Error
 * with `kind` and `identifier`.
 */
export function describeState(path: string): string;

/** Reads one operator's state from a checkpoint or savepoint, off the event loop. */
export class StateReader {
  constructor(path: string, request: NativeStateRequest);
  /** Rows as one Arrow IPC message; null: there are no more. One call at a time. Rejects with an Error with `kind` and `identifier`. */
  next(): Promise<Buffer | null>;
}
