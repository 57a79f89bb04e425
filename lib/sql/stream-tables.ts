// Tables as streams see them, and streams as SQL sees them: logical nodes on both sides, so only columns and times are told anew.
//
//   enriched [id INT, at TIMESTAMP(3) *ROWTIME*, home CHAR(2)]   { id, home }, time at   ->   [id, home, $rowtime]
//   stream [id, $rowtime]                                         time seen               ->   [id, seen *ROWTIME*]
//
// No state.

import { SabotError } from '../errors.js';
import { castTo } from '../expressions/cast.js';
import { column, type Expression } from '../expressions/expression.js';
import { HIDDEN_TIME, named, timeColumn } from '../functions/stream-nodes.js';
import { projectRows } from '../plan/builders.js';
import type { LogicalNode } from '../plan/nodes.js';
import type { Fields } from '../schema/t.js';
import {
  asTimeAttribute,
  type Field,
  isBinary,
  isCharacter,
  isExactInteger,
  isTimestamp,
  type LogicalType,
  materialized,
  nullable,
  printSchema,
  printType,
  type Schema,
  type StringType,
  sameType,
  type TimestampType,
  timeAttribute,
  withNullable,
} from '../schema/types.js';
import { suggestion } from './analyser/errors.js';

/** The columns `fields` of a table, by name; `time` is the column that is their event time, be it among them or not. */
export function tableRows(node: LogicalNode, name: string, fields: Fields, time: string | undefined): LogicalNode {
  const { schema } = node;
  const timePlace = time === undefined ? undefined : placeOf(schema, name, time);
  if (timePlace !== undefined && timeAttribute(schema[timePlace]!.type) !== 'rowtime') {
    const { type } = schema[timePlace]!;
    const declare = 'it is one where the table declares WATERMARK FOR it, and as long as it is selected unchanged';
    throw mismatch(time!, `Column '${time}' of '${name}' is no event time but ${printType(type)}: ${declare}.`);
  }
  const expressions: Expression[] = [];
  const given: Field[] = [];
  const add = (place: number, as: string, to: LogicalType | undefined) => {
    const of = column(place, schema[place]!.type);
    const expression = to === undefined ? of : castTo(of, to);
    expressions.push(expression);
    given.push({ name: as, type: place === timePlace ? of.type : materialized(expression.type) });
  };
  for (const [wanted, { type }] of Object.entries(fields)) {
    const place = placeOf(schema, name, wanted);
    checkColumn(name, schema[place]!, type, place === timePlace);
    add(place, wanted, type);
  }
  if (timePlace !== undefined && !given.some(({ type }) => timeAttribute(type) === 'rowtime')) {
    add(timePlace, HIDDEN_TIME, undefined);
  }
  return { op: 'project', input: node, expressions, schema: given };
}

function placeOf(schema: Schema, name: string, wanted: string): number {
  const place = schema.findIndex((field) => field.name === wanted);
  if (place >= 0) return place;
  const names = schema.map((field) => field.name);
  const message = `There is no column '${wanted}' in '${name}'${suggestion(wanted, names) || '.'} Its columns: ${printSchema(schema)}`;
  throw new SabotError('SABOT_E_VALIDATION', message, { kind: 'unknown-column', identifier: wanted });
}

/** Values must be what TypeScript is told they are. */
function checkColumn(name: string, field: Field, wanted: LogicalType, isTime: boolean): void {
  const is = materialized(field.type);
  // Rows without an event time end the job where watermarks are told.
  const from = isTime ? withNullable(is, false) : is;
  if (holds(from, wanted)) return;
  const place = `Column '${field.name}' of '${name}'`;
  const types = `${place} is ${printType(is)}, and the schema says ${printType(wanted)}`;
  if (!holds(from, nullable(wanted))) throw mismatch(field.name, `${types}: CAST it in a view, or say what it is.`);
  throw mismatch(
    field.name,
    `${types}: it may be NULL. Say .nullable(), or keep NULLs out: NOT NULL in its table, or COALESCE in a view.`,
  );
}

/** Whether `to` has every value of `from`, as the same value. */
function holds(from: LogicalType, to: LogicalType): boolean {
  if (from.nullable && !to.nullable) return false;
  if (sameType(from, withNullable(to, from.nullable))) return true;
  if ((isCharacter(from) && isCharacter(to)) || (isBinary(from) && isBinary(to))) {
    return /^VAR/.test(to.kind) && (to as StringType).length >= from.length;
  }
  if (isTimestamp(from)) return from.kind === to.kind && from.precision <= (to as TimestampType).precision;
  if (isExactInteger(from)) return isExactInteger(to) && INTEGERS.indexOf(from.kind) <= INTEGERS.indexOf(to.kind);
  switch (from.kind) {
    case 'NULL':
      return true;
    case 'FLOAT':
      return to.kind === 'DOUBLE';
    case 'DECIMAL':
      return to.kind === 'DECIMAL' && from.scale === to.scale && from.precision <= to.precision;
    case 'ARRAY':
      return to.kind === 'ARRAY' && holds(from.element, to.element);
    case 'MAP':
      return to.kind === 'MAP' && holds(from.key, to.key) && holds(from.value, to.value);
    case 'ROW': {
      if (to.kind !== 'ROW' || from.fields.length !== to.fields.length) return false;
      return from.fields.every(({ name, type }, i) => {
        const other = to.fields[i]!;
        return name === other.name && holds(type, other.type);
      });
    }
    default:
      return false;
  }
}

const INTEGERS: readonly string[] = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT'];

/** The columns of a stream; `time` is what its event time is called if it has no column of its own. */
export function viewRows(node: LogicalNode, name: string, time: string | undefined): LogicalNode {
  const { schema } = node;
  const hidden = schema.findIndex((field) => field.name === HIDDEN_TIME);
  const shown = named(schema).filter((_, i) => i !== hidden);
  const place = timeColumn(schema);
  if (time === undefined || (hidden < 0 && schema[place]?.name === time)) return projectRows(node, shown);
  if (place < 0) throw refused(name, `has no event time to be called '${time}': say .watermark((row) => …) before.`);
  if (hidden < 0) throw refused(name, `has '${schema[place]!.name}' for its event time already, not '${time}'.`);
  if (shown.some((field) => field.name === time)) {
    throw refused(name, `has a column '${time}' that is not its event time: call that something else.`);
  }
  const type = asTimeAttribute(schema[hidden]!.type as TimestampType, 'rowtime');
  return projectRows(node, [...shown, { name: time, expression: column(hidden, type) }]);
}

const refused = (name: string, what: string): SabotError =>
  mismatch(name, `The stream that view '${name}' shows ${what}`);

function mismatch(identifier: string, message: string): SabotError {
  return new SabotError('SABOT_E_VALIDATION', message, { kind: 'type-mismatch', identifier });
}
