// What the command line prints: JSON lines taken apart without losing a digit, CSV, tables, definitions.

import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { applyDefinitions, parseDefinitions } from '../../lib/cli/definitions.js';
import { reportFailure } from '../../lib/cli/failure.js';
import { type OutputFormat, resultWriter } from '../../lib/cli/output.js';
import { SabotError } from '../../lib/errors.js';
import { splitJsonLine } from '../../lib/job/json-line.js';

async function written(format: OutputFormat, columns: string[], pieces: string[], sorted = false): Promise<string> {
  const to = new PassThrough();
  const writer = resultWriter(format, columns, sorted, to);
  for (const piece of pieces) await writer.write(Buffer.from(piece));
  await writer.end();
  to.end();
  return (await to.toArray()).join('');
}

describe('a line of results', () => {
  it('keeps every digit of every value', () => {
    const line = '{"id":12345678901234567890,"p":1.50,"s":"a\\"},{b","r":{"x":[1,2],"y":"}"},"n":null}';
    expect(splitJsonLine(line)).toEqual([
      ['id', '12345678901234567890'],
      ['p', '1.50'],
      ['s', '"a\\"},{b"'],
      ['r', '{"x":[1,2],"y":"}"}'],
      ['n', 'null'],
    ]);
  });

  it('may be empty', () => expect(splitJsonLine('{}')).toEqual([]));
});

describe('results', () => {
  const lines = ['{"id":2,"s":"b"}\n{"id":10,"s":null}\n', '{"id":1,"s":"a,\\"c\\""}\n'];

  it('pass through as JSON', async () => expect(await written('json', ['id', 's'], lines)).toBe(lines.join('')));

  it('are sorted by their bytes if they are final', async () => {
    expect(await written('json', ['id', 's'], lines, true)).toBe(
      '{"id":1,"s":"a,\\"c\\""}\n{"id":10,"s":null}\n{"id":2,"s":"b"}\n',
    );
  });

  it('become CSV with a header, NULL empty', async () => {
    expect(await written('csv', ['id', 's'], lines)).toBe('id,s\n2,b\n10,\n1,"a,""c"""\n');
  });

  it('become a table', async () => {
    expect(await written('table', ['id', 's'], lines)).toBe(
      [
        '+----+-------+',
        '| id | s     |',
        '+----+-------+',
        '| 2  | b     |',
        '| 10 | NULL  |',
        '| 1  | a,"c" |',
        '+----+-------+',
        '3 rows',
        '',
      ].join('\n'),
    );
  });

  it('are a header alone if there are none', async () => {
    expect(await written('csv', ['id'], [])).toBe('id\n');
    expect(await written('table', ['id'], [])).toContain('0 rows');
    expect(await written('json', ['id'], [])).toBe('');
  });
});

describe('definitions', () => {
  it('replace what is defined, and only that', () => {
    expect(applyDefinitions("'${A}/${B}/${C}'", { A: 'x', B: '' }).text).toBe("'x//${C}'");
  });

  it('leave places where they were written', () => {
    const script = "SELECT '${A}';\nSELECT ${B} FORM t";
    const { text, original } = applyDefinitions(script, { A: 'a long value', B: 'x' });
    const start = text.indexOf('FORM');
    const place = original({ start, end: start + 4, line: 2, column: 10 });
    expect(script.slice(place.start, place.end)).toBe('FORM');
    expect(place).toMatchObject({ line: 2, column: 13 });
    const inside = original({ start: text.indexOf('long'), end: text.indexOf('long') + 4, line: 1, column: 11 });
    expect(script.slice(inside.start, inside.end)).toBe('${A}');
  });

  it('are NAME=VALUE', () => {
    expect(parseDefinitions(['A=1', 'B=x=y', 'C='])).toEqual({ A: '1', B: 'x=y', C: '' });
    expect(() => parseDefinitions(['A'])).toThrow(/NAME=VALUE/);
  });
});

describe('a failure', () => {
  const span = { start: 3, end: 4, line: 2, column: 1 };
  const render = (error: SabotError) => error.message;

  it('of the script exits with 2 and says where', () => {
    const error = new SabotError('SABOT_E_VALIDATION', 'no', {
      kind: 'unknown-column',
      identifier: 'x',
      span,
      statement: 4,
    });
    const report = reportFailure(error, render);
    expect(report.exitCode).toBe(2);
    expect(JSON.parse(report.json)).toEqual({
      error: { kind: 'unknown-column', statement: 4, line: 2, column: 1, identifier: 'x', message: 'no' },
    });
  });

  it('of the job exits with 1', () => {
    expect(reportFailure(new SabotError('SABOT_E_RUNTIME', 'no', { kind: 'runtime-cast' }), render).exitCode).toBe(1);
    expect(reportFailure(new Error('bug'), render).exitCode).toBe(1);
  });
});
