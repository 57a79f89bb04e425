// sink-keys: rows for a sink by key, whose query may tell them apart by another key.
//
//   INSERT INTO names SELECT name, id FROM users ON CONFLICT DO DEDUPLICATE
//     ->   kafka_sink ( upsert_materialize by name ( … ) )
//
// As in Flink: if a new row always has the key of the one that it replaces, the sink needs no more; if the query's key is part of the
// table's, it has to be told the old rows, too; otherwise the changes come in no order that the sink could rely on.

import { SabotError } from '../../errors.js';
import { settleConflicts } from '../../operators/settle-conflicts.js';
import { type SinkKeys, upsertMaterialize } from '../../operators/upsert-materialize.js';
import { inputsOf, type LogicalNode, type OnConflict, type SinkNode } from '../../plan/nodes.js';
import { changesOf, isInsertOnly, type PhysicalNode } from '../../plan/physical.js';
import { declaredUpsertKey } from '../../plan/rules/infer-changelog.js';
import { printIdentifier, type TableDefinition } from '../../plan/table.js';
import { uncheckedRows } from './replaced-rows.js';

/** What the settings say of rows for sinks. */
export interface SinkOptions {
  /** `table.exec.sink.upsert-materialize`. */
  readonly materialize: 'NONE' | 'AUTO' | 'FORCE';
  /** `table.exec.sink.require-on-conflict`. */
  readonly clauseRequired: boolean | undefined;
  /** `table.exec.sink.not-null-enforcer`. */
  readonly nullRows: 'ERROR' | 'DROP';
}

/** Rows, and whether the sink must be told the old ones. */
export interface RowsByKey {
  readonly rows: PhysicalNode;
  readonly takesBack: boolean;
}

export function rowsByKey(
  { table, onConflict, input: query }: SinkNode,
  input: PhysicalNode,
  { materialize, clauseRequired }: SinkOptions,
): RowsByKey {
  const keys: SinkKeys = {
    sink: (table.primaryKey ?? []).map((name) => input.schema.findIndex((field) => field.name === name)),
    upsert: declaredUpsertKey(input),
  };
  const isContained = keys.upsert?.every((column) => keys.sink.includes(column)) === true;
  const insertOnly = isInsertOnly(changesOf(input));
  if (onConflict === 'ERROR' || onConflict === 'NOTHING') checkWatermarks(onConflict, query);
  if (materialize === 'FORCE') return { rows: materialized(input, keys, onConflict), takesBack: false };
  if (materialize === 'AUTO' && !isContained) {
    // Flink asks for the clause of rows that only come, too, by default: without it each replaces the one before.
    if (onConflict === undefined && (clauseRequired ?? !insertOnly)) throw clauseMissing(table, input, keys);
    return { rows: materialized(input, keys, onConflict), takesBack: false };
  }
  if (insertOnly) return { rows: input, takesBack: false };
  const isSame = isContained && keys.upsert!.length === keys.sink.length;
  return { rows: isSame ? uncheckedRows(table, input) : input, takesBack: !isSame };
}

/** One row of each key of the sink; rows that only come replace each other by themselves. */
function materialized(input: PhysicalNode, keys: SinkKeys, onConflict: OnConflict | undefined): PhysicalNode {
  if (onConflict === 'ERROR') return settleConflicts(input, keys, 'error');
  if (onConflict === 'NOTHING') return settleConflicts(input, keys, 'nothing');
  return isInsertOnly(changesOf(input)) ? input : upsertMaterialize(input, keys);
}

/** Whether there are conflicts is known when the watermark has come. */
function checkWatermarks(onConflict: OnConflict, query: LogicalNode): void {
  const without = [...new Set(scansWithoutWatermark(query))];
  if (without.length === 0) return;
  throw new SabotError(
    'SABOT_E_VALIDATION',
    `ON CONFLICT DO ${onConflict} needs a WATERMARK of every table that is read, for changes wait for it; without are: ${without.join(', ')}.`,
    { kind: 'missing-watermark', identifier: without[0]!.split('.').at(-1)! },
  );
}

function scansWithoutWatermark(node: LogicalNode): string[] {
  if (node.op === 'watermark') return [];
  if (node.op === 'scan') return [printIdentifier(node.table.identifier)];
  return inputsOf(node).flatMap(scansWithoutWatermark);
}

function clauseMissing(table: TableDefinition, input: PhysicalNode, { upsert }: SinkKeys): SabotError {
  const by = upsert === undefined ? 'nothing' : `(${upsert.map((column) => input.schema[column]!.name).join(', ')})`;
  return new SabotError(
    'SABOT_E_VALIDATION',
    `Table '${printIdentifier(table.identifier)}' keeps rows by PRIMARY KEY (${(table.primaryKey ?? []).join(', ')}), and what tells the query's rows apart is ${by}: several may have one key. ` +
      'Say behind the query what becomes of them: ON CONFLICT DO DEDUPLICATE (the last one that is left counts; all are kept as state), DO ERROR, or DO NOTHING (the first one stays); ' +
      "or SET 'table.exec.sink.require-on-conflict' = 'false', which is DO DEDUPLICATE.",
    { kind: 'missing-on-conflict', identifier: table.identifier[2] },
  );
}

/** The clause is about sinks by key. */
export function refuseOnConflict({ table, onConflict }: Pick<SinkNode, 'table' | 'onConflict'>): void {
  if (onConflict === undefined) return;
  throw new SabotError(
    'SABOT_E_VALIDATION',
    `ON CONFLICT is only for tables that keep the newest row of each PRIMARY KEY: table '${printIdentifier(table.identifier)}' takes every change by itself.`,
    { kind: 'unsupported-on-conflict', identifier: table.identifier[2] },
  );
}
