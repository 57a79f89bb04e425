// Functions in TypeScript: compiled ones beside the native operators, the others in V8.

import { compiledFunction } from '../../operators/compiled-function.js';
import { userFunction } from '../../operators/user-function.js';
import type { UserFunctionNode } from '../../plan/nodes.js';
import type { PhysicalNode } from '../../plan/physical.js';
import type { Lowering } from './lowering.js';

export function lowerUserFunction(node: UserFunctionNode, lowering: Lowering): PhysicalNode {
  const input = lowering.lower(node.input);
  const compiled = node.functions.every((of) => of.native !== undefined);
  return compiled
    ? compiledFunction(input, node.functions, node.schema)
    : userFunction(input, node.columns, node.functions, node.flattens, node.schema);
}
