// result-rows: lines of JSON results as rows of TypeScript values.
//
//   {"auction":12345678901234567890,"at":"2024-01-01 00:00:00.000"}   ->   { auction: 12345678901234567890n, at: 1704067200000 }
//
// The values are those of lib/schema/t.ts. No state.

import type { LogicalType, Schema } from '../schema/types.js';
import { splitJsonArray, splitJsonLine } from './json-line.js';

/** The rows of whole lines. */
export function resultRows(lines: Buffer, schema: Schema): Record<string, unknown>[] {
  const text = lines.toString('utf8').trimEnd();
  if (text === '') return [];
  return text.split('\n').map((line) => rowOf(line, schema));
}

function rowOf(text: string, schema: Schema): Record<string, unknown> {
  return Object.fromEntries(splitJsonLine(text).map(([name, raw], i) => [name, typedValue(raw, schema[i]!.type)]));
}

function typedValue(raw: string, type: LogicalType): unknown {
  if (raw === 'null') return null;
  switch (type.kind) {
    case 'BIGINT':
      return BigInt(raw);
    case 'DECIMAL':
      return raw;
    case 'FLOAT':
    case 'DOUBLE':
      return Number(raw.startsWith('"') ? JSON.parse(raw) : raw);
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return Date.parse(`${(JSON.parse(raw) as string).replace(' ', 'T').replace(/Z$/, '')}Z`);
    case 'ROW':
      return rowOf(raw, type.fields);
    case 'ARRAY':
      return splitJsonArray(raw).map((item) => typedValue(item, type.element));
    case 'MAP':
      return Object.fromEntries(splitJsonLine(raw).map(([name, value]) => [name, typedValue(value, type.value)]));
    default:
      return JSON.parse(raw);
  }
}
