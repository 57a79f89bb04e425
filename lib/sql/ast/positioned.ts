// Where a node of the syntax tree was written; every node has it.
//
//   SELECT a   ->   the node of a: { span: { start: 7, end: 8, line: 1, column: 8 }, ... }

import type { SourceSpan } from '../../errors.js';

export type { SourceSpan };

export interface Positioned {
  readonly span: SourceSpan;
}
