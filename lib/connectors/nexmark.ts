// nexmark: the benchmark's persons, auctions and bids from a generator.
//
//   'table' = 'bid', 'rows' = '1000000', 'seed' = '1'   ->   the same rows for the same seed, in event-time order
//
// State: the number of the next event; native's.

import type { ConnectorSpec } from './connector.js';
import { nexmarkSourceSpec } from './sources.js';

export const nexmark: ConnectorSpec = {
  identifier: 'nexmark',
  options: [
    { key: 'table', type: 'enum', values: ['person', 'auction', 'bid'], required: true },
    { key: 'rows', type: 'long', required: true },
    { key: 'seed', type: 'long', default: 42 },
  ],
  source: ({ values, schema }) => ({
    spec: nexmarkSourceSpec,
    config: {
      table: values.get('table'),
      rows: values.get('rows'),
      seed: values.get('seed'),
      columns: schema.map((f) => f.name),
    },
  }),
};
