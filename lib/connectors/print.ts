// print: writes changes to standard output as Flink does.
//
//   +I (1, 'a')   ->   +I[1, a]
//
// Keeps no state.

import type { ConnectorSpec } from './connector.js';
import { count } from './options.js';
import { printSinkSpec } from './sinks.js';

export const print: ConnectorSpec = {
  identifier: 'print',
  updates: true,
  options: [
    { key: 'print-identifier', type: 'string' },
    { key: 'standard-error', type: 'boolean', default: false },
    { key: 'sink.parallelism', type: 'count' },
  ],
  sink: ({ values }) => ({
    spec: printSinkSpec,
    parallelism: count(values, 'sink.parallelism'),
    config: {
      ...(values.has('print-identifier') ? { identifier: values.get('print-identifier') } : {}),
      standardError: values.get('standard-error'),
    },
  }),
};
