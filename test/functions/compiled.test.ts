// Compiled functions and V8 agree: the same functions over the same rows, natively and as V8 runs them.

import { describe, expect, it } from 'vitest';
import { t } from '../../lib/index.js';
import type { RowOf } from '../../lib/schema/t.js';
import { collect, jobOf, rowsOf, SETTINGS } from './rows.js';

const Row = t.row({
  id: t.int(),
  i: t.int(),
  s: t.smallint(),
  big: t.bigint(),
  other: t.bigint(),
  maybe: t.bigint().nullable(),
  d: t.double(),
  e: t.double().nullable(),
  f: t.float(),
  text: t.string(),
  word: t.string(),
  note: t.string().nullable(),
  yes: t.boolean(),
  perhaps: t.boolean().nullable(),
  at: t.timestamp(3),
  end: t.timestamp(3).nullable(),
  micros: t.timestamp(6),
  place: t.row({ city: t.string(), zip: t.int().nullable() }),
  home: t.row({ city: t.string() }).nullable(),
});
type Row = RowOf<typeof Row.fields>;

const SMALL = [-3, -2, -1, 0, 1, 2, 7, 100];
const DOUBLES = [0, -0, 1, -1.5, 0.1, 2 ** 53, 1e308, -1e308, Number.NaN, Number.POSITIVE_INFINITY, 5e-324, 3];
const BIGINTS = [0n, 1n, -1n, 7n, -7n, 100n, 2n ** 62n, -(2n ** 62n), 2n ** 63n - 1n, -(2n ** 63n)];
const TEXTS = ['', 'a', 'ab', 'abc', 'B', 'ä', '\ue000', '\u{10000}', 'a\u0000', 'm'];
const TIMES = [0, 1, -1, 1704067200000, 1704067199999, -62135596800000];

/** Rows that meet every value with every other, more or less. */
const rows: Row[] = Array.from({ length: 400 }, (_, id) => {
  let seed = id * 7919 + 13;
  const pick = <V>(values: readonly V[]): V => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return values[Math.floor((seed / 2147483648) * values.length)]!;
  };
  return {
    id,
    i: pick([...SMALL, 2147483647, -2147483648]),
    s: pick(SMALL),
    big: pick(BIGINTS),
    other: pick(BIGINTS),
    maybe: pick([null, ...BIGINTS]),
    d: pick(DOUBLES),
    e: pick([null, ...DOUBLES]),
    f: Math.fround(pick([0, 0.1, -2.5, 3])),
    text: pick(TEXTS),
    word: pick(TEXTS),
    note: pick([null, ...TEXTS]),
    yes: pick([true, false]),
    perhaps: pick([true, false, null]),
    at: pick(TIMES),
    end: pick([null, ...TIMES]),
    micros: pick(TIMES) + 0.001,
    place: { city: pick(TEXTS), zip: pick([null, 1, 2]) },
    home: pick([null, { city: 'a' }, { city: '' }]),
  };
});

type Case = [name: string, run: (row: Row) => { id: number; v: unknown }, type: ReturnType<typeof t.boolean> | unknown];
const boolean = t.boolean();
const number = t.double();
const bigint = t.bigint();
const text = t.string();

const CASES: readonly Case[] = [
  ['int < number', (r) => ({ id: r.id, v: r.i < 2 }), boolean],
  ['double comparison', (r) => ({ id: r.id, v: r.d <= r.f }), boolean],
  ['double equality', (r) => ({ id: r.id, v: r.d === r.i }), boolean],
  // biome-ignore lint/suspicious/noSelfCompare: NaN
  ['double inequality', (r) => ({ id: r.id, v: r.d !== r.d }), boolean],
  ['nullable double comparison', (r) => ({ id: r.id, v: r.e! < r.d }), boolean],
  ['nullable double comparison the other way', (r) => ({ id: r.id, v: !(r.d >= r.e!) }), boolean],
  ['arithmetic', (r) => ({ id: r.id, v: (r.i * 1.5 - r.d) / r.s + (r.d % 7) }), number],
  ['remainder of negative numbers', (r) => ({ id: r.id, v: r.i % r.s }), number],
  ['negation', (r) => ({ id: r.id, v: -r.d + -r.i }), number],
  ['Math', (r) => ({ id: r.id, v: Math.abs(r.d) + Math.floor(r.f) - Math.ceil(r.d) * Math.sqrt(r.f) }), number],
  ['float as it is', (r) => ({ id: r.id, v: r.f + 0 }), number],
  ['bigint comparison', (r) => ({ id: r.id, v: r.big > r.other }), boolean],
  ['bigint with whole number', (r) => ({ id: r.id, v: r.big > 7 || 100 <= r.other }), boolean],
  ['bigint equality', (r) => ({ id: r.id, v: r.big === r.other || r.big !== 7n }), boolean],
  ['nullable bigint comparison', (r) => ({ id: r.id, v: r.maybe! < 1n }), boolean],
  ['nullable bigint equality', (r) => ({ id: r.id, v: r.maybe === r.other }), boolean],
  ['nullable bigint inequality', (r) => ({ id: r.id, v: r.maybe !== r.other }), boolean],
  ['null test', (r) => ({ id: r.id, v: r.maybe === null || r.note != null }), boolean],
  ['bigint sum, compared', (r) => ({ id: r.id, v: r.big + r.other > 0n }), boolean],
  ['bigint product, compared', (r) => ({ id: r.id, v: r.big * r.other - r.big < r.other }), boolean],
  ['bigint quotient', (r) => ({ id: r.id, v: r.big / 7n - (r.other % 100n) }), bigint],
  ['bigint beyond 64 bits and back', (r) => ({ id: r.id, v: (r.big * 4n) / 4n }), bigint],
  ['bigint negated twice', (r) => ({ id: r.id, v: -(-r.big) }), bigint],
  ['guarded division', (r) => ({ id: r.id, v: r.other !== 0n && r.big / r.other > 1n }), boolean],
  ['chosen division', (r) => ({ id: r.id, v: r.other === 0n ? 0n : r.other % 7n }), bigint],
  ['text equality', (r) => ({ id: r.id, v: r.text === r.word || r.text !== 'ab' }), boolean],
  ['nullable text equality', (r) => ({ id: r.id, v: r.note === r.text }), boolean],
  ['text order', (r) => ({ id: r.id, v: r.text < 'ab' || r.word >= 'm' }), boolean],
  ['text in text', (r) => ({ id: r.id, v: r.text.includes(r.word) }), boolean],
  ['text at the ends', (r) => ({ id: r.id, v: r.text.startsWith(r.word) === r.text.endsWith('b') }), boolean],
  // biome-ignore lint/style/useTemplate: + is what is tested
  ['concatenation', (r) => ({ id: r.id, v: `${r.text}-${r.big}/${r.i}` + r.word }), text],
  ['choice of texts', (r) => ({ id: r.id, v: r.yes ? r.text : 'no' }), text],
  ['choice with null', (r) => ({ id: r.id, v: r.yes ? null : r.big }), t.bigint().nullable()],
  ['fallback', (r) => ({ id: r.id, v: r.note ?? r.text }), text],
  ['fallback to null', (r) => ({ id: r.id, v: r.maybe ?? null }), t.bigint().nullable()],
  ['nullable boolean in a condition', (r) => ({ id: r.id, v: r.perhaps ? 1 : 2 }), number],
  ['not a nullable boolean', (r) => ({ id: r.id, v: !r.perhaps && r.yes }), boolean],
  ['booleans compared', (r) => ({ id: r.id, v: r.yes > r.perhaps! || r.yes === r.perhaps }), boolean],
  ['time comparison', (r) => ({ id: r.id, v: r.at >= 1704067200000 }), boolean],
  ['nullable time comparison', (r) => ({ id: r.id, v: r.end! > r.at }), boolean],
  ['time equality', (r) => ({ id: r.id, v: r.at === r.end }), boolean],
  ['times of two precisions', (r) => ({ id: r.id, v: r.micros > r.at }), boolean],
  ['moved time', (r) => ({ id: r.id, v: r.at + r.s * 60_000 - 500 }), t.timestamp(3)],
  ['field of a row', (r) => ({ id: r.id, v: r.place.zip === 1 || r.place.city === 'a' }), boolean],
  ['field of a row that may be missing', (r) => ({ id: r.id, v: r.home?.city ?? 'none' }), text],
  ['missing row', (r) => ({ id: r.id, v: r.home?.city == null }), boolean],
  ['equality with what may be missing', (r) => ({ id: r.id, v: r.home?.city === 'a' }), boolean],
];

describe.each(CASES)('%s', (_, run, type) => {
  it('is the same compiled and in V8', async () => {
    const native = rowsOf(jobOf(SETTINGS[1]!), rows, Row).map(run);
    const returns = t.row({ id: t.int(), v: type as typeof boolean });
    // A bound function has no text: it runs in V8.
    const inV8 = rowsOf(jobOf(SETTINGS[0]!), rows, Row).map(run.bind(null) as () => { id: number; v: boolean }, {
      returns,
    });
    const found = await collect(native);
    expect(found).toEqual(rows.map(run));
    expect(await collect(inV8)).toEqual(found);
  });
});
