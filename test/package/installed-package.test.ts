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
  npm(['install', '--prefer-offline', tarball], { cwd: folder, env: bareEnvironment });
}, 600_000);

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function run(node: string, file: string, text: string, args: readonly string[] = []): string {
  writeFileSync(join(folder, file), text);
  return execFileSync(node, [file, ...args], { cwd: folder, env: bareEnvironment, encoding: 'utf8' });
}

// Loads the addon as lib/native.ts does, lets the engine refuse a plan, and tells which libraries the process has mapped.
const useEngine = `
  const { readFileSync } = require('node:fs');
  const { dirname, join } = require('node:path');
  const addon = { exports: {} };
  process.dlopen(addon, join(dirname(require.resolve('sabot/package.json')), 'prebuilds/linux-x64/sabot.node'));
  let refused = '';
  try { new addon.exports.Job(Buffer.from('{}'), () => {}, () => {}); } catch (error) { refused = error.kind; }
  const mapped = new Set(readFileSync('/proc/self/maps', 'utf8').match(/\\/\\S+\\.(?:so[\\d.]*|node)$/gm));
  const answer = { refused, mapped: [...mapped] };
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
    const esm = run(path(), 'names.mjs', "console.log(Object.keys(await import('sabot')).sort().join());");
    const cjs = run(path(), 'names.cjs', "console.log(Object.keys(require('sabot')).sort().join());");
    expect(esm).toContain('SabotError');
    expect(cjs).toBe(esm);
  });

  it('runs the engine with its own libraries and the system C and C++ runtime only', () => {
    const answer = JSON.parse(run(path(), 'engine.cjs', `${useEngine}; console.log(JSON.stringify(answer));`));
    expect(answer.refused).toBe('plan');
    const foreign = (answer.mapped as string[]).filter(
      (file) =>
        !file.startsWith(realpathSync(folder)) &&
        !/\/(ld-linux[^/]*|lib(c|m|dl|rt|pthread|stdc\+\+|gcc_s|resolv|nss_\w+))(\.|-)[^/]*$/.test(file),
    );
    expect(foreign).toEqual([]);
  });

  it('runs in two worker threads at once', () => {
    const script = `
      const { Worker, isMainThread, parentPort } = require('node:worker_threads');
      if (isMainThread) {
        const started = [1, 2].map(() => new Promise((resolve, reject) => {
          new Worker(__filename).once('message', resolve).once('error', reject);
        }));
        Promise.all(started).then((answers) => console.log(JSON.stringify(answers)));
      } else {
        ${useEngine}
        parentPort.postMessage(answer.refused);
      }`;
    expect(JSON.parse(run(path(), 'workers.cjs', script))).toEqual(['plan', 'plan']);
  });

  it('has the command', () => {
    const command = join(folder, 'node_modules/.bin/sabot');
    const answer = execFileSync(path(), [command, '--version'], {
      cwd: folder,
      env: bareEnvironment,
      encoding: 'utf8',
    });
    expect(answer.trim()).toMatch(/^\d+\.\d+\.\d+/);
  });
});
