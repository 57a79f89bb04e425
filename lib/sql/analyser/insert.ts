// INSERT: a query's columns checked against the sink's and cast to them.
//
//   INSERT INTO snk (b, a) SELECT x, y FROM t   ->   sink snk ( project [cast(y), cast(x)] ( ... ) )

import { castTo } from '../../expressions/cast.js';
import { column, type Expression } from '../../expressions/expression.js';
import type { LogicalNode, SinkNode } from '../../plan/nodes.js';
import { printIdentifier, sinkSchema, type TableDefinition } from '../../plan/table.js';
import { canStore } from '../../schema/casts.js';
import { type Field, materialized, printSchema, type Schema, sameType, withNullable } from '../../schema/types.js';
import type * as ast from '../ast.js';
import { explicitCast } from './casts.js';
import { checkConnector } from './connectors.js';
import { deadLetterTarget } from './dead-letters.js';
import type { QueryEnvironment } from './environment.js';
import { invalid, spanOver, suggestion, unsupported } from './errors.js';
import { analyseExpression } from './expressions.js';
import { analyseQuery, expressionContext, typedNull } from './query.js';
import { Scope, uniqueNames } from './scope.js';
import { hintedOptions, unknownTable } from './tables.js';

export function analyseInsert(node: ast.Insert, environment: QueryEnvironment): SinkNode {
  const found = environment.catalog.find(node.table.parts.map((part) => part.name));
  if (found === undefined) throw unknownTable(node.table, environment);
  if (found.kind === 'view') throw unsupported('INSERT into a view is not supported', node.table.span);
  const { table } = found;
  const input = analyseQuery(node.query, environment, true);
  const { span } = node.table;
  const { options, places } = hintedOptions(table, node.hints);
  checkConnector(table, options, places, span, environment.connectorNames);
  const values = partitionValues(node, table, environment);
  const targets = targetColumns(node, table, new Set(values.keys()));
  const stored = storedInput(node, table, input, targets, values);
  const overwrite = node.mode === 'OVERWRITE';
  const deadLetters = deadLetterTarget('sink', { options, places }, span, environment);
  const onConflict = node.onConflict === null ? {} : { onConflict: node.onConflict };
  const sink = { input: stored, table, options, places, deadLetters, overwrite, ...onConflict };
  return { op: 'sink', ...sink, schema: stored.schema, span };
}

/** PARTITION (ds = '2020'): columns with one value for all rows. */
function partitionValues(node: ast.Insert, table: TableDefinition, environment: QueryEnvironment) {
  const context = expressionContext(new Scope([]), 'PARTITION', environment);
  const values = new Map<string, Expression>();
  for (const { key, value } of node.partition) {
    const field = sinkSchema(table).find((f) => f.name === key.name);
    if (field === undefined) throw unknownColumn(key, table);
    if (value === null) throw unsupported('PARTITION needs a value', key.span);
    values.set(key.name, explicitCast(analyseExpression(value, context), materialized(field.type)));
  }
  return values;
}

/** The sink's columns that the query's columns go to, in the query's order. */
function targetColumns(node: ast.Insert, table: TableDefinition, fixed: ReadonlySet<string>): readonly Field[] {
  const schema = sinkSchema(table);
  if (node.columns.length === 0) return schema.filter((field) => !fixed.has(field.name));
  return node.columns.map(({ parts, span }) => {
    if (parts.length > 1) throw unsupported('INSERT into nested fields is not supported', span);
    const field = schema.find((f) => f.name === parts[0]!.name);
    if (field === undefined) throw unknownColumn(parts[0]!, table);
    return field;
  });
}

function unknownColumn(name: ast.Identifier, table: TableDefinition) {
  const names = sinkSchema(table).map((f) => f.name);
  const message = `Unknown target column '${name.name}'${suggestion(name.name, names)}`;
  return invalid('unknown-column', name.name, message, name.span);
}

function storedInput(
  node: ast.Insert,
  table: TableDefinition,
  input: LogicalNode,
  targets: readonly Field[],
  values: ReadonlyMap<string, Expression>,
): LogicalNode {
  const mismatch = (
    kind: 'insert-arity' | 'insert-type',
    identifier: string,
    cause: string,
    span = node.query.span,
  ) => {
    const message = [
      `Column types of query result and sink for '${printIdentifier(table.identifier)}' do not match.`,
      `Cause: ${cause}`,
      '',
      `Query schema: ${printSchema(uniqueNames(input.schema).map(plainField))}`,
      `Sink schema:  ${printSchema(sinkSchema(table).map(plainField))}`,
    ].join('\n');
    return invalid(kind, identifier, message, span);
  };
  if (targets.length !== input.schema.length) {
    throw mismatch('insert-arity', node.table.parts.at(-1)!.name, 'Different number of columns.');
  }
  const positions = new Map(targets.map((field, i) => [field.name, i]));
  const schema = sinkSchema(table).map(plainField);
  const expressions = schema.map((field, at): Expression => {
    const fixed = values.get(field.name);
    if (fixed !== undefined) return fixed;
    const position = positions.get(field.name);
    if (position === undefined) {
      if (field.type.nullable) return typedNull(field.type);
      throw mismatch(
        'insert-type',
        field.name,
        `Column '${field.name}' is NOT NULL but has no value.`,
        spanOver(node.columns),
      );
    }
    const { type } = input.schema[position]!;
    if (!canStore(type, field.type)) {
      throw mismatch(
        'insert-type',
        field.name,
        `Incompatible types for sink column '${field.name}' at position ${at + 1}.`,
        columnSpan(node.query, position),
      );
    }
    return castTo(column(position, type), field.type);
  });
  return projected(input, expressions, schema);
}

/** Where a query says what its column at a position is, if it says so column by column. */
function columnSpan({ body, span }: ast.Query, position: number): ast.SourceSpan {
  if (body.kind === 'values') return body.rows[0]!.items[position]!.span;
  return body.kind === 'select' && !body.items.some(isStar) ? body.items[position]!.span : span;
}

const isStar = ({ expression: e }: ast.SelectItem) => e.kind === 'star' || (e.kind === 'field' && e.field === null);

const plainField = ({ name, type }: Field): Field => ({ name, type: materialized(type) });

function projected(input: LogicalNode, expressions: readonly Expression[], schema: Schema): LogicalNode {
  const unchanged =
    input.schema.length === schema.length &&
    schema.every(({ name }, i) => name === input.schema[i]!.name) &&
    expressions.every((e, i) => 'column' in e && e.column === i && sameType(e.type, input.schema[i]!.type));
  const typed = schema.map(({ name, type }, i) => ({ name, type: withNullable(type, expressions[i]!.type.nullable) }));
  return unchanged ? { ...input, schema: input.schema } : { op: 'project', input, expressions, schema: typed };
}
