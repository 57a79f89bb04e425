// interrupt: Ctrl-C and SIGTERM as an AbortSignal.
//
//   SIGINT   ->   signal aborts, jobs end, the command returns;   SIGINT again   ->   the process ends at once
//
// State: which signal has arrived.

const INTERRUPTING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM'];

/** Listens until it is disposed of. */
export class Interrupt implements Disposable {
  private readonly controller = new AbortController();
  /** What has arrived. */
  received: NodeJS.Signals | undefined;

  constructor() {
    for (const name of INTERRUPTING) process.once(name, this.onSignal);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  private readonly onSignal = (name: NodeJS.Signals) => {
    this.received = name;
    this[Symbol.dispose]();
    this.controller.abort();
  };

  [Symbol.dispose](): void {
    for (const name of INTERRUPTING) process.off(name, this.onSignal);
  }
}
