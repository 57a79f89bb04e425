// What a value is once it was in a column: the same number with the digits of its type, text in one form, nested values frozen.
//
//   DECIMAL(5, 2) '1.5'   ->   '1.50'        FLOAT 0.1   ->   0.10000000149011612        ROW { a: -0 }   ->   frozen { a: 0 }
//
// For values that were checked by a column's writer. No state.

import type { LogicalType } from '../schema/types.js';
import { dateText, daysOf, decimalDigits, millisOfDay, timeText, unscaledOf } from './value-text.js';

export type Canonical = (value: unknown) => unknown;

const same: Canonical = (value) => value;

/** How values of a type come out of state again. */
export function canonicalOf(type: LogicalType): Canonical {
  const present = presentOf(type);
  return type.nullable && present !== same ? (value) => (value === null ? null : present(value)) : present;
}

function presentOf(type: LogicalType): Canonical {
  switch (type.kind) {
    case 'FLOAT':
      return (value) => Math.fround(value as number) + 0;
    case 'DOUBLE':
      return (value) => (value as number) + 0;
    case 'DECIMAL':
      return (value) => decimalDigits(unscaledOf(value as string, type.precision, type.scale)!, type.scale);
    case 'BINARY':
    case 'VARBINARY':
      return (value) => (value as string).toLowerCase();
    case 'DATE':
      return (value) => dateText(daysOf(value as string)!);
    case 'TIME':
      return (value) => timeText(millisOfDay(value as string)!, type.precision);
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ': {
      if (type.precision > 3) return (value) => Math.round((value as number) * 1000) / 1000;
      const step = 10 ** (3 - type.precision);
      return (value) => Math.floor((value as number) / step) * step;
    }
    case 'ARRAY': {
      const element = canonicalOf(type.element);
      return (value) => Object.freeze((value as readonly unknown[]).map(element));
    }
    case 'MAP': {
      const of = canonicalOf(type.value);
      return (value) =>
        Object.freeze(Object.fromEntries(Object.entries(value as object).map(([key, each]) => [key, of(each)])));
    }
    case 'ROW': {
      const fields = type.fields.map((field) => [field.name, canonicalOf(field.type)] as const);
      return (value) => {
        const given = value as Readonly<Record<string, unknown>>;
        return Object.freeze(Object.fromEntries(fields.map(([name, of]) => [name, of(given[name])])));
      };
    }
    default:
      return same;
  }
}

/** A value that nobody has referred to yet, so that nobody can change it. */
export function deepFrozen<V>(value: V): V {
  if (typeof value !== 'object' || value === null) return value;
  for (const member of Object.values(value)) deepFrozen(member);
  return Object.freeze(value);
}
