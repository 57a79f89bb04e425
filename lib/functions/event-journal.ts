// What an event of a keyed process function has done so far, where it may fail without the job.
//
//   set(5), emit(row), returns   ->   commit: the edit, then the row        set(5), throws   ->   rollback: as if it had not come
//
// State of one event: what is to be done once it has settled, and how to take back what it has seen of its own changes.

export class EventJournal {
  private readonly actions: (() => void)[] = [];
  private readonly repairs: (() => void)[] = [];
  private readonly saved = new Set<object>();
  /** What the function did was wrong, also if it has caught that. */
  broken: { readonly error: unknown } | undefined;

  /** Does it when the event has settled. */
  add(action: () => void): void {
    this.actions.push(action);
  }

  /** Before the first change of what `owner` has: how to take changes back. */
  save(owner: object, repair: () => () => void): void {
    if (this.saved.has(owner)) return;
    this.saved.add(owner);
    this.repairs.push(repair());
  }

  commit(): void {
    for (const action of this.actions) action();
  }
  rollback(): void {
    for (const repair of this.repairs) repair();
  }
}

/** Of the events under way, by the positions of their keys: a key has one at a time. */
export type Journals = (EventJournal | undefined)[];
