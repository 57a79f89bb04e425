// Hash functions: hexadecimal text of a fixed length.

import { types } from '../../schema/types.js';
import { type FunctionDefinition, scalar, strict } from './definition.js';

const DIGITS = { MD5: 32, SHA1: 40, SHA224: 56, SHA256: 64, SHA384: 96, SHA512: 128 };

export const HASH_FUNCTIONS: readonly FunctionDefinition[] = [
  ...Object.entries(DIGITS).map(([name, digits]) => scalar(name, 'string', strict(types.char(digits)))),
  scalar('SHA2', 'string, integer', strict(types.varchar(128))),
];
