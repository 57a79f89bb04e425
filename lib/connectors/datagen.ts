// datagen: rows made up by rule.
//
//   'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '3'   ->   1, 2, 3
//
// State: how far every sequence is; native's.

import type { ConnectorSpec } from './connector.js';
import { count, type OptionValue, optionError } from './options.js';
import { datagenSourceSpec } from './sources.js';

const FIELD_OPTIONS = ['kind', 'min', 'max', 'max-past', 'length', 'var-len', 'start', 'end', 'null-rate'] as const;

export const datagen: ConnectorSpec = {
  identifier: 'datagen',
  options: [
    { key: 'rows-per-second', type: 'long', default: 10_000 },
    { key: 'number-of-rows', type: 'long' },
    { key: 'scan.parallelism', type: 'count' },
    { key: 'fields.#.kind', type: 'enum', values: ['random', 'sequence'] },
    { key: 'fields.#.min', type: 'string' },
    { key: 'fields.#.max', type: 'string' },
    { key: 'fields.#.max-past', type: 'duration' },
    { key: 'fields.#.length', type: 'integer' },
    { key: 'fields.#.var-len', type: 'boolean' },
    { key: 'fields.#.start', type: 'string' },
    { key: 'fields.#.end', type: 'string' },
    { key: 'fields.#.null-rate', type: 'double' },
  ],
  source: ({ table, values, schema }) => {
    const names = table.columns.filter((c) => c.kind === 'physical').map((c) => c.name);
    const fields: Record<string, Record<string, OptionValue>> = {};
    for (const [key, value] of values) {
      if (!key.startsWith('fields.')) continue;
      const option = FIELD_OPTIONS.find((o) => key.endsWith(`.${o}`))!;
      const name = key.slice('fields.'.length, -option.length - 1);
      if (!names.includes(name)) {
        throw optionError('unknown-option', key, `Unknown option '${key}': the table has no column '${name}'.`);
      }
      fields[name] = { ...fields[name], [option]: value };
    }
    for (const [name, field] of Object.entries(fields)) {
      if (field['kind'] !== 'sequence') continue;
      for (const bound of ['start', 'end']) {
        if (field[bound] === undefined) {
          const key = `fields.${name}.${bound}`;
          throw optionError('missing-option', key, `Could not find required property '${key}' for sequence generator.`);
        }
      }
    }
    const sequences = Object.values(fields).some((field) => field['kind'] === 'sequence');
    return {
      spec: datagenSourceSpec,
      unbounded: !sequences && !values.has('number-of-rows'),
      parallelism: count(values, 'scan.parallelism'),
      config: {
        rowsPerSecond: values.get('rows-per-second'),
        ...(values.has('number-of-rows') ? { numRows: values.get('number-of-rows') } : {}),
        // Every column of the table has its own generator, so pruning must not renumber them.
        fields: schema.map((f) => ({ name: f.name, ...fields[f.name] })),
      },
    };
  },
};
