// The catalogue: every function by its SQL name. Names are case-insensitive, as in Flink.

import { AGGREGATE_FUNCTIONS, RANKING_FUNCTIONS } from './aggregate.js';
import { ARITHMETIC_FUNCTIONS } from './arithmetic.js';
import { COLLECTION_FUNCTIONS } from './collection.js';
import { CONDITIONAL_FUNCTIONS } from './conditional.js';
import type { FunctionDefinition } from './definition.js';
import { HASH_FUNCTIONS } from './hash.js';
import { JSON_FUNCTIONS } from './json.js';
import { SESSION_FUNCTIONS } from './session.js';
import { STRING_FUNCTIONS } from './string.js';
import { TEMPORAL_FUNCTIONS } from './temporal.js';

const ALL: readonly FunctionDefinition[] = [
  ...ARITHMETIC_FUNCTIONS,
  ...STRING_FUNCTIONS,
  ...HASH_FUNCTIONS,
  ...TEMPORAL_FUNCTIONS,
  ...CONDITIONAL_FUNCTIONS,
  ...COLLECTION_FUNCTIONS,
  ...JSON_FUNCTIONS,
  ...SESSION_FUNCTIONS,
  ...AGGREGATE_FUNCTIONS,
  ...RANKING_FUNCTIONS,
];

/** Functions whose arguments are not all values; the analyser knows them by name. */
export const SYNTAX_FUNCTIONS: readonly string[] = [
  'EXTRACT',
  'TIMESTAMPADD',
  'TIMESTAMPDIFF',
  'TRIM',
  'NULLIF',
  'PROCTIME',
  'GROUPING',
  'GROUPING_ID',
  'GROUP_ID',
  'CAST',
  'TRY_CAST',
  'JSON_VALUE',
  'JSON_QUERY',
  'JSON_EXISTS',
  'JSON_OBJECT',
  'JSON_ARRAY',
  'IS_JSON',
  'ROW',
  'LIKE',
  'SIMILAR',
  'BETWEEN',
  'IN',
];

const BY_NAME = new Map(ALL.map((definition) => [definition.name, definition]));

export function findFunction(name: string): FunctionDefinition | undefined {
  return BY_NAME.get(name.toUpperCase());
}

/** All names, for SHOW FUNCTIONS and for suggestions. */
export function functionNames(): readonly string[] {
  return [...BY_NAME.keys(), ...SYNTAX_FUNCTIONS].sort();
}
