// Settings as a session holds them, and what their text means.
//
//   { 'execution.checkpointing.interval': '1 s' }   ->   duration(…) = 1000

import { parseDuration } from '../connectors/options.js';
import { SabotError } from '../errors.js';

/** Settings as text, by key. */
export type Settings = Readonly<Record<string, string>>;

function invalid(key: string, value: string, expected: string): SabotError {
  return new SabotError('SABOT_E_OPTION', `Setting '${key}' has the wrong value '${value}': expected ${expected}.`, {
    kind: 'invalid-option',
    identifier: key,
  });
}

/** A whole number that is at least `least`; undefined if the key is not set. */
export function count(settings: Settings, key: string, least = 1): number | undefined {
  const text = settings[key];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least || text.trim() === '')
    throw invalid(key, text, least === 1 ? 'a whole number above 0' : `a whole number, at least ${least}`);
  return value;
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

/** One of several words, in any case. */
export function choice<T extends string>(settings: Settings, key: string, words: readonly T[]): T | undefined {
  const text = settings[key];
  if (text === undefined) return undefined;
  const word = words.find((candidate) => candidate.toLowerCase() === text.trim().toLowerCase());
  if (word === undefined) throw invalid(key, text, words.map((each) => `'${each}'`).join(' or '));
  return word;
}
