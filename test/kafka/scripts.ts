// scripts: SQL over topics, run in process: tables as text, and what a query gives.
//
//   await rowsOf(`${topicTable(broker, 't', { topic })}SELECT * FROM t;`)   ->   ['{"id":1}', …], sorted

import { runCase } from '../parity/run-case.js';
import type { Broker } from './broker.js';

export type Options = Readonly<Record<string, string>>;

const withClause = (options: Options): string =>
  Object.entries(options)
    .map(([key, value]) => `'${key}' = '${value}'`)
    .join(', ');

/** A table of JSON in a topic, read from the beginning to what is there. An option that is '' is left out. */
export function topicTable(broker: Broker, columns: string, options: Options, name = 't'): string {
  const all: Options = {
    connector: 'kafka',
    'properties.bootstrap.servers': broker.bootstrapServers,
    format: 'json',
    'scan.startup.mode': 'earliest-offset',
    'scan.bounded.mode': 'latest-offset',
    ...options,
  };
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
  return `CREATE TABLE ${name} (${columns}) WITH (${withClause(given)});\n`;
}

/** Options that make a table of newest rows of it. */
export const UPSERT: Options = {
  connector: 'upsert-kafka',
  'key.format': 'json',
  'value.format': 'json',
  format: '',
  'scan.startup.mode': '',
};

/** What the script's last query gives, change by change; one row a batch. */
export async function changesOf(script: string, parallelism = 1): Promise<readonly string[]> {
  const settings = { 'batch.max-rows': '1' };
  return (await runCase(script, { parallelism, settings, results: 'changelog' })).lines;
}

/** What the script's last query gives, sorted as text; what an INSERT gives is in its topic. */
export async function rowsOf(script: string, parallelism = 1): Promise<readonly string[]> {
  const { lines } = await runCase(script, { parallelism, settings: {}, results: 'final' });
  return [...lines].sort();
}
