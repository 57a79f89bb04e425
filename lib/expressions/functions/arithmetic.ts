// Arithmetic and mathematical functions.

import { arithmeticResult, roundResult } from '../../schema/result-types.js';
import { type LogicalType, types, withNullable } from '../../schema/types.js';
import { type FunctionDefinition, never, type Result, sameAs, scalar, strict } from './definition.js';

/** Functions of one number to DOUBLE. */
const DOUBLE_FUNCTIONS = [
  'ACOS',
  'ASIN',
  'ATAN',
  'COS',
  'COSH',
  'COT',
  'DEGREES',
  'EXP',
  'LN',
  'LOG10',
  'LOG2',
  'RADIANS',
  'SIN',
  'SINH',
  'SQRT',
  'TAN',
  'TANH',
];

/** FLOOR and CEIL keep the type; a decimal loses its fraction. */
const wholeNumber: Result = ([{ type } = { type: types.integer() as LogicalType }]) =>
  type.kind === 'DECIMAL' ? { ...type, scale: 0 } : type;

/** ROUND(x) is ROUND(x, 0); with digits that are no literal the scale stays. */
const rounded: Result = ([value, digits]) => {
  const type = value!.type;
  const nullable = type.nullable || (digits?.type.nullable ?? false);
  if (type.kind !== 'DECIMAL') return withNullable(type, nullable);
  if (digits !== undefined && digits.literal === undefined) return withNullable(type, nullable);
  return withNullable(roundResult(type, Number(digits?.literal ?? 0)), nullable);
};

const remainder: Result = ([a, b]) => arithmeticResult('mod', a!.type, b!.type);

export const ARITHMETIC_FUNCTIONS: readonly FunctionDefinition[] = [
  ...DOUBLE_FUNCTIONS.map((name) => scalar(name, 'double', strict(types.double()))),
  scalar('ATAN2', 'double, double', strict(types.double())),
  scalar('POWER', 'double, double', strict(types.double())),
  scalar('LOG', 'double, double?', strict(types.double())),
  scalar('ABS', ['numeric', 'interval'], sameAs(0)),
  scalar('SIGN', 'numeric', sameAs(0)),
  scalar('CEIL', 'numeric', wholeNumber),
  scalar('CEILING', 'numeric', wholeNumber, { call: 'ceil' }),
  scalar('FLOOR', 'numeric', wholeNumber),
  scalar('ROUND', 'numeric, integer?', rounded),
  scalar('TRUNCATE', 'numeric, integer?', rounded),
  scalar('MOD', 'exact, exact', remainder),
  scalar('PI', '', never(types.double())),
  scalar('E', '', never(types.double())),
  scalar('RAND', 'numberToInt?', strict(types.double()), { deterministic: false }),
  scalar('RAND_INTEGER', 'numberToInt, numberToInt?', strict(types.integer()), { deterministic: false }),
  scalar('BIN', 'long', strict(types.string())),
  scalar('HEX', ['long', 'character'], strict(types.string())),
  scalar('UUID', '', never(types.char(36)), { deterministic: false }),
  scalar('HASH_CODE', 'hashable', strict(types.integer())),
];
