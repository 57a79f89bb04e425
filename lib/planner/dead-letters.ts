// The sinks of dead letters: made when the plan of the job stands, for letters are those of its operators as they are in the end.
//
//   source (letters to L), sink (letters to L)   ->   L ( project ( union ( dead_letters (source), dead_letters (sink) ) ) )
//
// No state.

import { tableSink, writeCast } from '../connectors/catalogue.js';
import { placed, SabotError } from '../errors.js';
import { castTo } from '../expressions/cast.js';
import { column, type Expression } from '../expressions/expression.js';
import { deadLetters } from '../operators/dead-letters.js';
import { project } from '../operators/project.js';
import { union } from '../operators/union.js';
import { DEAD_LETTER_SCHEMA, type DeadLetterTarget } from '../plan/dead-letters.js';
import { INSERT_ONLY, type PhysicalNode, topological } from '../plan/physical.js';
import { printIdentifier, sinkSchema } from '../plan/table.js';
import { canCast } from '../schema/casts.js';
import { type LogicalType, printType } from '../schema/types.js';
import { aboutTable } from './lower/tables.js';

/** The sinks, and behind them those that their operators' letters go to. */
export function withDeadLetters(sinks: readonly PhysicalNode[]): PhysicalNode[] {
  const from = new Map<DeadLetterTarget, PhysicalNode[]>();
  for (const node of topological(sinks)) {
    if (node.deadLetters === undefined) continue;
    from.set(node.deadLetters, [...(from.get(node.deadLetters) ?? []), node]);
  }
  return [
    ...sinks,
    ...[...from].map(([target, nodes]) =>
      placed(target.span, () => aboutTable(target, () => letterSink(target, nodes))),
    ),
  ];
}

function letterSink({ table, options }: DeadLetterTarget, nodes: readonly PhysicalNode[]): PhysicalNode {
  const letters = nodes.map(deadLetters);
  const all = letters.length === 1 ? letters[0]! : union(letters, DEAD_LETTER_SCHEMA);
  const name = printIdentifier(table.identifier);
  const expressions = sinkSchema(table).map((field) => letterColumn(name, field.name, field.type));
  const columns = sinkSchema(table).map((field, i) => ({ name: field.name, type: expressions[i]!.type }));
  const rows = isWhole(expressions) ? all : project(all, expressions, columns);
  const { schema, expressions: casts } = writeCast(table, options, columns);
  const taken = casts === undefined ? rows : project(rows, casts, schema);
  const sink = tableSink(table, options, taken, INSERT_ONLY);
  if (sink.config['onError'] !== 'dead-letter') return sink;
  throw new SabotError(
    'SABOT_E_OPTION',
    `Table '${name}' takes dead letters and has 'sink.on-error' = 'dead-letter' itself: its own would have nowhere to go. Use 'fail' or 'drop' there.`,
    { kind: 'invalid-option', identifier: 'sink.on-error' },
  );
}

const isWhole = (expressions: readonly Expression[]): boolean =>
  expressions.length === DEAD_LETTER_SCHEMA.length &&
  expressions.every((expression, i) => 'column' in expression && expression.column === i);

function letterColumn(table: string, name: string, type: LogicalType): Expression {
  const place = DEAD_LETTER_SCHEMA.findIndex((field) => field.name === name);
  const own = DEAD_LETTER_SCHEMA[place];
  if (own === undefined) {
    throw new SabotError(
      'SABOT_E_VALIDATION',
      `Table '${table}' takes dead letters, which have no column '${name}'. They have: ${DEAD_LETTER_SCHEMA.map((field) => `${field.name} ${printType(field.type)}`).join(', ')}.`,
      { kind: 'dead-letter-column', identifier: name },
    );
  }
  if (canCast(own.type, type)) return castTo(column(place, own.type), type);
  throw new SabotError(
    'SABOT_E_VALIDATION',
    `Column '${name}' of table '${table}', which takes dead letters, cannot be ${printType(type)}: it is ${printType(own.type)} there.`,
    { kind: 'dead-letter-column', identifier: name },
  );
}
