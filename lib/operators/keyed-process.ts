// keyed_process: rows and timers that a TypeScript function processes with the state of their keys at hand, in V8.
//
//   rows a, b, a   ->   process(a, state of a), process(b, state of b), …   ->   any number of rows, of one or several outputs
//
// State: a table per state of the function, and its timers.

import { functionText } from '../functions/function-error.js';
import { KeyedProcessRun, type ProcessShape } from '../functions/keyed-process-run.js';
import { errorHandling } from '../plan/dead-letters.js';
import { hash } from '../plan/inputs.js';
import type { KeyedProcessNode } from '../plan/nodes.js';
import { INSERT_ONLY, type OperatorSpec, type PhysicalNode } from '../plan/physical.js';
import { keyFields, processStateFields, stateOf } from '../plan/state.js';
import { processTable } from '../plan/state-table.js';
import type { Answerer } from '../plan/user-function.js';

export const keyedProcessSpec: OperatorSpec = {
  op: 'keyed_process',
  state: stateOf(keyFields('keys'), processStateFields),
  stateTable: processTable,
  meantByCode: true,
  changes: () => INSERT_ONLY,
  needsUpdateBefore: () => true,
  eventTime: true,
};

export function keyedProcess(
  input: PhysicalNode,
  { schema, ...node }: Omit<KeyedProcessNode, 'op' | 'input'>,
): PhysicalNode {
  const { code } = node;
  return {
    spec: keyedProcessSpec,
    inputs: [hash(input, node.keys)],
    schema,
    ...processMembers(node, input, (shape) => new KeyedProcessRun(code, shape)),
  };
}

/** What a node has that calls a keyed process function over the rows of `input`. */
export function processMembers(
  { keys, time, code, outputs }: Omit<KeyedProcessNode, 'op' | 'input' | 'schema'>,
  input: PhysicalNode,
  open: (shape: ProcessShape) => Answerer,
): Pick<PhysicalNode, 'config' | 'deadLetters' | 'code'> {
  const { definition, states: declared, process, onTimer, processBroadcast, extras } = code;
  const record = extras?.record ?? [];
  const typeOf = (column: number) => input.schema[column]!;
  const onError = errorHandling(process.onError, time);
  const states = Object.entries(declared).map(([name, { kind, type, key, ttl }]) => ({
    name,
    kind,
    type,
    ...(key === undefined ? {} : { key }),
    ...(ttl === undefined ? {} : { ttl }),
  }));
  return {
    config: {
      keys,
      reads: [...process.reads, ...record],
      ...(time === undefined ? {} : { time }),
      states,
      outputs,
      functions: [process, onTimer, processBroadcast].filter((each) => each !== undefined).map(functionText),
      ...onError.config,
    },
    ...onError.node,
    code: {
      parts: [definition.process, definition.onTimer, definition.processBroadcast].filter((each) => each !== undefined),
      open: () =>
        open({
          reads: process.reads.map(typeOf),
          record: record.map(typeOf),
          keys: keys.map((key) => typeOf(key).type),
          timed: time !== undefined,
        }),
    },
  };
}
