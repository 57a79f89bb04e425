// symbols: Node exports its own OpenSSL, zlib, zstd and simdjson; none of them may take the place of ours.
//
//   LD_DEBUG=bindings, every symbol bound at load:
//     binding file sabot.node to node: symbol `ZSTD_compress'    <- what must not be there
//
// From Node our code may take the Node-API, and what the C++ runtime shares between all libraries of a process (std::…,
// type information, operator new). The C library's functions and variables seem to come from Node, too, where Node takes
// their address: it defines none of them.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { nodes } from './nodes.js';

const addon = fileURLToPath(new URL('../../build/Release/sabot.node', import.meta.url));

interface Binding {
  readonly library: string;
  readonly symbol: string;
}

/** Every symbol of the addon, or of a library that it brought along, that the linker found in Node's executable. */
function boundToNode(node: string): Binding[] {
  const folder = mkdtempSync(join(tmpdir(), 'sabot-symbols-'));
  try {
    execFileSync(node, ['-e', `process.dlopen({ exports: {} }, ${JSON.stringify(addon)})`], {
      env: { ...process.env, LD_BIND_NOW: '1', LD_DEBUG: 'bindings', LD_DEBUG_OUTPUT: join(folder, 'bindings') },
    });
    const log = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
    const ours =
      /binding file (\S*\/(?:sabot\.node|lib(?:arrow|parquet|rocksdb|snappy|lz4|gflags)[^ ]*)) \[\d+\] to (\S+) \[\d+\]: \S+ symbol `([^']+)'/g;
    return [...log.join('\n').matchAll(ours)]
      .filter(([, , provider]) => provider === node)
      .map(([, library, , symbol]) => ({ library: (library as string).replace(/.*\//, ''), symbol: symbol as string }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const nodeApi = /^(napi_|node_api_)/;
// Mangled names of namespaces std, __gnu_cxx and __cxxabiv1, their type information and tables; operators new and delete.
const cppRuntime = /^_Z(T[ISVTC]|GV|GR)?Z?N?[rVK]*[RO]?(S[tabsiod]|9__gnu_cxx|10__cxxabiv1)|^_Z(nw|na|dl|da)/;
// RocksDB's calls into zstd and zlib are plain, and none is missing from Node that has one: both sides of a call agree.
// Compression by zlib, or with ZSTD dictionaries, would not be safe (see CONTRIBUTING.md).
const rocksdbCompression = /^(ZSTD_\w+|(deflate|inflate)\w*)$/;

describe.each(nodes)('in $name', { timeout: 120_000 }, ({ path }) => {
  it("binds nothing of ours to Node's own libraries", () => {
    const node = path();
    const defined = definedSymbols(node);
    const bindings = boundToNode(node);
    expect(bindings.some(({ symbol }) => nodeApi.test(symbol))).toBe(true); // The log was understood.
    const captured = bindings.filter(
      ({ library, symbol }) =>
        !nodeApi.test(symbol) &&
        defined.has(symbol) &&
        !cppRuntime.test(symbol) &&
        !(library.startsWith('librocksdb') && rocksdbCompression.test(symbol)),
    );
    expect(captured).toEqual([]);
  });

  it('gives RocksDB one zstd, not a mixture of two', () => {
    const node = path();
    const provided = definedSymbols(node);
    const used = undefinedSymbols(rocksdb()).filter((symbol) => symbol.startsWith('ZSTD_'));
    expect(used.length).toBeGreaterThan(0);
    const fromNode = used.filter((symbol) => provided.has(symbol));
    expect([0, used.length]).toContain(fromNode.length);
  });
});

it('shows the entry points of the Node-API, nothing else', () => {
  expect([...definedSymbols(addon)].sort()).toEqual(['napi_register_module_v1', 'node_api_module_get_api_version_v1']);
});

it('has no place for the mistakes that tests plant', () => {
  const places = (file: string) => {
    const names = execFileSync('nm', [fileURLToPath(new URL(file, import.meta.url))], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    return names.split('\n').filter((line) => line.includes('IsPlanted'));
  };
  expect(places('../../build/sabot_native_tests')).not.toEqual([]); // The name is the right one.
  expect(places('../../build/Release/sabot.node')).toEqual([]);
});

/** The library that the build found. */
function rocksdb(): string {
  const cache = readFileSync(new URL('../../build/CMakeCache.txt', import.meta.url), 'utf8');
  return /^SABOT_LIBRARY_rocksdb:FILEPATH=(.+)$/m.exec(cache)?.[1] as string;
}

function definedSymbols(file: string): Set<string> {
  return new Set(symbols('--defined-only', file));
}

function undefinedSymbols(file: string): string[] {
  return symbols('--undefined-only', file);
}

/** Dynamic symbols of a file, without those that carry the version of another library (copies of its variables). */
function symbols(which: string, file: string): string[] {
  const listing = execFileSync('nm', ['-D', which, file], { encoding: 'utf8', maxBuffer: 1 << 26 });
  const names = listing
    .trim()
    .split('\n')
    .map((line) => line.trim().split(' ').at(-1) as string);
  return names.filter((name) => !/@(GLIBC|GLIBCXX|CXXABI)_/.test(name)).map((name) => name.replace(/@.*/, ''));
}
