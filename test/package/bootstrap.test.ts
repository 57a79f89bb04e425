// bootstrap: on a machine that lacks something it says exactly what, and the one command that installs it, and exits with 1.
//
//   PATH with node, npm, python3, a shell; no compiler; `id` says: not root   ->   missing: ... / sudo apt-get install -y ...

import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** What the script itself uses, and nothing that it asks for. */
const BASICS = ['bash', 'env', 'sh', 'awk', 'sort', 'paste', 'mkdir', 'dirname', 'cat', 'npm', 'node', 'python3'];

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sabot-bootstrap-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the bootstrap as a user without rights, where only these commands are found. */
function bootstrap(commands: readonly string[]): { code: number | null; stderr: string } {
  const binaries = mkdtempSync(join(folder, 'bin-'));
  const stub = (name: string, text: string) => {
    writeFileSync(join(binaries, name), text);
    chmodSync(join(binaries, name), 0o755);
  };
  stub('id', '#!/bin/sh\necho 1000\n');
  for (const name of commands) {
    const found = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim();
    if (found === '') stub(name, '#!/bin/sh\nexit 1\n');
    else symlinkSync(found, join(binaries, name));
  }
  const home = join(binaries, 'home');
  mkdirSync(home);
  const { status, stderr } = spawnSync(join(root, 'scripts/bootstrap'), [], {
    env: { HOME: home, PATH: binaries },
    encoding: 'utf8',
  });
  return { code: status, stderr };
}

describe('bootstrap without rights', () => {
  it.each([
    ['apt-get', 'sudo apt-get install -y ', ['g++', 'cmake', 'librocksdb-dev', 'libgtest-dev', 'ninja-build']],
    ['dnf', 'sudo dnf install -y ', ['gcc-c++', 'cmake', 'rocksdb-devel', 'gtest-devel', 'ninja-build']],
    ['pacman', 'sudo pacman -S --needed ', ['gcc', 'cmake', 'rocksdb', 'gtest', 'ninja']],
  ])('names what is missing and the one command: %s', (manager, command, packages) => {
    const { code, stderr } = bootstrap([...BASICS, manager]);
    const [missing, advice, install, ...rest] = stderr.trimEnd().split('\n');
    expect(code).toBe(1);
    expect(missing).toMatch(/^bootstrap: missing: /);
    const names = missing!.replace('bootstrap: missing: ', '').split(' ');
    expect(names).toEqual(expect.arrayContaining(packages));
    expect(new Set(names).size).toBe(names.length);
    expect(advice).toBe('bootstrap: install with this command, then run again:');
    expect(install).toBe(`  ${command}${names.join(' ')}`);
    expect(rest).toEqual([]);
  });

  it("gives Debian's names where it knows no package manager", () => {
    const { code, stderr } = bootstrap(BASICS);
    expect(code).toBe(1);
    expect(stderr).toContain("(no known package manager here; these are Debian's names) apt-get install -y ");
  });

  it.each([
    ['node', /^bootstrap: Node\.js 20 or newer is missing: .+\n$/],
    ['npm', /^bootstrap: npm is missing: .+\n$/],
    ['python3', /^bootstrap: Python 3 with pip is missing: .+\n$/],
  ])('says that %s is missing', (absent, message) => {
    const { code, stderr } = bootstrap(BASICS.filter((name) => name !== absent));
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
  });
});

describe('bootstrap where nothing can be written', () => {
  /** Nobody, if the tests run as root, who may write everywhere. */
  const reader = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

  function inCopy(cache: string, writable: boolean) {
    const copy = mkdtempSync(join(folder, 'checkout-'));
    chmodSync(folder, 0o755);
    cpSync(join(root, 'scripts'), join(copy, 'scripts'), { recursive: true });
    chmodSync(copy, writable ? 0o777 : 0o555);
    const env = { PATH: process.env['PATH'], HOME: copy, SABOT_CACHE: cache };
    const { status, stderr } = spawnSync(join(copy, 'scripts/bootstrap'), [], { ...reader, env, encoding: 'utf8' });
    chmodSync(copy, 0o755);
    return { code: status, copy, stderr };
  }

  it('names a checkout of somebody else', () => {
    const { code, copy, stderr } = inCopy('/tmp', false);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^bootstrap: .* cannot be written by .+: build in a copy of your own, or have it given to you \(chown -R\)\.\n$/,
    );
    expect(stderr).toContain(copy);
  });

  it('names the cache folder', () => {
    const { code, stderr } = inCopy('/proc/sabot-cache', true);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^bootstrap: the cache folder \/proc\/sabot-cache cannot be written by .+: set SABOT_CACHE to one that can\.\n$/,
    );
  });
});
