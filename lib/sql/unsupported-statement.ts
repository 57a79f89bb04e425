// unsupported-statement: what a script may say to Flink and not to sabot, and what to do instead.
//
//   ADD JAR 'x.jar'   ->   ADD JAR is not supported; there is no Java here: ...

import type { SabotError } from '../errors.js';
import { unsupported } from './analyser/errors.js';
import type * as ast from './ast.js';

const STATEMENT_NAMES: Readonly<Record<string, string>> = { jar: 'ADD JAR', callProcedure: 'CALL' };

const NO_JAVA = 'there is no Java here: functions are written in TypeScript, in the Stream API';

const INSTEAD: Readonly<Record<string, string>> = {
  createFunction: NO_JAVA,
  jar: NO_JAVA,
  update: 'tables are changed by INSERT INTO ... SELECT',
  delete: 'tables are changed by INSERT INTO ... SELECT',
};

/** The error of a statement that is Flink's and not sabot's. */
export function unsupportedStatement({ kind, span }: ast.Statement): SabotError {
  const name = STATEMENT_NAMES[kind] ?? kind.replaceAll(/([A-Z])/g, ' $1').toUpperCase();
  const instead = INSTEAD[kind];
  const message = `${name} is not supported${instead === undefined ? '' : `; ${instead}`}`;
  return unsupported(message, span, 'unsupported', name);
}
