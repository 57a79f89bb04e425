// Aggregate functions, and functions that only stand in OVER.
//
// Results follow Flink: SUM keeps integers and FLOAT, AVG and STDDEV of INT are INT, AVG of DECIMAL(p, s) is
// DECIMAL(38, max(s, 6)). A result is nullable if its group may be empty (no GROUP BY, or FILTER).

import { DECIMAL_PRECISION_MAX, type LogicalType, types, withNullable } from '../../schema/types.js';
import { aggregate, type FunctionDefinition, never, type Result, ranking } from './definition.js';

const AVERAGE_SCALE_MIN = 6;

const emptiable =
  (type: (argument: LogicalType) => LogicalType): Result =>
  (args, { emptyGroups }) =>
    withNullable(type(args[0]!.type), emptyGroups || args[0]!.type.nullable);

const own = emptiable((type) => type);
const sum = emptiable((type) => (type.kind === 'DECIMAL' ? types.decimal(DECIMAL_PRECISION_MAX, type.scale) : type));
const mean = emptiable((type) =>
  type.kind === 'DECIMAL' ? types.decimal(DECIMAL_PRECISION_MAX, Math.max(type.scale, AVERAGE_SCALE_MIN)) : type,
);
/** Nullable exactly if the argument is. */
const kept =
  (type: (argument: LogicalType) => LogicalType): Result =>
  (args) =>
    withNullable(type(args[0]!.type), args[0]!.type.nullable);

const count = never(types.bigint());
const json = never(types.varchar(2000));

const percentile: Result = ([, share]) => (share!.type.kind === 'ARRAY' ? types.array(types.double()) : types.double());

/** LAG with a default is as nullable as the default, else nullable. */
const offsetValue: Result = ([value, , otherwise]) => withNullable(value!.type, otherwise?.type.nullable ?? true);

export const AGGREGATE_FUNCTIONS: readonly FunctionDefinition[] = [
  aggregate('COUNT', ['', 'any...'], count),
  aggregate('SUM', 'numeric', sum),
  aggregate('AVG', 'numeric', mean),
  aggregate('MIN', 'any', own),
  aggregate('MAX', 'any', own),
  aggregate('STDDEV_POP', 'numeric', mean),
  aggregate('STDDEV_SAMP', 'numeric', mean),
  aggregate('STDDEV', 'numeric', mean, { call: 'stddev_samp' }),
  aggregate('VAR_POP', 'numeric', mean),
  aggregate('VAR_SAMP', 'numeric', mean),
  aggregate('VARIANCE', 'numeric', mean, { call: 'var_samp' }),
  aggregate('FIRST_VALUE', 'any', own),
  aggregate('LAST_VALUE', 'any', own),
  aggregate(
    'LISTAGG',
    'character, character?',
    kept((type) => type),
    { literals: [1] },
  ),
  aggregate('COLLECT', 'any', (args) => withNullable(types.multiset(args[0]!.type), false)),
  aggregate(
    'ARRAY_AGG',
    'any',
    kept((type) => types.array(type)),
  ),
  aggregate('APPROX_COUNT_DISTINCT', 'any', count),
  aggregate('PERCENTILE', ['double, double, long?', 'double, array, long?'], percentile, { modern: true }),
  aggregate('JSON_OBJECTAGG', 'character, any', json),
  aggregate('JSON_ARRAYAGG', 'any', json),
];

export const RANKING_FUNCTIONS: readonly FunctionDefinition[] = [
  ranking('ROW_NUMBER', '', count),
  ranking('RANK', '', count),
  ranking('DENSE_RANK', '', count),
  ranking('NTILE', 'integer', count),
  ranking('PERCENT_RANK', '', never(types.double())),
  ranking('CUME_DIST', '', never(types.double())),
  ranking('LAG', 'any, integer?, any?', offsetValue),
  ranking('LEAD', 'any, integer?, any?', offsetValue),
];
