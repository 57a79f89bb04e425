// run-ts: runs a TypeScript file of this checkout that is no part of the package, such as a benchmark, on any supported Node.
//
//   node scripts/run-ts.mjs FILE.ts ARGUMENTS...   ->   node_modules/.cache/sabot/FILE-PID.mjs, removed at the end
//
// import.meta.url is every file's own, so that it finds what lies beside it although it runs in a bundle.
import { rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const [file] = process.argv.splice(2, 1);
const outfile = `node_modules/.cache/sabot/${basename(file, '.ts')}-${process.pid}.mjs`;
process.on('exit', () => rmSync(outfile, { force: true }));
const ownPlaces = {
  name: 'own-places',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      return { contents: text.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)), loader: 'ts' };
    });
  },
};
const options = { bundle: true, platform: 'node', format: 'esm', target: 'node20', packages: 'external' };
await build({
  ...options,
  plugins: [ownPlaces],
  entryPoints: [file],
  outfile,
  sourcemap: 'inline',
  logLevel: 'warning',
});
await import(pathToFileURL(outfile));
