// Nodes of the syntax tree: literals.
//
//   'text', 12, DATE '2024-01-31', INTERVAL '1' DAY

import type { Positioned } from './positioned.js';

/** Units of INTERVAL, EXTRACT, FLOOR ... TO, TIMESTAMPADD: always singular (MINUTES is MINUTE). */
export type TimeUnit =
  | 'YEAR'
  | 'QUARTER'
  | 'MONTH'
  | 'WEEK'
  | 'DAY'
  | 'HOUR'
  | 'MINUTE'
  | 'SECOND'
  | 'MILLISECOND'
  | 'MICROSECOND'
  | 'NANOSECOND'
  | 'EPOCH'
  | 'DECADE'
  | 'CENTURY'
  | 'MILLENNIUM'
  | 'DOW'
  | 'DOY'
  | 'ISODOW'
  | 'ISOYEAR';

/** `DAY(2) TO SECOND(3)`; `to` is null for a single unit. */
export interface IntervalQualifier extends Positioned {
  readonly kind: 'intervalQualifier';
  readonly from: TimeUnit;
  readonly to: TimeUnit | null;
  readonly precision: number | null;
  readonly fractionalPrecision: number | null;
}

/** A number; `text` is as written (with a leading '-' if the sign belongs to the literal, as in `a - -1`). */
export interface NumberLiteral extends Positioned {
  readonly kind: 'number';
  /** 'exact' without an exponent (`1`, `1.5`), 'approximate' with one (`1e10`). */
  readonly form: 'exact' | 'approximate';
  readonly text: string;
}

export interface StringLiteral extends Positioned {
  readonly kind: 'string';
  readonly value: string;
  /** From `_UTF8'...'`, upper case; null without a prefix. */
  readonly charset: string | null;
}

/** `x'AB'`: `hex` holds upper-case digits, two a byte. */
export interface BinaryLiteral extends Positioned {
  readonly kind: 'binaryLiteral';
  readonly hex: string;
}

/** TRUE, FALSE, or UNKNOWN (value null). */
export interface BooleanLiteral extends Positioned {
  readonly kind: 'boolean';
  readonly value: boolean | null;
}

export interface NullLiteral extends Positioned {
  readonly kind: 'null';
}

/** `DATE '2020-01-01'`, `TIME '10:00:00'`, `TIMESTAMP '2020-01-01 00:00:00.123'`; `text` is not checked here. DATETIME is TIMESTAMP. */
export interface DateTimeLiteral extends Positioned {
  readonly kind: 'dateTime';
  readonly type: 'DATE' | 'TIME' | 'TIMESTAMP' | 'TIMESTAMP_LTZ' | 'TIMESTAMP_TZ';
  readonly text: string;
}

/** `INTERVAL '1 02:03:04.5' DAY TO SECOND(3)`. */
export interface IntervalLiteral extends Positioned {
  readonly kind: 'interval';
  readonly negative: boolean;
  readonly text: string;
  readonly qualifier: IntervalQualifier;
}

/** A keyword in argument position: the unit of EXTRACT/FLOOR/TIMESTAMPADD/..., the side of TRIM. */
export interface SymbolNode extends Positioned {
  readonly kind: 'symbol';
  readonly symbol: string;
}
