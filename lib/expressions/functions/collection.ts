// Functions of arrays, maps and multisets.

import { commonType } from '../../schema/result-types.js';
import { type LogicalType, nullable, sameType, types, withNullable } from '../../schema/types.js';
import {
  type Argument,
  elementTypeOf,
  exactly,
  type FunctionDefinition,
  keyTypeOf,
  modern,
  type Result,
  sameAs,
  scalar,
  strict,
  valueTypeOf,
} from './definition.js';

const typesOf = (args: readonly Argument[]) => args.map((a) => a.type);
const anyNullable = (args: readonly Argument[]) => args.some((a) => a.type.nullable);

/** Elements are compared and stored as the array's own type: only literals and nullability give way. */
function fitsElement([array, element]: readonly Argument[]): boolean {
  const to = elementTypeOf(array!.type);
  const from = element!.type;
  if (from.kind === 'NULL' || sameType(from, to, { ignoreNullability: true })) return true;
  if (from.kind === 'CHAR' || from.kind === 'VARCHAR') return to.kind === 'VARCHAR' || to.kind === 'CHAR';
  return commonType([to, from])?.kind === to.kind && sameType(commonType([to, from])!, to, { ignoreNullability: true });
}

const coerceElement = (args: readonly Argument[]) =>
  fitsElement(args) ? [undefined, withNullable(elementTypeOf(args[0]!.type), args[1]!.type.nullable)] : undefined;

/** The array, its elements nullable if the new one is. */
const extended: Result = (args) => {
  const [array, element] = typesOf(args);
  return element!.nullable && !elementTypeOf(array!).nullable
    ? { ...types.array(nullable(elementTypeOf(array!))), nullable: true }
    : array;
};

const common: Result = (args) => {
  const type = commonType(typesOf(args));
  return type && withNullable(type, anyNullable(args));
};

const coerceCommon = (args: readonly Argument[]) => {
  const type = commonType(typesOf(args));
  return type && args.map((a) => withNullable(type, a.type.nullable));
};

const likeFirst =
  (type: LogicalType): Result =>
  (args) =>
    withNullable(type, args[0]!.type.nullable);

const ofParts =
  (part: (type: LogicalType) => LogicalType): Result =>
  ([collection]) =>
    withNullable(types.array(part(collection!.type)), collection!.type.nullable);

const entries: Result = ([map]) =>
  withNullable(
    types.array(
      types.row([
        { name: 'key', type: keyTypeOf(map!.type) },
        { name: 'value', type: valueTypeOf(map!.type) },
      ]),
    ),
    map!.type.nullable,
  );

const zipped: Result = (args) => {
  const [keys, values] = typesOf(args);
  return withNullable(types.map(elementTypeOf(keys!), elementTypeOf(values!)), anyNullable(args));
};

export const COLLECTION_FUNCTIONS: readonly FunctionDefinition[] = [
  scalar('CARDINALITY', 'collection', strict(types.integer())),
  scalar('ELEMENT', 'arrayOrMultiset', ([a]) =>
    withNullable(elementTypeOf(a!.type), elementTypeOf(a!.type).nullable || a!.type.nullable),
  ),
  modern('ARRAY_CONTAINS', 'array, any', likeFirst(types.boolean()), { coerce: coerceElement }),
  modern('ARRAY_POSITION', 'array, any', strict(types.integer()), { coerce: coerceElement }),
  modern('ARRAY_REMOVE', 'array, any', exactly(0), { coerce: coerceElement }),
  modern('ARRAY_APPEND', 'array, any', extended, { coerce: coerceElement }),
  modern('ARRAY_PREPEND', 'array, any', extended, { coerce: coerceElement }),
  modern('ARRAY_DISTINCT', 'array', exactly(0)),
  modern('ARRAY_REVERSE', 'array', exactly(0)),
  modern('ARRAY_SORT', 'comparableArray, boolean?, boolean?', sameAs(0)),
  modern('ARRAY_SLICE', 'array, int, int?', sameAs(0)),
  modern('ARRAY_MAX', 'comparableArray', ([a]) => nullable(elementTypeOf(a!.type))),
  modern('ARRAY_MIN', 'comparableArray', ([a]) => nullable(elementTypeOf(a!.type))),
  modern('ARRAY_JOIN', 'stringArray, character, character?', strict(types.string())),
  modern('ARRAY_CONCAT', 'array...', common, { coerce: coerceCommon }),
  modern('ARRAY_UNION', 'array, array', common, { coerce: coerceCommon }),
  modern('ARRAY_EXCEPT', 'array, array', common, { coerce: coerceCommon }),
  modern('ARRAY_INTERSECT', 'array, array', common, { coerce: coerceCommon }),
  modern('MAP_KEYS', 'map', ofParts(keyTypeOf)),
  modern('MAP_VALUES', 'map', ofParts(valueTypeOf)),
  modern('MAP_ENTRIES', 'map', entries),
  modern('MAP_FROM_ARRAYS', 'array, array', zipped),
  modern('MAP_UNION', 'map...', common, { coerce: coerceCommon }),
];
