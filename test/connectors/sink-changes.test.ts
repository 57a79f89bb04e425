// What a sink by key is given, beside what Flink 2.3 gives to one: the changes of every key, in order.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { resultSink } from '../../lib/connectors/sinks.js';
import { startJob } from '../../lib/job/running-job.js';
import { plan } from '../planner/planned.js';

const folder = new URL('sink-changes/', import.meta.url).pathname;
const DEDUPLICATE = 'ON CONFLICT DO DEDUPLICATE';
const materialize = (how: string) => `SET 'table.exec.sink.upsert-materialize' = '${how}';`;

/** Queries over `changes.jsonl`; Flink's answer to each lies beside it under their name. */
const QUERIES: readonly (readonly [name: string, settings: string, query: string])[] = [
  ['by-id', '', `SELECT name, id, v FROM src ${DEDUPLICATE}`],
  ['whole-rows', '', `SELECT name, v, v FROM src ${DEDUPLICATE}`],
  ['counted', '', `SELECT MAX(name), id, CAST(COUNT(*) AS INT) FROM src GROUP BY id ${DEDUPLICATE}`],
  ['first', '', 'SELECT name, id, v FROM src ON CONFLICT DO NOTHING'],
  ['first-whole-rows', '', 'SELECT name, v, v FROM src ON CONFLICT DO NOTHING'],
  ['forced', materialize('FORCE'), 'SELECT name, MAX(id), SUM(v) FROM src GROUP BY name'],
  ['as-they-come', materialize('NONE'), 'SELECT name, id, v FROM src'],
];

describe.each([
  ['1', '1'],
  ['7', '1'],
  ['8192', '1'],
  ['7', '3'],
])('a sink by key, in batches of %s by %s subtasks', (rows, subtasks) => {
  // By several subtasks the counts of several ids come to a name in any order.
  it.each(QUERIES.filter(([name]) => subtasks === '1' || name !== 'counted'))(
    'gets what Flink gives to it: %s',
    async (name, settings, query) => {
      const planned = plan(`SET 'pipeline.auto-watermark-interval' = '0'; SET 'batch.max-rows' = '${rows}';
      SET 'parallelism.default' = '${subtasks}'; ${settings}
      CREATE TABLE src (id INT, name STRING, v INT, ts TIMESTAMP(3), PRIMARY KEY (id) NOT ENFORCED, WATERMARK FOR ts AS ts)
        WITH ('connector' = 'filesystem', 'path' = '${folder}changes.jsonl', 'format' = 'debezium-json');
      CREATE TABLE names (name STRING, id INT, v INT, PRIMARY KEY (name) NOT ENFORCED) WITH ('connector' = 'upsert-kafka',
        'topic' = 'names', 'properties.bootstrap.servers' = 'b:1', 'key.format' = 'json', 'value.format' = 'json');
      INSERT INTO names ${query};`);
      // What the topic would get goes to us.
      const given = planned.sinks[0]!.inputs[0]!.node;
      const job = startJob({ ...planned, sinks: [resultSink(given, 'json', true)] });
      const pieces: Buffer[] = [];
      for await (const piece of job.results()) pieces.push(piece);
      await job.done;

      const changes: Record<string, (unknown[] | null)[]> = {};
      for (const line of Buffer.concat(pieces).toString('utf8').trim().split('\n')) {
        const { op, ...row } = JSON.parse(line);
        changes[row.name] = [...(changes[row.name] ?? []), op === '+I' || op === '+U' ? Object.values(row) : null];
      }
      expect(changes).toEqual(JSON.parse(readFileSync(`${folder}${name}.json`, 'utf8')));
    },
  );
});
