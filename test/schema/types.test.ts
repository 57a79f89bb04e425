// Types: how they print, when they are equal, and what arithmetic makes of them.

import { describe, expect, it } from 'vitest';
import { canCast, canStore } from '../../lib/schema/casts.js';
import { arithmeticResult, commonType, leastRestrictive, roundResult } from '../../lib/schema/result-types.js';
import {
  asTimeAttribute,
  type LogicalType,
  materialized,
  notNull,
  printType,
  sameType,
  types,
} from '../../lib/schema/types.js';

const { decimal, integer, bigint, float, double, string, varchar, char, timestamp, timestampLtz, array, map, row } =
  types;

describe('printing', () => {
  it.each<[string, LogicalType]>([
    ['INT', integer()],
    ['DECIMAL(13, 4)', decimal(13, 4)],
    ['STRING', string()],
    ['VARCHAR(3) NOT NULL', notNull(varchar(3))],
    ['BYTES', types.bytes()],
    ['TIME(0)', types.time()],
    ['TIMESTAMP_LTZ(3) NOT NULL *PROCTIME*', asTimeAttribute(notNull(timestampLtz(3)), 'proctime')],
    ['TIMESTAMP(3) *ROWTIME*', asTimeAttribute(timestamp(3), 'rowtime')],
    ['INTERVAL SECOND(3)', types.dayTimeInterval()],
    ['INTERVAL MONTH', types.yearMonthInterval()],
    ['ARRAY<DECIMAL(11, 1) NOT NULL> NOT NULL', notNull(array(notNull(decimal(11, 1))))],
    ['MAP<STRING, INT>', map(string(), integer())],
    ['MULTISET<INT>', types.multiset(integer())],
    [
      'ROW<`a` INT, `b``c` ROW<`x` STRING>>',
      row([
        { name: 'a', type: integer() },
        { name: 'b`c', type: row([{ name: 'x', type: string() }]) },
      ]),
    ],
    ['NULL', types.null()],
  ])('%s', (text, type) => {
    expect(printType(type)).toBe(text);
  });
});

describe('equality', () => {
  it('counts nullability unless told otherwise', () => {
    expect(sameType(integer(), notNull(integer()))).toBe(false);
    expect(sameType(integer(), notNull(integer()), { ignoreNullability: true })).toBe(true);
  });

  it('takes a time attribute for its plain type', () => {
    const rowtime = asTimeAttribute(timestamp(3), 'rowtime');
    expect(sameType(rowtime, timestamp(3))).toBe(true);
    expect(materialized(rowtime)).toEqual(timestamp(3));
  });

  it('compares rows by name, or by position', () => {
    const [a, b] = ['a', 'b'].map((name) => row([{ name, type: integer() }]));
    expect(sameType(a!, b!)).toBe(false);
    expect(sameType(a!, b!, { ignoreFieldNames: true })).toBe(true);
  });
});

describe('decimals', () => {
  it('cuts results of more than 38 digits, keeping a scale of 6', () => {
    expect(arithmeticResult('plus', decimal(38, 10), decimal(30, 20))).toEqual(decimal(38, 9));
    expect(arithmeticResult('times', decimal(38, 10), decimal(30, 20))).toEqual(decimal(38, 6));
    expect(arithmeticResult('divide', decimal(38, 10), decimal(30, 20))).toEqual(decimal(38, 6));
  });

  it('has no remainder of approximate numbers', () => {
    expect(arithmeticResult('mod', double(), integer())).toBeUndefined();
  });

  it('rounds to fewer digits', () => {
    expect(roundResult(decimal(10, 2), 1)).toEqual(decimal(10, 1));
    expect(roundResult(decimal(10, 2), -3)).toEqual(decimal(9, 0));
  });
});

describe('types in common', () => {
  it('differ between Calcite and Flink where FLOAT meets DOUBLE', () => {
    expect(leastRestrictive([float(), double()])).toEqual(float());
    expect(commonType([float(), double()])).toEqual(double());
  });

  it('keep a time attribute only if all have it', () => {
    const rowtime = asTimeAttribute(timestamp(3), 'rowtime');
    expect(leastRestrictive([rowtime, rowtime])).toEqual(rowtime);
    expect(leastRestrictive([rowtime, timestamp(3)])).toEqual(timestamp(3));
  });

  it('merge parts of constructed types', () => {
    expect(leastRestrictive([array(integer()), array(bigint())])).toEqual(array(bigint()));
    expect(leastRestrictive([array(integer()), array(string())])).toBeUndefined();
  });

  it('do not exist for text and numbers', () => {
    expect(leastRestrictive([char(1), integer()])).toBeUndefined();
  });
});

describe('casts', () => {
  it('into a sink are fewer than with CAST', () => {
    expect(canCast(string(), types.date())).toBe(true);
    expect(canStore(string(), types.date())).toBe(false);
    expect(canStore(integer(), bigint())).toBe(true);
    expect(canStore(bigint(), integer())).toBe(false);
  });
});
