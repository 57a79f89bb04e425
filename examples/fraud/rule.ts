// rule: somebody tries a stolen card with charges too small to be noticed, then spends as much as he can, far from the owner's home.
//
//   0:00 1.20   0:01 0.80   0:06 1,450.00 in BR (home DE, usually 31.08)   ->   an alert
//
// The typed job and the agent both call it with what an account's state holds.
import { type Infer, type ListState, listState, t } from 'sabot';

/** A charge with what is known of its account at that time. */
export const Charge = t.row({
  id: t.bigint(),
  account: t.string(),
  cents: t.bigint(),
  merchant: t.string(),
  country: t.string(),
  ts: t.timestamp(3),
  owner: t.string(),
  home: t.string(),
  usual: t.bigint().nullable(),
});

export const Alert = t.row({
  id: t.bigint(),
  account: t.string(),
  owner: t.string(),
  ts: t.timestamp(3),
  cents: t.bigint(),
  country: t.string(),
  home: t.string(),
  usual: t.bigint(),
  probes: t.int(),
});

/** When an account's small charges of the last minutes were. */
export const probes = listState(t.timestamp(3));

export const WITHIN_MS = 10 * 60_000;
const SMALL_CENTS = 200n;
const LARGE_TIMES = 10n;
const PROBES_MIN = 2;

export function judge(charge: Infer<typeof Charge>, recent: ListState<number>): Infer<typeof Alert> | undefined {
  if (charge.cents <= SMALL_CENTS) {
    recent.add(charge.ts);
    return undefined;
  }
  const { id, account, owner, ts, cents, country, home, usual } = charge;
  if (usual === null || cents < LARGE_TIMES * usual || country === home) return undefined;
  const numProbes = [...recent].filter((probe) => probe <= ts && probe >= ts - WITHIN_MS).length;
  return numProbes < PROBES_MIN
    ? undefined
    : { id, account, owner, ts, cents, country, home, usual, probes: numProbes };
}

/** Forgets what is too old to matter at this time. */
export function forget(time: number, recent: ListState<number>): void {
  recent.set([...recent].filter((probe) => probe > time - WITHIN_MS));
}
