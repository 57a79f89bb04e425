// tiny-disk: a disk of its own, so small that a job fills it; it can be made larger, and read-only.
//
//   TinyDisk.mount('/tmp/x/chk', '300k')  ->  …  ->  disk.resize('64m')  ->  disk.unmount()
//
// A tmpfs where this process may mount one (root, and in most containers); else there is none.

import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';

export class TinyDisk {
  private constructor(private readonly path: string) {}

  /** Undefined, with the reason on standard output, where nothing can be mounted. */
  static mount(path: string, size: string): TinyDisk | undefined {
    mkdirSync(path, { recursive: true });
    try {
      run('mount', '-t', 'tmpfs', '-o', `size=${size}`, 'sabot-tiny-disk', path);
    } catch (error) {
      console.log(`no disk of its own, for it cannot be mounted: ${(error as Error).message}`);
      return undefined;
    }
    return new TinyDisk(path);
  }

  resize(size: string): void {
    run('mount', '-o', `remount,size=${size}`, this.path);
  }

  setReadOnly(readOnly: boolean): void {
    run('mount', '-o', `remount,${readOnly ? 'ro' : 'rw'}`, this.path);
  }

  unmount(): void {
    run('umount', '--lazy', this.path);
  }
}

const run = (command: string, ...args: string[]) => execFileSync(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
