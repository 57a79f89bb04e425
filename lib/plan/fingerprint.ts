// fingerprint: what an operator's state means, as text that changes when the query behind it does though the state's layout does not.
//
//   SUM(price) BY channel, WHERE price > 10   ->   '5f1d2c3a.77ab90e1'   what it computes . the rows that come to it (of each input)
//
// Columns go by what they are computed from, so that columns which another query of the job adds or drops change nothing; neither does
// the parallelism, nor what becomes of the operator's own rows. Compared by native/engine/restored_meaning.cc as well.

import { createHash } from 'node:crypto';
import type { PhysicalInput, PhysicalNode } from './physical.js';

const HEX_DIGITS = 8;

/** Members of config that hold positions of columns, and the input that they are of. */
const POSITIONS: Readonly<Record<string, number>> = {
  ...Object.fromEntries(
    ['keys', 'partitionKeys', 'args', 'filter', 'column', 'time', 'order', 'reads', 'windowStart', 'windowEnd'].map(
      (member) => [member, 0],
    ),
  ),
  ...Object.fromEntries(['leftKeys', 'leftTime', 'leftWindowStart', 'leftWindowEnd'].map((member) => [member, 0])),
  ...Object.fromEntries(['rightKeys', 'rightTime', 'rightWindowStart', 'rightWindowEnd'].map((member) => [member, 1])),
};

/** Members that depend on what others of the job want of the operator, or say something else again. */
const INCIDENTAL = new Set([
  ...['inputRetracts', 'leftRetracts', 'rightRetracts', 'emitUpdateBefore', 'miniBatch'],
  ...['columns', 'output', 'outputRank', 'nullable'],
  // Rows that an operator goes on without are such as it had failed at.
  ...['onError', 'errorTime', 'rowsPerSecondMax'],
]);

/** Of an operator that keeps state. */
export function fingerprint(node: PhysicalNode): string {
  const { config, inputs } = whole(node);
  // Whole rows are kept by the names of their columns.
  const kept = new Set(node.spec.state?.(node).flatMap(([name, , part]) => (part?.of === 'state' ? [] : [name])));
  const columns = inputs.map((input) =>
    input.node.schema.flatMap(({ name }, i) => (kept.has(name) ? [columnOf(input, i)] : [])),
  );
  const own = node.spec.meantByCode === true ? { keys: config['keys'] } : config;
  return [[canonical(node, own), columns], ...inputs.map(rowsOf)].map(digest).join('.');
}

const digest = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, HEX_DIGITS);

/** An operator in two phases as the one that it stands for. */
function whole(node: PhysicalNode): Pick<PhysicalNode, 'config' | 'inputs'> & { readonly op: string } {
  const { spec, config, inputs } = node;
  if (spec.inPlaceOf === undefined) return { op: spec.op, config, inputs };
  const first = inputs[0]!.node;
  return { op: spec.inPlaceOf, config: { ...first.config, ...config }, inputs: first.inputs };
}

/** Which rows an input gives, whatever their columns. */
function rowsOf({ node, late }: PhysicalInput): unknown {
  const { op, config, inputs } = whole(node);
  if (late !== undefined) return ['late', rowsOf(inputs[late]!)];
  if (node.spec.keepsRows === true) return rowsOf(inputs[0]!);
  // A table is known by its name: it may move.
  if (inputs.length === 0 && node.label !== undefined) return [op, node.label];
  return [op, canonical(node, config), ...inputs.map(rowsOf)];
}

/** What a column of an input is computed from. */
function columnOf({ node, late }: PhysicalInput, column: number): unknown {
  if (late !== undefined) return columnOf(node.inputs[late]!, column);
  const origin = node.spec.origin?.(node, column);
  if (origin === undefined) return node.schema[column]!.name;
  return typeof origin === 'number' ? columnOf(node.inputs[0]!, origin) : canonical(node, origin);
}

/** Part of an operator's config, with columns in place of positions. */
function canonical(node: PhysicalNode, value: unknown, member = ''): unknown {
  const { inputs } = whole(node);
  if (typeof value === 'number') {
    const input = inputs[POSITIONS[member] ?? inputs.length];
    return input === undefined ? value : columnOf(input, value);
  }
  if (Array.isArray(value)) return value.map((part) => canonical(node, part, member));
  if (typeof value !== 'object' || value === null) return value;
  if (isColumn(value)) return columnAmong(inputs, value.column);
  const members = Object.entries(value).filter(([name]) => !INCIDENTAL.has(name));
  return Object.fromEntries(members.map(([name, part]) => [name, canonical(node, part, name)]).sort(byName));
}

const byName = ([a]: readonly unknown[], [b]: readonly unknown[]): number => (String(a) < String(b) ? -1 : 1);

/** An expression that is a column; ORDER BY's columns have no type. */
const isColumn = (value: object): value is { readonly column: number } => 'column' in value && 'type' in value;

/** Of the columns of all inputs, one after the other. */
function columnAmong(inputs: readonly PhysicalInput[], column: number): unknown {
  let first = 0;
  for (const [i, input] of inputs.entries()) {
    const { length } = input.node.schema;
    if (column < first + length) {
      const origin = columnOf(input, column - first);
      return inputs.length === 1 ? origin : [i, origin];
    }
    first += length;
  }
  return column;
}

/** What is different about an operator's state though its layout is the same; empty: nothing, as far as is known. */
export function meaningChange(was: string | undefined, is: string | undefined): string {
  if (was === undefined || is === undefined || was === is) return '';
  const [before, now] = [was.split('.'), is.split('.')];
  const inputs = now.flatMap((rows, i) => (i > 0 && rows !== before[i] ? [i] : []));
  const one = now.length === 2;
  return [
    ...(before[0] === now[0] ? [] : ['what it is computed from has changed']),
    ...inputs.map((i) => `other rows come to it${one ? '' : ` by input ${i}`}`),
  ].join('; ');
}
