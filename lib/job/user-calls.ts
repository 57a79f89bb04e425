// Answers the engine's calls of JavaScript: functions of a job's plan, and the iterables that it reads.
//
//   onCall(7, node 3, subtask 0, bytes)   ->   code of node 3, subtask 0   ->   answer(7, bytes)   or   refuse(7, error)
//
// State: the code of every subtask that has called, made at its first call; the first error.

import { isSabotError, SabotError } from '../errors.js';
import type { NativeJob, NativeJobError } from '../native.js';
import { type PhysicalPlan, topological } from '../plan/physical.js';
import type { Answerer } from '../plan/user-function.js';

export class UserCalls {
  private readonly codes: readonly (((subtask: number) => Answerer) | undefined)[];
  private readonly opened = new Map<string, Answerer>();
  private failed: SabotError | undefined;

  constructor(private readonly plan: PhysicalPlan) {
    // Node ids count from 1 in this order (lib/plan/encode.ts).
    this.codes = topological(plan.sinks).map((node) => node.code?.open);
  }

  /** The error of the user's code, if it is what the job failed with; the engine knows its message only. */
  failureOf(error: NativeJobError): SabotError | undefined {
    return this.failed?.message === error.message ? this.failed : undefined;
  }

  run(job: NativeJob, call: number, node: number, subtask: number, request: Uint8Array): void {
    const refuse = (error: unknown) => {
      this.failed ??= this.jobError(error);
      const { kind, identifier = '', message } = this.failed;
      job.refuse(call, { kind: kind ?? 'user-function', identifier, message });
    };
    try {
      const answer = this.codeOf(node, subtask).answer(request);
      if (answer instanceof Uint8Array) job.answer(call, answer);
      else answer.then((bytes) => job.answer(call, bytes), refuse);
    } catch (error) {
      refuse(error);
    }
  }

  /** The job has ended: iterators are returned, and waited for if they can be. */
  async close(): Promise<void> {
    const codes = [...this.opened.values()];
    this.opened.clear();
    await Promise.allSettled(codes.map(async (code) => code.close?.()));
  }

  private codeOf(node: number, subtask: number): Answerer {
    const key = `${node}.${subtask}`;
    let code = this.opened.get(key);
    if (code === undefined) {
      code = this.codes[node - 1]!(subtask);
      this.opened.set(key, code);
    }
    return code;
  }

  private jobError(error: unknown): SabotError {
    const { job } = this.plan;
    if (!isSabotError(error)) {
      const message = `JavaScript failed beside the user's functions: ${String(error)}`;
      return new SabotError('SABOT_E_FUNCTION', message, { kind: 'user-function', job, cause: error });
    }
    const { code, message, kind = 'user-function', identifier, operator, cause } = error;
    return new SabotError(code, message, {
      kind,
      job,
      cause,
      ...(identifier === undefined ? {} : { identifier }),
      ...(operator === undefined ? {} : { operator }),
    });
  }
}
