// Two worker threads, one of ES modules and one of CommonJS, run functions in V8 at the same time: nothing of a job is shared.

import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';

const bundle = (name: string) => new URL(`../../dist/${name}`, import.meta.url);

// What a worker runs: words of rows from an async generator, tagged with the worker's own name by a function in V8.
const BODY = `
  const tag = (word) => name + ':' + word;
  async function* lines() { for (let id = 0; id < 5000; id++) yield { id, text: 'a' + (id % 10) + ' b' }; }
  const Line = t.row({ id: t.int(), text: t.string() });
  const words = new Job(name, { parallelism: 2 })
    .source(lines(), Line)
    .flatMap((line) => line.text.split(' ').map((word) => ({ word: tag(word) })), { returns: t.row({ word: t.string() }) })
    .filter((row) => row.word.startsWith(name))
    .keyBy((row) => row.word)
    .aggregate({ n: count() });
  const rows = [];
  for await (const row of words) rows.push(row.word + '=' + row.n);
  parentPort.postMessage(rows.sort());
`;
const esm = (name: string) => `
  import { parentPort } from 'node:worker_threads';
  import { count, Job, t } from ${JSON.stringify(bundle('index.js').href)};
  const name = ${JSON.stringify(name)};
  ${BODY}`;
const cjs = (name: string) => `
  const { parentPort } = require('node:worker_threads');
  const { count, Job, t } = require(${JSON.stringify(bundle('index.cjs').pathname)});
  const name = ${JSON.stringify(name)};
  (async () => { ${BODY} })();`;

function run(worker: Worker): Promise<string[]> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the worker ended with ${code}`)));
  });
}

const expected = (name: string) =>
  [...Array.from({ length: 10 }, (_, i) => `${name}:a${i}=500`), `${name}:b=5000`].sort();

it('two workers run jobs with functions side by side', { timeout: 120_000 }, async () => {
  expect(existsSync(bundle('index.js')), 'the bundles are built: npm run build:ts').toBe(true);
  const first = new Worker(new URL(`data:text/javascript,${encodeURIComponent(esm('first'))}`));
  const second = new Worker(cjs('second'), { eval: true });
  const [rows, others] = await Promise.all([run(first), run(second)]);
  expect(rows).toEqual(expected('first'));
  expect(others).toEqual(expected('second'));
});

it('a worker that is terminated takes its job with it', { timeout: 120_000 }, async () => {
  const endless = `
    const { parentPort } = require('node:worker_threads');
    const { blackhole, Job, t } = require(${JSON.stringify(bundle('index.cjs').pathname)});
    function* rows() { for (let id = 0; ; id++) yield { id }; }
    const job = new Job('endless');
    let told = false;
    job.source(rows(), t.row({ id: t.int() })).filter((row) => {
      if (!told) parentPort.postMessage(['runs']);
      told = true;
      return row.id % 2 === 0;
    }).to(blackhole());
    job.run();`;
  const worker = new Worker(endless, { eval: true });
  expect(await run(worker)).toEqual(['runs']);
  worker.removeAllListeners('exit');
  expect(await worker.terminate()).toBe(1);
});
