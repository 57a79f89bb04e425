// Settings as a session holds them, and what their text means.
//
//   { 'execution.checkpointing.interval': '1 s' }   ->   duration(…) = 1000

import { parseDuration, parseMemory } from '../connectors/options.js';
import { SabotError } from '../errors.js';

/** Settings as text, by key. */
export type Settings = Readonly<Record<string, string>>;

function invalid(key: string, value: string, expected: string): SabotError {
  return new SabotError('SABOT_E_OPTION', `Setting '${key}' has the wrong value '${value}': expected ${expected}.`, {
    kind: 'invalid-option',
    identifier: key,
  });
}

/** A whole number from `least` on; undefined if the key is not set. */
export function count(settings: Settings, key: string, least = 1, most = Infinity): number | undefined {
  const text = settings[key];
  if (text === undefined) return undefined;
  const value = /^\+?\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  if (Number.isFinite(most)) throw invalid(key, text, `a whole number from ${least} to ${most}`);
  throw invalid(key, text, least === 1 ? 'a whole number above 0' : `a whole number, at least ${least}`);
}

/** A number within bounds, such as a factor. */
export function decimal(settings: Settings, key: string, least: number, most: number): number | undefined {
  const text = settings[key];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value) || value < least || value > most || text.trim() === '')
    throw invalid(key, text, `a number from ${least} to ${most}`);
  return value;
}

/** A duration in milliseconds. */
export function duration(settings: Settings, key: string): number | undefined {
  const text = settings[key];
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms === undefined) throw invalid(key, text, "a duration such as '200 ms'");
  return ms;
}

/** A size in bytes, above 0. */
export function memory(settings: Settings, key: string): number | undefined {
  const text = settings[key];
  if (text === undefined) return undefined;
  const bytes = parseMemory(text);
  if (bytes === undefined || bytes === 0) throw invalid(key, text, "a size such as '256 mb'");
  return bytes;
}

/** True or false, in any case. */
export function flag(settings: Settings, key: string): boolean | undefined {
  const word = choice(settings, key, ['true', 'false']);
  return word === undefined ? undefined : word === 'true';
}

const OFFSET = /^(?:Z|(?:UTC|GMT|UT)?[+-]\d{1,2}(?::?\d{2}(?::?\d{2})?)?|UTC|GMT|UT|default)$/;

/** A name of the time zone database, or an offset. */
export function timeZone(settings: Settings, key: string): string | undefined {
  const text = settings[key];
  if (text === undefined || OFFSET.test(text)) return text;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }) && text;
  } catch {
    throw invalid(key, text, "a time zone such as 'Europe/Berlin' or an offset such as '+02:00'");
  }
}

/** One of several words, in any case. */
export function choice<T extends string>(settings: Settings, key: string, words: readonly T[]): T | undefined {
  const text = settings[key];
  if (text === undefined) return undefined;
  const word = words.find((candidate) => candidate.toLowerCase() === text.trim().toLowerCase());
  if (word === undefined) throw invalid(key, text, words.map((each) => `'${each}'`).join(' or '));
  return word;
}
