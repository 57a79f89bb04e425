// bank: a made-up bank: accounts, what their cards are charged, and the frauds hidden in it. Equal seeds make equal banks.
//
//   bank({ seed: 1, transactions: 12_000 })   ->   { transactions, accounts, alerts }, each in the order of arrival
//
// Three seconds pass from one charge to the next. Rows come up to four seconds out of order.

export interface Transaction {
  readonly id: bigint;
  readonly account: string;
  readonly cents: bigint;
  readonly merchant: string;
  readonly country: string;
  readonly ts: number;
}

/** An account as it is from `since` on. */
export interface Account {
  readonly account: string;
  readonly owner: string;
  readonly home: string;
  readonly since: number;
}

/** What must be found: nothing less, nothing more, nothing twice. */
export interface Alert {
  /** Of the large charge. */
  readonly id: bigint;
  readonly account: string;
  readonly owner: string;
  readonly ts: number;
  readonly cents: bigint;
  readonly country: string;
  readonly home: string;
  /** What the account was charged on average in the three hours before the last full hour. */
  readonly usual: bigint;
  /** Small charges in the ten minutes before. */
  readonly probes: number;
}

export interface Bank {
  readonly transactions: readonly Transaction[];
  readonly accounts: readonly Account[];
  readonly alerts: readonly Alert[];
}

export interface BankOptions {
  readonly seed?: number;
  readonly transactions?: number;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
export const BEGIN = Date.UTC(2026, 0, 5, 8);
const STEP = 3 * SECOND;
const OUT_OF_ORDER = 4 * SECOND;
const NUM_ACCOUNTS = 200;
/** One fraud, and one that only looks like it, among so many charges. */
const CHARGES_PER_FRAUD = 400;

const COUNTRIES = ['AT', 'BR', 'CA', 'DE', 'ES', 'FR', 'IN', 'JP', 'PL', 'US'];
const MERCHANTS = ['bakery', 'books', 'coffee', 'fuel', 'games', 'groceries', 'music', 'shoes', 'tickets', 'tools'];
const FIRST = ['Ada', 'Boris', 'Chen', 'Dana', 'Elif', 'Femi', 'Gita', 'Hugo', 'Ines', 'Jonas'];
const LAST = ['Abe', 'Brandt', 'Costa', 'Dubois', 'Evans', 'Fischer', 'Garcia', 'Haddad', 'Ito', 'Jansen'];

/** What is hidden: `is` says whether it is a fraud. Times are after the first charge, in minutes; negative cents: at home. */
const PATTERNS: readonly Pattern[] = [
  { name: 'two probes', is: true, probes: [0, 1], large: 5 },
  { name: 'at home', is: false, probes: [0, 1], large: 5, atHome: true },
  { name: 'three probes', is: true, probes: [0, 2, 4], large: 9 },
  { name: 'too late', is: false, probes: [0, 1], large: 11.5 },
  { name: 'moves away afterwards', is: true, probes: [0, 1], large: 6, moves: 7 },
  { name: 'has moved before', is: false, probes: [1, 2], large: 6, moves: -30 },
  { name: 'just in time', is: true, probes: [0, 3], large: 10 },
  { name: 'one probe', is: false, probes: [0], large: 4 },
  { name: 'one of the probes too early', is: false, probes: [0, 4], large: 12 },
  { name: 'not large', is: false, probes: [0, 1, 2], large: 5, cents: 1500 },
];

interface Pattern {
  readonly name: string;
  readonly is: boolean;
  readonly probes: readonly number[];
  readonly large: number;
  /** When the account moves to the country of the large charge. */
  readonly moves?: number;
  readonly atHome?: true;
  readonly cents?: number;
}

export function bank({ seed = 1, transactions: numTransactions = 12_000 }: BankOptions = {}): Bank {
  const random = randomFrom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const oneOf = <T>(values: readonly T[]): T => values[below(values.length)]!;
  const elsewhere = (home: string) => oneOf(COUNTRIES.filter((country) => country !== home));
  const end = BEGIN + numTransactions * STEP;

  // Accounts, and when each of them moves where.
  const accounts = Array.from({ length: NUM_ACCOUNTS }, (_, i): Account => {
    const account = `A-${String(i + 1).padStart(4, '0')}`;
    return { account, owner: `${oneOf(FIRST)} ${oneOf(LAST)}`, home: oneOf(COUNTRIES), since: BEGIN - HOUR };
  });
  const moves = new Map<string, Account>();
  const at = (row: Account, time: number): Account => {
    const moved = moves.get(row.account);
    return moved !== undefined && moved.since <= time ? moved : row;
  };

  // Patterns: each in an account of its own, from the time on at which something is known of every account.
  const charges: Omit<Transaction, 'id'>[] = [];
  const frauds: { readonly large: Omit<Transaction, 'id'>; readonly probes: number }[] = [];
  const numPatterns = 2 * Math.floor(numTransactions / CHARGES_PER_FRAUD);
  const [first, last] = [BEGIN + 61 * MINUTE, end - 20 * MINUTE];
  const suspects = accounts.filter((_, i) => i % 2 === 0).slice(0, numPatterns);
  suspects.forEach((suspect, i) => {
    const pattern = PATTERNS[i % PATTERNS.length]!;
    const { account, home } = suspect;
    const begin = Math.round(first + (i * (last - first)) / numPatterns) + below(MINUTE);
    const country = pattern.atHome ? home : elsewhere(home);
    if (pattern.moves !== undefined) {
      moves.set(account, { ...suspect, home: country, since: begin + pattern.moves * MINUTE });
    }
    const charge = (minutes: number, cents: number, where: string) => {
      const made = {
        account,
        cents: BigInt(cents),
        merchant: oneOf(MERCHANTS),
        country: where,
        ts: begin + minutes * MINUTE,
      };
      charges.push(made);
      return made;
    };
    for (const minutes of pattern.probes) charge(minutes, 50 + below(150), elsewhere(home));
    const large = charge(pattern.large, pattern.cents ?? 90_000 + below(160_000), country);
    if (pattern.is) frauds.push({ large, probes: pattern.probes.length });
  });

  // What is charged every day. Who is part of a pattern stays at home.
  const quiet = new Set(suspects.map(({ account }) => account));
  const numQuiet = numTransactions - charges.length;
  for (let i = 0; i < numQuiet; i++) {
    const row = oneOf(accounts);
    const ts = BEGIN + Math.floor(((i + random()) * (end - BEGIN)) / numQuiet);
    const { account, home } = at(row, ts);
    const travels = !quiet.has(account) && random() < 0.05;
    const cents = BigInt(300 + below(5700));
    charges.push({ account, cents, merchant: oneOf(MERCHANTS), country: travels ? elsewhere(home) : home, ts });
  }

  const arriving = <R>(rows: readonly R[], time: (row: R) => number): R[] =>
    rows
      .map((row) => ({ row, arrives: time(row) + below(OUT_OF_ORDER) }))
      .sort((a, b) => a.arrives - b.arrives)
      .map(({ row }) => row);
  const ordered = arriving(charges, ({ ts }) => ts);
  const transactions = ordered.map((charge, i): Transaction => ({ id: BigInt(i + 1), ...charge }));

  // Every half minute somebody confirms where he lives: so the table's time goes on.
  const confirmed: Account[] = [];
  for (let since = BEGIN; since < end; since += MINUTE / 2) confirmed.push({ ...at(oneOf(accounts), since), since });
  const changes = arriving([...moves.values(), ...confirmed], ({ since }) => since);

  const alerts = frauds.map(({ large, probes }): Alert => {
    const { account, ts, cents, country } = large;
    const { owner, home } = at(accounts.find((row) => row.account === account)!, ts);
    const id = transactions[ordered.indexOf(large)]!.id;
    return { id, account, owner, ts, cents, country, home, usual: usualOf(transactions, account, ts)!, probes };
  });
  return { transactions, accounts: [...accounts, ...changes], alerts: alerts.sort((a, b) => a.ts - b.ts) };
}

/** The average of the last three hours that ended on a full hour before `ts` and in which there was a charge. */
export function usualOf(transactions: readonly Transaction[], account: string, ts: number): bigint | null {
  const own = transactions.filter((charge) => charge.account === account);
  for (let end = Math.floor((ts + 1) / HOUR) * HOUR; end > BEGIN; end -= HOUR) {
    const cents = own.filter((charge) => charge.ts >= end - 3 * HOUR && charge.ts < end).map((charge) => charge.cents);
    if (cents.length > 0) return cents.reduce((sum, each) => sum + each) / BigInt(cents.length);
  }
  return null;
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
