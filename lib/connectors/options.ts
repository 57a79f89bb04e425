// Options of connectors and formats: what there is, what a value means, and what to say about a wrong one.
//
//   { 'rows-per-second': '10' } with [{ key: 'rows-per-second', type: 'long', default: '10000' }]  ->  { 'rows-per-second': 10 }
//
// Keys may hold `#`, which stands for a column's name (`fields.#.kind`). No state.

import { SabotError } from '../errors.js';

export type OptionType =
  | 'string'
  | 'boolean'
  | 'integer'
  | 'long'
  | 'count'
  | 'double'
  | 'duration'
  | 'memory'
  | 'enum';
/** Durations are milliseconds, memory sizes bytes. */
export type OptionValue = string | number | boolean;

export interface OptionSpec {
  readonly key: string;
  readonly type: OptionType;
  /** As Flink documents it; absent: no default. */
  readonly default?: OptionValue;
  readonly required?: boolean;
  /** Its name in older versions of Flink, which still counts. */
  readonly formerly?: string;
  /** Values of an enum. */
  readonly values?: readonly string[];
  /** Native is not told of it: addresses and passwords of what TypeScript asks. */
  readonly ownerOnly?: true;
  /** Why no other value than the default can be had yet: asking for one is an error that says so. */
  readonly unsupported?: string;
}

/** The values that were given, and the defaults of the others. */
export type OptionValues = ReadonlyMap<string, OptionValue>;

export function optionError(kind: string, identifier: string, message: string): SabotError {
  return new SabotError('SABOT_E_OPTION', message, { kind, identifier });
}

/** Most subtasks that Flink allows: the largest number of key groups. */
const COUNT_MAX = 32_768;

/** A number of subtasks that an option asks for. */
export function count(values: OptionValues, key: string): number | undefined {
  const value = values.get(key);
  return typeof value === 'number' ? value : undefined;
}

/** The spec that a key falls under, `#` standing for any name. */
export function findOption(specs: readonly OptionSpec[], key: string): OptionSpec | undefined {
  return specs.find((spec) => {
    if (spec.formerly === key) return true;
    if (!spec.key.includes('#')) return spec.key === key;
    const [before, after] = spec.key.split('#') as [string, string];
    return key.startsWith(before) && key.endsWith(after) && key.length > before.length + after.length;
  });
}

/**
 * Checks `given` against `specs` and reads the values; `table` is how messages name the owner. Reports unknown keys with the
 * nearest known one, missing and malformed values.
 */
export function readOptions(
  given: Readonly<Record<string, string>>,
  specs: readonly OptionSpec[],
  table: string,
): OptionValues {
  const values = new Map<string, OptionValue>();
  for (const spec of specs)
    if (spec.default !== undefined && !spec.key.includes('#')) values.set(spec.key, spec.default);
  for (const [key, text] of Object.entries(given)) {
    const spec = findOption(specs, key);
    if (spec === undefined) throw unknownOption(key, specs, table);
    const value = readValue(key, text, spec);
    const former = key === spec.formerly;
    if (former && given[spec.key] !== undefined) continue;
    values.set(former ? spec.key : key, value);
    if (spec.unsupported !== undefined && value !== spec.default) {
      throw new SabotError(
        'SABOT_E_UNSUPPORTED',
        `Option '${key}' of ${table} is not supported yet: ${spec.unsupported}.`,
        {
          kind: 'unsupported-option',
          identifier: key,
        },
      );
    }
  }
  const missing = specs.find((spec) => spec.required && !values.has(spec.key));
  if (missing !== undefined) {
    throw optionError(
      'missing-option',
      missing.key,
      `Option '${missing.key}' is missing. ${table} needs it in WITH (...).`,
    );
  }
  return values;
}

function unknownOption(key: string, specs: readonly OptionSpec[], table: string): SabotError {
  const known = specs.map((spec) => spec.key.replace(/\.#$/, '.*').replace('#', '<column>'));
  // Options of a format without the prefix that it has here.
  const prefixed = ['value.', 'key.'].map((prefix) => prefix + key).find((each) => known.includes(each));
  const near = prefixed ?? nearest(key, known);
  const hint = near === undefined ? `Known options: ${known.sort().join(', ')}.` : `Did you mean '${near}'?`;
  return optionError('unknown-option', key, `Unknown option '${key}' of ${table}. ${hint}`);
}

function readValue(key: string, text: string, spec: OptionSpec): OptionValue {
  const wrong = (expected: string) =>
    optionError('invalid-option', key, `Option '${key}' has the wrong value '${text}': expected ${expected}.`);
  switch (spec.type) {
    case 'string':
      return text;
    case 'boolean':
      if (/^true$/i.test(text)) return true;
      if (/^false$/i.test(text)) return false;
      throw wrong("'true' or 'false'");
    case 'integer':
    case 'long':
      if (!/^[+-]?\d+$/.test(text.trim()) || !Number.isSafeInteger(Number(text))) throw wrong('a whole number');
      return Number(text);
    case 'count':
      if (!/^\+?\d+$/.test(text.trim()) || !(Number(text) >= 1 && Number(text) <= COUNT_MAX))
        throw wrong(`a whole number from 1 to ${COUNT_MAX}`);
      return Number(text);
    case 'double':
      if (text.trim() === '' || Number.isNaN(Number(text))) throw wrong('a number');
      return Number(text);
    case 'duration': {
      const ms = parseDuration(text);
      if (ms === undefined) throw wrong("a duration such as '10 s' or '500 ms'");
      return ms;
    }
    case 'memory': {
      const bytes = parseMemory(text);
      if (bytes === undefined) throw wrong("a size such as '128 mb'");
      return bytes;
    }
    case 'enum': {
      const value = spec.values!.find((v) => v.toLowerCase() === text.toLowerCase());
      if (value === undefined) throw wrong(spec.values!.map((v) => `'${v}'`).join(', '));
      return value;
    }
  }
}

const DURATION_UNITS: readonly (readonly [RegExp, number])[] = [
  [/^(d|days?)$/, 86_400_000],
  [/^(h|hours?)$/, 3_600_000],
  [/^(m|min|minutes?)$/, 60_000],
  [/^(s|secs?|seconds?)$/, 1000],
  [/^(ms|millis?|milliseconds?)?$/, 1],
  [/^(µs|micros?|microseconds?)$/, 1e-3],
  [/^(ns|nanos?|nanoseconds?)$/, 1e-6],
];

/** Flink's notation of durations, in milliseconds; a bare number counts milliseconds. */
export function parseDuration(text: string): number | undefined {
  const parts = /^(\d+)\s*([a-zµ]*)$/i.exec(text.trim());
  const unit = DURATION_UNITS.find(([names]) => names.test(parts?.[2]?.toLowerCase() ?? '?'));
  return parts === null || unit === undefined ? undefined : Math.floor(Number(parts[1]) * unit[1]);
}

/** Flink's notation of sizes, in bytes; a bare number counts bytes. */
export function parseMemory(text: string): number | undefined {
  const parts = /^(\d+)\s*(b|bytes|k|kb|kibibytes|m|mb|mebibytes|g|gb|gibibytes|t|tb|tebibytes)?$/i.exec(text.trim());
  if (parts === null) return undefined;
  const power = ['b', 'k', 'm', 'g', 't'].indexOf((parts[2] ?? 'b').charAt(0).toLowerCase());
  return Number(parts[1]) * 1024 ** power;
}

/** The candidate nearest to `name`, if it is near enough to be what was meant. */
export function nearest(
  name: string,
  candidates: readonly string[],
  editsMax = Math.max(2, Math.floor(name.length / 3)),
): string | undefined {
  const scored = candidates
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = scored[0];
  return best !== undefined && best.distance <= editsMax ? best.candidate : undefined;
}

/** Levenshtein's distance, with a swap of neighbours counting once. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, rows[i - 1]![j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, rows[i - 2]![j - 2]! + 1);
      row.push(cost);
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}
