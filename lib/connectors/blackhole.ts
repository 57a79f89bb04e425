// blackhole: takes every row and keeps none. All columns of the query are computed for it.

import type { ConnectorSpec } from './connector.js';
import { blackholeSinkSpec } from './sinks.js';

export const blackhole: ConnectorSpec = {
  identifier: 'blackhole',
  updates: true,
  options: [{ key: 'property-version', type: 'integer', default: 1 }],
  sink: () => ({ spec: blackholeSinkSpec, config: {} }),
};
