// Golden answers of Flink 2.3 and the session that ours are asked of.
//
//   typeOf('i + p')                                ->  'DECIMAL(13, 2)'
//   typeOf('i || s')                               ->  'ERR'
//   rowTypeOf('SELECT k, COUNT(*) FROM w GROUP BY k')  ->  'ROW<`k` STRING, `EXPR$1` BIGINT NOT NULL>'

import { readFileSync } from 'node:fs';
import { SabotError } from '../../lib/errors.js';
import type { LogicalNode } from '../../lib/plan/nodes.js';
import { printType, types } from '../../lib/schema/types.js';
import { parseScript } from '../../lib/sql/parser.js';
import { SqlSession } from '../../lib/sql/session.js';

const folder = new URL('./', import.meta.url);

/** Lines of a golden file, split at tabs; comments and empty lines left out. */
export function golden(name: string, from: URL = folder): string[][] {
  const lines = readFileSync(new URL(name, from), 'utf8').split('\n');
  return lines.filter((line) => line !== '' && !line.startsWith('--')).map((line) => line.split('\t'));
}

const tables = readFileSync(new URL('table.sql', folder), 'utf8');

/** A session with the tables of table.sql. */
export function openSession(): SqlSession {
  const session = new SqlSession();
  for (const statement of parseScript(tables)) session.execute(statement, tables);
  return session;
}

const session = openSession();

/** The plan of a query over table.sql's tables. */
export function planOfQuery(sql: string): LogicalNode {
  const step = session.execute(parseScript(sql)[0]!, sql);
  if (step.kind !== 'query') throw new Error(`${sql} is no query`);
  return step.plan;
}

/** Only what the script did wrong is ERR; a bug is thrown. */
function refused(attempt: () => string): string {
  try {
    return attempt();
  } catch (error) {
    if (error instanceof SabotError) return 'ERR';
    throw error;
  }
}

export function typeOf(expression: string): string {
  return refused(() => printType(planOfQuery(`SELECT ${expression} FROM t`).schema[0]!.type));
}

export function rowTypeOf(sql: string): string {
  return refused(() => printType(types.row(planOfQuery(sql).schema)));
}
