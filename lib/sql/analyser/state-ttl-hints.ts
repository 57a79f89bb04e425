// state-ttl-hints: how long a SELECT's operators keep state over the tables of its FROM.
//
//   SELECT /*+ STATE_TTL('o' = '1 d', 'c' = '20 h') */ … FROM orders o JOIN customers c …
//     ->  of the join's left side 1 d, of its right side 20 h; of a table alone: its GROUP BY or ROW_NUMBER

import { parseDuration } from '../../connectors/options.js';
import type { StateTtl } from '../../plan/nodes.js';
import type * as ast from '../ast.js';
import { invalid, suggestion } from './errors.js';
import type { Relation, Scope } from './scope.js';

const HINT = 'STATE_TTL';

export class StateTtlHints {
  private readonly options: readonly { readonly name: string; readonly ttl: StateTtl; readonly span: ast.SourceSpan }[];

  constructor(hints: readonly ast.Hint[]) {
    this.options = hints
      .filter((hint) => hint.name.name.toUpperCase() === HINT)
      .flatMap(({ options }) => options)
      .map(({ key, value, span }) => ({ name: key.value, ttl: ttlOf(value), span }));
  }

  /** Of a table by its alias, or by its name if it has none; undefined where several tables are joined, or nothing is said. */
  of(scope: Scope | undefined): StateTtl | undefined {
    const [relation, ...others] = scope?.relations ?? [];
    if (relation === undefined || others.length > 0) return undefined;
    return this.options.find(({ name }) => isNamed(relation, name))?.ttl;
  }

  /** As in Flink, whoever names a table that there is not has made a mistake. */
  check(scope: Scope | undefined): void {
    const relations = scope?.relations ?? [];
    for (const { name, span } of this.options) {
      if (relations.some((relation) => isNamed(relation, name))) continue;
      const known = relations.flatMap(({ path }) => path.slice(-1));
      const message = `The options of following hints cannot match the name of input tables or views: '${name}' in '${HINT}'${suggestion(name, known)}`;
      throw invalid('unknown-table', name, message, span);
    }
  }
}

const isNamed = ({ path }: Relation, name: string) => path.at(-1) === name || path.join('.') === name;

function ttlOf({ value, span }: ast.StringLiteral): StateTtl {
  const ms = parseDuration(value);
  if (ms !== undefined) return { ms, update: 'createAndWrite' };
  const message = `Invalid value '${value}' of the ${HINT} hint: expected a duration such as '12 h'`;
  throw invalid('invalid-literal', value, message, span);
}
