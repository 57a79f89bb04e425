// dead_letters: what another operator could not take.
//
//   kafka_source  -- dead letters -->   dead_letters   ->   +I [bytes, key, …, error, …]
//
// Not its input's output: native sends the operator's letters here. No state.

import { DEAD_LETTER_SCHEMA } from '../plan/dead-letters.js';
import { INSERT_ONLY, type OperatorSpec, type PhysicalNode } from '../plan/physical.js';

export const deadLettersSpec: OperatorSpec = {
  op: 'dead_letters',
  changes: () => INSERT_ONLY,
  needsUpdateBefore: () => true,
};

export function deadLetters(of: PhysicalNode): PhysicalNode {
  return {
    spec: deadLettersSpec,
    inputs: [{ node: of, exchange: 'forward', keys: [], deadLetters: true }],
    schema: DEAD_LETTER_SCHEMA,
    config: {},
  };
}
