// Functions that choose: COALESCE, IF, GREATEST. CASE and NULLIF have syntax of their own (lib/sql/analyser).

import { commonType, leastRestrictive } from '../../schema/result-types.js';
import { isBinary, isCharacter, isNumeric, type LogicalType, materialized, withNullable } from '../../schema/types.js';
import { type Argument, type FunctionDefinition, modern, type Result, scalar } from './definition.js';

const typesOf = (args: readonly Argument[]) => args.map((a) => a.type);

const coerceTo =
  (common: (args: readonly Argument[]) => LogicalType | undefined, from = 0) =>
  (args: readonly Argument[]) => {
    const type = common(args);
    return type && args.map((a, i) => (i < from ? undefined : withNullable(materialized(type), a.type.nullable)));
  };

const common = (args: readonly Argument[]) => commonType(typesOf(args));

/** Not NULL as soon as one argument is not. */
const coalesced: Result = (args) => {
  const type = common(args);
  return type && type.kind !== 'NULL'
    ? withNullable(
        type,
        args.every((a) => a.type.nullable),
      )
    : undefined;
};

/** IF over numbers, strings or bytes finds their common type; over anything else it takes the first branch's. */
const branches = (args: readonly Argument[]): LogicalType | undefined => {
  const [, a, b] = typesOf(args);
  const alike = [isNumeric, isCharacter, isBinary].some((family) => family(a!) && family(b!));
  if (alike) return leastRestrictive([a!, b!]);
  return leastRestrictive([a!, b!]) && a;
};

const IF_SIGNATURES = ['numeric', 'character', 'boolean', 'binary', 'date', 'timestamp', 'time'].map(
  (branch) => `boolean, ${branch}, ${branch}`,
);

const chosen: Result = (args) => {
  const type = branches(args);
  return (
    type &&
    withNullable(
      type,
      args.some((a) => a.type.nullable),
    )
  );
};

/** Not of an untyped NULL, which Flink casts to nothing. */
const extreme: Result = (args) => {
  const type = args.some((a) => a.type.kind === 'NULL') ? undefined : common(args);
  return (
    type &&
    withNullable(
      type,
      args.some((a) => a.type.nullable),
    )
  );
};

export const CONDITIONAL_FUNCTIONS: readonly FunctionDefinition[] = [
  modern('COALESCE', 'any...', coalesced, { coerce: coerceTo(common) }),
  modern('IFNULL', 'any, any', coalesced, { call: 'coalesce', coerce: coerceTo(common) }),
  scalar('IF', IF_SIGNATURES, chosen, { coerce: coerceTo(branches, 1) }),
  modern('GREATEST', 'any...', extreme, { coerce: coerceTo(common) }),
  modern('LEAST', 'any...', extreme, { coerce: coerceTo(common) }),
];
