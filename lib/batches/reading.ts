// Rows out of columns: JavaScript that is generated once per schema.
//
//   [{ name: 'price', type: BIGINT }]   ->   class Row { get price() { … this.batch.c0.data[this.row] … } }
//
// A `Row` is a view on one row of a batch: its getters read the typed arrays, strings are decoded on first use, and moving it to the
// next row costs nothing. `plain` makes an object of its own instead, for whoever keeps rows. No state.

import { type LogicalType, type Schema, types } from '../schema/types.js';
import { type Column, columnsOfMessage, unreadable } from './columns.js';
import { readMessage } from './message.js';
import { dateText, decimalText, timeText } from './value-text.js';

/** The columns of a message, as generated code sees them: c0, c1, … */
export type Batch = Readonly<Record<string, Column>> & { readonly length: number };

/** Where a view stands; the names cannot be columns'. */
export const AT_BATCH = '\u0000batch';
export const AT_ROW = '\u0000row';

export interface RowView {
  [AT_BATCH]: Batch;
  [AT_ROW]: number;
}

export interface RowReader {
  /** A view on one row; move it by its [AT_ROW]. */
  readonly Row: new (
    batch: Batch,
    row: number,
  ) => RowView;
  /** The row as an object that lives on its own. */
  readonly plain: (batch: Batch, row: number) => Record<string, unknown>;
}

/** The batch in an Arrow IPC message. */
export function readBatch(bytes: Uint8Array, schema: Schema): Batch {
  const message = readMessage(bytes);
  const columns = columnsOfMessage(message, schema).map((column, i) => [`c${i}`, column] as const);
  return { ...Object.fromEntries(columns), length: message.length } as Batch;
}

/** How rows of a schema are read. */
export function rowReader(schema: Schema): RowReader {
  const code = new ReadingCode();
  const values = schema.map(({ name, type }, i) => ({
    name,
    value: code.value(type, `batch.c${i}`, 'row'),
  }));
  const getters = values.map(
    ({ name, value }) =>
      `get ${JSON.stringify(name)}() { const batch = this[AT_BATCH], row = this[AT_ROW]; return ${value}; }`,
  );
  const members = values.map(({ name, value }) => `[${JSON.stringify(name)}]: ${value}`);
  const source = `'use strict';
    const AT_BATCH = ${JSON.stringify(AT_BATCH)}, AT_ROW = ${JSON.stringify(AT_ROW)};
    ${code.functions()}
    class Row {
      constructor(batch, row) { this[AT_BATCH] = batch; this[AT_ROW] = row; }
      ${getters.join('\n      ')}
    }
    const plain = (batch, row) => ({ ${members.join(', ')} });
    return { Row, plain };`;
  return new Function('dateText', 'timeText', 'decimalText', source)(dateText, timeText, decimalText) as RowReader;
}

/** Every row of a batch, as objects of their own. */
export function* plainRows({ plain }: RowReader, batch: Batch): Generator<Record<string, unknown>, void, void> {
  for (let row = 0; row < batch.length; row++) yield plain(batch, row);
}

const UNSIGNED_WORD = 4_294_967_296;

/** Expressions that read a value; what takes more than an expression becomes a function of its own. */
class ReadingCode {
  private readonly declared: string[] = [];

  functions(): string {
    return this.declared.join('\n    ');
  }

  /** `column` and `row` are expressions that may be evaluated several times. */
  value(type: LogicalType, column: string, row: string): string {
    if (type.kind === 'NULL') return 'null';
    const value = this.present(type, column, row);
    if (!type.nullable) return value;
    const isNull = `${column}.nulls !== null && (${column}.nulls[${row} >> 3] >> (${row} & 7) & 1) === 0`;
    return `(${isNull} ? null : ${value})`;
  }

  private present(type: LogicalType, column: string, row: string): string {
    switch (type.kind) {
      case 'BOOLEAN':
        return `(${column}.data[${row} >> 3] >> (${row} & 7) & 1) === 1`;
      case 'TINYINT':
      case 'SMALLINT':
      case 'INTEGER':
      case 'BIGINT':
      case 'FLOAT':
      case 'DOUBLE':
        return `${column}.data[${row}]`;
      case 'DECIMAL':
        return `decimalText(${column}.data, 2 * ${row}, ${type.scale})`;
      case 'CHAR':
      case 'VARCHAR':
        return `${column}.text(${row})`;
      case 'BINARY':
      case 'VARBINARY':
        return `${column}.hex(${row})`;
      case 'DATE':
        return `dateText(${column}.data[${row}])`;
      case 'TIME':
        return `timeText(${column}.data[${row}], ${type.precision})`;
      case 'TIMESTAMP':
      case 'TIMESTAMP_LTZ':
        return milliseconds(type.precision, column, row);
      case 'ARRAY':
        return `${this.list(type.element)}(${column}, ${row})`;
      case 'MAP':
        return `${this.map(type.key, type.value)}(${column}, ${row})`;
      case 'ROW':
        return `${this.struct(type.fields)}(${column}, ${row})`;
      default:
        throw unreadable(type);
    }
  }

  private list(element: LogicalType): string {
    return this.declare(`
      const list = [];
      for (let i = column.offsets[row]; i < column.offsets[row + 1]; i++) list.push(${this.value(element, 'column.items', 'i')});
      return list;`);
  }

  private map(key: LogicalType, value: LogicalType): string {
    return this.declare(`
      const map = {};
      for (let i = column.offsets[row]; i < column.offsets[row + 1]; i++)
        Object.defineProperty(map, String(${this.value(key, 'column.keys', 'i')}),
          { value: ${this.value(value, 'column.values', 'i')}, enumerable: true, configurable: true, writable: true });
      return map;`);
  }

  private struct(fields: Schema): string {
    const members = fields.map(
      ({ name, type }, i) => `[${JSON.stringify(name)}]: ${this.value(type, `column.fields[${i}]`, 'row')}`,
    );
    return this.declare(`return { ${members.join(', ')} };`);
  }

  private declare(body: string): string {
    const name = `f${this.declared.length}`;
    this.declared.push(`function ${name}(column, row) { ${body} }`);
    return name;
  }
}

/** Epoch milliseconds, with a fraction for finer precisions. */
function milliseconds(precision: number, column: string, row: string): string {
  if (precision > 6) return `Number(${column}.data[${row}]) / 1e6`;
  const ticks = `(${column}.data[2 * ${row} + 1] * ${UNSIGNED_WORD} + (${column}.data[2 * ${row}] >>> 0))`;
  return precision > 3 ? `${ticks} / 1000` : ticks;
}

/** Rows of one unnamed value. */
export const valueSchema = (type: LogicalType): Schema => [{ name: 'value', type }];
export const ROW_NUMBER = { name: 'row', type: { ...types.integer(), nullable: false } } as const;
