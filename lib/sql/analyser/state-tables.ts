// state('uid'): an operator's state as a table, where whoever runs the query has state to read.
//
//   FROM state('counts') AS c   ->   scan counts

import { column } from '../../expressions/expression.js';
import type { LogicalNode, ScanNode } from '../../plan/nodes.js';
import type * as ast from '../ast.js';
import { invalid, suggestion, unsupported } from './errors.js';

/** Operators by uid; null: its state is nothing to look at. */
export type StateTables = ReadonlyMap<string, ScanNode | null>;

export const isStateTable = (name: string): boolean => name.toUpperCase() === 'STATE';

export function stateTable(node: ast.FunctionCall, states: StateTables | undefined): LogicalNode {
  if (states === undefined) {
    throw unsupported(
      `state('...') reads what a job or a checkpoint keeps: sabot state query JOB "SELECT ..."`,
      node.span,
      'unknown-function',
      'state',
    );
  }
  const [uid] = node.args;
  if (node.args.length !== 1 || uid?.kind !== 'string') {
    throw invalid('argument-count', 'state', "state takes one operator's uid: state('group_aggregate')", node.span);
  }
  const scan = states.get(uid.value);
  if (scan === undefined) {
    const message = `There is no state of an operator '${uid.value}'${suggestion(uid.value, states.keys())}${known(states)}`;
    throw invalid('unknown-state', uid.value, message, uid.span);
  }
  if (scan === null) {
    const message = `The state of '${uid.value}' has no rows to look at: it is a position, a watermark or a count${known(states)}`;
    throw invalid('unknown-state', uid.value, message, uid.span);
  }
  // Names may be given to these columns; those of the scan are the state's own.
  const expressions = scan.schema.map(({ type }, i) => column(i, type));
  return { op: 'project', input: scan, expressions, schema: scan.schema };
}

function known(states: StateTables): string {
  const names = [...states].flatMap(([uid, scan]) => (scan === null ? [] : [uid]));
  return names.length === 0 ? '; nothing here can be read' : `; there are: ${names.join(', ')}`;
}
