// version: which sabot this is, and where its files lie.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A file of the package. lib/ and dist/ lie side by side: '..' is the package's root from both. */
export function packageFile(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}

/** The version in package.json. */
export function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(packageFile('package.json'), 'utf8'));
  return (manifest as { version: string }).version;
}
