// native: finds and loads the engine's addon. The only file of lib/ that does.
//
//   build/Release/sabot.node                 in a checkout
//   prebuilds/linux-x64/sabot.node           in an installed package, with the libraries that it needs beside it
//
// Every environment (the main thread, each worker) loads it for itself; the addon keeps its state per environment.

import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { SabotError } from './errors.js';
import { packageFile } from './version.js';

/** What the addon exports; see binding/native.d.ts, which is its only description. */
export type NativeAddon = typeof import('../binding/native.js');
export type { Job as NativeJob, NativeJobError } from '../binding/native.js';

let loaded: NativeAddon | undefined;

/** The engine, loaded when it is first needed. */
export function nativeAddon(): NativeAddon {
  loaded ??= loadAddon() as NativeAddon;
  return loaded;
}

/** Loads the addon built for this platform, and returns what it exports. */
export function loadAddon(): unknown {
  const built = packageFile('build/Release/sabot.node');
  const prebuilt = packageFile(`prebuilds/${process.platform}-${process.arch}/sabot.node`);
  const path = [built, prebuilt].find((candidate) => existsSync(candidate));
  if (path === undefined) {
    throw new SabotError(
      'SABOT_E_NATIVE',
      `no native engine for ${process.platform}-${process.arch}: neither ${built} nor ${prebuilt} exists. ` +
        'In a checkout run "npm run build".',
    );
  }
  if (path === prebuilt) requireAvx2();
  const addon = { exports: {} };
  try {
    process.dlopen(addon, path);
  } catch (cause) {
    throw new SabotError('SABOT_E_NATIVE', `${path} could not be loaded: ${String(cause)}`, { cause });
  }
  return addon.exports;
}

/** The prebuilt engine is compiled for AVX2; without this check an older processor would kill the process. */
function requireAvx2(): void {
  if (process.platform !== 'linux' || process.arch !== 'x64') return;
  const flags = /^flags\s*:.*$/m.exec(firstProcessor())?.[0];
  if (flags !== undefined && !/\bavx2\b/.test(flags)) {
    throw new SabotError(
      'SABOT_E_NATIVE',
      'the prebuilt engine needs a processor with AVX2 (any x64 server since 2013). ' +
        'For this one, build sabot from a checkout with SABOT_ARCH=x86-64.',
    );
  }
}

/** The beginning of /proc/cpuinfo, which describes every processor in turn; empty where there is none to read. */
function firstProcessor(): string {
  let file: number;
  try {
    file = openSync('/proc/cpuinfo', 'r');
  } catch {
    return ''; // A sandbox without /proc: nothing to go by.
  }
  try {
    const bytes = Buffer.alloc(8192);
    return bytes.toString('latin1', 0, readSync(file, bytes));
  } finally {
    closeSync(file);
  }
}
