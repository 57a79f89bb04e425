// An aggregate call: a function over columns of the operator's input (docs/plan.md, "Aggregate calls").

import type { LogicalType } from '../schema/types.js';
import type { OptionValue } from './expression.js';

/** One sort key, a column of the input. */
export interface SortKey {
  readonly column: number;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

/** `args` and `filter` are positions in the input; a projection below computes them. */
export interface AggregateCall {
  readonly function: string;
  readonly args: readonly number[];
  readonly argTypes: readonly LogicalType[];
  readonly distinct: boolean;
  readonly filter?: number;
  readonly type: LogicalType;
  readonly options?: Readonly<Record<string, OptionValue>>;
  /** Order of the rows within the group (WITHIN GROUP). */
  readonly orderBy?: readonly SortKey[];
}
