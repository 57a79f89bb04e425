// JSON functions with ordinary syntax. JSON_VALUE, JSON_QUERY, JSON_EXISTS, JSON_OBJECT, JSON_ARRAY and IS JSON have
// clauses of their own: the analyser builds them (lib/sql/analyser/json.ts).

import { types } from '../../schema/types.js';
import { type FunctionDefinition, maybe, modern, strict } from './definition.js';

export const JSON_FUNCTIONS: readonly FunctionDefinition[] = [
  modern('JSON_STRING', 'json', strict(types.string())),
  modern('JSON_QUOTE', 'character', strict(types.string())),
  modern('JSON_UNQUOTE', 'character', strict(types.string())),
  modern('JSON', 'character', strict(types.string())),
  modern('PARSE_JSON', 'character, boolean?', strict(types.variant())),
  modern('TRY_PARSE_JSON', 'character, boolean?', maybe(types.variant())),
];
