// Functions of the session and of the plan itself.

import { types } from '../../schema/types.js';
import { type FunctionDefinition, maybe, modern, never, scalar } from './definition.js';

export const SESSION_FUNCTIONS: readonly FunctionDefinition[] = [
  scalar('CURRENT_DATABASE', '', never(types.string()), { deterministic: false }),
  modern('TYPEOF', 'any, boolean?', maybe(types.string())),
];
