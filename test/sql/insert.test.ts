// INSERT: arity, types and the casts on the way into a sink, against Flink 2.3.

import { describe, expect, it } from 'vitest';
import type { SinkNode } from '../../lib/plan/nodes.js';
import { parseScript } from '../../lib/sql/parser.js';
import { golden, openSession } from '../expressions/flink.js';

const session = openSession();

function sinkOf(sql: string): SinkNode {
  const step = session.execute(parseScript(sql)[0]!, sql);
  if (step.kind !== 'insert') throw new Error(`${sql} is no INSERT`);
  return step.sinks[0]!;
}

const run = (sql: string) => session.execute(parseScript(sql)[0]!, sql);

const columns = 'b ti sm i l f x p q c v s bi vb byt d tm ts t6 lz ai ast m r ms'.split(' ');

describe('what a sink column takes', () => {
  it.each(golden('flink-inserts.tsv').map(([type, from], i) => [type!, from!.split(' '), i] as const))(
    '%s takes %s',
    (type, expected, i) => {
      run(`CREATE TABLE k${i} (c ${type}) WITH ('connector' = 'blackhole')`);
      const taken = columns.filter((column) => {
        try {
          sinkOf(`INSERT INTO k${i} SELECT ${column} FROM t`);
          return true;
        } catch (error) {
          expect(error).toMatchObject({ kind: 'insert-type', identifier: 'c' });
          return false;
        }
      });
      expect(taken).toEqual(expected);
    },
  );
});

describe('columns', () => {
  run("CREATE TABLE snk (a BIGINT, b STRING, c INT) WITH ('connector' = 'blackhole')");

  it('casts to the sink and fills what is not named with NULL', () => {
    const sink = sinkOf('INSERT INTO snk (b, a) SELECT s, i FROM t');
    expect(sink.input).toMatchObject({
      op: 'project',
      expressions: [
        { call: 'cast', args: [{ column: 1 }], type: { kind: 'BIGINT' } },
        { column: 0 },
        { literal: null, type: { kind: 'INTEGER' } },
      ],
    });
    expect(sink.schema.map((field) => field.name)).toEqual(['a', 'b', 'c']);
  });

  it('gives columns the names that the sink has', () => {
    const sink = sinkOf('INSERT INTO snk SELECT l, s, i FROM t');
    expect(sink.schema.map((field) => field.name)).toEqual(['a', 'b', 'c']);
    expect(sink.input.schema).toBe(sink.schema);
    run("CREATE TABLE same (l BIGINT, s STRING) WITH ('connector' = 'blackhole')");
    expect(sinkOf('INSERT INTO same SELECT l, s FROM (SELECT l, s FROM t)').input).toMatchObject({
      input: { op: 'project' },
    });
  });

  it('refuses another number of columns', () => {
    expect(() => sinkOf('INSERT INTO snk SELECT i FROM t')).toThrow(
      expect.objectContaining({ kind: 'insert-arity', identifier: 'snk' }),
    );
  });

  it('refuses a column that the sink has not, and names one near', () => {
    expect(() => sinkOf('INSERT INTO snk (a, bb) SELECT i, s FROM t')).toThrow(/did you mean 'b'/);
  });
});
