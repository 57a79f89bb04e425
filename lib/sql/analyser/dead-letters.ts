// The table that takes a table's dead letters, by the name that its option 'dead-letter.table' gives.
//
//   'scan.on-error' = 'dead-letter', 'dead-letter.table' = 'letters'   ->   the definition of `letters`
//
// State: which target a table has become, so that all who name it share one sink.

import type { SourceSpan } from '../../errors.js';
import type { DeadLetterTarget } from '../../plan/dead-letters.js';
import { NO_PLACES, type TableDefinition, type TablePlaces } from '../../plan/table.js';
import { checkConnector } from './connectors.js';
import type { QueryEnvironment } from './environment.js';
import { invalid, suggestion } from './errors.js';

const OPTION = 'dead-letter.table';
const targets = new WeakMap<TableDefinition, DeadLetterTarget>();

export function deadLetterTarget(
  side: 'scan' | 'sink',
  { options, places }: { readonly options: Readonly<Record<string, string>>; readonly places: TablePlaces },
  span: SourceSpan,
  environment: QueryEnvironment,
): DeadLetterTarget | undefined {
  const mode = `${side}.on-error`;
  if (options[mode] !== 'dead-letter') return undefined;
  const name = options[OPTION];
  if (name === undefined) {
    const message = `Option '${mode}' = 'dead-letter' needs '${OPTION}', the name of the table that takes the letters`;
    throw invalid('missing-option', OPTION, message, places.options[mode]?.value ?? span);
  }
  const at = places.options[OPTION]?.value ?? span;
  const path = name.split('.').map((part) => part.trim().replace(/^`(.*)`$/, '$1'));
  const found = environment.catalog.find(path);
  if (found === undefined) {
    const hint = suggestion(path.at(-1)!, environment.catalog.objectNames());
    const message = `Option '${OPTION}' names a table '${name}' that there is not${hint}`;
    throw invalid('unknown-table', name, message, at);
  }
  if (found.kind === 'view') {
    throw invalid('unknown-table', name, `Option '${OPTION}' names '${name}', which is a view: it takes no rows`, at);
  }
  const { table } = found;
  checkConnector(table, table.options, table.places ?? NO_PLACES, at, environment.connectorNames);
  let target = targets.get(table);
  if (target === undefined) {
    target = { table, options: table.options, places: table.places ?? NO_PLACES, span: at };
    targets.set(table, target);
  }
  return target;
}
