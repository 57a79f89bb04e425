// async-queue: what was pushed, as an async iterable for one reader.
//
//   push(1) push(2) end()   ->   for await: 1, 2
//
// Not bounded itself: who pushes is told by the reader (acknowledgements) how much may be under way.

export class AsyncQueue<T> implements AsyncIterable<T> {
  private readonly items: T[] = [];
  private ended = false;
  private error: Error | undefined;
  private wake: (() => void) | undefined;
  private dropped: ((item: T) => void) | undefined;

  push(item: T): void {
    if (this.dropped === undefined) this.items.push(item);
    else this.dropped(item);
    this.wake?.();
  }

  /** Nobody reads any more: `dropped` gets what is left and what comes. */
  drop(dropped: (item: T) => void): void {
    this.dropped = dropped;
    this.items.splice(0).forEach(dropped);
  }

  /** No more items; with an error, the reader gets it after the items. */
  end(error?: Error): void {
    if (this.ended) return;
    this.ended = true;
    this.error = error;
    this.wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    for (;;) {
      while (this.items.length > 0) yield this.items.shift()!;
      if (this.ended) {
        if (this.error !== undefined) throw this.error;
        return;
      }
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      this.wake = undefined;
    }
  }
}
