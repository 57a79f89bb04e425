// installed-package: what a user gets. Packs sabot, installs the tarball in an empty folder and runs it there, with no
// compiler on PATH and no library path set.
//
//   prebuilds/ + dist/  -> sabot-0.1.0.tgz (bounded) ->  folder/node_modules/sabot  -> ESM, CJS, types, workers, command

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodes, npm } from './nodes.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const packedBytesMax = 35 * 1024 * 1024;

let folder: string;
let tarball: string;
let bareEnvironment: NodeJS.ProcessEnv;

/** An environment whose PATH has nothing but node, npm and the shell that npm runs scripts with. */
function environmentWithoutCompiler(binaries: string): NodeJS.ProcessEnv {
  mkdirSync(binaries);
  for (const command of ['node', 'npm', 'sh']) {
    const found = execFileSync('sh', ['-c', `command -v ${command}`], { encoding: 'utf8' }).trim();
    symlinkSync(realpathSync(found), join(binaries, command));
  }
  const { LD_LIBRARY_PATH: _path, SABOT_ARROW_ROOT: _root, ...rest } = process.env;
  return { ...rest, PATH: binaries };
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sabot-package-'));
  execFileSync('scripts/prebuild', ['--no-build'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  const packed = JSON.parse(npm(['pack', '--json', '--pack-destination', folder], { cwd: root }));
  tarball = join(folder, Object.values<{ filename: string }>(packed)[0]?.filename as string);
  bareEnvironment = environmentWithoutCompiler(join(folder, 'bin'));
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  const bids = ['{"auction":1,"note":"a"}', '{"auction":2,"note":"b"}', '{"auction":3,"note":null}'];
  writeFileSync(join(folder, 'bids.json'), `${bids.join('\n')}\n`);
  npm(['install', '--prefer-offline', tarball], { cwd: folder, env: bareEnvironment });
}, 600_000);

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function run(node: string, file: string, text: string, args: readonly string[] = []): string {
  writeFileSync(join(folder, file), text);
  return execFileSync(node, [file, ...args], { cwd: folder, env: bareEnvironment, encoding: 'utf8' });
}

// A job of the stream API; `sabot` is the package, however it was loaded.
const sumOfRows = `
  const Bid = sabot.t.row({ auction: sabot.t.bigint(), note: sabot.t.string() });
  const bids = new sabot.Job('bids').source(sabot.file({ path: 'bids.json', format: 'json', schema: Bid }));
  let sum = 0n;
  for await (const bid of bids.filter((b) => b.auction > 1n)) sum += bid.auction;
`;

describe('the tarball', () => {
  it('is small enough', () => {
    expect(statSync(tarball).size).toBeLessThan(packedBytesMax);
  });

  it('holds what runs, and nothing of the sources', () => {
    const listed = execFileSync('tar', ['tzf', tarball], { encoding: 'utf8' }).trim().split('\n');
    const tops = new Set(listed.map((path) => path.split('/')[1]));
    expect([...tops].sort()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'dist', 'package.json', 'prebuilds']);
    expect(listed).toContain('package/prebuilds/linux-x64/licenses/arrow-LICENSE.txt');
    expect(listed).toContain('package/prebuilds/linux-x64/zoneinfo/Asia/Kolkata');
  });

  it('gives types to ESM and to CommonJS', () => {
    const source =
      "import { SabotError } from 'sabot';\nexport const code: string = new SabotError('SABOT_E_IO', '').code;\n";
    const wrong =
      "import { SabotError } from 'sabot';\n// @ts-expect-error: not one of the codes\nnew SabotError('NO', '');\n";
    for (const extension of ['mts', 'cts']) {
      writeFileSync(join(folder, `right.${extension}`), source);
      writeFileSync(join(folder, `wrong.${extension}`), wrong);
    }
    const options = ['--noEmit', '--strict', '--module', 'nodenext'];
    const files = ['right.mts', 'right.cts', 'wrong.mts', 'wrong.cts'];
    execFileSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, ...options, ...files], {
      cwd: folder,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
  });
});

describe.each(nodes)('in $name', { timeout: 120_000 }, ({ path }) => {
  it('loads as ESM and as CommonJS, with the same names', () => {
    const names = 'console.log(Object.keys(sabot).sort().join())';
    const esm = run(path(), 'names.mjs', `import * as sabot from 'sabot'; ${names}`);
    expect(run(path(), 'names.cjs', `const sabot = require('sabot'); ${names}`)).toBe(esm);
    expect(esm).toContain('SabotError');
  });

  it('runs a job from ESM and from CommonJS', () => {
    expect(run(path(), 'job.mjs', `import * as sabot from 'sabot'; ${sumOfRows} console.log(sum);`)).toBe('5n\n');
    const cjs = `const sabot = require('sabot'); (async () => { ${sumOfRows} console.log(sum); })();`;
    expect(run(path(), 'job.cjs', cjs)).toBe('5n\n');
  });

  it('uses its own libraries and the C and C++ runtime of the system only', () => {
    const script = `import * as sabot from 'sabot'; import { readFileSync } from 'node:fs'; ${sumOfRows}
      const mapped = readFileSync('/proc/self/maps', 'utf8').match(/\\/\\S+\\.(?:so[\\d.]*|node)$/gm);
      console.log(JSON.stringify([...new Set(mapped)]));`;
    const mapped: string[] = JSON.parse(run(path(), 'mapped.mjs', script));
    const ours = mapped.filter((file) => file.startsWith(realpathSync(folder)));
    expect(ours.map((file) => file.replace(/.*\//, ''))).toContain('sabot.node');
    const system = /\/(ld-linux[^/]*|lib(c|m|dl|rt|pthread|stdc\+\+|gcc_s|resolv|nss_\w+))(\.|-)[^/]*$/;
    expect(mapped.filter((file) => !ours.includes(file) && !system.test(file))).toEqual([]);
  });

  it('runs in two worker threads at once', () => {
    const script = `
      const { Worker, isMainThread, parentPort } = require('node:worker_threads');
      const sabot = require('sabot');
      if (isMainThread) {
        const answers = [1, 2].map(() => new Promise((resolve, reject) => {
          new Worker(__filename).once('message', resolve).once('error', reject);
        }));
        Promise.all(answers).then((sums) => console.log(sums.join()));
      } else {
        (async () => { ${sumOfRows} parentPort.postMessage(sum); })();
      }`;
    expect(run(path(), 'workers.cjs', script)).toBe('5,5\n');
  });

  it('runs scripts with the command, also with state on disk', () => {
    const bids = `CREATE TABLE bids (auction BIGINT, note STRING)
      WITH ('connector' = 'filesystem', 'path' = 'bids.json', 'format' = 'json');`;
    writeFileSync(join(folder, 'script.sql'), `${bids} SELECT note, auction FROM bids WHERE note IS NOT NULL;`);
    writeFileSync(
      join(folder, 'disk.sql'),
      `${bids} SET 'state.backend.type' = 'rocksdb'; SET 'memory.limit' = '1 kb'; SET 'batch.max-rows' = '1';
       SELECT note, SUM(auction) AS auctions FROM bids WHERE note IS NOT NULL GROUP BY note;`,
    );
    const sabot = (...args: string[]) =>
      execFileSync(path(), [join(folder, 'node_modules/.bin/sabot'), ...args], {
        cwd: folder,
        env: bareEnvironment,
        encoding: 'utf8',
      });
    expect(sabot('sql', '-f', 'script.sql')).toBe('{"note":"a","auction":1}\n{"note":"b","auction":2}\n');
    expect(sabot('sql', '-f', 'disk.sql')).toBe('{"note":"a","auctions":1}\n{"note":"b","auctions":2}\n');
    expect(sabot('--version')).toMatch(/^\d+\.\d+\.\d+/);
  });
});
